"""Random trees of workflows, and a simple model of what running one does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import strategies as st

from bridges._errors import ScriptError
from tests.door import Function

ALWAYS = 99
KINDS = ("sequential", "pipeline", "parallel", "conditional", "loop", "map_reduce")


@dataclass
class Leaf:
    """A step with a function.

    fails: how many of its first calls fail; undo: how undoing it goes, None where it cannot
    pauses: how often it lets others go on
    """

    name: str
    fails: int = 0
    attempts: int = 1
    on_error: str = "fail"
    undo: str | None = None
    skipped: bool = False
    pauses: int = 0


@dataclass
class Sub:
    """A step with a workflow."""

    name: str
    flow: Flow
    attempts: int = 1
    on_error: str = "fail"
    undo: str | None = None
    skipped: bool = False


@dataclass
class Flow:
    """A workflow; rounds: of a loop, and items of map_reduce; width: steps at a time."""

    name: str
    kind: str
    steps: list[Leaf | Sub]
    rounds: int = 1
    width: int = 1
    merge: str = "by_name"


@st.composite
def flows(draw: Any, *, depth: int = 2, concurrent: bool = False) -> Flow:
    """Trees of at most `depth` + 1 workflows inside one another."""
    return _flow(draw, count(1), depth, concurrent)


def _flow(draw: Any, names: Iterator[int], depth: int, concurrent: bool) -> Flow:
    kind = draw(st.sampled_from(KINDS))
    size = 1 if kind == "map_reduce" else draw(st.integers(2, 5))
    steps = [_step(draw, names, depth, concurrent) for _ in range(size)]
    merges = ("by_name", "all", "first") if concurrent else ("by_name", "all")
    return Flow(
        f"f{next(names)}",
        kind,
        steps,
        draw(st.sampled_from((2, 3, 1, 0))),
        draw(st.integers(1, 4)) if concurrent else 1,
        draw(st.sampled_from(merges)),
    )


def _step(draw: Any, names: Iterator[int], depth: int, concurrent: bool) -> Leaf | Sub:
    name = f"s{next(names)}"
    # Failures are rare enough that there is something to undo, and most of them undo it.
    common: dict[str, Any] = {
        "attempts": draw(st.sampled_from((1, 1, 2, 3))),
        "on_error": draw(st.sampled_from(("compensate",) * 4 + ("fail", "continue", "retry"))),
        "undo": draw(st.sampled_from(("works",) * 4 + ("fails", None))),
        "skipped": draw(st.integers(0, 9)) == 9,
    }
    if depth and draw(st.integers(0, 2)) == 2:
        return Sub(name, _flow(draw, names, depth - 1, concurrent), **common)
    fails = draw(st.sampled_from((0,) * 6 + (1, 2, ALWAYS, ALWAYS)))
    return Leaf(name, fails, **common, pauses=draw(st.integers(0, 3)) if concurrent else 0)


@dataclass
class Log:
    """What happened, in order, and how many functions are at work."""

    lines: list[tuple[Any, ...]] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    running: int = 0

    def call(self, name: str) -> int:
        """Counts a call."""
        self.calls[name] = self.calls.get(name, 0) + 1
        return self.calls[name]


def options(flow: Flow, log: Log) -> dict[str, Any]:
    """Returns the options of a workflow whose functions write to a log."""
    steps = [_options(step, log) for step in flow.steps]
    found: dict[str, Any] = {"name": flow.name, "type": flow.kind}
    if flow.kind == "map_reduce":
        numbers = list(range(flow.rounds))
        return {**found, "map": steps[0], "items": numbers, "max_concurrency": flow.width}
    if flow.kind == "conditional":
        never = {"when": {"path": "input.no", "op": "exists"}, "steps": [_options(NEVER, log)]}
        return {**found, "branches": [never], "default": steps}
    if flow.kind == "loop":
        found["range"] = {"from": 1, "to": flow.rounds}
    if flow.kind == "parallel":
        found |= {"max_concurrency": flow.width, "merge": flow.merge}
    return {**found, "steps": steps}


def _options(step: Leaf | Sub, log: Log) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": step.name,
        "on_error": step.on_error,
        "retry": {"attempts": step.attempts, "delay": 0},
    }
    if step.skipped:
        found["when"] = {"path": "input.no", "op": "exists"}
    if step.undo:
        found["compensate"] = Function(_undoing(step, log))
    if isinstance(step, Sub):
        return {**found, "workflow": options(step.flow, log)}
    return {**found, "run": Function(_running(step, log))}


def _running(leaf: Leaf, log: Log) -> Any:
    async def run(context: dict[str, Any]) -> str:
        log.running += 1
        try:
            number = log.call(leaf.name)
            log.lines.append(("run", leaf.name, context.get("input")))
            for _ in range(leaf.pauses):
                await asyncio.sleep(0)
            if number <= leaf.fails:
                raise ScriptError("no")
            log.lines.append(("done", leaf.name))
            return f"{leaf.name}.{number}"
        finally:
            log.running -= 1

    return run


def _undoing(step: Leaf | Sub, log: Log) -> Any:
    async def undo(context: dict[str, Any]) -> None:
        log.running += 1
        try:
            log.lines.append(("undo", step.name, context.get("output")))
            await asyncio.sleep(0)
            if step.undo == "fails":
                raise ScriptError("cannot be undone")
        finally:
            log.running -= 1

    return undo


NEVER = Leaf("never")


# -- the model: what running a tree does where nothing runs at the same time


class Ends(Exception):
    """A step's failure ends the workflow."""

    def __init__(self, undo: bool) -> None:
        self.undo = undo


