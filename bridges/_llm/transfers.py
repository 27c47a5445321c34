"""The tools with which models hand a conversation over."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic_ai import CallDeferred, RunContext, Tool, ToolFailed

from bridges._agents.agent import Leg
from bridges._errors import InvalidArgument
from bridges._handoffs.handoff import Asked, HandoffSpec
from bridges._llm.history import from_library
from bridges._tools import Report, ToolSpec


def transfer_tool(
    spec: HandoffSpec,
    leg: Leg,
    giver: str,
    run: Callable[[ToolSpec, dict[str, Any], str], Awaitable[Report]],
) -> Tool[None]:
    """Returns the tool that ends an agent's part of a run; a refused handoff does not.

    run: calls a tool for the model, with the arguments and the id of the call
    """

    async def call(ctx: RunContext[None], /, **arguments: Any) -> Any:
        id = ctx.tool_call_id or ""

        async def take(checked: dict[str, Any]) -> str:
            await _make_way(leg, id)
            asked = Asked(spec, giver, id, checked, lambda: from_library(ctx.messages))
            leg.accepted = await leg.journey.take(asked)
            return f"handed over to {spec.agent.agent_name}"

        tool = ToolSpec(spec.tool, spec.description, spec.parameters, take)
        report = await run(tool, arguments, id)
        if leg.journey.exceeded:
            raise leg.journey.exceeded
        mine = leg.accepted is not None and leg.accepted.call == id
        if report.error:
            if leg.accepted and mine:
                await leg.journey.take_back(leg.accepted, report.error)
                leg.accepted = None
            raise ToolFailed(report.error)
        if mine:
            raise CallDeferred
        return report.result

    # One after the other: of several handoffs in one answer the first that is agreed to holds.
    return Tool.from_schema(
        call,
        spec.tool,
        spec.description,
        copy.deepcopy(spec.parameters),
        takes_ctx=True,
        sequential=True,
    )


async def _make_way(leg: Leg, id: str) -> None:
    """Refuses a second handoff; one that a hook has done again takes the place of the first."""
    if leg.accepted is None:
        return
    if leg.accepted.call != id:
        taker = leg.accepted.spec.agent.agent_name
        raise InvalidArgument(f"the conversation is handed over to {taker!r} already")
    await leg.journey.take_back(leg.accepted, "it is done again")
    leg.accepted = None
