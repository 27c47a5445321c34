"""Does what one step is for, once: calls the function, the tool, the agent, the spell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridges._templates import Room, fill
from bridges._timings import timed
from bridges._tools import Tools, ToolSpec
from bridges._workflow.scope import Scope
from bridges._workflow.specs import Spec, Step

if TYPE_CHECKING:
    from bridges._workflow.results import Went
    from bridges._workflow.running import Run


GIVEN = {
    "run": "input",
    "tool": "params",
    "agent": "prompt",
    "workflow": "input",
    "spell": "params",
}
"""What each kind of step is given, as hooks see and change it."""


async def filled(step: Step, scope: Scope, where: str, most: int) -> tuple[Any, dict[str, Any]]:
    """Returns what a step is given and, of a workflow, its parameters: templates filled in.

    most: characters that may be made
    """
    action = step.action
    if action.kind == "run":
        return scope.input, {}
    context, room = await scope.context(), Room(most)
    if action.given is None:
        said = scope.input
    else:
        said = fill(action.given, context, where, room)
    return said, fill(action.params, context, where, room)


async def do(
    run: Run, step: Step, scope: Scope, given: tuple[Any, dict[str, Any]], went: Went
) -> Any:
    """Returns what a step gives.

    given: what it gets, and a workflow's parameters; went: where a workflow's steps are noted
    """
    action, session = step.action, run.course.session
    if action.kind == "run":
        return await action.target(await scope.context())
    if action.kind == "tool":
        spec = _tool(run, action.target)
        with timed(session.timings, "tool", spec.name):
            return await spec.call(given[0], session)
    if action.kind == "agent":
        return (await action.target.ask(given[0]))["output"]
    if action.kind == "spell":
        # Through the door, where hooks, depth and permission of running spells are looked after.
        door = session.door
        return await door.call_async(door.number("Spell.run"), [action.target.value, given[0]])
    return await _workflow(run, step, scope, given, went)


def _tool(run: Run, target: str | ToolSpec) -> ToolSpec:
    if isinstance(target, ToolSpec):
        return target
    tools: Tools = run.course.session.shared(Tools)
    return tools.find(target)


async def _workflow(
    run: Run, step: Step, scope: Scope, given: tuple[Any, dict[str, Any]], went: Went
) -> Any:
    spec: Spec = step.action.target
    said, params = given
    state = scope.state if spec.state is None else spec.state
    inside = Scope(said, {**spec.params, **scope.params, **params}, state)
    inner = type(run)(run.course, spec, inside, f"{run.path}/{spec.name}")
    try:
        record = await inner.whole(None)
        if step.compensate:
            inner.finished.clear()  # the step has its own way to undo all of it
        run.is_partial |= record["status"] == "partial"
        return record.get("output")
    finally:
        went.inner = inner.went
        # What it has finished and nobody has undone is undone with what this workflow has done.
        run.finished += inner.finished
