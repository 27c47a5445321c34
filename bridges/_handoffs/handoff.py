"""Handing a conversation over from one agent to another: what may be, and what has been."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bridges._declare import HostObject
from bridges._errors import GuardrailBlocked, InvalidArgument, LimitExceeded, SpellError
from bridges._hooks.hooks import Form, Hooks
from bridges._plain import plain
from bridges._schema import problems, to_json_schema
from bridges._tools import as_data, tool_name
from bridges._types import Callback
from bridges._undoing import Undoing

if TYPE_CHECKING:
    from bridges._agents.agent import AgentHandle
    from bridges._session import Session

MAX_HANDOFFS = 10
"""Handoffs of one run, unless the agent says otherwise."""
PREFIX = "transfer_to_"
REASON = {
    "reason": {"type": "string", "description": "Why, for the one who takes over", "required": True}
}
"""The arguments of a handoff's tool, unless it has a schema of its own."""
CANCELLED = "the run was cancelled"
RECORDED: tuple[str, ...] = ("from_agent", "to_agent", "reason")


@dataclass(frozen=True)
class HandoffSpec:
    """One way on: to which agent, and how.

    tool: what the model calls to hand over; parameters: JSON Schema of its arguments
    state: data, or a function that gives it; None leaves the state as it is
    keep_history: all, summary, none, or a number of messages
    """

    agent: AgentHandle
    tool: str
    description: str
    parameters: dict[str, Any]
    state: Any = None
    condition: Callback | None = None
    validate: Callback | None = None
    on_rollback: Callback | None = None
    keep_history: str | int = "all"


class HandoffHandle(HostObject):
    """A handoff as scripts hold it; the noun's own module adds the methods."""

    name = "Handoff"
    spec: HandoffSpec


