"""A spell's handler of events: what it wants to hear, once or in batches, and as what."""

from __future__ import annotations

import asyncio
from typing import Any

from bridges._errors import InvalidArgument, SpellError
from bridges._events.bus import Bus, Listener
from bridges._events.queues import MOST_BYTES
from bridges._plain import weight
from bridges._types import Callback

MOST_BATCH = 1_000


async def is_wanted(wanted: Any, event: dict[str, Any]) -> bool:
    """Tells whether a filter lets an event through.

    wanted: a function of the event, or values that fields of its data must have; None is all
    """
    if wanted is None:
        return True
    if isinstance(wanted, Callback):
        return bool(await wanted(event))
    data = event["data"]
    return isinstance(data, dict) and all(
        key in data and data[key] == part for key, part in wanted.items()
    )


class Handler:
    """One handler; options are those of `Event.on`."""

    def __init__(self, bus: Bus, pattern: str, fn: Callback, options: dict[str, Any]) -> None:
        self._bus = bus
        self._fn = fn
        self._filter = options.get("filter")
        self._map: Callback | None = options.get("map")
        self._once = bool(options.get("once"))
        batch = options.get("batch")
        self._size: int = 0 if batch is None else batch.get("size", MOST_BATCH)
        self._seconds: float | None = None if batch is None else batch.get("seconds")
        self._gathered: list[Any] = []
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self.listener = Listener(pattern, self._handle, self.end, self._rest)
        if batch is not None and not 1 <= self._size <= MOST_BATCH:
            raise InvalidArgument(
                f"Event.on: the size of a batch must be 1 to {MOST_BATCH}, got {self._size}"
            )

    async def _handle(self, event: dict[str, Any]) -> bool:
        if not await is_wanted(self._filter, event):
            return False
        value = event if self._map is None else await self._map(event)
        if self._size:
            await self._gather(value)
            return True
        if self._once:
            self._bus.drop(self.listener)
        await self._fn(value)
        return True

    async def _gather(self, value: Any) -> None:
        size = weight(value)
        has_room = self._bus.room.take(size)
        self._gathered.append(value)
        self._bytes += size if has_room else 0
        if not has_room or len(self._gathered) >= self._size or self._bytes > MOST_BYTES:
            await self._hand_over()
        elif self._timer is None and self._seconds is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._seconds, self._bus.do, self._late)

    async def _late(self) -> None:
        try:
            await self._hand_over()
        except SpellError as error:
            self._bus.note_failure(self.listener.pattern, error)

    async def _hand_over(self) -> None:
        self._stop_timer()
        found, self._gathered = self._gathered, []
        self._bus.room.give(self._bytes)
        self._bytes = 0
        if found:
            if self._once:
                self._bus.drop(self.listener)
            await self._fn(found)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rest(self) -> None:
        self._stop_timer()
        if self._gathered:
            self._bus.do(self._late)

    def end(self) -> bool:
        """Takes the handler off; what it gathered is handed over soon. Tells whether it was on."""
        was_on = self._bus.drop(self.listener)
        self._rest()
        return was_on
