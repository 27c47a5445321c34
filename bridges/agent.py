"""Agents: a model with instructions and tools that works until it has an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Required, TypedDict

from bridges._agents import AgentSpec, Turn, check_settings, turn_of
from bridges._declare import NOTHING, Bridge, HostObject, host_function
from bridges._errors import InvalidArgument
from bridges._schema import to_json_schema
from bridges._tools import (
    HostCallback,
    ToolHandle,
    Tools,
    ToolSpec,
    check_name,
    define,
    tool_name,
)
from bridges._types import Callback, Duration, StreamOf, text_record
from bridges.stream import Final, Stream

if TYPE_CHECKING:
    from bridges._session import Session


class AgentTool(TypedDict, total=False):
    """A tool for one agent only.

    name: What the model calls it: letters, digits, _ and -
    description: What it does and when to use it, for the model
    parameters: A JSON Schema, or the short form: name to `{type, required, description, enum …}`
    run: Takes the arguments as one map; what it returns goes to the model
    timeout: How long one call may take
    """

    name: Required[str]
    description: str
    parameters: dict[str, Any]
    run: Required[Callback]
    timeout: Duration


class AgentOptions(TypedDict, total=False):
    """What an agent is.

    name: What logs, errors and other agents call it; `agent` unless set
    description: What it is good for, for agents that have it as a tool
    model: A model's name or alias; the default model unless set
    system_prompt: Instructions for the model
    tools: Names of tools, tools, other agents, or maps with `name`, `description`, `parameters`
        and `run`
    temperature: How freely the model chooses words; 0 is least
    max_tokens: Tokens of one answer of the model at most
    output_schema: JSON Schema of the answer, or the short form, where every name is required
        unless it says `required = false`
    max_steps: Model requests of one run at most; 10 unless set
    timeout: How long one run may take
    retries: How often a failed model request is tried again
    """

    name: str
    description: str
    model: str
    system_prompt: str
    tools: list[str | ToolHandle | AgentObject | AgentTool]
    temperature: float
    max_tokens: int
    output_schema: dict[str, Any]
    max_steps: int
    timeout: Duration
    retries: int


class AgentToolCall(TypedDict, total=False):
    """A tool call that a model asked for.

    id: Names the call
    name: The tool
    arguments: The arguments by name
    """

    id: Required[str]
    name: Required[str]
    arguments: dict[str, Any]


class AgentMessage(TypedDict, total=False):
    """One message of a conversation.

    role: Who speaks
    content: What is said: text; other data is sent as JSON
    tool_calls: The tools that the assistant calls
    tool_call_id: Of a tool's message: the call it answers
    name: Of a tool's message: the tool
    error: Of a tool's message: whether the call failed
    """

    role: Required[Literal["system", "user", "assistant", "tool"]]
    content: Any
    tool_calls: list[AgentToolCall]
    tool_call_id: str
    name: str
    error: bool


class AgentRunOptions(TypedDict, total=False):
    """How one run differs from the agent's settings.

    messages: The conversation so far, such as the `messages` of an earlier result
    model: A model's name or alias
    temperature: How freely the model chooses words
    max_tokens: Tokens of one answer of the model at most
    max_steps: Model requests of the run at most
    timeout: How long the run may take
    retries: How often a failed model request is tried again
    """

    messages: list[AgentMessage]
    model: str
    temperature: float
    max_tokens: int
    max_steps: int
    timeout: Duration
    retries: int


class AgentUsage(TypedDict):
    """What a run used, agents it called as tools included.

    requests: Model requests
    input_tokens: Tokens the models read
    output_tokens: Tokens the models wrote
    """

    requests: int
    input_tokens: int
    output_tokens: int


class AgentStep(TypedDict, total=False):
    """One thing an agent did.

    kind: An answer of the model, or a tool's call
    text: Of a model's step: its text
    tool: Of a tool's step: the tool
    arguments: Of a tool's step: what it was called with
    result: Of a tool's step: what it gave
    error: Of a tool's step: why it failed
    duration: Seconds it took
    """

    kind: Required[Literal["model", "tool"]]
    text: str
    tool: str
    arguments: dict[str, Any]
    result: Any
    error: str
    duration: Required[float]


@text_record
class AgentResult(TypedDict):
    """The answer of an agent; it acts as its text.

    text: The answer as text
    output: The answer: data that fits `output_schema`, or the text
    usage: What it used
    cost: US dollars, where the prices are known
    model: The model that was asked
    messages: The whole conversation, to be passed to a later run
    steps: What the agent did, in order
    duration: Seconds it took
    """

    text: str
    output: Any
    usage: AgentUsage
    cost: float | None
    model: str
    messages: list[AgentMessage]
    steps: list[AgentStep]
    duration: float


class AgentInfo(TypedDict):
    """The settings of an agent.

    name: Its name
    description: What it is good for
    model: The model it asks
    system_prompt: Its instructions
    tools: The names of its tools
    temperature: How freely the model chooses words
    max_tokens: Tokens of one answer at most
    output_schema: JSON Schema of its answers
    max_steps: Model requests of one run at most
    timeout: Seconds one run may take
    retries: How often a failed model request is tried again
    """

    name: str
    description: str
    model: str
    system_prompt: str
    tools: list[str]
    temperature: float | None
    max_tokens: int | None
    output_schema: dict[str, Any] | None
    max_steps: int
    timeout: float | None
    retries: int | None


class AgentToolOptions(TypedDict, total=False):
    """How an agent appears as a tool.

    name: The tool's name; the agent's unless set
    description: What it does and when to use it; the agent's unless set
    """

    name: str
    description: str


class AgentObject(HostObject):
    """A model with instructions and tools."""

    name = "Agent"

    def __init__(self, session: Session, spec: AgentSpec) -> None:
        self._session = session
        self._spec = spec

    @host_function(needs=NOTHING, since=1)
    async def run(self, input: Any, options: AgentRunOptions | None = None) -> AgentResult:
        """Works on an input until there is an answer.

        input: Text, a list of messages, another agent's answer, or data
        options: How this run differs from the agent's settings
        returns: The answer
        """
        spec, turn = self._prepared(input, options or {}, "Agent.run")
        return await self._run(spec, turn)

    @host_function(needs=NOTHING, since=1)
    async def stream(
        self, input: Any, options: AgentRunOptions | None = None
    ) -> StreamOf[str, AgentResult]:
        """Works on an input and gives the text of every step as it arrives.

        input: Text, a list of messages, another agent's answer, or data
        options: How this run differs from the agent's settings
        returns: The pieces of text; its result is the answer
        """
        spec, turn = self._prepared(input, options or {}, "Agent.stream")
        stream: Any = Stream(self._pieces(spec, turn))
        return stream  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=1)
    def as_tool(self, options: AgentToolOptions | None = None) -> ToolHandle:
        """Makes the agent a tool of the run, which takes an `input` and gives the answer.

        options: How it appears
        returns: The tool
        """
        spec = self.tool_spec(**(options or {}))
        fields = {
            "name": spec.name,
            "description": spec.description,
            "parameters": spec.parameters,
            "run": HostCallback(spec.run),
        }
        door = self._session.door
        tool: ToolHandle = door.call(door.number("Tool.new"), [fields])
        return tool

    @host_function(needs=NOTHING, since=1)
    def info(self) -> AgentInfo:
        """Returns the agent's settings.

        returns: The settings, defaults filled in
        """
        spec = self._spec
        return {
            "name": spec.name,
            "description": spec.description,
            "model": self._model_name(spec),
            "system_prompt": spec.system_prompt,
            "tools": [tool.name for tool in spec.tools],
            "temperature": spec.temperature,
            "max_tokens": spec.max_tokens,
            "output_schema": spec.output_schema,
            "max_steps": spec.max_steps,
            "timeout": spec.timeout,
            "retries": spec.retries,
        }

    def tool_spec(self, name: str = "", description: str = "") -> ToolSpec:
        """Returns the agent as a tool."""
        name = name or tool_name(self._spec.name)
        check_name(name, "Agent.as_tool")

        async def run(arguments: dict[str, Any]) -> Any:
            spec, turn = self._prepared(arguments["input"], {}, "Agent.run")
            return (await self._run(spec, turn))["output"]

        about = description or self._spec.description or f"Asks the agent {self._spec.name}"
        said = {"type": "string", "description": "What to ask", "required": True}
        return ToolSpec(name, about, to_json_schema({"input": said}, "parameters"), run)

    def _model_name(self, spec: AgentSpec) -> str:
        from bridges._llm.names import default_name, expand

        return expand(self._session, spec.model) if spec.model else default_name(self._session)

    def _prepared(self, said: Any, options: AgentRunOptions, where: str) -> tuple[AgentSpec, Turn]:
        check_settings(options, where)
        changes: dict[str, Any] = {k: v for k, v in options.items() if k != "messages"}
        turn = turn_of(said, [dict(m) for m in options.get("messages", [])], where)
        return replace(self._spec, **changes), turn

    async def _run(self, spec: AgentSpec, turn: Turn) -> AgentResult:
        agents, model = await _open(self._session, spec)
        answer: AgentResult = await agents.run_agent(self._session, spec, turn, model)
        return answer

    async def _pieces(self, spec: AgentSpec, turn: Turn) -> AsyncIterator[Any]:
        agents, model = await _open(self._session, spec)
        async for piece in agents.stream_agent(self._session, spec, turn, model):
            yield piece if isinstance(piece, str) else Final(piece)


class Agent(Bridge):
    """Makes agents: models with instructions and tools."""

    @host_function(needs=NOTHING, since=1)
    def new(self, options: AgentOptions) -> AgentObject:
        """Makes an agent; no model is asked before it runs.

        options: What the agent is
        returns: The agent
        """
        where = "Agent.new"
        check_settings(options, where)
        schema = options.get("output_schema")
        if schema is not None:
            schema = to_json_schema(schema, f"{where}: output_schema", all_required=True)
        given: Any = {**options, "output_schema": schema, "tools": self._tools(options, where)}
        return AgentObject(self.session, AgentSpec(**{"name": "agent", **given}))

    def _tools(self, options: AgentOptions, where: str) -> tuple[ToolSpec, ...]:
        known: Tools = self.session.shared(Tools)
        found: dict[str, ToolSpec] = {}
        for part in options.get("tools", []):
            if isinstance(part, str):
                spec = known.find(part)
            elif isinstance(part, ToolHandle):
                spec = part.spec
            elif isinstance(part, AgentObject):
                spec = part.tool_spec()
            else:
                spec = define(part, f"{where}: tools")
            if spec.name in found:
                raise InvalidArgument(
                    f"{where}: two of the tools are called {spec.name!r}",
                    hint="give one of them another name",
                )
            found[spec.name] = spec
        return tuple(found.values())


async def _open(session: Session, spec: AgentSpec) -> tuple[Any, Any]:
    """Returns the module that runs agents, and the agent's model; both load in a thread."""
    agents = await asyncio.to_thread(_load)
    from bridges._llm.models import open_model

    return agents, await open_model(session, spec.model)


def _load() -> Any:
    from bridges._llm import agents

    return agents
