"""Searches texts for a pattern that may come from a model: no pattern makes it hang."""

from __future__ import annotations

import time
from typing import Any

from bridges._errors import TimeLimit
from bridges._expressions import Expression

SECONDS = 5.0
"""Time of one search over all its files."""

MAX_LINE = 300


class Search:
    """One search: what to find, and the matches so far."""

    def __init__(self, text: str, *, is_regex: bool, ignore_case: bool, limit: int) -> None:
        self.matches: list[dict[str, Any]] = []
        self._limit = limit
        self._left = SECONDS
        self._until = 0.0
        self._expression = Expression(text, ignore_case=ignore_case, literal=not is_regex)

    @property
    def is_full(self) -> bool:
        """Whether there are as many matches as asked for."""
        return len(self.matches) >= self._limit

    def add(self, path: str, text: str) -> None:
        """Searches one file's text."""
        began = time.monotonic()
        self._until = began + self._left
        for number, line in enumerate(text.splitlines(), 1):
            found = next(self._expression.places(line, self._check), None)
            if found:
                start = max(0, found[0] - MAX_LINE // 2)
                shown = line[start : start + MAX_LINE].strip()
                self.matches.append({"path": path, "line": number, "text": shown})
                if self.is_full:
                    break
        self._left -= time.monotonic() - began

    def _check(self) -> None:
        if time.monotonic() >= self._until:
            raise TimeLimit(
                f"the search took longer than {SECONDS:g} seconds",
                hint="search fewer files, or use a simpler pattern",
            )
