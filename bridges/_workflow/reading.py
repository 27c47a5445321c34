"""Reads the options of a workflow: all that is wrong with them, or the workflow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bridges._errors import InvalidArgument, SpellError
from bridges._types import shape_of
from bridges._workflow.actions import read_action
from bridges._workflow.conditions import read_condition
from bridges._workflow.names import check_names
from bridges._workflow.records import WorkflowOptions
from bridges._workflow.specs import (
    ACTIONS,
    MAX_DEPTH,
    MAX_ITEMS,
    MAX_STEPS,
    UNDO_TIMEOUT,
    Action,
    Branch,
    Condition,
    OnError,
    Retry,
    Spec,
    Step,
    measure,
)

if TYPE_CHECKING:
    from bridges._session import Session

NAME = re.compile(r"[^\W\d][\w-]{0,63}")
NAME_HINT = "use up to 64 letters, digits, _ and -, beginning with a letter"
MAX_ATTEMPTS = 100
MAX_WIDTH = 1000
MAX_PROBLEMS = 100

EVERY_KIND = {"name", "description", "type", "params", "state", "timeout", "on_error"}
OF_KIND: dict[str, set[str]] = {
    "sequential": {"steps"},
    "pipeline": {"steps"},
    "parallel": {"steps", "max_concurrency", "merge"},
    "conditional": {"branches", "default"},
    "loop": {"steps", "items", "range", "repeat_while", "repeat_until", "max_iterations"},
    "map_reduce": {"items", "map", "reduce", "max_concurrency"},
}
"""The options that a kind of workflow takes, besides those that every kind takes."""


@dataclass(frozen=True)
class Problem:
    """Something wrong at a place such as `steps[2].tool`."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


