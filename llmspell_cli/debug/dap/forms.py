"""The debugger's records as DAP writes them, in the client's way of counting and naming."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bridges._errors import InvalidArgument
from llmspell_cli.debug.answers import Frame, Member, Scope, Task, Value, Variable
from llmspell_cli.debug.dap.arguments import Arguments
from llmspell_cli.debug.points import Point
from llmspell_cli.debug.sources import Sources

KINDS = {
    "function": "function",
    "class": "class",
    "table": "module",
    "object": "module",
    "field": "field",
}
"""What a member is, as an item of a completion; anything else is a variable."""
HINTS = {"Locals": "locals", "Arguments": "arguments"}
STANDARD = "the standard library"


class Forms:
    """How one client wants lines, columns and paths."""

    def __init__(self, client: Arguments) -> None:
        """client: the arguments of its `initialize`"""
        self._first_line = 1 if client.flag("linesStartAt1", True) else 0
        self._first_column = 1 if client.flag("columnsStartAt1", True) else 0
        self._uris = client.text("pathFormat", "path") == "uri"
        self._texts: list[str] = []
        self.sources: Sources | None = None

    # -- from the client

    def line(self, given: Arguments) -> int:
        """Returns a line, counted from 1."""
        return given.number("line") + 1 - self._first_line

    def offset(self, given: Arguments) -> int:
        """Returns a column as an offset from the line's beginning."""
        return max(0, given.number("column") - self._first_column)

    def id(self, given: Arguments) -> str:
        """Returns the module that a client's Source is; NotFound says why it is none."""
        assert self.sources is not None
        reference = given.number("sourceReference", 0)
        if reference:
            return self.referred(reference)
        return self.sources.id(self._path(given.text("path")))

    def referred(self, reference: int) -> str:
        """Returns the module behind a source reference."""
        if not 0 < reference <= len(self._texts):
            raise InvalidArgument("there is no source of that reference")
        return self._texts[reference - 1]

    def _path(self, written: str) -> Path:
        if self._uris:
            parts = urlsplit(written)
            if parts.scheme != "file":
                raise InvalidArgument(f"{written!r} is not a file")
            written = unquote(parts.path)
        if not written.startswith("/"):
            raise InvalidArgument(f"{written!r} is not an absolute path")
        return Path(written)

    # -- to the client

    def source(self, id: str) -> dict[str, Any]:
        """Writes a module."""
        assert self.sources is not None
        path = self.sources.path(id)
        if path is not None:
            return {"name": path.name, "path": path.as_uri() if self._uris else str(path)}
        if id not in self._texts:
            self._texts.append(id)
        reference = self._texts.index(id) + 1
        found = {"name": id, "sourceReference": reference, "presentationHint": "deemphasize"}
        return found if id == self.sources.main else {**found, "origin": STANDARD}

    def place(self, file: str, line: int) -> dict[str, Any]:
        """Writes a place, as far as it is known."""
        assert self.sources is not None
        if not self.sources.exists(file):
            return {}
        return {"source": self.source(file), "line": line - 1 + self._first_line}

    def point(self, point: Point) -> dict[str, Any]:
        """Writes a breakpoint."""
        found = {
            "id": point.id,
            "verified": point.verified,
            **self.place(point.file, point.line),
        }
        return {**found, "message": point.message} if point.message else found

    def frame(self, frame: Frame) -> dict[str, Any]:
        """Writes a frame."""
        where = self.place(frame.file, frame.line)
        where.setdefault("line", 0)
        return {
            "id": frame.id,
            "name": f"{frame.name} (awaits)" if frame.waits else frame.name,
            **where,
            "column": frame.column - 1 + self._first_column if "source" in where else 0,
        }

    def scope(self, scope: Scope) -> dict[str, Any]:
        """Writes a scope."""
        found = {
            "name": scope.name,
            "variablesReference": scope.ref,
            "expensive": scope.expensive,
        }
        hint = HINTS.get(scope.name)
        return {**found, "presentationHint": hint} if hint else found

    def variable(self, variable: Variable) -> dict[str, Any]:
        """Writes a variable."""
        found: dict[str, Any] = {"name": variable.name, "value": variable.text}
        found |= _parts(variable)
        if variable.path:
            found["evaluateName"] = variable.path
        if variable.fixed:
            found["presentationHint"] = {"attributes": ["readOnly"]}
        return found

    def value(self, value: Value, key: str = "value") -> dict[str, Any]:
        """Writes a value under a key."""
        return {key: value.text, **_parts(value)}

    def task(self, task: Task) -> dict[str, Any]:
        """Writes a task."""
        return {"id": task.id, "name": task.name}

    def member(self, member: Member) -> dict[str, Any]:
        """Writes an item of a completion."""
        return {"label": member.name, "type": KINDS.get(member.kind, "variable")}


def _parts(value: Value) -> dict[str, Any]:
    found: dict[str, Any] = {"variablesReference": value.ref}
    if value.type:
        found["type"] = value.type
    if isinstance(value, Variable):
        if value.named is not None:
            found["namedVariables"] = value.named
        if value.indexed is not None:
            found["indexedVariables"] = value.indexed
    return found
