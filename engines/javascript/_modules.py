"""Modules: the host finds them, this keeps what it said and hands the sources to the engine."""

from __future__ import annotations

import json
import re

from engines._channel import Channel
from engines._protocol import MODULE
from engines.javascript._faults import OWN_FILES
from engines.javascript._quickjs import QuickJS, Thrown

TYPE_CHECKING = False  # importing typing would cost a worker a sixth of its start
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

IS_MODULE = re.compile(r"^\s*(?:export\b|import\b(?!\s*[.(]))", re.MULTILINE)
STANDARD = "llmspell/"
"""What the ids of the standard library's modules begin with."""
# The engine's own error names the module and cuts it here.
MAX_SENTENCE = 200


class Refused(Exception):
    """The host has no such module or does not give it; `error` is its error map."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error.get("message", ""))
        self.error = error


class Modules:
    """What the spell imports.

    main: the program's module id
    write: returns another text for a module's (id, source, shape), or None; a debugger's
    """

    def __init__(self, channel: Channel, take_id: Any) -> None:
        self._channel = channel
        self._take_id = take_id
        self._found: dict[tuple[str, str], str] = {}
        self._sources: dict[str, str] = {}
        self._refused: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {}
        self.main = ""
        self.write: Callable[[str, str, str], str | None] = lambda *_: None

    def add(self, id: str, source: str) -> None:
        """Makes a source known, as if the host had sent it."""
        self._sources[id] = source

    def source(self, id: str) -> str | None:
        """Returns a known module's source."""
        return self._sources.get(id)

    def resolve(self, importer: str, name: str) -> str:
        """Returns the id of the module that `importer` calls `name`; raises Refused."""
        importer = self.main if not importer or importer in OWN_FILES else importer
        known = self._found.get((importer, name))
        if known is not None:
            return known
        payload = f"{importer}\0{name}".encode("utf-8", "replace")
        answer = self._channel.ask(MODULE, self._take_id(), payload)
        if answer[:1] != b"\0":
            raise Refused(json.loads(answer[1:]))
        id, _, source = answer[1:].decode().partition("\0")
        self._sources.setdefault(id, strip_shebang(source))
        self._found[importer, name] = id
        return id

    def name_for_engine(self, importer: str, name: str) -> str:
        """Returns the id for an import, or for a refused one the sentence its error shall say."""
        if importer in OWN_FILES and name in self._sources:
            return name
        try:
            return self.resolve(importer, name)
        except Refused as refused:
            sentence = str(refused)[:MAX_SENTENCE]
            self._refused[sentence] = refused.error, self._site(importer, name)
            return sentence

    def _site(self, importer: str, name: str) -> list[dict[str, Any]]:
        """Returns a traceback of the line that imports a name: the engine does not tell it."""
        file = self.main if not importer or importer in OWN_FILES else importer
        statement = rf"""^(?!\s*//).*?\b(?:from|import)[\s(]*(["']){re.escape(name)}\1"""
        found = re.search(statement, self._sources.get(file, ""), re.MULTILINE)
        if found is None:
            return []
        line = found.string.count("\n", 0, found.start(1)) + 1
        return [{"file": file, "line": line, "function": ""}]

    def load(self, id: str) -> tuple[str, str, str] | tuple[None, None, None]:
        """Returns a module for the engine's loader."""
        source = self._sources.get(id)
        if source is None:
            return None, None, None
        if id.endswith(".json"):
            source = f"export default JSON.parse({json.dumps(source)});"
        else:
            source = self.write(id, source, "module") or source
        return id, source, "module"

    def refusal(self, message: str) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
        """Returns the host's error behind an engine's message about a missing module, and where.

        The place is a traceback of the importing line; empty where the importer's text shows none.
        """
        _, _, sentence = message.partition("cannot find module: ")
        return self._refused.get(sentence)

    def require(self, engine: QuickJS, name: str, importer: str) -> dict[str, Any]:
        """Finds a module for `require` and gives the boot code its wrapper, exports or error."""
        try:
            id = self.resolve(importer, name)
        except Refused as refused:
            return {"kind": "error", "id": "", "error": refused.error}
        source = self._sources[id]
        if id.endswith(".json"):
            return {"kind": "json", "id": id, "text": source}
        try:
            if IS_MODULE.search(source):
                code = f"import * as found from {json.dumps(id)}; globalThis.dukpy = found"
                engine.run_module(code.encode(), "<llmspell>")
                return {"kind": "namespace", "id": id}
            source = self.write(id, source, "function") or source
            head = "(function (exports, require, module, __filename, __dirname) {"
            engine.give(engine.run(engine.compile(f"{head}{source}\n}})".encode(), id, 0)))
            return {"kind": "function", "id": id}
        except Thrown as thrown:
            engine.give(thrown.value)
            return {"kind": "thrown", "id": id}


def strip_shebang(source: str) -> str:
    """Returns a source without its `#!` line's text; the line stays, for the line numbers."""
    if not source.startswith("#!"):
        return source
    _, newline, rest = source.partition("\n")
    return newline + rest
