"""In whose course a spell's calls are made: what a callback was given, its calls inherit.

A context variable that is set where the host calls a function of the script holds in every host
call which that function makes, directly or by way of tasks and timers that it starts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

REMEMBERED = 1_000
"""Callbacks that have ended and whose tasks may still go on; those of older ones belong to none."""


class Courses:
    """The contexts of one run's calls."""

    def __init__(self) -> None:
        self._outermost: Context | None = None
        self._of: dict[int, Context] = {}
        self._ended: deque[int] = deque()
        self._now = 0

    def begin(self) -> None:
        """Has calls that are made in no callback's course inherit what holds here."""
        self._outermost = copy_context()

    def enter(self, callback: int) -> None:
        """Has the next calls belong to a callback; one that is not known is as none."""
        self._now = callback

    def open(self, callback: int) -> None:
        """Notes what holds where a callback begins."""
        self._of[callback] = copy_context()

    def close(self, callback: int) -> None:
        """Notes that a callback has ended."""
        self._ended.append(callback)
        if len(self._ended) > REMEMBERED:
            del self._of[self._ended.popleft()]

    def context(self) -> Context:
        """Returns a context for the next call."""
        found = self._of.get(self._now, self._outermost)
        return copy_context() if found is None else found.copy()

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function of the host for the spell; it answers at once."""
        found = self._of.get(self._now, self._outermost)
        return function(*arguments) if found is None else found.copy().run(function, *arguments)
