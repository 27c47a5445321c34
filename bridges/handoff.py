"""Handoffs: one agent hands the conversation over to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from bridges._agents.agent import AgentHandle, TeamHandle, check_settings
from bridges._agents.records import AgentMessage, AgentResult
from bridges._declare import NOTHING, Bridge, host_function
from bridges._errors import InvalidArgument
from bridges._handoffs.handoff import (
    MAX_HANDOFFS,
    HandoffHandle,
    HandoffSpec,
    Journey,
    handoff_spec,
)
from bridges._handoffs.relays import hand_over
from bridges._tools import as_data
from bridges._types import Callback, shape_of

if TYPE_CHECKING:
    from bridges._session import Session


class HandoffOptions(TypedDict, total=False):
    """How a conversation is handed over.

    name: What the tool is called that hands over: `transfer_to_NAME`; the agent's name unless set
    description: When to hand over, for the model; the agent's description unless set
    state: Data that goes with it, or a function that gives it: it takes a map of `from_agent`,
        `to_agent`, `reason`, `arguments`, `state` (as it is so far) and `messages`. Without it the
        state goes on as it is
    condition: Takes the same map and tells whether a handoff is possible now
    validate: Takes the same map, with the new `state`; false, or a text that says why, refuses
    on_rollback: Takes the same map, with `error` and the state as it is again, when the handoff
        was refused, or a later failure or the end of a cancelled run undid it
    keep_history: What the agent is shown of the conversation: all of it, a summary that the model
        of the other agent writes, nothing but the last message of the user, or so many messages
    input_schema: The tool's arguments: JSON Schema or the short form; `reason`, a text, unless set
    """

    name: str
    description: str
    state: Any
    condition: Callback
    validate: Callback
    on_rollback: Callback
    keep_history: Literal["all", "summary", "none"] | int
    input_schema: dict[str, Any]


class HandoffRequest(TypedDict, total=False):
    """What a handoff's functions are told.

    from_agent: Who hands over; absent when the spell does
    to_agent: Who is to take over
    reason: Why, as the model said
    arguments: What the model said in the tool
    state: What is handed on
    messages: The conversation so far
    error: Of a handoff that was undone: why
    """

    from_agent: str
    to_agent: str
    reason: str
    arguments: dict[str, Any]
    state: Any
    messages: list[AgentMessage]
    error: str


class HandoffRunOptions(TypedDict, total=False):
    """What a handoff by the spell itself starts from.

    messages: The conversation so far, such as the `messages` of an earlier result
    state: The state so far
    arguments: What a model would say in the handoff's tool
    max_handoffs: Handoffs of the run at most, this one included; 10 unless set
    """

    messages: list[AgentMessage]
    state: Any
    arguments: dict[str, Any]
    max_handoffs: int


class HandoffInfo(TypedDict, total=False):
    """What a handoff is.

    agent: Who takes over
    tool: What models call to hand over
    description: What models are told of it
    parameters: JSON Schema of the tool's arguments
    keep_history: What the agent is shown of the conversation
    """

    agent: str
    tool: str
    description: str
    parameters: dict[str, Any]
    keep_history: str | int


class HandoffObject(HandoffHandle):
    """A way for a conversation to go on with another agent; stands in an agent's `handoffs`."""

    name = "Handoff"

    def __init__(self, session: Session, spec: HandoffSpec) -> None:
        self._session = session
        self.spec = spec

    @host_function(needs=NOTHING, since=2)
    async def run(self, input: Any, options: HandoffRunOptions | None = None) -> AgentResult:
        """Hands an input over as an agent would; a refusal is `guardrail_blocked`.

        input: Text, a list of messages, another agent's answer, or data
        options: The conversation and the state so far
        returns: The answer of the agent that answered last
        """
        journey = _journey(self._session, options, "Handoff.run")
        return cast(AgentResult, await hand_over(journey, [self.spec], input, options or {}))

    @host_function(needs=NOTHING, since=2)
    def info(self) -> HandoffInfo:
        """Returns what the handoff is.

        returns: Who takes over, and what models are told
        """
        spec = self.spec
        return {
            "agent": spec.agent.agent_name,
            "tool": spec.tool,
            "description": spec.description,
            "parameters": spec.parameters,
            "keep_history": spec.keep_history,
        }


class Handoff(Bridge):
    """Makes agents hand conversations over to one another."""

    @host_function(needs=NOTHING, since=2)
    def to(
        self, agent: AgentHandle | TeamHandle, options: HandoffOptions | None = None
    ) -> HandoffObject:
        """Makes a handoff, which can stand in the `handoffs` of other agents.

        agent: Who takes over: an agent or a team
        options: When, and with what
        returns: The handoff
        """
        told = {
            key: _Told(part, self.session) if isinstance(part, Callback) else part
            for key, part in (options or {}).items()
        }
        return HandoffObject(self.session, handoff_spec(agent, told, "Handoff.to"))

    @host_function(needs=NOTHING, since=2)
    async def chain(
        self, handoffs: list[HandoffHandle], input: Any, options: HandoffRunOptions | None = None
    ) -> AgentResult:
        """Hands an input over to one agent and its answer to the next, to the last one.

        handoffs: The handoffs, in order
        input: Text, a list of messages, another agent's answer, or data
        options: The conversation and the state so far
        returns: The answer of the agent that answered last, with the usage of all
        """
        if not handoffs:
            raise InvalidArgument("Handoff.chain: there is no handoff in the list")
        specs = [handoff.spec for handoff in handoffs]
        journey = _journey(self.session, options, "Handoff.chain")
        return cast(AgentResult, await hand_over(journey, specs, input, options or {}))


class _Told(Callback):
    """A function of a handoff: what it is told is spelled as the spell's language wants it."""

    def __init__(self, run: Callback, session: Session) -> None:
        self._run = run
        self._session = session

    async def __call__(self, *arguments: Any) -> Any:
        session = self._session
        border = session.door.border("Handoff")
        return await self._run(shape_of(HandoffRequest).write(arguments[0], border))


def _journey(session: Session, options: HandoffRunOptions | None, where: str) -> Journey:
    given = options or {}
    check_settings(given, where)
    state = as_data(given.get("state"), "state")
    return Journey(session, given.get("max_handoffs", MAX_HANDOFFS), state)
