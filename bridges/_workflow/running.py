"""Runs a workflow: its steps one by one, their retries, their failures, what undoes them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from bridges._agents.agent import RUNNING, Tally
from bridges._errors import (
    BudgetExceeded,
    Cancelled,
    PermissionDenied,
    ReplayMiss,
    SpellError,
    TimeLimit,
    WorkflowFailed,
)
from bridges._events.bus import Bus, correlation
from bridges._hooks.hooks import Form, Hooks
from bridges._pauses import Pauses
from bridges._plain import plain
from bridges._undoing import Undoing
from bridges._workflow.conditions import holds
from bridges._workflow.course import Course
from bridges._workflow.doing import GIVEN, do, filled
from bridges._workflow.kinds import carry
from bridges._workflow.records import WorkflowResult
from bridges._workflow.results import StepFailed, Went, error_fields, given, text_of, usage
from bridges._workflow.scope import Scope, asked_for, check_data
from bridges._workflow.specs import Condition, Spec, Step

NEVER_AGAIN = (BudgetExceeded, Cancelled, PermissionDenied, ReplayMiss)
"""Failures that another try would only repeat."""
FINISHED = 1000
"""Bytes that remembering one step to undo takes."""


@dataclass
class Finished:
    """A step that has finished and can be undone."""

    run: Run
    step: Step
    scope: Scope
    went: Went


class Run:
    """One run of one workflow.

    path: the names of the workflows around it and its own
    went: how its steps went, by name; finished: those that can be undone, oldest first
    is_partial: whether it went on after a failure
    """

    def __init__(self, course: Course, spec: Spec, scope: Scope, path: str) -> None:
        self.course = course
        self.spec = spec
        self.scope = scope
        self.path = path
        self._given = scope.input, scope.params
        self.went: dict[str, Went] = {}
        self.finished: list[Finished] = []
        self.is_partial = False
        waiting = RUNNING.get()
        self.tally = Tally(waiting.depth if waiting else -1, parent=waiting)

    async def whole(self, timeout: float | None) -> dict[str, Any]:
        """Returns the fields of `WorkflowResult`; raises WorkflowFailed with the same in details.

        timeout: seconds it may take; None is the workflow's own limit
        """
        said, params = self._given
        request = {"workflow": self.path, "input": said, "params": params}
        form = Form(
            show=lambda record: plain(record.get("output")),
            read=self._replaced,
            facts=lambda record: _facts(self.tally, workflow=self.path, status=record["status"]),
        )
        hooks: Hooks = self.course.session.shared(Hooks)
        token = RUNNING.set(self.tally)
        try:
            return await hooks.around(
                "workflow",
                self.spec.name,
                request,
                lambda asked: self._attempt(asked, timeout),
                form,
            )
        finally:
            RUNNING.reset(token)

    async def _attempt(self, asked: dict[str, Any], timeout: float | None) -> dict[str, Any]:
        """Runs all of it, anew; asked: what it works on, as hooks have left it."""
        said, params = (asked_for(asked, key, self.spec.name) for key in ("input", "params"))
        self.scope = Scope(said, params, self.scope.state)
        self.went, self.is_partial = {}, False
        began = monotonic()
        await self.course.tell("workflow.started", self.path)
        output, failure = None, None
        try:
            output = await self._carried(timeout or self.spec.timeout)
        except StepFailed as failed:
            failure = failed
        if failure and failure.undo:
            await self.undo(failure.error)
        record = self._record(output, failure, monotonic() - began)
        how = "failed" if failure else "ended"
        about = {"output": output, "error": record.get("error"), "duration": record["duration"]}
        await self.course.tell(f"workflow.{how}", self.path, **about)
        if failure:
            raise self._failed(failure, record)
        return record

    def _replaced(self, value: Any) -> dict[str, Any]:
        """Returns the result of a run whose output a hook gave."""
        check_data(value, f"the output of {self.spec.name!r}")
        return self._record(value, None, 0.0)

    async def _carried(self, timeout: float | None) -> Any:
        whole = self.spec.on_error == "compensate"
        try:
            async with self.course.session.shared(Pauses).limit(timeout) as clock:
                return await carry(self)
        except TimeoutError:
            if not clock.expired():
                raise
            late = TimeLimit(
                f"the workflow {self.spec.name!r} took longer than {timeout:g} seconds"
            )
            raise StepFailed(late, None, whole) from None
        except SpellError as error:
            raise StepFailed(error, None, whole) from error

    def _record(self, output: Any, failure: StepFailed | None, seconds: float) -> dict[str, Any]:
        status = "failed" if failure else "partial" if self.is_partial else "done"
        found = {
            "name": self.spec.name,
            "text": text_of(output),
            "output": output,
            "outputs": given({n: w.output for n, w in self.went.items()}),
            "status": status,
            "steps": {n: w.fields(self.course.write_step) for n, w in self.went.items()},
            "usage": usage(self.tally),
            "cost": self.tally.cost,
            "duration": seconds,
            "correlation": correlation.get(),
            "error": error_fields(failure.error) if failure else None,
        }
        return given(found)

    def _failed(self, failure: StepFailed, record: dict[str, Any]) -> WorkflowFailed:
        cause = failure.error
        at = f" at step {failure.step.name!r}" if failure.step else ""
        if cause.place and not isinstance(cause, WorkflowFailed):
            at += f" ({cause.place})"  # a spell's own traceback begins where it ran the workflow
        error = WorkflowFailed(
            f"the workflow {self.spec.name!r} failed{at}: {cause.message}",
            hint=cause.hint,
            details={
                "record": self.course.write(WorkflowResult, record),
                "cause": _first(cause),
            },
        )
        error.traceback = cause.traceback
        return error

    # -- steps

    async def row(self, steps: Sequence[Step], scope: Scope) -> Any:
        """Runs steps in order and returns the output of the last that finished."""
        last = None
        for step in steps:
            went = await self.step(step, scope)
            if went.status == "done":
                last = went.output
                if self.spec.kind == "pipeline":
                    scope.input = last
        return last

    async def step(self, step: Step, scope: Scope) -> Went:
        """Runs a step if it is wanted, and returns how it went this time.

        A failure that the step does not outlive is raised as StepFailed.
        """
        await asyncio.sleep(0)  # a loop of nothing but skipped steps must not hold up the host
        total = self.went.setdefault(step.name, Went())
        went = Went()
        try:
            if step.when and not await self.asked(step.when, scope, f"{step.name}.when"):
                went.ended("skipped")
                await self._note("step.skipped", step.name)
            else:
                await self._timed(step, scope, went)
        except SpellError as error:
            went.ended("failed", None, error)
            if step.on_error != "continue":
                raise StepFailed(error, step, step.on_error == "compensate") from error
            self.goes_on(step, scope, error)
        finally:
            _take(total, went)
        scope.note(step.name, went.status, went.output)
        if went.status == "done" and step.compensate:
            # The steps are shared: a copy for each of many would fill the host's memory.
            seen = replace(scope, more={**scope.more, "output": went.output})
            self.course.room.take(FINISHED, "what is to be undone")
            self.finished.append(Finished(self, step, seen, total))
        return went

    def goes_on(self, step: Step, scope: Scope, error: SpellError) -> None:
        """Notes that a step failed and the workflow goes on: nothing else would tell why."""
        self.is_partial = True
        error.__traceback__ = error.__context__ = None  # it is kept: what its frames hold is not
        self._warn("goes on without", step, error, index=scope.more.get("index"))

    def _warn(self, what: str, step: Step, error: SpellError, **more: Any) -> None:
        fields = {"code": error.code, "hint": error.hint or None, "at": error.place or None, **more}
        said = f"the workflow {self.path!r} {what} the step {step.name!r}: {error.message}"
        self.course.session.log.write("warn", said, given(fields))

    async def asked(self, condition: Condition, scope: Scope, where: str) -> bool:
        """Asks a condition."""
        return await holds(condition, await scope.context(), f"{self.spec.name}.{where}")

    async def _timed(self, step: Step, scope: Scope, went: Went) -> None:
        began = monotonic()
        tally = Tally(self.tally.depth, parent=self.tally)
        token = RUNNING.set(tally)
        told = {"step": step.name}
        try:
            await self.course.tell("step.started", self.path, **told)
            output = await self._hooked(step, scope, went, tally)
            went.ended("done", self.course.room.keep(output, f"the output of {step.name!r}"))
            seconds = monotonic() - began
            await self.course.tell("step.ended", self.path, **told, output=output, duration=seconds)
        except SpellError as error:
            about = {"error": error_fields(error), "duration": monotonic() - began}
            await self.course.tell("step.failed", self.path, **told, **about)
            raise
        finally:
            RUNNING.reset(token)
            went.add(monotonic() - began, tally)

    async def _hooked(self, step: Step, scope: Scope, went: Went, tally: Tally) -> Any:
        """Does what a step is for, between the hooks."""
        hooks: Hooks = self.course.session.shared(Hooks)
        name, kind = f"{self.spec.name}.{step.name}", step.action.kind
        gets, params = await filled(step, scope, name, self.course.room.to_lend)
        key = GIVEN[kind]
        about = {"workflow": self.path, "step": step.name, "kind": kind}

        async def call(asked: dict[str, Any]) -> Any:
            said = asked_for(asked, key, name)
            seen = replace(scope, input=said) if kind == "run" else scope
            return await self._tried(step, seen, (said, params), went)

        def read(value: Any) -> Any:
            check_data(value, f"the output of {name!r}")
            return value

        form: Form[Any] = Form(
            read=read,
            facts=lambda _output: _facts(tally, **about, attempts=went.attempts),
        )
        # A function's map is counted where it waits for the spell.
        with self.course.room.lent([] if kind == "run" else [gets, params], f"what {name!r} gets"):
            return await hooks.around("step", name, {**about, key: gets}, call, form)

    async def _tried(
        self, step: Step, scope: Scope, gets: tuple[Any, dict[str, Any]], went: Went
    ) -> Any:
        for attempt in range(1, step.retry.attempts + 1):
            went.attempts += 1
            try:
                return await self._once(step, scope, gets, went)
            except SpellError as error:
                if attempt == step.retry.attempts or isinstance(error, NEVER_AGAIN):
                    raise
                about = {"attempt": attempt + 1, "error": error_fields(error)}
                await self._note("step.retried", step.name, **about)
            await asyncio.sleep(step.retry.wait(attempt))
        raise AssertionError("there is at least one try")

    async def _note(self, event: str, step: str, **fields: Any) -> None:
        """Tells of something that hooks do not see: everybody who listens, and the stream."""
        bus: Bus = self.course.session.shared(Bus)
        name = f"{self.spec.name}.{step}"
        known = given(fields)
        bus.emit(event, {"name": name, "workflow": self.path, "step": step, **known})
        await self.course.tell(event, self.path, step=step, **known)

    async def _once(
        self, step: Step, scope: Scope, gets: tuple[Any, dict[str, Any]], went: Went
    ) -> Any:
        try:
            async with self.course.session.shared(Pauses).limit(step.timeout) as clock:
                return await do(self, step, scope, gets, went)
        except TimeoutError:
            if not clock.expired():
                raise
            raise TimeLimit(
                f"the step {step.name!r} took longer than {step.timeout:g} seconds",
                hint="raise its timeout",
            ) from None

    # -- undoing

    async def undo(self, error: SpellError) -> None:
        """Undoes the finished steps, newest first, each once; failures are noted in the steps."""
        if self.finished:
            undoing: Undoing = self.course.session.shared(Undoing)
            await undoing.finish(self._undo_all(error))

    async def _undo_all(self, error: SpellError) -> None:
        while self.finished:
            one = self.finished.pop()
            await one.run.undo_one(one, error)

    async def undo_one(self, one: Finished, error: SpellError) -> None:
        """Undoes one step; a failure is noted."""
        step = one.step.compensate
        assert step is not None
        scope = one.scope.fork(error=error_fields(error))
        spent = Went()
        failed = None
        try:
            name = f"{self.spec.name}.{step.name}"
            gets = await filled(step, scope, name, self.course.room.to_lend)
            await self._tried(step, scope, gets, spent)
            one.went.status = "compensated"
        except SpellError as trouble:
            one.went.undo_error = trouble
            failed = error_fields(trouble)
            self._warn("could not undo", one.step, trouble)
        await self._note("step.compensated", step.name, error=failed)


def _facts(used: Tally, **more: Any) -> dict[str, Any]:
    """Returns what the event of an end says of it."""
    return given({**more, "usage": usage(used), "cost": used.cost})


def _take(total: Went, went: Went) -> None:
    """Takes over how a step went this time."""
    total.ended(went.status, went.output, went.error)
    total.attempts += went.attempts
    total.add(went.duration, went.used)
    if went.inner is not None:
        total.inner = went.inner


def _first(cause: SpellError) -> dict[str, Any] | None:
    """Returns what failed first: a workflow that failed has a cause of its own."""
    inner = cause.details.get("cause") if isinstance(cause, WorkflowFailed) else None
    return inner if isinstance(inner, dict) else error_fields(cause)
