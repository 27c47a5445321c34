"""Agents: a model with instructions and tools that works until it has an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from bridges._agents.agent import AgentHandle, AgentSpec, TeamHandle
from bridges._agents.making import SpecAgent, as_handoff, as_tool, changed, checked, spec_of
from bridges._agents.records import (
    AgentChanges,
    AgentInfo,
    AgentOptions,
    AgentResult,
    AgentRunOptions,
    AgentTemplateInfo,
    AgentTemplateOptions,
    AgentToolOptions,
)
from bridges._agents.templates import AgentTemplates
from bridges._declare import NOTHING, Bridge, host_function
from bridges._events.bus import Bus
from bridges._handoffs.handoff import HandoffHandle
from bridges._tools import ToolHandle
from bridges._types import StreamOf
from bridges.stream import Stream, with_end


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
        stream: Any = Stream(with_end(self.pieces(input, options)))
        return stream  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=1)
    def as_tool(self, options: AgentToolOptions | None = None) -> ToolHandle:
        """Makes the agent a tool of the run, which takes an `input` and gives the answer.

        options: How it appears
        returns: The tool
        """
        return as_tool(self._session, self, options or {})

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
    def add_handoff(self, handoff: HandoffHandle | AgentHandle | TeamHandle) -> None:
        """Lets the agent hand conversations over, from its next run on; agents may do so in turns.

        handoff: What `Handoff.to` gives, or the agent that takes over
        """
        where = "Agent.add_handoff"
        handoffs = (*self.spec.handoffs, as_handoff(handoff, where))
        self.spec = checked(replace(self.spec, handoffs=handoffs), where)

    @host_function(needs=NOTHING, since=2)
    def clone(self, changes: AgentChanges | None = None) -> AgentObject:
        """Makes another agent like this one.

        changes: How it differs; a list replaces the one there is
        returns: The new agent
        """
        spec = changed(self._session, self.spec, changes or {}, "Agent.clone")
        return AgentObject(self._session, spec)

    @host_function(needs=NOTHING, since=2)
    def set_model(self, name: str) -> None:
        """Has the agent ask another model from its next request on, in a run under way as well.

        Runs that named a model themselves keep it.

        name: A model's name or alias, or a pool's
        """
        from bridges._llm.names import full_name

        to = full_name(self._session, name)
        before = self._model_name(self.spec)
        self.spec = replace(self.spec, model=name)
        self.spec.switch.model = name
        if to != before:
            bus: Bus = self._session.shared(Bus)
            bus.emit("model.switched", {"agent": self.spec.name, "from": before, "to": to})

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

    @host_function(needs=NOTHING, since=2)
    def list_(self) -> list[AgentHandle]:
        """Returns the agents that the spell has made, in order.

        returns: The agents
        """
        return [thing for thing in self.session.things() if isinstance(thing, SpecAgent)]

    @host_function(needs=NOTHING, since=2)
    def template(self, name: str, changes: AgentChanges | None = None) -> AgentObject:
        """Makes an agent from a template.

        name: Name of the template: chat, research, code, data_analyst, planner, orchestrator, or
            one that `Agent.add_template` added
        changes: How the agent differs from the template; a list replaces the one there is
        returns: The agent
        """
        spec = self._known.find(name)
        return AgentObject(
            self.session, changed(self.session, spec, changes or {}, "Agent.template")
        )

    @host_function(needs=NOTHING, since=2)
    def templates(self) -> list[AgentTemplateInfo]:
        """Returns the templates there are: those of the program, then the spell's own.

        returns: What each is
        """
        specs = {name: self._known.find(name) for name in self._known.names()}
        return [
            {
                "name": name,
                "description": spec.description,
                "tools": [tool.name for tool in spec.tools],
                "built_in": self._known.is_built_in(name),
            }
            for name, spec in specs.items()
        ]

    @host_function(needs=NOTHING, since=2)
    def add_template(self, name: str, options: AgentTemplateOptions) -> None:
        """Adds a template for the rest of the run, in place of an own one of that name.

        name: Letters, digits, _ and -; not the name of one that comes with the program
        options: What agents made from it are; `based_on` names the template it begins with
        """
        self._known.add(name, options)

    @property
    def _known(self) -> AgentTemplates:
        known: AgentTemplates = self.session.shared(AgentTemplates)
        return known
