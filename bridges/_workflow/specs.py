"""What a workflow is once its options have been read: immutable, and sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from bridges._state.handle import StateHandle
    from bridges._templates import Path
    from bridges._types import Callback

KINDS = ("sequential", "parallel", "conditional", "loop", "map_reduce", "pipeline")
ACTIONS = ("run", "tool", "agent", "workflow", "spell")

MAX_DEPTH = 16
"""Workflows inside one another."""
MAX_STEPS = 10_000
"""Steps of a workflow, those of the workflows inside it included."""
MAX_ITERATIONS = 1000
MAX_CONCURRENCY = 50
MAX_ITEMS = 100_000
"""Items that map_reduce works on; rounds of a loop, whatever it says."""
UNDO_TIMEOUT = 60.0
"""Seconds one try to undo a step may take, unless it says otherwise."""

ActionKind = Literal["run", "tool", "agent", "workflow", "spell"]
OnError = Literal["fail", "continue", "retry", "compensate"]


@dataclass(frozen=True)
class Action:
    """What a step does.

    target: a Callback, a ToolSpec, an AgentHandle, a Spec or a ModulePath
    given: the template of what it gets: arguments, prompt, or input; params: a workflow's
    """

    kind: ActionKind
    target: Any
    given: Any = None
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """A function that is asked, or a comparison of a value of the workflow."""

    function: Callback | None = None
    path: Path = ()
    op: str = ""
    value: Any = None


@dataclass(frozen=True)
class Retry:
    """How often a step is tried, and how long it waits before the next try, in seconds."""

    attempts: int = 1
    delay: float = 0.2
    backoff: float = 2.0
    max_delay: float = 30.0

    def wait(self, attempt: int) -> float:
        """Returns the seconds to wait after the try with this number, which counts from 1."""
        if not self.delay:
            return 0.0
        try:
            return float(min(self.delay * self.backoff ** (attempt - 1), self.max_delay))
        except OverflowError:
            return self.max_delay


@dataclass(frozen=True)
class Step:
    """One step."""

    name: str
    action: Action
    when: Condition | None = None
    retry: Retry = Retry()
    timeout: float | None = None
    on_error: OnError = "fail"
    compensate: Step | None = None


@dataclass(frozen=True)
class Branch:
    """One way a conditional workflow can go; without a condition it is the default."""

    steps: tuple[Step, ...]
    when: Condition | None = None


@dataclass(frozen=True)
class Spec:
    """One workflow; which fields matter is its kind's business.

    items: a list, a template that gives one, or a range
    """

    name: str
    kind: str = "sequential"
    description: str = ""
    steps: tuple[Step, ...] = ()
    branches: tuple[Branch, ...] = ()
    items: Any = None
    repeat_while: Condition | None = None
    repeat_until: Condition | None = None
    max_iterations: int = MAX_ITERATIONS
    map: Step | None = None
    reduce: Step | None = None
    max_concurrency: int = MAX_CONCURRENCY
    merge: str | Callback = "by_name"
    params: dict[str, Any] = field(default_factory=dict)
    state: StateHandle | dict[str, Any] | None = None
    timeout: float | None = None
    on_error: OnError = "fail"

    def own_steps(self) -> Iterator[Step]:
        """Yields its steps in order, whatever its kind."""
        yield from self.steps
        for branch in self.branches:
            yield from branch.steps
        if self.map:
            yield self.map
        if self.reduce:
            yield self.reduce

    def inner(self) -> Iterator[Spec]:
        """Yields the workflows that are steps of it or undo one."""
        for step in self.own_steps():
            for part in (step, step.compensate):
                if part and isinstance(part.action.target, Spec):
                    yield part.action.target


def measure(spec: Spec) -> tuple[int, int]:
    """Returns how deep workflows lie inside a workflow, and how many steps there are in all."""
    known: dict[int, tuple[int, int]] = {}

    def of(one: Spec) -> tuple[int, int]:
        if id(one) not in known:
            inner = [of(part) for part in one.inner()]
            depth = 1 + max((depth for depth, _ in inner), default=0)
            known[id(one)] = depth, sum(1 for _ in one.own_steps()) + sum(n for _, n in inner)
        return known[id(one)]

    return of(spec)
