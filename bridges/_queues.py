"""Queues of events, bounded in number and size."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

QUEUE = 10_000
"""Events that may wait for handlers, or for one reader; the newest are dropped and counted."""
MOST_BYTES = 16 * 1024 * 1024
"""Of the events that are remembered, and of those in one queue, about."""


@dataclass
class Queue:
    """Events that wait, bounded in number and size; those that find no room are counted."""

    waiting: deque[tuple[dict[str, Any], int]] = field(default_factory=deque)
    size: int = 0
    dropped: int = 0

    def put(self, event: dict[str, Any], size: int) -> bool:
        """Takes an event, or counts it as dropped."""
        if len(self.waiting) >= QUEUE or (self.waiting and self.size + size > MOST_BYTES):
            self.dropped += 1
            return False
        self.waiting.append((event, size))
        self.size += size
        return True

    def take(self) -> dict[str, Any]:
        """Returns the oldest event."""
        event, size = self.waiting.popleft()
        self.size -= size
        return event

    def clear(self) -> None:
        """Gives up what waits."""
        self.dropped += len(self.waiting)
        self.waiting.clear()
        self.size = 0

    def __len__(self) -> int:
        return len(self.waiting)


class Tap:
    """A queue of its own for one reader, who takes the matching events when it likes."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.queue = Queue()
        self._arrived = asyncio.Event()
        self._is_closed = False

    def put(self, event: dict[str, Any], size: int) -> None:
        """Takes an event."""
        self.queue.put(event, size)
        self._arrived.set()

    async def next(self) -> dict[str, Any] | None:
        """Returns the oldest event, waiting for one; None when the run ends."""
        while not len(self.queue):
            if self._is_closed:
                return None
            self._arrived.clear()
            await self._arrived.wait()
        return self.queue.take()

    def close(self) -> None:
        """Has whoever waits for events wait no longer."""
        self._is_closed = True
        self._arrived.set()
