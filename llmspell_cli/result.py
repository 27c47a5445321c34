"""How a run's prints, value and error leave the program: as text, one JSON document, or events."""

from __future__ import annotations

import codecs
import json
from time import monotonic
from typing import Any

from bridges._errors import SpellError
from bridges._session import Session
from bridges._types import Text
from engines._output import Output

VERSION = 1
"""Of the documents and events below; a change that breaks a reader raises it."""


class TextResult:
    """`--output text`: prints, then the value: text as it is, anything else as JSON."""

    def __init__(self, stdout: Output) -> None:
        self.prints = stdout
        self._stdout = stdout

    def value(self, value: Any, _session: Session) -> None:
        """Writes the spell's value; nothing for none."""
        if value is None:
            return
        text = value.text if isinstance(value, Text) else value
        if isinstance(text, bytes):
            self._stdout.write(text)
            return
        if not isinstance(text, str):
            text = to_json(value, indent=2)
        self._stdout.write((text if text.endswith("\n") else text + "\n").encode())

    def left(self, _code: int, _session: Session) -> None:
        """Writes nothing: a spell that left by exit(n) gave no value."""

    def error(self, _error: SpellError, _session: Session | None) -> None:
        """Writes nothing: the error goes to standard error."""


class JsonResult:
    """`--output json`: one document on standard output, the prints on standard error."""

    def __init__(self, stdout: Output, stderr: Output) -> None:
        self.prints = stderr
        self._stdout = stdout
        self._started = monotonic()

    def value(self, value: Any, session: Session) -> None:
        """Writes the document of a run that gave a value."""
        self._write({"ok": True, "value": value}, session)

    def left(self, code: int, session: Session) -> None:
        """Writes the document of a run that left by exit(n)."""
        self._write({"ok": code == 0, "exit": code}, session)

    def error(self, error: SpellError, session: Session | None) -> None:
        """Writes the document of a run that failed."""
        self._write({"ok": False, "error": error_map(error)}, session)

    def _write(self, found: dict[str, Any], session: Session | None) -> None:
        document = {"version": VERSION, **found, **summary(session, self._started)}
        self._stdout.write((to_json(document) + "\n").encode())


class EventResult:
    """`--output jsonl`: a line of JSON for every print, log line, and the end."""

    def __init__(self, stdout: Output) -> None:
        self.prints = EventPrints(stdout)
        self._stdout = stdout
        self._started = monotonic()

    def start(self, name: str, language: str) -> None:
        """Writes the event that a spell starts."""
        self._event("start", {"spell": name, "language": language})

    def log(self, level: str, message: str, fields: dict[str, Any]) -> None:
        """Writes the event of a log line."""
        self._event("log", {"level": level, "message": message, "fields": fields})

    def value(self, value: Any, session: Session) -> None:
        """Writes the last event of a run that gave a value."""
        self._event("result", {"value": value, **summary(session, self._started)})

    def left(self, code: int, session: Session) -> None:
        """Writes the last event of a run that left by exit(n)."""
        self._event("exit", {"exit": code, **summary(session, self._started)})

    def error(self, error: SpellError, session: Session | None) -> None:
        """Writes the last event of a run that failed."""
        self._event("error", {"error": error_map(error), **summary(session, self._started)})

    def _event(self, kind: str, fields: dict[str, Any]) -> None:
        self._stdout.write(event(kind, fields))


class EventPrints(Output):
    """Turns what a spell prints into events."""

    def __init__(self, stdout: Output) -> None:
        super().__init__(stdout.fd, stdout.turn)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def nested(self) -> Output:
        """Returns events of its own for a spell within the spell."""
        return EventPrints(self)

    def write(self, data: bytes) -> None:
        """Writes one event for the text, which may end within a character."""
        text = self._decoder.decode(data)
        if text:
            super().write(event("print", {"text": text}))


def event(kind: str, fields: dict[str, Any]) -> bytes:
    """Returns the line of one event."""
    return (to_json({"version": VERSION, "event": kind, **fields}) + "\n").encode()


def to_json(value: Any, indent: int | None = None) -> str:
    """Returns a value of the border as JSON; bytes as base64 text, objects by their class."""
    return json.dumps(value, ensure_ascii=False, indent=indent, default=_foreign)


def _foreign(value: Any) -> Any:
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode()
    return f"<{getattr(value, 'name', '') or type(value).__name__}>"


def error_map(error: SpellError) -> dict[str, Any]:
    """Returns what a document says of an error."""
    found = error.as_map()
    if error.traceback:
        found["traceback"] = error.traceback
    return found


def summary(session: Session | None, started: float) -> dict[str, Any]:
    """Returns what a document says of a run besides its end."""
    found: dict[str, Any] = {"duration": round(monotonic() - started, 3)}
    if session is not None:
        budget = session.budget
        found["usage"] = {
            "requests": budget.requests,
            "input_tokens": budget.input_tokens,
            "output_tokens": budget.output_tokens,
        }
        found["cost"] = float(budget.cost)
    return found
