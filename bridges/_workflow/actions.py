"""Reads what a step does: a function, a tool, an agent, a workflow, a spell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bridges._agents.making import as_agent
from bridges._errors import InvalidArgument
from bridges._permissions import ModulePath
from bridges._tools import ToolHandle, Tools
from bridges._workflow.handle import WorkflowHandle
from bridges._workflow.specs import Action, Spec

if TYPE_CHECKING:
    from bridges._workflow.reading import Reader

TAKES = {
    "run": (),
    "tool": ("params",),
    "agent": ("prompt",),
    "workflow": ("input", "params"),
    "spell": ("params",),
}
"""What each kind of step is given, besides what it does."""
GIVEN = ("params", "prompt", "input")
INPUT = "{{input}}"


def read_action(
    reader: Reader, kind: str, options: Mapping[str, Any], where: str, depth: int
) -> Action:
    """Returns what a step does; raises InvalidArgument or NotFound, or PermissionDenied."""
    for key in GIVEN:
        if key in options and key not in TAKES[kind]:
            owners = " and ".join(k for k, keys in TAKES.items() if key in keys)
            raise InvalidArgument(f"{key} belongs to {owners}, and this step has {kind}")
    target = options[kind]
    if kind == "tool":
        return Action("tool", _tool(reader, target), options.get("params", {}))
    if kind == "agent":
        agent = as_agent(reader.session, target, where)
        return Action("agent", agent, options.get("prompt", INPUT))
    if kind == "workflow":
        spec = _workflow(reader, target, where, depth)
        return Action("workflow", spec, options.get("input"), options.get("params", {}))
    if kind == "spell":
        path = os.path.join(reader.folder, target) if reader.folder else target
        checked = reader.session.door.border(reader.where).check(ModulePath, path)
        if not os.path.exists(checked.value):
            raise InvalidArgument(f"there is no spell {target!r}")
        return Action("spell", checked, options.get("params", {}))
    return Action("run", target)


def _tool(reader: Reader, target: str | ToolHandle) -> Any:
    if isinstance(target, ToolHandle):
        return target.spec
    tools: Tools = reader.session.shared(Tools)
    tools.find(target)  # it must be there now; what it is then, the run finds out
    return target


def _workflow(reader: Reader, target: Any, where: str, depth: int) -> Spec:
    if isinstance(target, WorkflowHandle):
        return target.spec
    if isinstance(target, str):
        if reader.load is None:
            raise InvalidArgument("a workflow file is loaded first", hint="use Workflow.load")
        return reader.load(target)
    options = reader.shaped(target, f"{where}.workflow")
    return reader.read(options, f"{where}.workflow.", depth + 1)
