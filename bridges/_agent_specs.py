"""Agents made of options: reading the options, and running what they describe."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bridges._agent_points import FORM, Way, run_between, stream_between
from bridges._agent_records import AgentLike, AgentOptions
from bridges._agents import AgentHandle, AgentSpec, Turn, check_settings, turn_of
from bridges._errors import InvalidArgument, NotFound
from bridges._handoffs import HandoffHandle, HandoffSpec, handoff_spec
from bridges._hooks import Hooks
from bridges._relays import Relay
from bridges._schema import to_json_schema
from bridges._tools import ToolHandle, Tools, ToolSpec, define

if TYPE_CHECKING:
    from bridges._session import Session


class SpecAgent(AgentHandle):
    """An agent that is a model with instructions and tools."""

    spec: AgentSpec

    def __init__(self, session: Session, spec: AgentSpec) -> None:
        self._session = session
        self.spec = spec
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
        raise NotFound(f"{where}: there is no agent template {given!r}")
    return SpecAgent(session, spec_of(session, given, where))


def spec_of(session: Session, options: AgentOptions, where: str) -> AgentSpec:
    """Reads the options of an agent; raises InvalidArgument or NotFound (an unknown tool)."""
    check_settings(options, where)
    schema = options.get("output_schema")
    if schema is not None:
        schema = to_json_schema(schema, f"{where}: output_schema", all_required=True)
    tools = _tools(session, options, where)
    guardrails = tuple(options.get("guardrails", ()))
    handoffs = _handoffs(options, tools, where)
    given: Any = {**options, "output_schema": schema, "tools": tools}
    return AgentSpec(**{"name": "agent", **given, "guardrails": guardrails, "handoffs": handoffs})


def _tools(session: Session, options: AgentOptions, where: str) -> tuple[ToolSpec, ...]:
    known: Tools = session.shared(Tools)
    found: dict[str, ToolSpec] = {}
    for part in options.get("tools", []):
        if isinstance(part, str):
            spec = known.find(part)
        elif isinstance(part, ToolHandle):
            spec = part.spec
        elif isinstance(part, AgentHandle):
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


def _handoffs(
    options: AgentOptions, tools: tuple[ToolSpec, ...], where: str
) -> tuple[HandoffSpec, ...]:
    found: tuple[HandoffSpec, ...] = ()
    for part in options.get("handoffs", []):
        found = with_handoff(found, as_handoff(part, where), tools, where)
    return found


def as_handoff(given: HandoffHandle | AgentHandle, where: str) -> HandoffSpec:
    """Returns the handoff that one, or an agent that takes over, stands for."""
    return given.spec if isinstance(given, HandoffHandle) else handoff_spec(given, {}, where)


def with_handoff(
    handoffs: tuple[HandoffSpec, ...], spec: HandoffSpec, tools: tuple[ToolSpec, ...], where: str
) -> tuple[HandoffSpec, ...]:
    """Adds a handoff to those of an agent; a tool's name that is taken is InvalidArgument."""
    if spec.tool in {one.tool for one in handoffs} | {tool.name for tool in tools}:
        raise InvalidArgument(
            f"{where}: two of the tools and handoffs are called {spec.tool!r}",
            hint="give the handoff another name",
        )
    return (*handoffs, spec)
