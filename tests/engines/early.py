"""Workers that tests start: an interrupt that comes early waits, as for those of the host."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from engines._protocol import INTERRUPT_SIGNAL


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """What is started inside has interrupts blocked until it listens for them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [INTERRUPT_SIGNAL])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
