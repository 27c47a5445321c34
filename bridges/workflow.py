"""Workflows: many steps of functions, tools, agents, spells, and what happens when one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from bridges._declare import NOTHING, Bridge, HostObject, host_function
from bridges._errors import InvalidArgument, LimitExceeded
from bridges._permissions import ModulePath
from bridges._types import StreamOf
from bridges._workflow.calling import events, run_workflow
from bridges._workflow.handle import WorkflowHandle
from bridges._workflow.reading import Problem, Reader
from bridges._workflow.records import (
    WorkflowEvent,
    WorkflowInfo,
    WorkflowOptions,
    WorkflowProblem,
    WorkflowResult,
    WorkflowRunOptions,
    WorkflowStep,
)
from bridges._workflow.specs import MAX_STEPS, Spec
from bridges.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridges._session import Session


class WorkflowObject(WorkflowHandle):
    """Steps that run in an order, with what happens when one fails."""

    name = "Workflow"

    def __init__(self, session: Session, spec: Spec, check: Callable[[], list[Problem]]) -> None:
        self._session = session
        self.spec = spec
        self._check = check

    @host_function(needs=NOTHING, since=2)
    async def run(
        self, input: Any = None, options: WorkflowRunOptions | None = None
    ) -> WorkflowResult:
        """Runs the workflow to its end.

        input: What it works on: `{{input}}` in its templates
        options: How this run differs
        returns: How it went; a failure is an error with code `workflow_failed`, which has the
            same in `details.record`
        """
        record = await run_workflow(self._session, self.spec, input, options or {})
        return cast(WorkflowResult, record)

    @host_function(needs=NOTHING, since=2)
    async def stream(
        self, input: Any = None, options: WorkflowRunOptions | None = None
    ) -> StreamOf[WorkflowEvent, WorkflowResult]:
        """Runs the workflow and tells what happens as it happens.

        input: What it works on: `{{input}}` in its templates
        options: How this run differs
        returns: What happens; its result is what `run` returns
        """
        stream: Any = Stream(events(self._session, self.spec, input, options or {}))
        return stream  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=2)
    def validate(self) -> list[WorkflowProblem]:
        """Checks the workflow again: a tool or a spell may be gone since it was made.

        returns: What is wrong; nothing where it is sound
        """
        return [{"where": p.where, "message": p.message} for p in self._check()]

    @host_function(needs=NOTHING, since=2)
    def diagram(self, result: dict[str, Any] | None = None) -> str:
        """Draws the workflow as a Mermaid flow chart.

        result: A run's result; the steps are coloured by how they went
        returns: The text of the chart
        """
        from bridges._workflow.diagram import mermaid

        return mermaid(self.spec, (result or {}).get("steps"))

    @host_function(needs=NOTHING, since=2)
    def info(self) -> WorkflowInfo:
        """Returns what the workflow is.

        returns: Its name, type and steps
        """
        return {
            "name": self.spec.name,
            "description": self.spec.description,
            "type": self.spec.kind,
            "steps": [{"name": s.name, "kind": s.action.kind} for s in self.spec.own_steps()],
        }


class WorkflowBuilder(HostObject):
    """A workflow in the making: each call adds a step, and `build` makes it."""

    name = "WorkflowBuilder"

    def __init__(self, owner: Workflow, name: str, options: WorkflowOptions) -> None:
        self._owner = owner
        self._options: dict[str, Any] = {**options, "name": name}
        self._steps: list[dict[str, Any]] = list(self._options.pop("steps", []))

    @host_function(needs=NOTHING, since=2)
    def step(self, step: WorkflowStep) -> WorkflowBuilder:
        """Adds a step.

        step: What it is
        returns: The builder
        """
        return self._add(dict(step))

    @host_function(needs=NOTHING, since=2)
    def sequential(self, options: WorkflowOptions) -> WorkflowBuilder:
        """Adds a step that is a sequential workflow, and is called as that is.

        options: What the workflow is
        returns: The builder
        """
        return self._add_inner("sequential", options)

    @host_function(needs=NOTHING, since=2)
    def pipeline(self, options: WorkflowOptions) -> WorkflowBuilder:
        """Adds a step that is a pipeline, and is called as that is.

        options: What the pipeline is
        returns: The builder
        """
        return self._add_inner("pipeline", options)

    @host_function(needs=NOTHING, since=2)
    def parallel(self, options: WorkflowOptions) -> WorkflowBuilder:
        """Adds a step that is a parallel workflow, and is called as that is.

        options: What the workflow is
        returns: The builder
        """
        return self._add_inner("parallel", options)

    @host_function(needs=NOTHING, since=2)
    def conditional(self, options: WorkflowOptions) -> WorkflowBuilder:
        """Adds a step that is a conditional workflow, and is called as that is.

        options: What the workflow is
        returns: The builder
        """
        return self._add_inner("conditional", options)

    @host_function(needs=NOTHING, since=2)
    def loop(self, options: WorkflowOptions) -> WorkflowBuilder:
        """Adds a step that is a loop, and is called as that is.

        options: What the loop is
        returns: The builder
        """
        return self._add_inner("loop", options)

    @host_function(needs=NOTHING, since=2)
    def map_reduce(self, options: WorkflowOptions) -> WorkflowBuilder:
        """Adds a step that is a map_reduce workflow, and is called as that is.

        options: What the workflow is
        returns: The builder
        """
        return self._add_inner("map_reduce", options)

    @host_function(needs=NOTHING, since=2)
    def build(self) -> WorkflowObject:
        """Makes the workflow; the builder can go on.

        returns: The workflow
        """
        options = cast(WorkflowOptions, {**self._options, "steps": list(self._steps)})
        return self._owner.made(options, "Workflow.build")

    def _add_inner(self, kind: str, options: WorkflowOptions) -> WorkflowBuilder:
        inner = self._owner._made(kind, options)
        return self._add({"name": inner.spec.name, "workflow": inner})

    def _add(self, step: dict[str, Any]) -> WorkflowBuilder:
        if len(self._steps) >= MAX_STEPS:
            raise LimitExceeded(f"a workflow has at most {MAX_STEPS} steps")
        self._steps.append(step)
        return self


class Workflow(Bridge):
    """Makes workflows."""

    @host_function(needs=NOTHING, since=2)
    def new(self, options: WorkflowOptions) -> WorkflowObject:
        """Makes a workflow; nothing runs yet.

        options: What the workflow is
        returns: The workflow; one that is not sound is an error that lists all that is wrong
        """
        return self.made(options, "Workflow.new")

    @host_function(needs=NOTHING, since=2)
    def sequential(self, options: WorkflowOptions) -> WorkflowObject:
        """Makes a workflow whose steps run one after the other.

        options: What the workflow is
        returns: The workflow
        """
        return self._made("sequential", options)

    @host_function(needs=NOTHING, since=2)
    def parallel(self, options: WorkflowOptions) -> WorkflowObject:
        """Makes a workflow whose steps run at the same time.

        options: What the workflow is
        returns: The workflow
        """
        return self._made("parallel", options)

    @host_function(needs=NOTHING, since=2)
    def conditional(self, options: WorkflowOptions) -> WorkflowObject:
        """Makes a workflow that goes one of several ways.

        options: What the workflow is
        returns: The workflow
        """
        return self._made("conditional", options)

    @host_function(needs=NOTHING, since=2)
    def loop(self, options: WorkflowOptions) -> WorkflowObject:
        """Makes a workflow whose steps run again and again, and whose output is a list.

        options: What the workflow is
        returns: The workflow
        """
        return self._made("loop", options)

    @host_function(needs=NOTHING, since=2)
    def map_reduce(self, options: WorkflowOptions) -> WorkflowObject:
        """Makes a workflow that runs a step for each item at the same time, and one on all outputs.

        options: What the workflow is
        returns: The workflow
        """
        return self._made("map_reduce", options)

    @host_function(needs=NOTHING, since=2)
    def pipeline(self, options: WorkflowOptions) -> WorkflowObject:
        """Makes a workflow each of whose steps has the output of the step before as its input.

        options: What the workflow is
        returns: The workflow
        """
        return self._made("pipeline", options)

    @host_function(needs=NOTHING, since=2)
    def builder(self, name: str, options: WorkflowOptions | None = None) -> WorkflowBuilder:
        """Begins a workflow that is put together call by call.

        name: Its name
        options: What else it is; its name is not used
        returns: The builder
        """
        return WorkflowBuilder(self, name, options or {})

    @host_function(needs=NOTHING, since=2)
    async def load(self, path: ModulePath) -> WorkflowObject:
        """Reads a workflow file; no function can stand in one, but tools, agents, spells can.

        path: A TOML or YAML file, relative to this spell's folder or else to the working directory
        returns: The workflow; what is wrong with it is an error that names the lines
        """
        from bridges._workflow import files

        session = self.session

        def check() -> list[Problem]:
            try:
                files.read(session, path)
            except InvalidArgument as error:
                whole = [{"where": "", "message": error.message}]
                return [Problem(**p) for p in error.details.get("problems", whole)]
            return []

        return WorkflowObject(session, files.read(session, path), check)

    def made(self, options: WorkflowOptions, where: str) -> WorkflowObject:
        """Returns a workflow; raises InvalidArgument with all that is wrong with it."""
        session = self.session

        def reader() -> Reader:
            return Reader(session, where, session.spell_name)

        def check() -> list[Problem]:
            again = reader()
            again.read(options)
            return again.problems

        first = reader()
        return WorkflowObject(session, first.finished(first.read(options)), check)

    def _made(self, kind: str, options: WorkflowOptions) -> WorkflowObject:
        given = options.get("type", kind)
        name = f"Workflow.{self.session.spell_name(kind)}"
        if given != kind:
            raise InvalidArgument(f"{name}: type is {given!r}", hint="leave it out")
        return self.made({**options, "type": kind}, name)  # type: ignore[typeddict-item]
