"""The events of a run: noted as they happen, kept for a while, handed to the spell's handlers."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from contextvars import Context, ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from bridges._account import Share
from bridges._errors import LimitExceeded, SpellError
from bridges._events.patterns import matches
from bridges._events.queues import MOST_BYTES, Queue, Tap
from bridges._plain import weight

if TYPE_CHECKING:
    from bridges._session import Session

T = TypeVar("T")
KEPT = 1_000
"""Events that are remembered."""
HANDLERS = 1_000
LATER = 0.02
"""Seconds after which events are delivered that nobody waits for."""
EVENT_BYTES = 200
"""About what an event without data holds."""

correlation: ContextVar[str | None] = ContextVar("correlation", default=None)
"""The id that what belongs together has in common: everything inside inherits it."""


_process = os.urandom(6).hex()
_numbers = itertools.count(1)


def new_correlation() -> str:
    """Returns an id that nothing else has."""
    return f"{_process}-{next(_numbers):x}"


async def correlated(id: str, source: AsyncGenerator[T]) -> AsyncGenerator[T]:
    """Yields what a source yields; what the source does on the way belongs to `id`."""
    async with aclosing(source):
        while True:
            # Not for the whole time: between two pieces, whoever takes them does other things.
            token = correlation.set(id)
            try:
                piece = await anext(source)
            except StopAsyncIteration:
                return
            finally:
                correlation.reset(token)
            yield piece


@dataclass(eq=False)
class Listener:
    """Somebody who is handed every event that matches, one after the other.

    handle: takes an event and tells whether it was one for it
    end: takes a spell's handler off, and tells whether it was on; None for the program's own
    rest: has what it has gathered so far handed over
    """

    pattern: str
    handle: Callable[[dict[str, Any]], Awaitable[bool]]
    end: Callable[[], bool] | None = None
    rest: Callable[[], None] | None = None
    is_on: bool = True


@dataclass
class Counts:
    """What became of the run's events."""

    emitted: int = 0
    delivered: int = 0
    failed: int = 0
    dropped_by_readers: int = 0


