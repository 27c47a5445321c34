"""Queues of events, bounded in number and size."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from bridges._account import Share

QUEUE = 10_000
"""Events that may wait for handlers, or for one reader; the newest are dropped and counted."""
MOST_BYTES = 16 * 1024 * 1024
"""Of the events that are remembered, of those in one queue, and of one batch, about."""
IN_HAND = 2
"""Events of a reader that it has taken and that may not have been used yet."""


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
    """A queue of its own for one reader, who takes the matching events when it likes.

    The last IN_HAND events that it took count as held: they may still be on their way.
    """

    def __init__(self, pattern: str, room: Share) -> None:
        self.pattern = pattern
        self.queue = Queue()
        self._room = room
        self._in_hand: deque[int] = deque()
        self._arrived = asyncio.Event()
        self._is_closed = False

    def put(self, event: dict[str, Any], size: int) -> None:
        """Takes an event."""
        if not self._room.take(size):
            self.queue.dropped += 1
        elif not self.queue.put(event, size):
            self._room.give(size)
        self._arrived.set()

    async def next(self) -> dict[str, Any] | None:
        """Returns the oldest event, waiting for one; None when the run ends."""
        while not len(self.queue):
            if self._is_closed:
                return None
            self._arrived.clear()
            await self._arrived.wait()
        before = self.queue.size
        event = self.queue.take()
        self._in_hand.append(before - self.queue.size)
        if len(self._in_hand) > IN_HAND:
            self._room.give(self._in_hand.popleft())
        return event

    def weigh(self, size: int) -> None:
        """Has the last event count as so many bytes; raises LimitExceeded when there is no room."""
        more = size - self._in_hand[-1]
        if more > 0:
            self._room.require(more)
        self._in_hand[-1] += max(more, 0)

    def close(self) -> None:
        """Has whoever waits for events wait no longer."""
        self._is_closed = True
        self._arrived.set()

    def release(self) -> None:
        """Gives up everything; nobody reads on."""
        self._room.give(self.queue.size + sum(self._in_hand))
        self._in_hand.clear()
        self.queue.clear()
