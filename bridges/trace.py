"""Spans: what a spell does, how long it takes, and inside of what it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from bridges._declare import NOTHING, Bridge, host_function
from bridges._errors import InvalidArgument
from bridges._tracing import Span, Tracing, traceparent, tracing_of
from bridges._types import Callback

if TYPE_CHECKING:
    from bridges._session import Session


class TraceOptions(TypedDict, total=False):
    """What a span says from the start.

    attributes: Values by name: text, numbers, booleans or lists of those; others become JSON
    """

    attributes: dict[str, Any]


class TraceContext(TypedDict):
    """Which span lasts now.

    name: Its name; the run's own span is called after the spell
    trace_id: Names everything that happens in the run: 32 hexadecimal digits
    span_id: Names the span: 16 hexadecimal digits
    traceparent: Both as the header of this name, for a server that traces as well
    """

    name: str
    trace_id: str
    span_id: str
    traceparent: str


class TraceEvent(TypedDict):
    """Something that happened during a span.

    name: What happened
    time: When: seconds since 1970
    attributes: Values by name
    """

    name: str
    time: float
    attributes: dict[str, Any]


class TraceSpan(TypedDict, total=False):
    """A span that has ended.

    name: Its name
    kind: What it was: `span` those of the spell; the others belong to built-in things
    trace_id: Names everything that happens in the run
    span_id: Names the span
    parent_id: The span it happened in
    spell: The spell it happened in
    start: When it began: seconds since 1970
    duration: Seconds it took
    status: Whether what happened inside failed
    error: Why it failed
    attributes: Values by name
    events: What happened during it, in order
    """

    name: str
    kind: Literal["spell", "span", "model", "tool", "agent", "workflow", "step", "state", "handoff"]
    trace_id: str
    span_id: str
    parent_id: str
    spell: str
    start: float
    duration: float
    status: Literal["ok", "error"]
    error: str
    attributes: dict[str, Any]
    events: list[TraceEvent]


class Trace(Bridge):
    """Follows what happens in a run as spans, each inside of another."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._tracing: Tracing = tracing_of(session)

    @host_function(needs=NOTHING, since=2)
    async def span(self, name: str, fn: Callback, options: TraceOptions | None = None) -> Any:
        """Runs a function inside a span; what it starts has the span as its parent.

        name: What the span is called
        fn: Called with the span's names, as `current` gives them
        options: What the span says from the start
        returns: What the function returned; its error is raised as it is
        """
        if not name:
            raise InvalidArgument("Trace.span: the name is empty")
        attributes = (options or {}).get("attributes", {})
        with self._tracing.span(name, "span", self.session.spell.name, attributes) as span:
            return await fn(dict(_context(span, self.session)))

    @host_function(needs=NOTHING, since=2)
    def current(self) -> TraceContext:
        """Tells which span lasts now; outside of every span it is the run's own.

        returns: Its names
        """
        return _plain_context(self._tracing.current())

    @host_function(needs=NOTHING, since=2, one_way=True)
    def set_attribute(self, name: str, value: Any) -> None:
        """Sets a value of the span that lasts now.

        name: Name of the value
        value: Text, a number, a boolean or a list of those; another value becomes JSON
        """
        self._tracing.current().set({name: value})

    @host_function(needs=NOTHING, since=2, one_way=True)
    def set_attributes(self, attributes: dict[str, Any]) -> None:
        """Sets values of the span that lasts now.

        attributes: The values by name
        """
        self._tracing.current().set(attributes)

    @host_function(needs=NOTHING, since=2, one_way=True)
    def add_event(self, name: str, attributes: dict[str, Any] | None = None) -> None:
        """Notes in the span that lasts now that something happened.

        name: What happened
        attributes: Values by name
        """
        self._tracing.current().note(name, attributes or {})

    @host_function(needs=NOTHING, since=2)
    def spans(self) -> list[TraceSpan]:
        """Returns the spans of the run that have ended, the last 2,000 of them.

        returns: The spans, in the order in which they ended
        """
        return [_record(span) for span in self._tracing.ended()]


def _plain_context(span: Span) -> TraceContext:
    return {
        "name": span.name,
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "traceparent": traceparent(span),
    }


def _context(span: Span, session: Session) -> dict[str, Any]:
    return {session.spell_name(key): value for key, value in _plain_context(span).items()}


def _record(span: Span) -> TraceSpan:
    found: TraceSpan = {
        "name": span.name,
        "kind": span.kind if span.kind != "run" else "span",
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "spell": span.spell,
        "start": span.start / 1e9,
        "duration": (span.end - span.start) / 1e9,
        "status": "error" if span.error else "ok",
        "attributes": dict(span.attributes),
        "events": [
            {"name": e.name, "time": e.time / 1e9, "attributes": dict(e.attributes)}
            for e in span.events
        ],
    }
    if span.parent_id:
        found["parent_id"] = span.parent_id
    if span.error:
        found["error"] = span.error
    return found
