"""Events: what happens in a run, told to whoever listens, and a spell's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

from bridges._declare import NOTHING, Bridge, HostObject, host_function
from bridges._errors import InvalidArgument, TimeLimit
from bridges._events.built_in import RESERVED
from bridges._events.bus import Bus, correlation
from bridges._events.handlers import Handler, is_wanted
from bridges._events.patterns import check_event, check_pattern, matches
from bridges._events.queues import Tap
from bridges._events.records import (
    EventEmitOptions,
    EventHistoryOptions,
    EventOptions,
    EventRecord,
    EventReplayOptions,
    EventStats,
    EventStreamOptions,
    EventWaitOptions,
)
from bridges._pauses import Pauses
from bridges._plain import check_plain, weight
from bridges._types import Callback, StreamOf
from bridges.stream import Final, Stream

MOST_REPLAYED = 10_000
LONGEST_ID = 200


class EventHandler(HostObject):
    """A function that is told of events."""

    name = "EventHandler"

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    @host_function(needs=NOTHING, since=2)
    def off(self) -> bool:
        """Takes the handler off; events that a batch has gathered are handed over first.

        returns: Whether it was still there
        """
        return self.handler.end()


class Event(Bridge):
    """Tells what happens in the run, and of what spells tell each other.

    In patterns `*` stands for any characters within one word, `**` for any number of words.
    """

    @host_function(needs=NOTHING, since=2)
    def on(self, pattern: str, fn: Callback, options: EventOptions | None = None) -> EventHandler:
        """Has a function called for every event that matches, one event after the other.

        pattern: Names: `model.ended`, `model.*` for two words of which the first is model, `**`
            for every event
        fn: Gets the event; what it returns is ignored, and its failure is logged
        options: Which events, and how they are handed over
        returns: The handler
        """
        check_pattern(pattern, "Event.on")
        bus = self._bus()
        handler = Handler(bus, pattern, fn, dict(options or {}))
        bus.listen(handler.listener)
        return EventHandler(handler)

    @host_function(needs=NOTHING, since=2)
    def once(self, pattern: str, fn: Callback, options: EventOptions | None = None) -> EventHandler:
        """Has a function called for the first event that matches.

        pattern: Names, as for `on`
        fn: Gets the event
        options: Which events, and how they are handed over
        returns: The handler
        """
        more: EventOptions = {**(options or {}), "once": True}
        return self.on(pattern, fn, more)

    @host_function(needs=NOTHING, since=2)
    def off(self, handler: EventHandler | str) -> int:
        """Takes handlers off.

        handler: What `on` gave, or the pattern of all to take off
        returns: How many there were
        """
        if isinstance(handler, EventHandler):
            return int(handler.off())
        return sum(end() for end in self._ends(handler))

    @host_function(needs=NOTHING, since=2)
    def clear(self) -> None:
        """Takes every handler of the spell off."""
        for end in self._ends(None):
            end()

    @host_function(needs=NOTHING, since=2)
    async def emit(
        self, name: str, data: Any = None, options: EventEmitOptions | None = None
    ) -> None:
        """Tells of an event, and waits until its handlers have run.

        A handler that emits does not wait: what it emits comes after the event it handles.

        name: Lower-case words joined by dots; the first is none of the built-in events'
        data: More about it: text, numbers, lists, maps
        options: More about the event
        """
        where = "Event.emit"
        check_event(name, where)
        if name.partition(".")[0] in RESERVED:
            raise InvalidArgument(
                f"{where}: {name!r} begins as built-in events do",
                hint="begin with a word of your own, such as 'report.written'",
            )
        correlated = (options or {}).get("correlation")
        bus = self._bus()
        bus.emit_own(name, check_plain(data, f"{where}: data"), _id(correlated, where))
        await bus.drain()

    @host_function(needs=NOTHING, since=2)
    async def wait_for(self, pattern: str, options: EventWaitOptions | None = None) -> EventRecord:
        """Waits for the next event that matches.

        pattern: Names, as for `on`
        options: Which event, and how long to wait
        returns: The event
        """
        check_pattern(pattern, "Event.wait_for")
        given = options or {}
        timeout = given.get("timeout")
        bus, pauses = self._bus(), self.session.shared(Pauses)
        tap = bus.tap(pattern)
        try:
            async with pauses.limit(timeout) as clock:
                while (event := await tap.next()) is not None:
                    if await is_wanted(given.get("filter"), event):
                        found: Any = event
                        return found  # type: ignore[no-any-return]
        except TimeoutError:
            if not clock.expired():
                raise
        finally:
            bus.untap(tap)
        raise TimeLimit(
            f"no event {pattern!r} happened within {timeout or 0:g} seconds",
            hint="give the option timeout more time",
        )

    @host_function(needs=NOTHING, since=2)
    async def stream(
        self, pattern: str, options: EventStreamOptions | None = None
    ) -> StreamOf[Any, Any]:
        """Gives the events that match from now on; it has to be closed where nothing ends it.

        pattern: Names, as for `on`
        options: Which events, as what, and how many
        returns: The events, or what `map` makes of them; its result is what `reduce` made of all,
            or how many there were
        """
        check_pattern(pattern, "Event.stream")
        bus = self._bus()
        # The tap is what holds events that are not read yet.
        stream: Any = Stream(self._events(bus.tap(pattern), dict(options or {})), ahead=1)
        return stream  # type: ignore[no-any-return]

    async def _events(self, tap: Tap, options: dict[str, Any]) -> AsyncGenerator[Any]:
        bus, loop = self._bus(), asyncio.get_running_loop()
        seconds, limit = options.get("seconds"), options.get("limit")
        closing = None if seconds is None else loop.call_later(seconds, tap.close)
        count, total = 0, options.get("initial")
        reduce, change = options.get("reduce"), options.get("map")
        try:
            while limit is None or count < limit:
                event = await tap.next()
                if event is None:
                    break
                if not await is_wanted(options.get("filter"), event):
                    continue
                count += 1
                value = event if change is None else await change(event)
                if reduce is not None:
                    total = await reduce(total, value)
                if change is not None or reduce is not None:
                    tap.weigh(weight(value) + weight(total))
                yield value
            yield Final(count if reduce is None else total)
        finally:
            bus.untap(tap)
            if closing is not None:
                closing.cancel()

    @host_function(needs=NOTHING, since=2)
    async def correlate(self, id: str, fn: Callback) -> Any:
        """Runs a function; the events of what it does have a correlation id in common.

        id: The id
        fn: The function
        returns: What it returned
        """
        token = correlation.set(_id(id, "Event.correlate"))
        try:
            return await fn()
        finally:
            correlation.reset(token)

    @host_function(needs=NOTHING, since=2)
    def history(self, options: EventHistoryOptions | None = None) -> list[EventRecord]:
        """Returns the last events of the run, oldest first; 1000 are remembered.

        options: Which of them
        returns: The events
        """
        given = options or {}
        pattern, id, limit = given.get("pattern"), given.get("correlation"), given.get("limit")
        if pattern is not None:
            check_pattern(pattern, "Event.history")
        if limit is not None and limit < 0:
            raise InvalidArgument(f"Event.history: limit must not be negative, got {limit}")
        found: list[Any] = [
            event
            for event in self._bus().history()
            if (pattern is None or matches(pattern, event["name"]))
            and (id is None or event["correlation"] == id)
        ]
        return found if limit is None else found[max(len(found) - limit, 0) :]

    @host_function(needs=NOTHING, since=2)
    async def replay(
        self, events: list[dict[str, Any]] | str, options: EventReplayOptions | None = None
    ) -> int:
        """Hands recorded events to handlers and streams once more, marked as `replayed`.

        events: What `history` gave, or text with one event as JSON in each line
        options: How fast
        returns: How many there were
        """
        found = _recorded(events)
        speed = (options or {}).get("speed")
        if speed is not None and speed <= 0:
            raise InvalidArgument(f"Event.replay: speed must be more than 0, got {speed:g}")
        bus, before = self._bus(), None
        for event in found:
            if speed is not None and before is not None:
                await asyncio.sleep(max(event["time"] - before, 0) / speed)
            before = event["time"]
            bus.replay(event)
            await bus.drain()
        return len(found)

    @host_function(needs=NOTHING, since=2)
    def stats(self) -> EventStats:
        """Returns what became of the events of the run.

        returns: How many there were, and how many handlers were told
        """
        bus = self._bus()
        handlers, streams = bus.dropped()
        return {
            "emitted": bus.counts.emitted,
            "delivered": bus.counts.delivered,
            "failed": bus.counts.failed,
            "dropped": {"handlers": handlers, "streams": streams},
            "waiting": bus.waiting(),
            "handlers": len(self._ends(None)),
        }

    def _bus(self) -> Bus:
        bus: Bus = self.session.shared(Bus)
        return bus

    def _ends(self, pattern: str | None) -> list[Any]:
        return [
            listener.end
            for listener in self._bus().listeners()
            if listener.end is not None and pattern in (None, listener.pattern)
        ]


def _id(id: str | None, where: str) -> str | None:
    if id is not None and not 0 < len(id) <= LONGEST_ID:
        raise InvalidArgument(f"{where}: a correlation id has 1 to {LONGEST_ID} characters")
    return id


def _recorded(events: list[dict[str, Any]] | str) -> list[dict[str, Any]]:
    given: list[Any] = _lines(events) if isinstance(events, str) else events
    if len(given) > MOST_REPLAYED:
        raise InvalidArgument(
            f"Event.replay: {len(given)} events are more than {MOST_REPLAYED}",
            hint="replay them in parts",
        )
    return [_event(part, f"Event.replay: event {n}") for n, part in enumerate(given, 1)]


def _lines(text: str) -> list[Any]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError):
            raise InvalidArgument(f"Event.replay: line {number} is not JSON") from None
    return found


def _event(given: Any, where: str) -> dict[str, Any]:
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise InvalidArgument(f"{where} is no event", hint="an event is a map with a name")
    check_event(given["name"], where)
    time = given.get("time", 0.0)
    if isinstance(time, bool) or not isinstance(time, (int, float)):
        raise InvalidArgument(f"{where}: time must be a number")
    texts = {key: given[key] for key in ("correlation", "spell") if isinstance(given.get(key), str)}
    source = "llmspell" if given.get("source") == "llmspell" else "spell"
    data = check_plain(given.get("data"), f"{where}: data")
    found = {"name": given["name"], "data": data, "time": time, "source": source}
    return {"correlation": None, "spell": "", **texts, **found}
