"""Runs a debugger's event loop: signals end it in order, and a second one at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any

from bridges._errors import Cancelled
from engines._signals import SIGNALS, TWICE
from engines._watch import end_now

CLOSING = 1.0
"""Seconds that what is left has to end."""


class Interrupts:
    """What signals do to a debugger: the first cancels it, the second ends the process.

    on_interrupt: asked first when Ctrl-C comes; True means that it was taken care of
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[Any] | None = None
        self._at: float | None = None
        self.on_interrupt: Callable[[], bool] | None = None

    def watch(self, task: asyncio.Task[Any], loop: asyncio.AbstractEventLoop) -> None:
        """Begins to listen; signals that are ignored stay so."""
        self._task = task
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self._came, number)

    def _came(self, number: int) -> None:
        if number == signal.SIGINT and self.on_interrupt is not None and self.on_interrupt():
            return
        assert self._task is not None
        if self._at is None:
            self._at = monotonic()
            self._task.cancel()
        elif monotonic() - self._at > TWICE:
            end_now(Cancelled("interrupted"))


def run_loop(main: Callable[[Interrupts], Coroutine[Any, Any, int]]) -> int:
    """Runs a debugger and returns its exit code; KeyboardInterrupt where a signal ended it."""
    # Not asyncio.run: it waits for threads, and one may be blocked on a terminal for ever.
    loop = asyncio.new_event_loop()
    interrupts = Interrupts()
    task = loop.create_task(main(interrupts))
    interrupts.watch(task, loop)
    try:
        return loop.run_until_complete(task)
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        loop.run_until_complete(_cancel_rest())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _cancel_rest() -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    if rest:
        await asyncio.wait(rest, timeout=CLOSING)
