"""Agents made of options: reading the options, and running what they describe."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bridges._agents.agent import AgentHandle, AgentSpec, Switch, Turn, check_settings, turn_of
from bridges._agents.points import FORM, Way, run_between, stream_between
from bridges._agents.records import AgentLike, AgentOptions, AgentToolOptions
from bridges._agents.templates import AgentTemplates
from bridges._errors import InvalidArgument
from bridges._handoffs.handoff import HandoffHandle, HandoffSpec, handoff_spec
from bridges._handoffs.relays import Relay
from bridges._hooks.hooks import Hooks
from bridges._schema import to_json_schema
from bridges._tools import HostCallback, ToolHandle, Tools, ToolSpec, define

if TYPE_CHECKING:
    from bridges._session import Session


class SpecAgent(AgentHandle):
    """An agent that is a model with instructions and tools."""

    spec: AgentSpec

    def __init__(self, session: Session, spec: AgentSpec) -> None:
        self._session = session
        self.spec = replace(spec, switch=Switch())  # not that of the agent it was made from
        self.agent_name = spec.name
        self.description = spec.description

    async def ask(self, said: Any, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Works on an input and returns the fields of `AgentResult`."""
        spec, turn = self._prepared(said, options or {}, "Agent.run")
        hooks = self._session.shared(Hooks)
        return await run_between(hooks, spec.name, turn, self._way(spec))

    def pieces(
        self, said: Any, options: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[str | dict[str, Any]]:
        """Checks what `ask` takes, and yields text as it arrives and, last, what `ask` returns."""
        spec, turn = self._prepared(said, options or {}, "Agent.stream")
        hooks = self._session.shared(Hooks)
        return stream_between(hooks, spec.name, turn, self._way(spec))

    def _prepared(
        self, said: Any, options: Mapping[str, Any], where: str
    ) -> tuple[AgentSpec, Turn]:
        check_settings(options, where)
        changes = {key: value for key, value in options.items() if key != "messages"}
        if "model" in options:
            changes["switch"] = Switch()
        turn = turn_of(said, [dict(m) for m in options.get("messages", [])], where)
        return replace(self.spec, **changes), turn

    def _way(self, spec: AgentSpec) -> Way[dict[str, Any]]:
        return Way(
            lambda turn: Relay(self._session, spec, turn).run(),
            lambda turn: Relay(self._session, spec, turn).stream(),
            lambda answer: str(answer["text"]),
            FORM,
        )


def as_agent(session: Session, given: AgentLike, where: str) -> AgentHandle:
    """Returns the agent that an agent, options or a template's name stand for.

    where: the function or option that messages name
    """
    if isinstance(given, AgentHandle):
        return given
    if isinstance(given, str):
        return SpecAgent(session, session.shared(AgentTemplates).find(given))
    return SpecAgent(session, spec_of(session, given, where))


def as_tool(session: Session, agent: AgentHandle, options: AgentToolOptions) -> ToolHandle:
    """Makes an agent a tool of the run."""
    spec = agent.tool_spec(**options)
    fields = {
        "name": spec.name,
        "description": spec.description,
        "parameters": spec.parameters,
        "run": HostCallback(spec.run),
    }
    door = session.door
    tool: ToolHandle = door.call(door.number("Tool.new"), [fields])
    return tool


def spec_of(session: Session, options: AgentOptions, where: str) -> AgentSpec:
    """Reads the options of an agent; raises InvalidArgument or NotFound (an unknown tool)."""
    check_settings(options, where)
    given: dict[str, Any] = dict(options)
    if "output_schema" in given:
        schema = given["output_schema"]
        given["output_schema"] = to_json_schema(
            schema, f"{where}: output_schema", all_required=True
        )
    given["tools"] = _tools(session, options.get("tools", []), where)
    given["guardrails"] = tuple(options.get("guardrails", ()))
    given["handoffs"] = tuple(as_handoff(part, where) for part in options.get("handoffs", []))
    return checked(AgentSpec(**{"name": "agent", **given}), where)


def changed(session: Session, spec: AgentSpec, changes: Mapping[str, Any], where: str) -> AgentSpec:
    """Returns an agent that differs from another in some options.

    changes: fields of `AgentChanges`; what is given replaces, lists as well, but `more_tools` and
        `more_instructions` go after what is there
    """
    more = ("more_tools", "more_instructions")
    given: Any = {key: value for key, value in changes.items() if key not in more}
    read = spec_of(session, given, where)
    spec = replace(spec, **{key: getattr(read, key) for key in given})
    tools = (*spec.tools, *_tools(session, changes.get("more_tools", []), where))
    parts = (spec.system_prompt, changes.get("more_instructions", ""))
    prompt = "\n\n".join(part for part in parts if part)
    return checked(replace(spec, tools=tools, system_prompt=prompt), where)


def checked(spec: AgentSpec, where: str) -> AgentSpec:
    """Returns an agent whose tools and handoffs all have names of their own; InvalidArgument."""
    names = [tool.name for tool in spec.tools] + [handoff.tool for handoff in spec.handoffs]
    for name in names:
        if names.count(name) > 1:
            raise InvalidArgument(
                f"{where}: two of the tools are called {name!r}",
                hint="give one of them another name",
            )
    return spec


def as_handoff(given: HandoffHandle | AgentHandle, where: str) -> HandoffSpec:
    """Returns the handoff that one, or an agent that takes over, stands for."""
    return given.spec if isinstance(given, HandoffHandle) else handoff_spec(given, {}, where)


def _tools(session: Session, given: list[Any], where: str) -> tuple[ToolSpec, ...]:
    known: Tools = session.shared(Tools)
    found: list[ToolSpec] = []
    for part in given:
        if isinstance(part, str):
            found.append(known.find(part))
        elif isinstance(part, ToolHandle):
            found.append(part.spec)
        elif isinstance(part, AgentHandle):
            found.append(part.tool_spec())
        else:
            found.append(define(part, f"{where}: tools"))
    return tuple(found)
