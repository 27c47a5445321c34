"""What happened in a run, when, and inside of what: spans with one trace id."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridges._errors import SpellError

if TYPE_CHECKING:
    from bridges._session import Session

MAX_SPANS = 2_000
"""Spans that are kept for the script; the oldest go first."""
MAX_VALUES = 50_000
"""Attributes of all kept spans together."""
MAX_ATTRIBUTES = 64
MAX_EVENTS = 64
MAX_TEXT = 1_000
"""Characters of one attribute, and of an error's message."""
MAX_NAME = 200
TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")

Kind: TypeAlias = Literal[
    "run", "spell", "span", "model", "tool", "agent", "workflow", "step", "state", "handoff"
]
Attribute: TypeAlias = "str | bool | int | float | list[str | bool | int | float]"


@dataclass
class Event:
    """Something that happened at one moment of a span; `time` in nanoseconds since 1970."""

    name: str
    time: int
    attributes: dict[str, Attribute]


@dataclass
class Span:
    """Something that took time.

    parent_id: the span it happened in, empty for none
    start, end: nanoseconds since 1970; `end` is 0 while it lasts
    error: why it failed; empty when it did not
    began: when it began on the clock that never jumps; above: what it was begun in, until it ends
    """

    name: str
    kind: Kind
    trace_id: str
    span_id: str
    parent_id: str
    spell: str
    start: int
    end: int = 0
    error: str = ""
    attributes: dict[str, Attribute] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    began: int = 0
    above: Span | None = None

    @property
    def size(self) -> int:
        """How many values it holds."""
        return 1 + len(self.attributes) + sum(1 + len(e.attributes) for e in self.events)

    def set(self, attributes: Mapping[str, Any]) -> None:
        """Notes attributes; what is not given is left as it is, and so are too many.

        A span that has ended says nothing more.
        """
        for name, value in attributes.items():
            name = clip(name, MAX_NAME)
            has_room = name in self.attributes or len(self.attributes) < MAX_ATTRIBUTES
            if value is not None and has_room and not self.end:
                self.attributes[name] = as_attribute(value)

    def note(self, name: str, attributes: Mapping[str, Any]) -> None:
        """Notes that something happened now; more than MAX_EVENTS are left out."""
        if len(self.events) < MAX_EVENTS and not self.end:
            few = list(attributes.items())[:MAX_ATTRIBUTES]
            kept = {clip(k, MAX_NAME): as_attribute(v) for k, v in few if v is not None}
            self.events.append(Event(clip(name, MAX_NAME), time.time_ns(), kept))


_current: ContextVar[Span | None] = ContextVar("span", default=None)


