"""The run's log: levels, and a sink that the program gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LEVELS = {"trace": 0, "debug": 10, "info": 20, "warn": 30, "error": 40}
"""Level names and their order; configuration also takes `warning` for `warn`."""


@dataclass
class Log:
    """Where log lines go.

    level: the least level that is written
    sink: takes (level, message, fields); it must not raise
    """

    level: str
    sink: Callable[[str, str, dict[str, Any]], None]

    def is_enabled(self, level: str) -> bool:
        """Tells whether lines of a level are written."""
        return LEVELS[level] >= LEVELS[self.level]

    def write(self, level: str, message: str, fields: dict[str, Any] | None = None) -> None:
        """Writes one line when its level is enabled."""
        if self.is_enabled(level):
            self.sink(level, message, fields or {})
