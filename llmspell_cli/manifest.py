"""What a spell says of itself: name, description, parameters, wishes. It can ask, never take."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridges._errors import ConfigError
from bridges._session import Limits
from llmspell_cli.params import ParamSpec, parse_spec

if TYPE_CHECKING:
    from llmspell_cli.config_layers import Keys

FOLDER_FILE = "spell.toml"
OPENING = "/// spell"
CLOSING = "///"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_TEXTS = ("name", "description", "version", "language", "model")


@dataclass(frozen=True)
class Manifest:
    """What a spell says of itself.

    params: its parameters by name; `has_params` is False when it declares none, and takes any
    asks: grants it would like, as `llmspell check` shows them
    limits: limits it sets for itself; they can only lower those of the run
    model: the model it was written for, used when no other default is configured
    """

    name: str
    description: str = ""
    version: str = ""
    language: str | None = None
    model: str | None = None
    params: dict[str, ParamSpec] = field(default_factory=dict)
    asks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)

    @property
    def has_params(self) -> bool:
        """Whether parameters are declared."""
        return bool(self.params)

    def lowered(self, limits: Limits) -> Limits:
        """Returns the run's limits with those of the spell where they are lower."""
        lower: dict[str, Any] = {
            name: value for name, value in self.limits.items() if value < getattr(limits, name)
        }
        return replace(limits, **lower) if lower else limits


def read(source: str, comment: str, path: Path | None) -> Manifest:
    """Returns the manifest in a spell's leading comment block, or one with just a name.

    comment: what starts a line comment in the spell's language
    Raises ConfigError naming file and line.
    """
    name = path.stem if path else "eval"
    # Most spells have no block, and pay for this search only.
    if OPENING not in source:
        return Manifest(name)
    block = _block(source, comment, str(path or "eval"))
    if block is None:
        return Manifest(name)
    text, first_line = block
    return _parse(text, str(path or "eval"), name, first_line)


def load_folder(folder: Path) -> Manifest:
    """Returns the manifest of a folder spell, from its spell.toml if there is one."""
    file = folder / FOLDER_FILE
    try:
        if not file.is_file():  # there is none, or a link to a device that never ends
            return Manifest(folder.name)
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None
    from llmspell_cli.config_layers import decode

    return _parse(decode(content, file), str(file), folder.name, 1)


def leading_comment(source: str, comment: str) -> str:
    """Returns the first line of prose among a spell's leading comments, or nothing."""
    inside = False
    for line in source.splitlines():
        text = line.strip()
        if text.startswith("#!") or not text:
            continue
        if not text.startswith(comment):
            return ""
        text = text.removeprefix(comment).strip(" -/")
        inside = text == "spell" or (inside and bool(text))
        if text and not inside:
            return text
    return ""


def _block(source: str, comment: str, name: str) -> tuple[str, int] | None:
    """Returns the TOML of the block and the line on which it begins."""
    lines: list[str] | None = None
    first = 0
    for number, line in enumerate(source.splitlines(), 1):
        if number == 1 and line.startswith("#!"):
            continue
        if line.strip() and not line.startswith(comment):
            break
        text = line.removeprefix(comment).removeprefix(" ")
        if lines is None:
            if text.strip() == OPENING:
                lines, first = [], number + 1
        elif text.strip() == CLOSING:
            return "\n".join(lines), first
        else:
            lines.append(text)
    if lines is None:
        return None
    raise ConfigError(
        f"{name}:{first - 1}: the manifest is not closed",
        hint=f"end the block with a line '{comment} {CLOSING}'",
    )


@dataclass(frozen=True)
class _Source:
    text: str
    file: str
    first_line: int

    def error(self, keys: Keys, message: str, hint: str = "") -> ConfigError:
        from llmspell_cli.config_layers import line_of

        line = line_of(self.text, keys) + self.first_line - 1
        return ConfigError(f"{self.file}:{line}: {'.'.join(keys)} {message}", hint=hint)


def _parse(text: str, file: str, name: str, first_line: int) -> Manifest:
    from llmspell_cli.config_layers import parse_toml

    source = _Source(text, file, first_line)
    tree = parse_toml(text, file, first_line)
    texts: dict[str, Any] = {"name": name}
    for key in _TEXTS:
        if key in tree:
            value = tree.pop(key)
            if not isinstance(value, str):
                raise source.error((key,), "must be text")
            texts[key] = value
    if texts["name"] != name and not _NAME.fullmatch(texts["name"]):
        raise source.error(("name",), "must be letters, digits, '-' and '_'")
    found = Manifest(
        **texts,
        params=_params(_table(tree, "params", source), source),
        asks=_asks(_table(tree, "security", source), source),
        limits=_limits(_table(tree, "limits", source), source),
    )
    for key in tree:
        from bridges._names import did_you_mean

        raise source.error((key,), "is not a manifest key", did_you_mean(key, (*_TEXTS, *_TABLES)))
    return found


_TABLES = ("params", "security", "limits")


def _table(tree: dict[str, Any], name: str, source: _Source) -> dict[str, Any]:
    value = tree.pop(name, {})
    if not isinstance(value, dict):
        raise source.error((name,), "must be a table", f"write it as [{name}]")
    return value


def _params(table: dict[str, Any], source: _Source) -> dict[str, ParamSpec]:
    found = {}
    for name, fields in table.items():
        if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name):
            raise source.error(("params", name), "is not a name of letters, digits and '_'")
        try:
            found[name] = parse_spec(fields)
        except ValueError as error:
            raise source.error(("params", name), str(error)) from None
    return found


def _asks(table: dict[str, Any], source: _Source) -> dict[str, tuple[str, ...]]:
    from llmspell_cli.config_schema import GRANTS

    allowed = [name for name in GRANTS if name.startswith("allow_")]
    found = {}
    for name, value in table.items():
        if name not in allowed:
            from bridges._names import did_you_mean

            raise source.error(
                ("security", name), "cannot be asked for", did_you_mean(name, allowed)
            )
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise source.error(("security", name), 'must be a list of texts such as ["a", "b"]')
        found[name] = tuple(value)
    return found


def _limits(table: dict[str, Any], source: _Source) -> dict[str, float]:
    from llmspell_cli.config_schema import READERS, SCHEMA, Key, Place

    known = SCHEMA["limits"]
    assert isinstance(known, dict)
    found = {}
    for name, value in table.items():
        key = known.get(name)
        if not isinstance(key, Key):
            from bridges._names import did_you_mean

            raise source.error(("limits", name), "is not a limit", did_you_mean(name, known))
        try:
            found[name] = READERS[key.kind](value, key, Place(Path(), Path()))
        except ValueError as error:
            raise source.error(("limits", name), str(error)) from None
    return found