class Tracing:
    """The spans of one run and of the spells it runs.

    root: the run itself, which lasts as long as the run; in a REPL, a chat: the last input
    sampled: what a caller decided about exporting this trace; None when it is for us to decide
    content: whether spans say what was asked and answered
    listeners: told every span that has ended
    """

    def __init__(self, spell: str, traceparent: str = "") -> None:
        """traceparent: of the program that started this one (W3C trace context)"""
        above = TRACEPARENT.fullmatch(traceparent.strip().lower())
        self._above: tuple[str, str] | None = None
        self.sampled: bool | None = None
        if above and set(above[1]) != {"0"} and set(above[2]) != {"0"}:
            self._above = above[1], above[2]
            self.sampled = bool(int(above[3], 16) & 1)
        self._spell = clip(spell, MAX_NAME)
        self.root = self._new_root(f"run {spell}")
        self.content = False
        self.listeners: list[Callable[[Span], None]] = []
        self._ended: deque[Span] = deque()
        self._values = 0

    def renew(self, name: str) -> None:
        """Has what happens from now on lie in a new root, and in a trace of its own.

        It is for the program that started this one to have them all in its trace.
        """
        self.root = self._new_root(name)

    def current(self) -> Span:
        """Returns the innermost span that lasts now, where the call comes from."""
        found = _current.get()
        return found if found is not None and found.trace_id == self.root.trace_id else self.root

    def ended(self) -> list[Span]:
        """Returns the spans that have ended, in the order in which they did."""
        return list(self._ended)

    @contextmanager
    def span(
        self, name: str, kind: Kind, spell: str, attributes: Mapping[str, Any] | None = None
    ) -> Iterator[Span]:
        """Has what happens inside be a span; an error marks it and goes on."""
        span = self.begin(name, kind, spell)
        span.set(attributes or {})
        try:
            yield span
        except BaseException as error:
            self.finish(span, error)
            raise
        self.finish(span)

    def begin(self, name: str, kind: Kind, spell: str) -> Span:
        """Begins a span, in which lies what happens from now on until `finish`."""
        above = self.current()
        name, spell = clip(name, MAX_NAME), clip(spell, MAX_NAME)
        span = Span(name, kind, above.trace_id, _new_id(), above.span_id, spell, time.time_ns())
        span.above = _current.get()
        span.began = time.monotonic_ns()
        _current.set(span)
        return span

    def finish(self, span: Span, error: BaseException | None = None) -> None:
        """Ends a span, where it was begun; error: what it failed with"""
        _current.set(span.above)
        span.above = None
        span.error = "" if error is None else words_of(error)
        span.end = span.start + time.monotonic_ns() - span.began
        self._keep(span)

    def end(self, error: str = "") -> None:
        """Ends the run's own span; does nothing the second time.

        error: why the run failed
        """
        if not self.root.end:
            self.root.error = error
            self.root.end = max(time.time_ns(), self.root.start)
            self._tell(self.root)

    def _new_root(self, name: str) -> Span:
        trace_id, parent_id = self._above or (secrets.token_hex(16), "")
        name = clip(name, MAX_NAME)
        return Span(name, "run", trace_id, _new_id(), parent_id, self._spell, time.time_ns())

    def _keep(self, span: Span) -> None:
        self._ended.append(span)
        self._values += span.size
        while len(self._ended) > MAX_SPANS or self._values > MAX_VALUES:
            self._values -= self._ended.popleft().size
        self._tell(span)

    def _tell(self, span: Span) -> None:
        for listener in self.listeners:
            listener(span)


def tracing_of(session: Session) -> Tracing:
    """Returns the tracing of a run, which begins when it is first asked for."""
    outer = session
    while outer.caller is not None:
        outer = outer.caller
    if outer.tracing is None:
        outer.use_tracing(Tracing(outer.spell.name, outer.environ.get("TRACEPARENT", "")))
    assert outer.tracing is not None
    return outer.tracing


def traceparent(span: Span) -> str:
    """Returns a span as other programs take it over (W3C trace context)."""
    return f"00-{span.trace_id}-{span.span_id}-01"


def words_of(error: BaseException) -> str:
    """Returns what a span says of an error."""
    if isinstance(error, SpellError):
        return clip(f"{error.code}: {error.message}", MAX_TEXT)
    return "cancelled" if type(error).__name__ == "CancelledError" else type(error).__name__


def as_attribute(value: Any) -> Attribute:
    """Returns a value as spans hold it: plain, or a list of plain values, or else JSON text."""
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return clip(value, MAX_TEXT)
    if isinstance(value, list) and len(value) <= MAX_ATTRIBUTES:
        kinds = {type(part) for part in value}
        if len(kinds) <= 1 and kinds <= {str, bool, int, float}:
            return [clip(part, MAX_TEXT) if isinstance(part, str) else part for part in value]
    return clip(json.dumps(value, ensure_ascii=False, default=foreign), MAX_TEXT)


def foreign(value: Any) -> str:
    """Returns what stands for a value that JSON has no word for."""
    if isinstance(value, bytes):
        return value[:MAX_TEXT].decode("utf-8", "replace")
    return f"<{getattr(value, 'words', type(value).__name__)}>"


def clip(text: str, most: int) -> str:
    """Returns text of at most so many characters, which UTF-8 has a form for."""
    if not text.isascii():
        text = text[: most + 1].encode("utf-8", "replace").decode()
    return text if len(text) <= most else text[: most - 1] + "…"


def _new_id() -> str:
    return secrets.token_hex(8)