@dataclass
class Reader:
    """Reads one workflow and those inside it.

    where: the function that messages name
    spell_name: how option names are spelled where the workflow stands
    folder: what relative paths of spells start from; None is the spell's own folder
    load: reads a workflow file that is named inside; None where that is not possible
    """

    session: Session
    where: str
    spell_name: Callable[[str], str]
    folder: str | None = None
    load: Callable[[str], Spec] | None = None
    problems: list[Problem] = field(default_factory=list)

    def shaped(self, value: Any, where: str) -> Any:
        """Returns the options of a workflow inside this one, checked."""
        border = replace(self.session.door.border(self.where), spell_name=self.spell_name)
        return shape_of(WorkflowOptions).read(value, f"{self.where}: {where}", border)

    def problem(self, where: str, message: str) -> None:
        """Notes something wrong."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(where, message))

    def read(self, options: Mapping[str, Any], at: str = "", depth: int = 1) -> Spec:
        """Returns the workflow; where there are problems, what could be read of it.

        options: fields of `WorkflowOptions`
        at: where the workflow stands, with a dot in the end; depth: how deep that is
        """
        if depth > MAX_DEPTH:
            raise InvalidArgument(f"{self.where}: workflows lie more than {MAX_DEPTH} deep")
        kind = options.get("type", "sequential")
        for key in options:
            if key not in EVERY_KIND | OF_KIND[kind]:
                takes = [k for k, keys in OF_KIND.items() if key in keys]
                do = "do" if len(takes) > 1 else "does"
                told = f"the type {kind} does not take it; {' and '.join(takes)} {do}"
                self.problem(at + self.spell_name(key), told)
        name = options.get("name", "")
        self._check_name(name, f"{at}name", "a workflow")
        self._check_numbers(options, at)
        reading = _Reading(self, options, at, depth)
        spec = Spec(
            name=name,
            kind=kind,
            description=options.get("description", ""),
            params=options.get("params", {}),
            state=options.get("state"),
            timeout=options.get("timeout"),
            on_error=options.get("on_error", "fail"),
            merge=options.get("merge", "by_name"),
            **{key: options[key] for key in _NUMBERS if key in options},
            **reading.parts(kind),
        )
        check_names(spec, at, self.problem, self.spell_name)
        return spec

    def finished(self, spec: Spec) -> Spec:
        """Returns a workflow that has been read, or raises InvalidArgument with all problems."""
        depth, steps = measure(spec)
        if depth > MAX_DEPTH or steps > MAX_STEPS:
            self.problem("", f"workflows lie at most {MAX_DEPTH} deep, with {MAX_STEPS} steps")
        if self.problems:
            raise failure(self.where, self.problems)
        return spec

    def _check_name(self, name: str, where: str, what: str) -> None:
        if not name:
            self.problem(where, "is missing")
        elif not NAME.fullmatch(name):
            self.problem(where, f"{name[:100]!r} cannot be the name of {what}; {NAME_HINT}")

    def _check_numbers(self, options: Mapping[str, Any], at: str) -> None:
        for key, most in _NUMBERS.items():
            if not 1 <= options.get(key, 1) <= most:
                self.problem(at + self.spell_name(key), f"must be from 1 to {most}")
        if options.get("timeout") == 0:
            self.problem(f"{at}timeout", "must be more than 0")


_NUMBERS = {"max_iterations": MAX_ITEMS, "max_concurrency": MAX_WIDTH}


def failure(where: str, problems: Sequence[Problem]) -> InvalidArgument:
    """Returns the error that lists what is wrong."""
    listed = "; ".join(map(str, problems))
    found = [{"where": p.where, "message": p.message} for p in problems]
    return InvalidArgument(f"{where}: {listed}", details={"problems": found})


class _Reading:
    """What reading one workflow of a tree needs to know."""

    def __init__(self, reader: Reader, options: Mapping[str, Any], at: str, depth: int) -> None:
        self._reader = reader
        self._options = options
        self._at = at
        self._depth = depth
        self._on_error: OnError = options.get("on_error", "fail")

    def parts(self, kind: str) -> dict[str, Any]:
        """Returns the fields of the spec that depend on the kind."""
        if kind == "conditional":
            return {"branches": tuple(self._branches())}
        if kind == "map_reduce":
            return {"items": self._items(), **self._map_reduce()}
        steps = tuple(self._steps(self._options.get("steps", []), "steps"))
        if not steps:
            self._problem("steps", "there must be at least one step")
        return {"steps": steps, **(self._rounds() if kind == "loop" else {})}

    def _problem(self, key: str, message: str) -> None:
        self._reader.problem(f"{self._at}{key}", message)

    def _spelled(self, name: str) -> str:
        return self._reader.spell_name(name)

    def _branches(self) -> Iterator[Branch]:
        for i, branch in enumerate(self._options.get("branches", []), 1):
            at = f"branches[{i}]"
            when = self._condition(branch["when"], f"{at}.when")
            yield Branch(tuple(self._steps(branch["steps"], f"{at}.steps")), when)
        if not self._options.get("branches"):
            self._problem("branches", "there must be at least one branch")
        yield Branch(tuple(self._steps(self._options.get("default", []), "default")))

    def _map_reduce(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key in ("map", "reduce"):
            if key in self._options:
                found[key] = self._step(self._options[key], key)
        if "map" not in found:
            self._problem("map", "is missing")
        if self._options.get("items") is None:
            self._problem("items", "is missing")
        return found

    def _rounds(self) -> dict[str, Any]:
        options = self._options
        asked = {
            key: self._condition(options[key], self._spelled(key))
            for key in ("repeat_while", "repeat_until")
            if key in options
        }
        ways = [key for key in ("items", "range") if options.get(key) is not None]
        if len(ways) == 2:
            self._problem("range", "a loop has either items or a range")
        if not ways and not asked:
            names = ("items", "range", self._spelled("repeat_while"), self._spelled("repeat_until"))
            self._problem("", f"a loop needs {', '.join(names[:-1])} or {names[-1]}")
        return {"items": self._range() if ways == ["range"] else self._items(), **asked}

    def _items(self) -> Any:
        items = self._options.get("items")
        if items == {}:
            items = []
        if items is not None and not isinstance(items, (list, str)):
            self._problem("items", "must be a list, or a template that gives one")
        return items

    def _range(self) -> range | None:
        given = self._options["range"]
        if not set(given) <= {"from", "to", "step"} or not {"from", "to"} <= set(given):
            self._problem("range", "has from, to and, if wanted, step")
            return None
        step = given.get("step", 1)
        if step == 0:
            self._problem("range", "step must not be 0")
            return None
        return range(given["from"], given["to"] + (1 if step > 0 else -1), step)

    def _steps(self, given: list[Any], where: str) -> Iterator[Step]:
        seen: dict[str, int] = {}
        for i, options in enumerate(given[:MAX_STEPS], 1):
            step = self._step(options, f"{where}[{i}]")
            first = seen.setdefault(step.name, i)
            if first != i:
                self._problem(f"{where}[{i}].name", f"step {first} is called {step.name!r} too")
            yield step
        if len(given) > MAX_STEPS:
            self._problem(where, f"a workflow has at most {MAX_STEPS} steps")

    def _step(self, options: Mapping[str, Any], where: str) -> Step:
        self._reader._check_name(options["name"], f"{self._at}{where}.name", "a step")
        on_error: OnError = options.get("on_error", self._on_error)
        usual = Retry(attempts=3) if on_error == "retry" else Retry()
        undo = options.get("compensate")
        return Step(
            name=options["name"],
            action=self._action(options, where),
            when=self._condition(options.get("when"), f"{where}.when"),
            retry=self._retry(options.get("retry"), f"{where}.retry", usual),
            timeout=self._timeout(options, where),
            on_error=on_error,
            compensate=None if undo is None else self._undo(undo, options["name"], where),
        )

    def _undo(self, given: Any, name: str, where: str) -> Step:
        options = given if isinstance(given, dict) else {"run": given}
        at = f"{where}.compensate"
        return Step(
            name=name,
            action=self._action(options, at),
            retry=self._retry(options.get("retry"), f"{at}.retry", Retry()),
            timeout=self._timeout(options, at) or UNDO_TIMEOUT,
        )

    def _action(self, options: Mapping[str, Any], where: str) -> Action:
        given = [kind for kind in ACTIONS if options.get(kind) is not None]
        if len(given) != 1:
            has = f"has {' and '.join(given)}" if given else "has none of them"
            self._problem(where, f"a step has one of {', '.join(ACTIONS)}, and this {has}")
            return Action("run", None)
        try:
            return read_action(self._reader, given[0], options, self._at + where, self._depth)
        except InvalidArgument as error:
            self._problem(f"{where}.{given[0]}", _told(error))
        except SpellError as error:
            if error.code != "not_found":
                raise
            self._problem(f"{where}.{given[0]}", _told(error))
        return Action("run", None)

    def _condition(self, given: Any, where: str) -> Condition | None:
        try:
            return read_condition(given, where)
        except InvalidArgument as error:
            self._problem(where, error.message.removeprefix(f"{where}: "))
            return None

    def _retry(self, given: Any, where: str, usual: Retry) -> Retry:
        if given is None:
            return usual
        fields = {"attempts": given} if isinstance(given, int) else {"attempts": 3, **given}
        if not 1 <= fields["attempts"] <= MAX_ATTEMPTS:
            self._problem(where, f"attempts must be from 1 to {MAX_ATTEMPTS}")
        if fields.get("backoff", 1.0) < 1:
            self._problem(where, "backoff must be at least 1")
        return Retry(**fields)

    def _timeout(self, options: Mapping[str, Any], where: str) -> float | None:
        timeout: float | None = options.get("timeout")
        if timeout == 0:
            self._problem(f"{where}.timeout", "must be more than 0")
        return timeout


def _told(error: SpellError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message
