"""One operation on its way between hooks: what they are shown, and what their answers do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from bridges._errors import InvalidArgument, LimitExceeded, PermissionDenied, SpellError
from bridges._events.bus import Bus
from bridges._names import did_you_mean
from bridges._plain import plain

if TYPE_CHECKING:
    from bridges._gate import Gate, GateKind
    from bridges._hooks.hooks import Form, HookSpec
    from bridges._session import Session
    from bridges._tracing import Span

T = TypeVar("T")
ANSWERS: dict[str, tuple[str, ...]] = {
    "before": ("request", "deny", "result"),
    "after": ("result", "retry", "deny"),
    "error": ("result", "retry", "deny"),
}
"""What a hook may return, by when it is asked."""
CHANGES: dict[str, tuple[str, ...]] = {
    "model": ("system", "messages", "settings"),
    "tool": ("arguments",),
    "agent": ("input", "messages"),
    "workflow": ("input", "params"),
    "step": ("input", "params", "prompt"),
    "state": ("value",),
    "handoff": ("reason", "arguments", "state"),
    "run": ("params",),
}
"""What of the requests of a point hooks can change; a step has one of its three."""
MOST_DEPTH = 10
"""How often one hook may be at work inside itself."""
SMALL = 400
"""About the bytes of the data of events that are known to have few."""
LONGEST_MESSAGE = 1_000
"""Characters of an error's message in events."""

_at_work: ContextVar[tuple[int, ...]] = ContextVar("hooks_at_work", default=())
"""The hooks that wait for what happens now."""


class Retry(Exception):
    """A hook asks for another attempt."""


class Shown(dict[str, Any]):
    """What a hook is given.

    notes: what built-in hooks remember between the beginning and the end of one attempt
    """

    def __init__(self, notes: dict[Any, Any]) -> None:
        super().__init__()
        self.notes = notes


@dataclass(frozen=True)
class Given(Generic[T]):
    """A result that a hook gave."""

    result: T


