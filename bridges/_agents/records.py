"""What spells read and write about agents: options, answers, messages."""

from __future__ import annotations

from typing import Any, Literal, Required, TypedDict

from bridges._agents.agent import AgentHandle, TeamHandle
from bridges._docs import documented_like
from bridges._guardrails.handle import GuardrailHandle
from bridges._handoffs.handoff import HandoffHandle
from bridges._tools import ToolHandle
from bridges._types import Callback, Duration, text_record


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
    tools: Names of tools, tools, other agents, teams, or maps with `name`, `description`,
        `parameters` and `run`
    temperature: How freely the model chooses words; 0 is least
    max_tokens: Tokens of one answer of the model at most
    output_schema: JSON Schema of the answer, or the short form, where every name is required
        unless it says `required = false`
    max_steps: Model requests of one run at most; 10 unless set
    timeout: How long one run may take
    retries: How often a failed model request is tried again
    guardrails: What looks at its input, its answer and its tools' calls, in this order
    handoffs: Agents it can hand the conversation over to, or what `Handoff.to` gives
    max_handoffs: Handoffs of one run at most; 10 unless set
    """

    name: str
    description: str
    model: str
    system_prompt: str
    tools: list[str | ToolHandle | AgentHandle | TeamHandle | AgentTool]
    temperature: float
    max_tokens: int
    output_schema: dict[str, Any]
    max_steps: int
    timeout: Duration
    retries: int
    guardrails: list[GuardrailHandle]
    handoffs: list[HandoffHandle | AgentHandle | TeamHandle]
    max_handoffs: int


@documented_like(AgentOptions)
class AgentChanges(AgentOptions, total=False):
    """How an agent differs from the one it is made of.

    more_tools: Tools beside those it has
    more_instructions: Instructions after those it has
    """

    more_tools: list[str | ToolHandle | AgentHandle | TeamHandle | AgentTool]
    more_instructions: str


@documented_like(AgentChanges)
class AgentTemplateOptions(AgentChanges, total=False):
    """What a template of agents is.

    based_on: The template it begins with; nothing unless set
    """

    based_on: str


class AgentTemplateInfo(TypedDict):
    """What a template of agents is.

    name: Its name
    description: What agents made from it are good for
    tools: The names of their tools
    built_in: Whether it comes with the program
    """

    name: str
    description: str
    tools: list[str]
    built_in: bool


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
    max_handoffs: Handoffs of the run at most
    """

    messages: list[AgentMessage]
    model: str
    temperature: float
    max_tokens: int
    max_steps: int
    timeout: Duration
    retries: int
    max_handoffs: int


class AgentUsage(TypedDict):
    """What a run used, agents it called as tools or handed over to included.

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


class HandoffRecord(TypedDict, total=False):
    """One handoff of a conversation.

    from_agent: Who handed over; absent when the spell did
    to_agent: Who took over
    reason: Why, as the model said
    state: What was handed on
    at: When, in seconds since 1970
    """

    from_agent: str
    to_agent: Required[str]
    reason: Required[str]
    state: Any
    at: Required[float]


@text_record
class AgentResult(TypedDict):
    """The answer of an agent; it acts as its text.

    text: The answer as text
    output: The answer: data that fits `output_schema`, or the text
    usage: What it used
    cost: US dollars, where the prices are known
    model: The model that answered last
    messages: The whole conversation, to be passed to a later run
    steps: What the agent did, in order
    duration: Seconds it took
    agent: Who answered: the agent, or the one that the conversation was handed over to last
    handoffs: How the conversation was handed over, in order
    """

    text: str
    output: Any
    usage: AgentUsage
    cost: float | None
    model: str
    messages: list[AgentMessage]
    steps: list[AgentStep]
    duration: float
    agent: str
    handoffs: list[HandoffRecord]


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
    handoffs: The names of the agents it can hand over to
    max_handoffs: Handoffs of one run at most
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
    handoffs: list[str]
    max_handoffs: int


class AgentToolOptions(TypedDict, total=False):
    """How an agent appears as a tool.

    name: The tool's name; the agent's unless set
    description: What it does and when to use it; the agent's unless set
    """

    name: str
    description: str


AgentLike = AgentHandle | TeamHandle | AgentOptions | str
"""An agent, a team, what one is made of, or the name of a template: `as_agent` reads them all."""