@dataclass(frozen=True)
class Accepted:
    """A handoff that has been agreed to.

    call: the model's call that asked for it; before: the state it found
    record: the fields of `HandoffRecord`
    """

    spec: HandoffSpec
    call: str
    arguments: dict[str, Any]
    before: Any
    record: dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A handoff that somebody asks for.

    giver: who hands over; None is the spell itself
    messages: gives the conversation so far
    """

    spec: HandoffSpec
    giver: str | None
    call: str
    arguments: dict[str, Any]
    messages: Callable[[], list[dict[str, Any]]]


@dataclass
class Journey:
    """The way of one run through its agents.

    most: handoffs of the whole run; state: what is handed on
    exceeded: why there will be no further handoff and no answer
    """

    session: Session
    most: int = MAX_HANDOFFS
    state: Any = None
    done: list[Accepted] = field(default_factory=list)
    exceeded: LimitExceeded | None = None

    def records(self) -> list[dict[str, Any]]:
        """Returns the fields of `HandoffRecord` of every handoff."""
        return [accepted.record for accepted in self.done]

    async def take(self, asked: Asked) -> Accepted:
        """Agrees to a handoff; GuardrailBlocked, or what one of its functions raised, is why not.

        What a refused handoff did to the state is undone, and its on_rollback is told.
        """
        if len(self.done) >= self.most:
            self.exceeded = LimitExceeded(
                f"the conversation was handed over {self.most} times and was to be once more",
                hint="raise the option max_handoffs, or tell the agents who answers what",
                details={"limit": "max_handoffs"},
            )
            raise self.exceeded
        before = self.state
        facts = self._facts(asked)

        agreed: list[dict[str, Any]] = []

        async def undo(why: str) -> None:
            if agreed:
                await self._rolled_back(asked.spec, agreed.pop(), why)

        async def call(request: dict[str, Any]) -> dict[str, Any]:
            await undo("it is done again")
            facts.update(_changed(asked, request))
            record = await self._agreed(asked, facts)
            agreed.append(facts)
            return record

        hooks: Hooks = self.session.shared(Hooks)
        try:
            record = await hooks.around("handoff", facts["to_agent"], dict(facts), call, FORM)
        except SpellError as error:
            await undo(error.message)
            raise
        except asyncio.CancelledError:
            await self.hurry(undo(CANCELLED))
            raise
        accepted = Accepted(asked.spec, asked.call, facts["arguments"], before, record)
        self.state = record.get("state")
        self.done.append(accepted)
        return accepted

    async def take_back(self, accepted: Accepted, why: str) -> None:
        """Undoes a handoff: the state is what it was before, and on_rollback is told."""
        self.done.remove(accepted)
        self.state = accepted.before
        facts = {**accepted.record, "arguments": accepted.arguments, "state": accepted.before}
        await self._rolled_back(accepted.spec, facts, why)

    async def undo(self, left: int, why: str) -> None:
        """Undoes handoffs, newest first, until so many are left."""
        while len(self.done) > left:
            await self.take_back(self.done[-1], why)

    async def give_up(self, left: int) -> None:
        """Does the same, in a short time, for a run that is being cancelled."""
        if len(self.done) > left:
            await self.hurry(self.undo(left, CANCELLED))

    async def hurry(self, work: Coroutine[Any, Any, None]) -> None:
        """Gives what undoes a handoff of a run that is being cancelled a short time."""
        undoing: Undoing = self.session.shared(Undoing)
        await undoing.hurry(work)

    def _facts(self, asked: Asked) -> dict[str, Any]:
        reason = asked.arguments.get("reason")
        facts: dict[str, Any] = {
            "to_agent": asked.spec.agent.agent_name,
            "reason": reason if isinstance(reason, str) else "",
            "arguments": asked.arguments,
        }
        if asked.giver is not None:
            facts["from_agent"] = asked.giver
        if self.state is not None:
            facts["state"] = self.state
        return facts

    async def _agreed(self, asked: Asked, facts: dict[str, Any]) -> dict[str, Any]:
        """Returns the record of the handoff."""
        spec = asked.spec
        if spec.condition or spec.validate or isinstance(spec.state, Callback):
            facts = {**facts, "messages": asked.messages()}
        to = facts["to_agent"]
        if spec.condition and not await spec.condition(facts):
            raise GuardrailBlocked(f"a handoff to {to!r} is not possible now")
        record = {key: facts[key] for key in RECORDED if key in facts}
        state = facts.get("state")
        try:
            if spec.state is not None:
                given = await spec.state(facts) if isinstance(spec.state, Callback) else spec.state
                state = as_data(given, f"the state of the handoff to {to!r}")
            if spec.validate:
                _check(to, await spec.validate({**facts, "state": state}))
        except SpellError as error:
            await self._rolled_back(spec, facts, error.message)
            raise
        except asyncio.CancelledError:
            await self.hurry(self._rolled_back(spec, facts, CANCELLED))
            raise
        if state is not None:
            record["state"] = state
        return {**record, "at": time.time()}

    async def _rolled_back(self, spec: HandoffSpec, facts: dict[str, Any], why: str) -> None:
        if spec.on_rollback is None:
            return
        told = {key: value for key, value in facts.items() if key not in ("messages", "at")}
        try:
            await spec.on_rollback({**told, "error": why})
        except SpellError as error:
            fields = {"agent": facts["to_agent"], "code": error.code}
            self.session.log.write("warn", f"on_rollback failed: {error.message}", fields)


def _changed(asked: Asked, request: dict[str, Any]) -> dict[str, Any]:
    """Returns what hooks may change of a handoff, and the spell says; raises InvalidArgument."""
    arguments, reason = request["arguments"], request["reason"]
    if arguments != asked.arguments or (arguments and asked.giver is None):
        wrong = problems(asked.spec.parameters, arguments)
        if wrong:
            raise InvalidArgument(f"the handoff to {request['to_agent']!r}: {'; '.join(wrong)}")
    if not isinstance(reason, str):
        raise InvalidArgument(f"the reason of the handoff to {request['to_agent']!r} must be text")
    return {key: request[key] for key in ("arguments", "reason", "state") if key in request}


def _no_result(_given: Any) -> dict[str, Any]:
    raise InvalidArgument(
        "a hook cannot give a result instead of a handoff", hint="deny it, or change its state"
    )


FORM: Form[dict[str, Any]] = Form(plain, _no_result)


def _check(to: str, said: Any) -> None:
    """Refuses a handoff that `validate` does not want: it said false, or why not."""
    if isinstance(said, str):
        raise GuardrailBlocked(f"a handoff to {to!r} was refused: {said}")
    if said is False:
        raise GuardrailBlocked(f"a handoff to {to!r} was refused")


def handoff_spec(agent: AgentHandle, options: Mapping[str, Any], where: str) -> HandoffSpec:
    """Reads the options of `Handoff.to`; raises InvalidArgument."""
    keep = options.get("keep_history", "all")
    if isinstance(keep, int) and keep < 0:
        raise InvalidArgument(f"{where}: keep_history must not be negative, got {keep}")
    name = PREFIX + tool_name(options.get("name", agent.agent_name))
    about = options.get("description") or agent.description
    schema = options.get("input_schema")
    parameters = REASON if schema is None else schema
    return HandoffSpec(
        agent,
        name[:64],
        f"Hands the conversation over to {agent.agent_name}." + (f" {about}" if about else ""),
        to_json_schema(parameters, f"{where}: input_schema"),
        _state_of(options.get("state"), where),
        options.get("condition"),
        options.get("validate"),
        options.get("on_rollback"),
        keep,
    )


def _state_of(given: Any, where: str) -> Any:
    return given if isinstance(given, Callback) else as_data(given, f"{where}: state")
