"""What takes log lines on their way to the log; apart from it, since few runs capture any."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from bridges._log import LEVELS

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
