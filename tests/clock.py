"""An event loop whose time passes at once, when nothing else can go on."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
TICK = 1e-9
"""Seconds that pass in any case: no clock stands still."""


class _Selector(selectors.DefaultSelector):
    """Lets the loop's time pass instead of waiting."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if not found:
            assert timeout is not None, "nothing would ever happen again"
            self.now += max(TICK, timeout)
        return found


class FakeLoop(asyncio.SelectorEventLoop):
    """A loop without waiting; `time()` begins at 0."""

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine on such a loop to its end."""
    with asyncio.Runner(loop_factory=FakeLoop) as runner:
        return runner.run(work)


def now() -> float:
    """Returns the time of the loop that runs."""
    return asyncio.get_running_loop().time()
