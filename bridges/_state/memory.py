"""States kept in memory, for the run alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bridges._errors import LimitExceeded
from bridges._state.content import Content, StoreName
from bridges._state.turns import Turns
from bridges._state.whole import Whole

T = TypeVar("T")
MAX_MEMORY = 64 * 1024 * 1024
"""Bytes of all states of a run that are kept in memory."""


class Room:
    """The memory that the states of one run take. used: bytes."""

    def __init__(self) -> None:
        self.used = 0

    def take(self, more: int) -> None:
        """Counts more bytes, or fewer; raises LimitExceeded where there is no room."""
        if more > 0 and self.used + more > MAX_MEMORY:
            raise LimitExceeded(
                f"the states in memory take no more than {MAX_MEMORY} bytes in a run",
                hint='keep some of them with scope = "spell"',
                details={"limit": "memory"},
            )
        self.used += more


class MemoryStore:
    """One state in memory."""

    name: StoreName = "memory"

    def __init__(self, room: Room) -> None:
        self.turns = Turns()
        self._room = room
        self._whole = Whole()

    async def read(self, look: Callable[[Content], T]) -> T:
        return look(self._whole)

    async def write(self, edit: Callable[[Content], T]) -> T:
        # Nothing waits in between: no two writes ever meet.
        copy = self._whole.copy()
        found = edit(copy)
        if copy.changed:
            self._room.take(_size(copy) - _size(self._whole))
            self._whole = copy
        return found

    async def remove(self) -> bool:
        was = self._whole.head.revision > 0
        self._room.take(-_size(self._whole))
        self._whole = Whole()
        return was


def _size(whole: Whole) -> int:
    return whole.head.size + whole.history_size
