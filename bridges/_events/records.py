"""What the noun `Event` takes and gives."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from bridges._types import Callback, Duration


class EventRecord(TypedDict, total=False):
    """Something that happened.

    name: What happened
    data: More about it; of built-in events a map
    id: Counts up in the run
    time: When: seconds since 1970
    correlation: What it has in common with the events that belong together
    source: Whether the spell told it, or the program
    spell: The spell in which it happened
    replayed: Whether it only happens again: see `replay`
    """

    name: str
    data: Any
    id: int
    time: float
    correlation: str
    source: Literal["spell", "llmspell"]
    spell: str
    replayed: bool


class EventBatch(TypedDict, total=False):
    """When a handler gets what has gathered; whichever comes first.

    size: With so many; 1000 at most, which is also what holds unless set
    seconds: So long after the first; never unless set
    """

    size: int
    seconds: Duration


class EventOptions(TypedDict, total=False):
    """What a handler hears, and how.

    filter: A function of the event that tells whether it is wanted, or values that fields of its
        data must have
    once: Whether the handler goes after its first event
    batch: Gathers events and hands over a list
    map: Makes of the event what the handler gets
    """

    filter: Callback | dict[str, Any]
    once: bool
    batch: EventBatch
    map: Callback


class EventEmitOptions(TypedDict, total=False):
    """More about an event.

    correlation: Its correlation id; that of what happens around it unless set
    """

    correlation: str


class EventWaitOptions(TypedDict, total=False):
    """Which event is waited for, and for how long.

    timeout: Then it is an error with code timeout
    filter: A function of the event, or values that fields of its data must have
    """

    timeout: Duration
    filter: Callback | dict[str, Any]


class EventStreamOptions(TypedDict, total=False):
    """What a stream gives.

    filter: A function of the event, or values that fields of its data must have
    map: Makes of each event what the stream gives
    reduce: Makes one value of all: gets the value so far and what the stream gives
    initial: The first value so far
    limit: The stream ends after so many
    seconds: The stream ends after this time
    """

    filter: Callback | dict[str, Any]
    map: Callback
    reduce: Callback
    initial: Any
    limit: int
    seconds: Duration


class EventHistoryOptions(TypedDict, total=False):
    """Which of the remembered events are wanted.

    pattern: Of their names
    correlation: Their correlation id
    limit: The last so many
    """

    pattern: str
    correlation: str
    limit: int


class EventReplayOptions(TypedDict, total=False):
    """How events happen again.

    speed: 1 leaves the time between them as it was, 2 halves it; they follow at once unless set
    """

    speed: float


class EventDropped(TypedDict):
    """Events for which there was no room.

    handlers: Of those that waited for handlers
    streams: Of those that waited in streams and for `wait_for`
    """

    handlers: int
    streams: int


class EventStats(TypedDict):
    """What became of the events of the run.

    emitted: That happened, in spells that this one runs as well
    delivered: That handlers were given, one counted for each handler
    failed: Deliveries in which the handler failed
    dropped: For which there was no room
    waiting: That wait for handlers now
    handlers: How many handlers there are
    """

    emitted: int
    delivered: int
    failed: int
    dropped: EventDropped
    waiting: int
    handlers: int