class Bus:
    """The events of one run; those of the spells that it runs arrive here as well.

    room: what may be held of them for readers and batches
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._outer: Bus | None = session.caller.shared(Bus) if session.caller else None
        self.room = Share(session.account, "events")
        self._history: deque[tuple[dict[str, Any], int]] = deque()
        self._history_size = 0
        self._last_id = 0
        self._queue = Queue()
        self._jobs: deque[Callable[[], Awaitable[None]]] = deque()
        self._listeners: list[Listener] = []
        self._taps: list[Tap] = []
        self._delivering: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self.counts = Counts()
        session.bus = self
        session.on_close(self._close)

    # -- what happens

    def emit(
        self,
        name: str,
        data: dict[str, Any],
        correlated: str | None = None,
        size: int | None = None,
    ) -> None:
        """Notes a built-in event; never blocks, never raises.

        data: plain data, which nobody changes afterwards
        correlated: its correlation id, where it is not that of what happens around it
        size: about how many bytes the data holds, where that is known
        """
        if size is None:
            size = weight(data)
        self._note(name, data, "llmspell", EVENT_BYTES + size, correlated)

    def emit_own(self, name: str, data: Any, correlated: str | None) -> None:
        """Notes an event of the spell.

        correlated: its correlation id, where it is not that of what happens around it
        """
        self._note(name, data, "spell", EVENT_BYTES + weight(data), correlated)

    def replay(self, event: dict[str, Any]) -> None:
        """Hands a recorded event to listeners again; it is not remembered a second time."""
        self._last_id += 1
        again = {**event, "id": self._last_id, "replayed": True}
        self._pass_on(again, EVENT_BYTES + weight(again.get("data")))

    def _note(
        self, name: str, data: Any, source: str, size: int, correlated: str | None = None
    ) -> None:
        self._last_id += 1
        event = {
            "name": name,
            "data": data,
            "id": self._last_id,
            "time": time.time(),
            "correlation": correlated or correlation.get(),
            "source": source,
            "spell": self._session.spell.name,
        }
        self._remember(event, size)

    def _remember(self, event: dict[str, Any], size: int) -> None:
        self.counts.emitted += 1
        history = self._history
        history.append((event, size))
        self._history_size += size
        while len(history) > KEPT or (self._history_size > MOST_BYTES and len(history) > 1):
            self._history_size -= history.popleft()[1]
        if self._listeners or self._taps:
            self._pass_on(event, size)
        if self._outer is not None:
            self._outer._take(event, size)

    def _take(self, event: dict[str, Any], size: int) -> None:
        """Takes an event of a spell that this one runs."""
        self._last_id += 1
        self._remember({**event, "id": self._last_id}, size)

    def _pass_on(self, event: dict[str, Any], size: int) -> None:
        name = event["name"]
        for tap in self._taps:
            if matches(tap.pattern, name):
                tap.put(event, size)
        if any(matches(listener.pattern, name) for listener in self._listeners):
            self._queue.put(event, size)
            self._deliver_later()

    # -- delivery

    @property
    def is_waiting(self) -> bool:
        """Whether anything waits to be delivered, here or in the run that started this one."""
        return bool(
            self._queue.waiting
            or self._jobs
            or (self._outer is not None and self._outer.is_waiting)
        )

    @property
    def _is_delivering(self) -> bool:
        return self._delivering is not None and not self._delivering.done()

    async def drain(self) -> None:
        """Waits until the events so far have been delivered, unless a delivery is under way.

        One under way may be waiting for the very call that would wait for it.
        """
        if (len(self._queue) or self._jobs) and not self._is_delivering:
            self._begin()
            waiter = asyncio.get_running_loop().create_future()
            last: int = self._queue.waiting[-1][0]["id"] if len(self._queue) else 0
            self._waiters.append((last, waiter))
            await waiter
        if self._outer is not None:
            await self._outer.drain()

    def finish(self) -> bool:
        """Has batches hand over what they have, and tells whether handlers have anything to do."""
        if not self._has_work:
            for listener in tuple(self._listeners):
                if listener.rest is not None:
                    listener.rest()
        return self._has_work

    @property
    def _has_work(self) -> bool:
        return self._is_delivering or bool(self._queue.waiting or self._jobs)

    async def settle(self) -> None:
        """Waits until all that has happened is delivered; what the handlers cause, too."""
        while self._has_work:
            self._begin()
            assert self._delivering is not None
            await asyncio.wait([self._delivering])

    def do(self, job: Callable[[], Awaitable[None]]) -> None:
        """Has something done in turn with the deliveries; it fails with nothing."""
        self._jobs.append(job)
        self._deliver_later()

    def _deliver_later(self) -> None:
        if self._is_delivering or self._later is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # a run without a loop has nobody but its next asynchronous call to wait for
        self._later = loop.call_later(LATER, self._begin)

    def _begin(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if not self._is_delivering:
            # What handlers cause belongs to no operation that happens to wait for them.
            loop = asyncio.get_running_loop()
            self._delivering = loop.create_task(self._deliver(), context=Context())

    async def _deliver(self) -> None:
        try:
            while self._jobs or len(self._queue):
                if self._jobs:
                    await self._jobs.popleft()()
                else:
                    await self._hand_round(self._queue.take())
        finally:
            self._delivering = None
            self._wake_waiters(self._last_id)
            if self._queue.waiting or self._jobs:
                self._deliver_later()

    async def _hand_round(self, event: dict[str, Any]) -> None:
        correlation.set(event["correlation"])
        is_again = "replayed" in event
        for listener in tuple(self._listeners):
            if is_again and listener.end is None:
                continue  # what a spell replays did not happen: nothing counts it
            if listener.is_on and matches(listener.pattern, event["name"]):
                await self._hand(listener, event)
        self._wake_waiters(event["id"])

    async def _hand(self, listener: Listener, event: dict[str, Any]) -> None:
        try:
            taken = await listener.handle(event)
            self.counts.delivered += taken and listener.end is not None
        except SpellError as error:
            self.note_failure(event["name"], error)

    def note_failure(self, name: str, error: SpellError) -> None:
        """Logs and counts a handler's failure."""
        self.counts.failed += 1
        fields: dict[str, Any] = {"event": name, "code": error.code}
        if error.place:
            fields["at"] = error.place
        self._session.log.write("warn", f"a handler of {name!r} failed: {error.message}", fields)

    def _wake_waiters(self, id: int) -> None:
        for waiter in [waiter for waiter in self._waiters if waiter[0] <= id]:
            self._waiters.remove(waiter)
            if not waiter[1].done():
                waiter[1].set_result(None)

    def interrupt(self) -> None:
        """Ends the delivery under way; what waits for handlers is given up."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self._queue.clear()
        self._jobs.clear()
        if self._delivering is not None:
            self._delivering.cancel()
            # One that has not begun is never run, and wakes nobody.
            self._wake_waiters(self._last_id)

    async def _close(self) -> None:
        for tap in self._taps:
            tap.close()
        self.interrupt()
        if self._delivering is not None:
            await asyncio.wait([self._delivering])

    # -- who listens

    def listen(self, listener: Listener) -> None:
        """Has a listener handed the events from now on."""
        if len(self._listeners) >= HANDLERS:
            raise LimitExceeded(
                f"the spell has more than {HANDLERS} event handlers",
                hint="take some off with Event.off",
                details={"limit": "handlers"},
            )
        self._listeners.append(listener)

    def drop(self, listener: Listener) -> bool:
        """Takes a listener away; tells whether it was there."""
        listener.is_on = False
        if listener not in self._listeners:
            return False
        self._listeners.remove(listener)
        return True

    def listeners(self) -> list[Listener]:
        """Returns who listens, in order of registration."""
        return list(self._listeners)

    def tap(self, pattern: str) -> Tap:
        """Returns a queue of the events from now on, until `untap`."""
        if len(self._taps) >= HANDLERS:
            raise LimitExceeded(
                f"the spell waits for events in more than {HANDLERS} places",
                hint="close streams that are no longer read",
                details={"limit": "handlers"},
            )
        tap = Tap(pattern, self.room)
        self._taps.append(tap)
        return tap

    def untap(self, tap: Tap) -> None:
        """Ends a queue."""
        if tap in self._taps:
            self._taps.remove(tap)
            self.counts.dropped_by_readers += tap.queue.dropped
            tap.release()

    # -- what is known

    def history(self) -> list[dict[str, Any]]:
        """Returns the remembered events, oldest first."""
        return [event for event, _ in self._history]

    def dropped(self) -> tuple[int, int]:
        """Returns how many events found no room: for handlers, and for readers."""
        readers = sum(tap.queue.dropped for tap in self._taps)
        return self._queue.dropped, readers + self.counts.dropped_by_readers

    def waiting(self) -> int:
        """Returns how many events wait for handlers."""
        return len(self._queue)
