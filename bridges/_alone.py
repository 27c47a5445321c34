"""Regular expressions of spells are matched one at a time.

The engine notes up to a gigabyte of ways to go back before it gives up, and cannot be told less.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_TURN = Lock()


@contextmanager
def alone(seconds: float) -> Iterator[None]:
    """Waits until nobody else matches, and lets nobody until what happens inside is over.

    seconds: how long to wait at most
    Raises TimeoutError where that is too short, and where the engine has given up. For a thread.
    """
    if not _TURN.acquire(timeout=max(0.0, seconds)):
        raise TimeoutError
    try:
        yield
    except MemoryError:
        raise TimeoutError from None
    finally:
        _TURN.release()
