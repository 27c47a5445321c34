"""Notes the signals that end a run: Ctrl-C, and a polite request to stop."""

from __future__ import annotations

import signal
from collections.abc import Callable
from time import monotonic
from typing import Any, Self

from bridges._errors import Cancelled
from engines._watch import end_now

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TWICE = 0.1
"""Seconds within which a second signal is taken for the first, which a wrapper may pass on."""


class Signals:
    """What has come since the start; a context manager. A second signal ends the process at once.

    at: when the first came (monotonic seconds), or None
    """

    def __init__(self, note: Callable[[float], None]) -> None:
        """note: told when the first comes, between any two lines of the program"""
        self._note = note
        self._before: dict[int, Any] = {}
        self.at: float | None = None

    def __enter__(self) -> Self:
        for number in SIGNALS:
            # One that is ignored, as under nohup, stays ignored.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, *_: object) -> None:
        now = monotonic()
        if self.at is None:
            self.at = now
            self._note(now)
        elif now - self.at > TWICE:
            end_now(Cancelled("interrupted"))
