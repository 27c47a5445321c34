"""What templates and conditions name: checked before a run, and the parameters among it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from bridges._errors import InvalidArgument
from bridges._templates import Path, names_in, written
from bridges._workflow.specs import Action, Condition, Spec, Step

Names = AbstractSet[str]
Note = Callable[[str, str], None]

ALWAYS = frozenset({"input", "params", "steps", "state", "last"})
IN_LOOP = ALWAYS | {"item", "index"}
IN_UNDO = frozenset({"output", "error"})


def check_names(spec: Spec, at: str, note: Note, spelled: Callable[[str], str]) -> None:
    """Notes what the templates and conditions of a workflow's own steps name in vain.

    at: where the workflow stands; note: told the place and what is wrong there
    spelled: how option names are spelled there
    """
    roots = IN_LOOP if spec.kind == "loop" else ALWAYS
    if isinstance(spec.items, str):  # a list is data
        _check(_template(spec.items, f"{at}items", note), ALWAYS, frozenset(), note)
    for condition, key in (
        (spec.repeat_while, "repeat_while"),
        (spec.repeat_until, "repeat_until"),
    ):
        _check(_condition(condition, at + spelled(key)), roots, _names(spec.steps), note)
    if spec.kind == "parallel":
        for step, where in _placed(spec.steps, f"{at}steps"):
            _check_step(step, where, roots, frozenset(), note)
        return
    if spec.kind == "loop":
        for step, where in _placed(spec.steps, f"{at}steps"):
            _check_step(step, where, roots, _names(spec.steps), note)
        return
    _check_row(spec.steps, f"{at}steps", note)
    for i, branch in enumerate(spec.branches, 1):
        _check(_condition(branch.when, f"{at}branches[{i}].when"), ALWAYS, frozenset(), note)
        place = f"branches[{i}].steps" if branch.when else "default"
        _check_row(branch.steps, at + place, note)
    if spec.map:
        _check_step(spec.map, f"{at}map", IN_LOOP, frozenset(), note)
    if spec.reduce and spec.map:
        _check_step(spec.reduce, f"{at}reduce", ALWAYS, frozenset({spec.map.name}), note)


def params_of(spec: Spec) -> dict[str, Any] | None:
    """Returns the parameters that a run can give, each with its default, or None without one.

    None instead of all that where a template asks for whatever there is: `{{params}}`.
    """
    found: dict[str, Any] = {}
    return found if _note_params(spec, frozenset(), found) else None


def _note_params(spec: Spec, given: Names, found: dict[str, Any]) -> bool:
    """Notes the parameters of a workflow and of those in it; tells whether that is all of them.

    given: the names that the step gives whose workflow this is
    """
    asked = [path for path in _paths(spec) if path[0] == "params"]
    if any(len(path) == 1 for path in asked):
        return False
    defaults = {**dict.fromkeys(str(path[1]) for path in asked), **spec.params}
    for name, value in defaults.items():
        if name not in given and found.get(name) is None:
            found[name] = value
    return all(
        _note_params(action.target, given | action.params.keys(), found)
        for action in _actions(spec)
        if isinstance(action.target, Spec)
    )


def _paths(spec: Spec) -> Iterator[Path]:
    """Yields what a workflow's own templates and conditions name, whatever comes of it."""
    conditions = [spec.repeat_while, spec.repeat_until]
    conditions += [branch.when for branch in spec.branches]
    conditions += [step.when for step in spec.own_steps()]
    yield from (found.path for found in conditions if found and found.path)
    if isinstance(spec.items, str):
        yield from names_in(spec.items, "items")
    for action in _actions(spec):
        if action.kind != "run":
            yield from names_in([action.given, action.params], "a step")


def _actions(spec: Spec) -> Iterator[Action]:
    for step in spec.own_steps():
        yield step.action
        if step.compensate:
            yield step.compensate.action


def _check_row(steps: Sequence[Step], where: str, note: Note) -> None:
    before: set[str] = set()
    for step, place in _placed(steps, where):
        _check_step(step, place, ALWAYS, before, note)
        before.add(step.name)


def _check_step(step: Step, where: str, roots: Names, before: Names, note: Note) -> None:
    _check(_condition(step.when, f"{where}.when"), roots, before, note)
    _check(_given(step, where, note), roots, before, note)
    if step.compensate:
        names = before | {step.name}
        _check(_given(step.compensate, f"{where}.compensate", note), roots | IN_UNDO, names, note)


def _check(found: Iterator[tuple[str, Path]], roots: Names, before: Names, note: Note) -> None:
    for where, path in found:
        if path[0] not in roots:
            there = ", ".join(sorted(roots))
            note(where, f"there is no {written(path)!r}; there is {there}")
        elif path[0] == "steps" and len(path) > 1 and path[1] not in before:
            there = f"finished by then: {', '.join(sorted(before))}" if before else "there is none"
            note(where, f"{written(path)!r} is no step before this one; {there}")


def _given(step: Step, where: str, note: Note) -> Iterator[tuple[str, Path]]:
    action = step.action
    if action.target is None or action.kind == "run":
        return
    key = {"agent": "prompt", "workflow": "input"}.get(action.kind, "params")
    yield from _template(action.given, f"{where}.{key}", note)
    yield from _template(action.params, f"{where}.params", note)


def _template(value: Any, where: str, note: Note) -> Iterator[tuple[str, Path]]:
    try:
        for path in names_in(value, where):
            yield where, path
    except InvalidArgument as error:
        inside = error.message.removeprefix(where).lstrip(".: ")
        note(where, f"{inside} ({error.hint})" if error.hint else inside)


def _condition(condition: Condition | None, where: str) -> Iterator[tuple[str, Path]]:
    if condition and condition.path and condition.op not in ("exists", "missing"):
        yield where, condition.path


def _names(steps: Sequence[Step]) -> Names:
    return frozenset(step.name for step in steps)


def _placed(steps: Sequence[Step], where: str) -> Iterator[tuple[Step, str]]:
    for i, step in enumerate(steps, 1):
        yield step, f"{where}[{i}]"