class Failed(Exception):
    """A step or a workflow has failed."""


@dataclass
class Went:
    """How a step went."""

    status: str
    attempts: int = 0
    undo_failed: bool = False
    output: Any = None
    inner: dict[str, Went] | None = None


@dataclass
class Model:
    """Runs trees one step after the other."""

    log: Log = field(default_factory=Log)

    def flow(self, flow: Flow, said: Any, undone: list[Any]) -> tuple[dict[str, Went], str, Any]:
        """Returns how the steps went, the status and the output.

        undone: takes the finished steps that can be undone and were not
        """
        went: dict[str, Went] = {}
        finished: list[Any] = []
        state = {"partial": False, "input": said}
        try:
            output = self._kind(flow, went, finished, state)
            return went, "partial" if state["partial"] else "done", output
        except Ends as end:
            if end.undo:
                while finished:
                    self._undo(*finished.pop())
            return went, "failed", None
        finally:
            undone += finished

    def _kind(self, flow: Flow, went: Any, finished: Any, state: Any) -> Any:
        if flow.kind in ("loop", "map_reduce"):
            rounds = []
            if flow.kind == "map_reduce":
                statuses = set()
                for _ in range(flow.rounds):
                    rounds.append(self._row(flow, went, finished, state))
                    statuses.add(went[flow.steps[0].name].status)
                status = next((s for s in ("failed", "done", "skipped") if s in statuses), "done")
                total = went.setdefault(flow.steps[0].name, Went(status))
                total.status, total.output = status, rounds
                return rounds
            return [self._row(flow, went, finished, state) for _ in range(flow.rounds)]
        last = self._row(flow, went, finished, state)
        if flow.kind != "parallel":
            return last
        if flow.merge == "all":
            return [went[s.name].output for s in flow.steps]
        return {s.name: went[s.name].output for s in flow.steps if went[s.name].status == "done"}

    def _row(self, flow: Flow, went: Any, finished: Any, state: Any) -> Any:
        last = None
        for step in flow.steps:
            output, status = self._step(step, went, finished, state)
            if status == "done":
                last = output
                if flow.kind == "pipeline":
                    state["input"] = last
        return last

    def _step(self, step: Leaf | Sub, went: Any, finished: Any, state: Any) -> tuple[Any, str]:
        one: Went = went.setdefault(step.name, Went("skipped"))
        one.status, one.output = "skipped", None
        if step.skipped:
            return None, "skipped"
        try:
            one.output = self._tries(step, one, finished, state)
        except Failed:
            one.status = "failed"
            if step.on_error != "continue":
                raise Ends(step.on_error == "compensate") from None
            state["partial"] = True
            return None, "failed"
        one.status = "done"
        if step.undo:
            finished.append((step, one, one.output))
        return one.output, "done"

    def _tries(self, step: Leaf | Sub, one: Went, finished: Any, state: Any) -> Any:
        for _ in range(step.attempts):
            one.attempts += 1
            if isinstance(step, Leaf):
                self.log.lines.append(("run", step.name, state["input"]))
                number = self.log.call(step.name)
                if number > step.fails:
                    self.log.lines.append(("done", step.name))
                    return f"{step.name}.{number}"
                continue
            left: list[Any] = []
            one.inner, status, output = self.flow(step.flow, state["input"], left)
            if status == "failed":
                finished += left
                continue
            finished += [] if step.undo else left
            state["partial"] |= status == "partial"
            return output
        raise Failed

    def _undo(self, step: Leaf | Sub, one: Went, output: Any) -> None:
        self.log.lines.append(("undo", step.name, output))
        if step.undo == "works":
            one.status = "compensated"
        else:
            one.undo_failed = True
