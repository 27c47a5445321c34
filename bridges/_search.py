"""Searches texts for a pattern that may come from a model: no pattern makes it hang."""

from __future__ import annotations

import time
from typing import Any

import regex

from bridges._alone import alone
from bridges._errors import InvalidArgument, TimeLimit

SECONDS = 5.0
"""Time of one search over all its files."""

MAX_LINE = 300


class Search:
    """One search: what to find, and the matches so far."""

    def __init__(self, text: str, *, is_regex: bool, ignore_case: bool, limit: int) -> None:
        self.matches: list[dict[str, Any]] = []
        self._limit = limit
        self._left = SECONDS
        flags = regex.V0 | (regex.IGNORECASE if ignore_case else 0)
        try:
            self._pattern = regex.compile(text if is_regex else regex.escape(text), flags)
        except (regex.error, RecursionError, ValueError, OverflowError) as error:
            raise InvalidArgument(f"{text!r} is not a regular expression: {error}") from None

    @property
    def is_full(self) -> bool:
        """Whether there are as many matches as asked for."""
        return len(self.matches) >= self._limit

    def add(self, path: str, text: str) -> None:
        """Searches one file's text."""
        began = time.monotonic()
        for number, line in enumerate(text.splitlines(), 1):
            left = self._left - (time.monotonic() - began)
            try:
                if left <= 0:
                    raise TimeoutError
                with alone(left):
                    found = self._pattern.search(line, timeout=left, concurrent=True)
            except TimeoutError:
                raise TimeLimit(
                    f"the search took longer than {SECONDS:g} seconds",
                    hint="search fewer files, or use a simpler pattern",
                ) from None
            if found:
                start = max(0, found.start() - MAX_LINE // 2)
                shown = line[start : start + MAX_LINE].strip()
                self.matches.append({"path": path, "line": number, "text": shown})
                if self.is_full:
                    break
        self._left -= time.monotonic() - began
