"""Who changes a value next: turns within a run, pauses where other processes are in the way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

TURN = 0.5
"""Seconds anybody waits for a turn: the one before may be waiting for the one behind."""
_FIRST, _LONGEST = 0.001, 0.05


class Turns:
    """The turns at the values of one state; they save tries, and nothing depends on them."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def take(self, key: str) -> AsyncIterator[None]:
        """Waits for a turn at a key, not for ever, and has it inside."""
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = lock, users + 1
        mine = False
        try:
            try:
                async with asyncio.timeout(TURN):
                    mine = await lock.acquire()
            except TimeoutError:
                pass
            yield
        finally:
            if mine:
                lock.release()
            lock, users = self._locks.pop(key)
            if users > 1:
                self._locks[key] = lock, users - 1


async def pause(turn: int) -> None:
    """Waits for a time that nobody else waits for, longer with each try."""
    longest = min(_LONGEST, _FIRST * 2 ** min(turn, 10))
    await asyncio.sleep(random.uniform(0, longest))
