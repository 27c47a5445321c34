"""Agents made of options: reading the options, and running what they describe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bridges._agent_points import FORM, request_of, turn_from
from bridges._agent_records import AgentLike, AgentOptions
from bridges._agents import AgentHandle, AgentSpec, Turn, check_settings, turn_of
from bridges._bus import correlated
from bridges._errors import InvalidArgument, NotFound
from bridges._hooks import Hooks
from bridges._schema import to_json_schema
from bridges._tools import ToolHandle, Tools, ToolSpec, define

if TYPE_CHECKING:
    from bridges._session import Session


class SpecAgent(AgentHandle):
    """An agent that is a model with instructions and tools."""

    def __init__(self, session: Session, spec: AgentSpec) -> None:
        self._session = session
        self.spec = spec
        self.agent_name = spec.name
        self.description = spec.description

    async def ask(self, said: Any, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Works on an input and returns the fields of `AgentResult`."""
        return await self._whole(*self._prepared(said, options or {}, "Agent.run"))

    def pieces(
        self, said: Any, options: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[str | dict[str, Any]]:
        """Checks what `ask` takes, and yields text as it arrives and, last, what `ask` returns."""
        return self._pieces(*self._prepared(said, options or {}, "Agent.stream"))

    def _prepared(
        self, said: Any, options: Mapping[str, Any], where: str
    ) -> tuple[AgentSpec, Turn]:
        check_settings(options, where)
        changes = {key: value for key, value in options.items() if key != "messages"}
        turn = turn_of(said, [dict(m) for m in options.get("messages", [])], where)
        return replace(self.spec, **changes), turn

    async def _whole(self, spec: AgentSpec, turn: Turn) -> dict[str, Any]:
        async def call(request: dict[str, Any]) -> dict[str, Any]:
            asked = turn_from(request, turn)
            agents, model = await _open(self._session, spec)
            answer: dict[str, Any] = await agents.run_agent(self._session, spec, asked, model)
            return answer

        hooks: Hooks = self._session.shared(Hooks)
        return await hooks.around("agent", spec.name, request_of(spec.name, turn), call, FORM)

    async def _pieces(self, spec: AgentSpec, turn: Turn) -> AsyncGenerator[str | dict[str, Any]]:
        hooks: Hooks = self._session.shared(Hooks)
        if hooks.needs_whole("agent", spec.name):
            answer = await self._whole(spec, turn)
            yield answer["text"]
            yield answer
            return
        passage = hooks.passage("agent", spec.name, request_of(spec.name, turn), FORM)
        instead = await passage.before()
        if instead is not None:
            yield instead.result["text"]
            yield instead.result
            return
        await passage.started()
        found: dict[str, Any] = {}
        try:
            asked = turn_from(passage.request, turn)
            agents, model = await _open(self._session, spec)
            source = agents.stream_agent(self._session, spec, asked, model)
            async with aclosing(correlated(passage.correlation, source)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, str):
                        yield piece
                    else:
                        found = piece
        except BaseException as error:
            await passage.failed(error)
            raise
        yield await passage.ended(found)


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
    given: Any = {**options, "output_schema": schema, "tools": tools, "guardrails": guardrails}
    return AgentSpec(**{"name": "agent", **given})


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


async def _open(session: Session, spec: AgentSpec) -> tuple[Any, Any]:
    """Returns the module that runs agents, and the agent's model; both load in a thread."""
    agents = await asyncio.to_thread(_load)
    from bridges._llm.models import open_model

    return agents, await open_model(session, spec.model)


def _load() -> Any:
    from bridges._llm import agents

    return agents
