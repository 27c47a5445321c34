"""What a workflow consists of, in words: for charts and for trees in a terminal."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from bridges._agents.agent import AgentHandle
from bridges._permissions import ModulePath
from bridges._templates import written
from bridges._tools import ToolSpec
from bridges._types import Callback
from bridges._workflow.specs import Action, Condition, Spec, Step

MAX_WORDS = 60


@dataclass
class Line:
    """One thing a workflow has, and what belongs to it."""

    text: str
    parts: list[Line] = field(default_factory=list)


def outline(spec: Spec) -> Line:
    """Returns a workflow as a tree."""
    title = f"{spec.name} ({about(spec)})"
    parts: list[Line] = []
    for branch in spec.branches:
        words = f"when {asks(branch.when)}" if branch.when else "default"
        if branch.steps:
            parts.append(Line(words, [_line(step) for step in branch.steps]))
    parts += [_line(step) for step in spec.steps]
    for key, step in (("map", spec.map), ("reduce", spec.reduce)):
        if step:
            parts.append(Line(f"{key} {_line(step).text}", _line(step).parts))
    return Line(title, parts)


def about(spec: Spec) -> str:
    """Returns the kind of a workflow, and what it goes by."""
    words = spec.kind.replace("_", " ")
    if isinstance(spec.items, range):
        last = spec.items.stop - (1 if spec.items.step > 0 else -1)
        words += f" from {spec.items.start} to {last}"
        words += f" step {spec.items.step}" if spec.items.step != 1 else ""
    elif isinstance(spec.items, list):
        words += f" over {len(spec.items)} items"
    elif spec.items is not None:
        words += f" over {spec.items}"
    if spec.repeat_while:
        words += f" while {asks(spec.repeat_while)}"
    if spec.repeat_until:
        words += f" until {asks(spec.repeat_until)}"
    if spec.kind == "parallel":
        merge = "a function" if isinstance(spec.merge, Callback) else spec.merge.replace("_", " ")
        words += f", merged {merge if merge != 'a function' else 'by a function'}"
    return _short(words)


def does(action: Action) -> str:
    """Returns what a step does, in a few words."""
    target: Any = action.target
    if isinstance(target, Spec):
        return f"workflow {target.name}"
    if isinstance(target, AgentHandle):
        name = target.agent_name
        return "agent" if name == "agent" else _short(f"agent {name}")
    if isinstance(target, ModulePath):
        return _short(f"spell {PurePath(target.value).name}")
    if action.kind == "tool":
        return f"tool {target.name if isinstance(target, ToolSpec) else target}"
    return "function"


def asks(condition: Condition) -> str:
    """Returns a condition in words."""
    if condition.function is not None:
        return "a function says so"
    value = "" if condition.op in ("", "exists", "missing") else json.dumps(condition.value)
    return _short(f"{written(condition.path)} {condition.op} {value}".strip())


def traits(step: Step) -> list[str]:
    """Returns what else there is to say of a step, a few words each."""
    found = [f"when {asks(step.when)}"] if step.when else []
    if step.retry.attempts > 1:
        found.append(f"{step.retry.attempts} attempts")
    if step.timeout is not None:
        found.append(f"at most {step.timeout:g} s")
    if step.on_error in ("continue", "compensate"):
        found.append(f"on error {step.on_error}")
    return found


def _line(step: Step) -> Line:
    words = ", ".join([does(step.action), *traits(step)])
    parts: list[Line] = []
    if isinstance(step.action.target, Spec):
        inner = outline(step.action.target)
        words = ", ".join([about(step.action.target), *traits(step)])
        parts = inner.parts
    if step.compensate:
        parts = [*parts, Line(f"undone by {does(step.compensate.action)}")]
    return Line(f"{step.name} ({words})", parts)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_WORDS else text[: MAX_WORDS - 1] + "…"
