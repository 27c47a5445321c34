"""States kept in memory, for the run alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bridges._account import Share
from bridges._state.content import Content, StoreName
from bridges._state.turns import Turns
from bridges._state.whole import Whole

T = TypeVar("T")


class MemoryStore:
    """One state in memory."""

    name: StoreName = "memory"

    def __init__(self, room: Share) -> None:
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
            self._room.require(copy.weight - self._whole.weight)
            self._whole = copy
        return found

    async def remove(self) -> bool:
        was = self._whole.head.revision > 0
        self._room.give(self._whole.weight)
        self._whole = Whole()
        return was
