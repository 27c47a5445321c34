"""What an agent is and what one run of it is asked, before any model library is loaded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from bridges._declare import HostObject
from bridges._errors import InvalidArgument, LimitExceeded
from bridges._guardrails.handle import GuardrailHandle
from bridges._handoffs.handoff import MAX_HANDOFFS, Accepted, HandoffSpec, Journey
from bridges._schema import to_json_schema
from bridges._tools import ToolSpec, as_text, check_name, tool_name
from bridges._types import Text

MAX_STEPS = 10
"""Model requests of one run, unless the agent says otherwise."""
MAX_DEPTH = 8
"""Agents that wait for one another, each the tool of the one before."""

ROLES = ("system", "user", "assistant", "tool")


@dataclass
class Switch:
    """The model that an agent was switched to; runs under way ask it from their next request on."""

    model: str | None = None


@dataclass(frozen=True)
class AgentSpec:
    """One agent.

    model: a model's name or alias; None is the default model
    output_schema: JSON Schema of the answer, from `to_json_schema`
    max_steps: model requests of one run; timeout: seconds of one run
    retries: how often one model request is tried again; None is the run's setting
    guardrails: what looks at its input, its answer and its tools' calls
    max_handoffs: how often a run may be handed on
    switch: what tells runs under way of another model; a run that chose its own has one to itself
    """

    name: str
    description: str = ""
    model: str | None = None
    system_prompt: str = ""
    tools: tuple[ToolSpec, ...] = ()
    temperature: float | None = None
    max_tokens: int | None = None
    output_schema: dict[str, Any] | None = None
    max_steps: int = MAX_STEPS
    timeout: float | None = None
    retries: int | None = None
    guardrails: tuple[GuardrailHandle, ...] = ()
    handoffs: tuple[HandoffSpec, ...] = ()
    max_handoffs: int = MAX_HANDOFFS
    switch: Switch = field(default_factory=Switch, compare=False)


class AgentHandle(HostObject, ABC):
    """An agent as scripts hold it, whatever is behind it; nouns take each other's agents as this.

    agent_name: what logs, errors and other agents call it; description: what it is good for
    spec: what it is, where it is a model with instructions; None for what acts as one
    """

    name = "Agent"
    agent_name: str
    description: str
    spec: AgentSpec | None = None

    @abstractmethod
    async def ask(self, said: Any, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Works on an input and returns the fields of `AgentResult`.

        said: text, messages, another agent's answer, or data
        options: fields of `AgentRunOptions`
        """

    @abstractmethod
    def pieces(
        self, said: Any, options: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[str | dict[str, Any]]:
        """Checks what `ask` takes, and yields text as it arrives and, last, what `ask` returns."""

    def tool_spec(self, name: str = "", description: str = "") -> ToolSpec:
        """Returns the agent as a tool that takes an `input` and gives the answer's output."""
        name = name or tool_name(self.agent_name)
        check_name(name, "Agent.as_tool")

        async def run(arguments: dict[str, Any]) -> Any:
            return (await self.ask(arguments["input"]))["output"]

        about = description or self.description or f"Asks the agent {self.agent_name}"
        said = {"type": "string", "description": "What to ask", "required": True}
        return ToolSpec(name, about, to_json_schema({"input": said}, "parameters"), run)


class TeamHandle(AgentHandle):
    """Agents that act as one, as scripts hold them."""

    name = "Team"


@dataclass(frozen=True)
class Turn:
    """One run: the conversation so far, and what is said now (None: go on from the history)."""

    history: list[dict[str, Any]]
    prompt: str | None


@dataclass
class Tally:
    """What a run and the agents it called have used; `depth` is how many wait for it."""

    depth: int = 0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    parent: Tally | None = None

    def add(self, input_tokens: int, output_tokens: int, cost: float | None) -> None:
        """Counts one answered request, for the agents that wait as well."""
        self.requests += 1
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
        if cost is not None:
            self.cost = (self.cost or 0.0) + cost
        if self.parent:
            self.parent.add(input_tokens, output_tokens, cost)

    def part(self) -> Tally:
        """Returns a tally of a part of the run, which counts for the whole as well."""
        return Tally(self.depth, parent=self)

    def fields(self) -> dict[str, Any]:
        """Returns the fields `usage` and `cost` of `AgentResult`."""
        counted = ("requests", "input_tokens", "output_tokens")
        return {"usage": {key: getattr(self, key) for key in counted}, "cost": self.cost}


@dataclass
class Leg:
    """The part of one agent in a run; accepted: the handoff that ends it."""

    whole: Tally
    journey: Journey
    accepted: Accepted | None = None


@dataclass(frozen=True)
class Ended:
    """How one agent's part ended.

    answer: fields of `AgentResult`; new: the messages that came up, from the input on
    requests: model requests of the agent itself; accepted: who goes on, and how
    """

    answer: dict[str, Any]
    new: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0
    accepted: Accepted | None = None


RUNNING: ContextVar[Tally | None] = ContextVar("running", default=None)
"""The run that waits for what happens now."""


def begin() -> Tally:
    """Returns the tally of a new run; raises LimitExceeded when agents call each other too deep."""
    waiting = RUNNING.get()
    depth = waiting.depth + 1 if waiting else 0
    if depth > MAX_DEPTH:
        raise LimitExceeded(f"agents may call one another {MAX_DEPTH} deep, and this is deeper")
    return Tally(depth, parent=waiting)


async def charged_to(
    tally: Tally, pieces: AsyncGenerator[str | dict[str, Any]]
) -> AsyncGenerator[str | dict[str, Any]]:
    """Yields what an agent yields; what it uses counts for the run of a tally."""
    async with aclosing(pieces):
        while True:
            waiting = RUNNING.get()
            RUNNING.set(tally)
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                return
            finally:
                RUNNING.set(waiting)
            yield piece


def check_settings(settings: Mapping[str, Any], where: str) -> None:
    """Refuses numbers that make no sense, naming the option; absent ones are right."""
    lowest = {"max_steps": 1, "max_tokens": 1, "retries": 0, "temperature": 0, "max_handoffs": 0}
    for name, least in lowest.items():
        value = settings.get(name)
        if value is not None and value < least:
            raise InvalidArgument(f"{where}: {name} must be at least {least}, got {value}")
    if settings.get("timeout") == 0:
        raise InvalidArgument(f"{where}: timeout must be more than 0")


def turn_of(said: Any, history: list[dict[str, Any]], where: str) -> Turn:
    """Reads what an agent is asked: text, messages, another agent's answer, or data.

    said: a list of messages (maps with a `role`) goes after the history; other data becomes JSON
    """
    messages = list(history)
    if isinstance(said, list) and said and all(_is_message(part) for part in said):
        messages += said
        said = None
        if messages[-1]["role"] == "user":
            said = messages.pop()["content"]
    for i, message in enumerate(messages):
        check_message(message, f"{where}: message {i + 1}")
    if said is None:
        if not messages or messages[-1]["role"] != "tool":
            raise InvalidArgument(
                f"{where}: there is nothing to answer",
                hint="end with a message of the user, or pass the input as text",
            )
        return Turn(messages, None)
    prompt = as_text(said)
    if not prompt.strip():
        raise InvalidArgument(f"{where}: the input is empty")
    return Turn(messages, prompt)


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and "role" in value and not isinstance(value, Text)


def check_message(message: dict[str, Any], where: str) -> None:
    """Refuses a message that says nothing or whose role is none, naming `where`."""
    role = message.get("role")
    if role not in ROLES:
        raise InvalidArgument(f"{where}: role must be one of {', '.join(ROLES)}, got {role!r}")
    if role == "tool" and not message.get("tool_call_id"):
        raise InvalidArgument(f"{where}: tool_call_id is missing")
    if role in ("system", "user") and message.get("content") is None:
        raise InvalidArgument(f"{where}: content is missing")
