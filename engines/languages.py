"""The script languages: how each is recognised, and how its values travel."""

from __future__ import annotations

from typing import NamedTuple


class Language(NamedTuple):
    """One script language.

    name: what `--engine` takes and users read
    suffixes: file endings that choose it
    shebangs: interpreter names in a `#!` line that choose it
    codec: how its values travel (`msgpack` or `json`, see `engines._codec`)
    comment: what starts a line comment, for the manifest block
    """

    name: str
    suffixes: tuple[str, ...]
    shebangs: tuple[str, ...]
    codec: str
    comment: str


LANGUAGES = {
    "lua": Language("lua", (".lua",), ("lua", "lua5.4"), "msgpack", "--"),
    "javascript": Language("javascript", (".js", ".mjs"), ("node", "deno", "qjs"), "json", "//"),
}
