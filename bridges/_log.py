"""The run's log: levels, and a sink that the program gives."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridges._captures import Capture

LEVELS = {"trace": 0, "debug": 10, "info": 20, "warn": 30, "error": 40}
"""Level names and their order; configuration also takes `warning` for `warn`."""

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
