"""The run's log: levels, and a sink that the program gives."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

LEVELS = {"trace": 0, "debug": 10, "info": 20, "warn": 30, "error": 40}
"""Level names and their order; configuration also takes `warning` for `warn`."""
MAX_CAPTURED = 10_000
"""Lines of one capture; the rest are counted."""


@dataclass
class Capture:
    """Takes the log lines of what happens inside of it.

    level: the least level it takes; None: whatever is written
    quiet: nothing of it goes on to the log
    outer: the capture around it
    is_over: what was begun inside of it and still goes on writes as if it were not there
    """

    level: str | None
    quiet: bool
    outer: Capture | None
    lines: list[dict[str, Any]] = field(default_factory=list)
    dropped: int = 0
    is_over: bool = False

    def wants(self, level: str, least: str) -> bool:
        """Tells whether a line of a level goes here or on to a capture around it."""
        if not self.is_over and LEVELS[level] >= LEVELS[self.level or least]:
            return True
        goes_on = self.is_over or not self.quiet
        return goes_on and self.outer is not None and self.outer.wants(level, least)

    def take(self, level: str, least: str, message: str, fields: dict[str, Any]) -> bool:
        """Takes a line; tells whether it goes on to the log, whose least level is `least`."""
        if not self.is_over and LEVELS[level] >= LEVELS[self.level or least]:
            if len(self.lines) < MAX_CAPTURED:
                self.lines.append(
                    {"level": level, "message": message, "fields": fields, "time": time.time()}
                )
            else:
                self.dropped += 1
        if self.quiet and not self.is_over:
            return False
        return self.outer is None or self.outer.take(level, least, message, fields)


capturing: ContextVar[Capture | None] = ContextVar("capturing", default=None)
"""What takes the lines that are written here."""


@dataclass
class Log:
    """Where log lines go.

    level: the least level that is written
    sink: takes (level, message, fields); it must not raise
    """

    level: str
    sink: Callable[[str, str, dict[str, Any]], None]

    def is_enabled(self, level: str) -> bool:
        """Tells whether lines of a level are written, or captured."""
        if LEVELS[level] >= LEVELS[self.level]:
            return True
        capture = capturing.get()
        return capture is not None and capture.wants(level, self.level)

    def write(self, level: str, message: str, fields: dict[str, Any] | None = None) -> None:
        """Writes one line when its level is enabled."""
        capture = capturing.get()
        if capture is not None and not capture.take(level, self.level, message, fields or {}):
            return
        if LEVELS[level] >= LEVELS[self.level]:
            self.sink(level, message, fields or {})