@dataclass(slots=True)
class Passage(Generic[T]):
    """One attempt at one operation.

    gate: the debugger's, where it can hold this
    hooks: those that it passes, outermost first
    request: as the hooks and the gate have left it so far
    """

    session: Session
    bus: Bus
    gate: Gate | None
    hooks: list[HookSpec]
    point: str
    name: str
    request: dict[str, Any]
    form: Form[T]
    attempt: int
    correlation: str
    _began: float = field(default=0.0, init=False)
    _duration: float | None = field(default=None, init=False)
    _span: Span | None = field(default=None, init=False)
    _notes: dict[Any, Any] = field(default_factory=dict, init=False)

    async def run(self, call: Callable[[dict[str, Any]], Awaitable[T]]) -> T:
        """Makes the attempt; raises Retry where a hook wants another one."""
        if self.hooks or self.gate is not None:
            given = await self.before()
            if given is not None:
                return await self._after(given.result)
        await self.started()
        try:
            result = await call(self.request)
        except BaseException as error:
            instead = await self.failed(error)
            if instead is None:
                raise
            return instead.result
        return await self.ended(result)

    async def before(self) -> Given[T] | None:
        """Asks the hooks and the gate; returns the result where a hook gave one instead."""
        for hook in self.hooks:
            if hook.when != "before":
                continue
            said = await self._ask(hook, {})
            self._refuse(hook, said)
            if "request" in said:
                self.request = {**self.request, **self._changed(hook, said["request"])}
            if "result" in said:
                return Given(self._replaced(hook, said["result"]))
        if self.gate is not None and self.form.hold is not None:
            self.request = await self.form.hold(self.gate, self.request)
        elif self.gate is not None:
            kind = cast("GateKind", self.point)
            self.request = await self.gate.pass_on(kind, self.name, self.request)
        return None

    async def started(self) -> None:
        """Tells that it begins."""
        if self.session.tracing is not None:
            from bridges._hooks import spans

            self._span = spans.begin(self.session, self.point, self.name, self.request)
        self._tell(f"{self.point}.started", {"name": self.name}, SMALL)
        if self.bus.is_waiting:
            await self._handled(None)
        self._began = monotonic()

    async def ended(self, result: T) -> T:
        """Asks the hooks about the result and tells the end; returns what to give."""
        self._duration = monotonic() - self._began
        facts = self.form.facts(result)
        about = {"name": self.name, "duration": self._duration, **facts}
        if self.hooks:
            try:
                result = await self._after(result)
            except BaseException as error:
                self._finish_span(facts, None, error)
                self._tell(f"{self.point}.ended", about)
                await self._handled(error)
                raise
        if self._span is not None:
            self._finish_span(facts, lambda: self.form.show(result))
        self._tell(f"{self.point}.ended", about, SMALL)
        if self.bus.is_waiting:
            await self._handled(None)
        return result

    async def failed(self, error: BaseException) -> Given[T] | None:
        """Asks the hooks about a failure and tells of it; returns what a hook gives instead."""
        self._duration = monotonic() - self._began
        found = error if isinstance(error, SpellError) else None
        try:
            return None if found is None else await self._on_error(found)
        finally:
            self._tell(f"{self.point}.failed", self._failure(error))
            self._finish_span({}, None, error)
            await self._handled(error)

    async def _handled(self, error: BaseException | None) -> None:
        """Waits for the handlers of what was told; what is being cancelled waits for nobody."""
        if self.bus.is_waiting and (error is None or isinstance(error, (SpellError, Retry))):
            await self.bus.drain()

    def _finish_span(
        self,
        facts: dict[str, Any],
        show: Callable[[], Any] | None,
        error: BaseException | None = None,
    ) -> None:
        """Ends the operation's span; show: gives what hooks have made of the result"""
        span, self._span = self._span, None
        if span is not None:
            from bridges._hooks import spans

            failure = None if isinstance(error, Retry) else error
            spans.end(self.session, span, facts, show, failure)

    def _failure(self, error: BaseException) -> dict[str, Any]:
        code, message = "internal", type(error).__name__
        if isinstance(error, SpellError):
            code, message = error.code, error.message[:LONGEST_MESSAGE]
        elif isinstance(error, (asyncio.CancelledError, GeneratorExit)):
            code, message = "cancelled", "cancelled"
        return {"name": self.name, "duration": self._duration, "code": code, "message": message}

    def _tell(self, name: str, data: dict[str, Any], size: int | None = None) -> None:
        self.bus.emit(name, data, self.correlation, size)

    # -- hooks and their answers

    async def _after(self, result: T) -> T:
        for hook in reversed(self.hooks):
            if hook.when != "after":
                continue
            said = await self._ask(hook, {"result": self.form.show(result)})
            self._refuse(hook, said)
            if said.get("retry"):
                raise Retry
            if "result" in said:
                result = self._replaced(hook, said["result"])
        return result

    async def _on_error(self, error: SpellError) -> Given[T] | None:
        for hook in reversed(self.hooks):
            if hook.when != "error":
                continue
            said = await self._ask(hook, {"error": error.as_map()})
            self._refuse(hook, said)
            if said.get("retry"):
                raise Retry
            if "result" in said:
                return Given(self._replaced(hook, said["result"]))
        return None

    async def _ask(self, hook: HookSpec, more: dict[str, Any]) -> dict[str, Any]:
        waiting = _at_work.get()
        if waiting.count(hook.id) >= MOST_DEPTH:
            raise LimitExceeded(
                f"{hook.label} is called by what it does itself, more than {MOST_DEPTH} deep",
                hint="have its option `name` or `condition` leave out what it calls",
                details={"limit": "depth", "hook": hook.label},
            )
        token = _at_work.set((*waiting, hook.id))
        try:
            shown = self._shown(more)
            if hook.condition is not None and not await hook.condition(shown):
                return {}
            said = await hook.run(shown)
        except SpellError as error:
            raise _failure_of(hook, error) from error
        finally:
            _at_work.reset(token)
        return {} if said is None else _answer(said, hook)

    def _shown(self, more: dict[str, Any]) -> Shown:
        shown = Shown(self._notes)
        shown.update(
            point=self.point,
            name=self.name,
            request=plain(self.request),
            correlation=self.correlation,
            attempt=self.attempt,
            **more,
        )
        if self._duration is not None:
            shown["duration"] = self._duration
        return shown

    def _changed(self, hook: HookSpec, given: Any) -> dict[str, Any]:
        """Returns the parts of a request that a hook changed; what would be ignored is refused."""
        if not isinstance(given, dict):
            raise InvalidArgument(f"{hook.label} returned a request that is no map")
        can = [key for key in CHANGES[self.point] if key in self.request or self.point != "step"]
        for key, value in given.items():
            if key in can or (key in self.request and value == plain(self.request[key])):
                continue
            raise InvalidArgument(
                f"{hook.label} changed {key!r}, which cannot be changed in a request",
                hint=f"what can be: {', '.join(can)}",
                details={"hook": hook.label},
            )
        return {key: given[key] for key in can if key in given}

    def _refuse(self, hook: HookSpec, said: dict[str, Any]) -> None:
        reason = said.get("deny")
        if reason is None or reason is False:
            return
        if reason is not True and not isinstance(reason, str):
            raise InvalidArgument(
                f"{hook.label} returned a deny that is no text",
                hint="say why, or true",
                details={"hook": hook.label},
            )
        why = "without a reason" if reason is True or not reason.strip() else reason
        about = {"point": self.point, "name": self.name, "hook": hook.label}
        self._tell("hook.denied", {**about, "reason": why[:LONGEST_MESSAGE]})
        words = f"denied by a hook: {why}" if why is reason else f"denied by a hook, {why}"
        raise PermissionDenied(words, details={"hook": hook.label})

    def _replaced(self, hook: HookSpec, value: Any) -> T:
        try:
            result = self.form.read(value)
        except SpellError as error:
            raise _failure_of(hook, error) from error
        about = {"point": self.point, "name": self.name, "hook": hook.label}
        self._tell("hook.replaced", about)
        return result


def _answer(said: Any, hook: HookSpec) -> dict[str, Any]:
    known = ANSWERS[hook.when]
    if said == []:
        return {}
    if not isinstance(said, dict):
        raise InvalidArgument(
            f"{hook.label} must return nothing or a map", hint=f"of {', '.join(known)}"
        )
    for key in said:
        if key not in known:
            raise InvalidArgument(
                f"{hook.label} returned {key!r}, which means nothing there",
                hint=did_you_mean(key, known),
            )
    return said


def _failure_of(hook: HookSpec, error: SpellError) -> SpellError:
    """Returns an error of a hook's own as what it is, with the hook named."""
    if error.details.get("hook"):
        return error
    failure = type(error)(
        f"{hook.label} failed: {error.message}",
        hint=error.hint,
        retryable=error.retryable,
        details={**error.details, "hook": hook.label},
    )
    failure.traceback = error.traceback
    return failure
