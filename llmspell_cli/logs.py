"""Where log lines and the audit log go."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llmspell_cli.terminal import clean
from llmspell_cli.world import World

COLOURS = {"trace": "2", "debug": "2", "info": "36", "warn": "33", "error": "31"}


class LogSink:
    """Writes log lines to standard error or a file, as text or JSON lines."""

    def __init__(self, world: World, form: str, file: Path | None, colour: bool) -> None:
        """form: `text` or `json`; file: appended to, instead of standard error"""
        self._world = world
        self._form = form
        self._file = file
        self._colour = colour and file is None

    def __call__(self, level: str, message: str, fields: dict[str, Any]) -> None:
        """Writes one line."""
        if self._form == "json":
            line = to_line({"time": now(), "level": level, "message": message, **fields})
        else:
            extra = "".join(f" {key}={_text(value)}" for key, value in fields.items())
            mark = f"\x1b[{COLOURS[level]}m{level}\x1b[0m" if self._colour else level
            # A line of a message's own is set in: it cannot pass for one of the log's.
            line = f"{mark}: {clean(message)}{clean(extra)}".replace("\n", "\n    ")
        self._write(line)

    def _write(self, line: str) -> None:
        if self._file is None:
            self._world.err(line)
            return
        try:
            append(self._file, line)
        except OSError as error:
            self._file = None
            self._world.err(f"warning: cannot write the log: {error}")
            self._world.err(line)

    def audit(self, file: Path | None) -> Callable[[str, str, str, bool], None] | None:
        """Returns what writes permission decisions to a file as JSON lines, or None without one."""
        if file is None:
            return None

        def write(api: str, kind: str, value: str, allowed: bool) -> None:
            record = {"time": now(), "api": api, "kind": kind, "value": value, "allowed": allowed}
            try:
                append(file, to_line(record))
            except OSError as error:
                self._world.err(f"warning: cannot write the audit log: {error}")

        return write


def append(file: Path, line: str) -> None:
    """Appends one line in one write, so that two runs do not mix theirs."""
    with file.open("ab", buffering=0) as log:
        log.write((line + "\n").encode("utf-8", "backslashreplace"))


def to_line(record: dict[str, Any]) -> str:
    """Returns a record as one line of JSON."""
    return json.dumps(record, ensure_ascii=False, default=str)


def now() -> str:
    """Returns the time as ISO 8601 in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text
