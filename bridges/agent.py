"""Agents: a model with instructions and tools that works until it has an answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any, cast

from bridges._agent_records import (
    AgentInfo,
    AgentOptions,
    AgentResult,
    AgentRunOptions,
    AgentToolOptions,
)
from bridges._agent_specs import SpecAgent, as_handoff, spec_of, with_handoff
from bridges._agents import AgentHandle, AgentSpec
from bridges._declare import NOTHING, Bridge, host_function
from bridges._handoffs import HandoffHandle
from bridges._tools import HostCallback, ToolHandle
from bridges._types import StreamOf
from bridges.stream import Final, Stream


class AgentObject(SpecAgent):
    """A model with instructions and tools."""

    name = "Agent"

    @host_function(needs=NOTHING, since=1)
    async def run(self, input: Any, options: AgentRunOptions | None = None) -> AgentResult:
        """Works on an input until there is an answer.

        input: Text, a list of messages, another agent's answer, or data
        options: How this run differs from the agent's settings
        returns: The answer
        """
        return cast(AgentResult, await self.ask(input, options))

    @host_function(needs=NOTHING, since=1)
    async def stream(
        self, input: Any, options: AgentRunOptions | None = None
    ) -> StreamOf[str, AgentResult]:
        """Works on an input and gives the text of every step as it arrives.

        input: Text, a list of messages, another agent's answer, or data
        options: How this run differs from the agent's settings
        returns: The pieces of text; its result is the answer
        """
        stream: Any = Stream(_with_end(self.pieces(input, options)))
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
        spec = self.spec
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
            "handoffs": [handoff.agent.agent_name for handoff in spec.handoffs],
            "max_handoffs": spec.max_handoffs,
        }

    @host_function(needs=NOTHING, since=2)
    def add_handoff(self, handoff: HandoffHandle | AgentHandle) -> None:
        """Lets the agent hand conversations over, from its next run on; agents may do so in turns.

        handoff: What `Handoff.to` gives, or the agent that takes over
        """
        where = "Agent.add_handoff"
        spec = as_handoff(handoff, where)
        handoffs = with_handoff(self.spec.handoffs, spec, self.spec.tools, where)
        self.spec = replace(self.spec, handoffs=handoffs)

    def _model_name(self, spec: AgentSpec) -> str:
        from bridges._llm.names import default_name, expand

        return expand(self._session, spec.model) if spec.model else default_name(self._session)


class Agent(Bridge):
    """Makes agents: models with instructions and tools."""

    @host_function(needs=NOTHING, since=1)
    def new(self, options: AgentOptions) -> AgentObject:
        """Makes an agent; no model is asked before it runs.

        options: What the agent is
        returns: The agent
        """
        return AgentObject(self.session, spec_of(self.session, options, "Agent.new"))


async def _with_end(pieces: AsyncGenerator[str | dict[str, Any]]) -> AsyncGenerator[Any]:
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece if isinstance(piece, str) else Final(piece)
