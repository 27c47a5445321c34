"""Ends the process where a run cannot end in order: nobody reads its output, or a call hangs."""

from __future__ import annotations

import os
import select
import signal
from time import monotonic
from typing import Any, Self

from bridges._errors import SpellError
from bridges._processes import kill_all


class Watch:
    """The last resort of the program's run; a context manager, in the main thread.

    The kernel's timer works where the run's own clock cannot: a signal's handler is called even
    while the main thread is blocked in a write.
    """

    def __init__(self) -> None:
        self._error: SpellError | None = None
        self._before: Any = None

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGALRM, self._on_alarm)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)

    def set(self, at: float, error: SpellError) -> None:
        """Has the process ended at a time (monotonic seconds) unless the run is over by then."""
        self._error = error
        signal.setitimer(signal.ITIMER_REAL, max(0.001, at - monotonic()))

    def _on_alarm(self, *_: object) -> None:
        if self._error is not None:
            end_now(self._error)


def end_now(error: SpellError) -> None:
    """Kills what the program started and ends it with the error's exit code; never returns."""
    kill_all()
    try:
        # Standard error may be what everybody waits for.
        if select.select([], [2], [], 0)[1]:
            os.write(2, f"error: {error.message}\n".encode("utf-8", "backslashreplace"))
    except (OSError, ValueError):
        pass
    os._exit(error.exit_code)
