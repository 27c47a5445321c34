"""Hooks: what is asked before and after models, tools, agents, workflows and state do something.

Whoever does something at one of the points calls `Hooks.around`, which also emits its events.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from bridges._errors import LimitExceeded
from bridges._events.bus import Bus, correlation, new_correlation
from bridges._events.patterns import fits
from bridges._hooks.passages import Passage, Retry, Shown
from bridges._plain import plain

if TYPE_CHECKING:
    from bridges._gate import Gate
    from bridges._session import Session

T = TypeVar("T")
Point: TypeAlias = Literal["model", "tool", "agent", "workflow", "step", "state", "handoff", "run"]
When: TypeAlias = Literal["before", "after", "error"]
GATED = frozenset({"model", "tool", "step", "handoff"})
"""The points at which a debugger can hold what is asked."""
MOST_HOOKS = 1_000
MOST_RETRIES = 10


@dataclass(frozen=True)
class Form(Generic[T]):
    """How the result of a point is shown, and how a replacement is read.

    show: gives plain data of its own
    read: gives a result of what a hook put in its place; raises InvalidArgument
    facts: gives the fields that the event of the end has besides name and duration
    hold: has the debugger's gate pass a request that it is shown in another form
    """

    show: Callable[[T], Any] = plain
    read: Callable[[Any], T] = lambda value: value
    facts: Callable[[T], dict[str, Any]] = lambda _result: {}
    hold: Callable[[Gate, dict[str, Any]], Awaitable[dict[str, Any]]] | None = None


PLAIN: Form[Any] = Form()


@dataclass(frozen=True, eq=False)
class HookSpec:
    """One hook.

    point: a point, or `*` for all; pattern: of names; label: what messages and events call it
    run: takes {point, name, request, result, error, duration, correlation, attempt} and returns
        None or a map of `passages.ANSWERS`
    condition: tells whether the hook is to be asked
    """

    id: int
    when: When
    point: str
    run: Callable[[Shown], Awaitable[Any]]
    label: str
    pattern: str = "*"
    priority: float = 0
    condition: Callable[[Shown], Awaitable[Any]] | None = None


class Hooks:
    """The hooks of one run; those of the run that started it apply around them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._bus: Bus = session.shared(Bus)
        self._outer: Hooks | None = session.caller.shared(Hooks) if session.caller else None
        self._hooks: list[HookSpec] = []
        self._last_id = 0

    # -- the hooks there are

    def add(self, make: Callable[[int], HookSpec]) -> HookSpec:
        """Adds a hook, made with its number."""
        if len(self._hooks) >= MOST_HOOKS:
            raise LimitExceeded(
                f"the spell has more than {MOST_HOOKS} hooks",
                hint="take some away with Hook.remove",
                details={"limit": "hooks"},
            )
        self._last_id += 1
        hook = make(self._last_id)
        self._hooks.append(hook)
        # Sorting is stable: among equals, the order of registration stays.
        self._hooks.sort(key=lambda hook: -hook.priority)
        return hook

    def remove(self, hook: HookSpec) -> bool:
        """Takes a hook away; tells whether it was there."""
        if hook not in self._hooks:
            return False
        self._hooks.remove(hook)
        return True

    def own(self) -> list[HookSpec]:
        """Returns the run's own hooks, in the order in which `before` hooks are asked."""
        return list(self._hooks)

    def matching(self, point: str, name: str) -> list[HookSpec]:
        """Returns the hooks that an operation passes, outermost first."""
        found = self._outer.matching(point, name) if self._outer else []
        if self._hooks:
            found += [
                hook
                for hook in self._hooks
                if hook.point in ("*", point) and fits(hook.pattern, name)
            ]
        return found

    def watches(self, point: Point, name: str) -> bool:
        """Tells whether anybody wants to see the request: a hook, the debugger, or a trace."""
        session = self._session
        gated = point in GATED and session.gate is not None
        told = session.tracing is not None and session.tracing.content
        return gated or told or bool(self.matching(point, name))

    def needs_whole(self, point: Point, name: str) -> bool:
        """Tells whether a hook wants the whole result, so that it cannot go by in pieces."""
        return any(hook.when != "before" for hook in self.matching(point, name))

    # -- an operation

    async def around(
        self,
        point: Point,
        name: str,
        request: dict[str, Any],
        call: Callable[[dict[str, Any]], Awaitable[T]],
        form: Form[T] = PLAIN,
    ) -> T:
        """Runs `call(request)` between the hooks of a point and emits its events.

        name: what patterns match: the model's, tool's, agent's, workflow's, `workflow.step` name,
            or the state's key
        request: plain data; hooks may change it, and `call` checks what they made of it
        form: how the result is shown to hooks, and how a replacement is read
        """
        token = None if correlation.get() else correlation.set(new_correlation())
        try:
            for attempt in range(1, MOST_RETRIES + 2):
                try:
                    return await self.passage(point, name, request, form, attempt).run(call)
                except Retry:
                    continue
        finally:
            if token is not None:
                correlation.reset(token)
        raise LimitExceeded(
            f"a hook asked more than {MOST_RETRIES} times to do {point} {name!r} again",
            details={"limit": "retries"},
        )

    def passage(
        self,
        point: Point,
        name: str,
        request: dict[str, Any],
        form: Form[T] = PLAIN,
        attempt: int = 1,
    ) -> Passage[T]:
        """Returns one operation's way between the hooks, for what cannot be one call: a stream.

        Only for one whose result no hook wants whole: see `needs_whole`.
        """
        gate = self._session.gate if point in GATED else None
        hooks = self.matching(point, name)
        id = correlation.get() or new_correlation()
        session = self._session
        return Passage(session, self._bus, gate, hooks, point, name, request, form, attempt, id)
