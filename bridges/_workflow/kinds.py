"""The kinds of workflow: in which order steps run, and what output is made of theirs."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from bridges._errors import InvalidArgument, LimitExceeded, SpellError
from bridges._templates import fill
from bridges._types import Callback
from bridges._workflow.merging import merged
from bridges._workflow.results import StepFailed, Went
from bridges._workflow.specs import MAX_ITEMS, Step

if TYPE_CHECKING:
    from bridges._workflow.running import Run

END = object()


async def carry(run: Run) -> Any:
    """Runs the steps of a workflow as its kind wants and returns its output."""
    kind = run.spec.kind
    if kind == "parallel":
        return await _parallel(run)
    if kind == "conditional":
        return await _conditional(run)
    if kind == "loop":
        return await _loop(run)
    if kind == "map_reduce":
        return await _map_reduce(run)
    return await run.row(run.spec.steps, run.scope)


async def _conditional(run: Run) -> Any:
    for i, branch in enumerate(run.spec.branches, 1):
        if branch.when is None or await run.asked(branch.when, run.scope, f"branches[{i}].when"):
            return await run.row(branch.steps, run.scope)
    return None


async def _loop(run: Run) -> list[Any]:
    spec, scope = run.spec, run.scope
    items = await _rounds(run)
    collected: list[Any] = []
    for index in itertools.count(1):
        await asyncio.sleep(0)
        scope.more = {"index": index}
        if items is not None:
            item = next(items, END)
            if item is END:
                break
            scope.more["item"] = item
        if spec.repeat_while and not await run.asked(spec.repeat_while, scope, "repeat_while"):
            break
        if index > spec.max_iterations:
            raise _too_many(run, spec.max_iterations)
        collected.append(await run.row(spec.steps, scope))
        if spec.repeat_until and await run.asked(spec.repeat_until, scope, "repeat_until"):
            break
    return collected


async def _rounds(run: Run) -> Iterator[Any] | None:
    spec = run.spec
    if spec.items is None:
        return None
    items = spec.items if isinstance(spec.items, range) else await _items(run)
    # A loop that may end sooner is only stopped when it goes on too long.
    # A range can be longer than len is able to tell.
    most = spec.max_iterations
    if not (spec.repeat_while or spec.repeat_until) and len(items[: most + 1]) > most:
        raise _too_many(run, most)
    return iter(items)


async def _items(run: Run) -> list[Any]:
    where = f"{run.spec.name}.items"
    items = run.spec.items
    if isinstance(items, str):
        items = fill(items, await run.scope.context(), where)
    if items == {}:
        items = []
    if not isinstance(items, list):
        raise InvalidArgument(f"{where} must give a list")
    return items


def _too_many(run: Run, most: int) -> LimitExceeded:
    return LimitExceeded(
        f"the loop {run.spec.name!r} has more than {most} rounds",
        hint=f"raise {run.course.session.spell_name('max_iterations')}",
        details={"limit": "max_iterations"},
    )


async def _parallel(run: Run) -> Any:
    spec, scope = run.spec, run.scope
    if spec.merge == "first":
        return await _first(run)
    outputs: dict[str, Any] = {}

    async def one(step: Step) -> None:
        outputs[step.name] = await run.step(step, scope.fork())

    await _together(run, [(one, step) for step in spec.steps], len(spec.steps))
    for step in spec.steps:
        went = outputs[step.name]
        scope.note(step.name, went.status, went.output)
    if isinstance(spec.merge, Callback):
        given = {step.name: outputs[step.name].output for step in spec.steps}
        done = {name: output for name, output in given.items() if output is not None}
        scope.more = {"outputs": done}
        output = await spec.merge(await scope.context())
        return run.course.room.keep(output, f"the output of {spec.name!r}")
    return merged(spec.merge, [(step.name, outputs[step.name]) for step in spec.steps])


class _Won(Exception):
    """Ends the other steps: one has finished."""

    def __init__(self, output: Any) -> None:
        self.output = output


async def _first(run: Run) -> Any:
    failures: list[StepFailed] = []

    async def one(step: Step) -> None:
        try:
            went = await run.step(step, run.scope.fork())
        except StepFailed as failure:
            failures.append(failure)
            run.goes_on(step, run.scope, failure.error)
            return
        if went.status == "done":
            raise _Won(went.output)

    try:
        steps = run.spec.steps
        await _together(run, [(one, step) for step in steps], len(steps))
    except _Won as won:
        return won.output
    if failures:
        raise failures[0]
    return None


async def _map_reduce(run: Run) -> Any:
    spec, scope = run.spec, run.scope
    assert spec.map is not None
    step = spec.map
    items = await _items(run)
    if len(items) > MAX_ITEMS:
        raise _too_many(run, MAX_ITEMS)
    # Of each item no more than its output is kept: there may be many, and workflows inside them.
    outputs: list[Any] = [None] * len(items)
    statuses: set[str] = set()
    first: tuple[int, SpellError] | None = None
    total = run.went.setdefault(step.name, Went())

    async def one(place: tuple[int, Any]) -> None:
        nonlocal first
        index, item = place
        went = await run.step(step, scope.fork(item=item, index=index))
        outputs[index - 1] = went.output
        statuses.add(went.status)
        if went.error and (first is None or index < first[0]):
            first = index, went.error

    places = enumerate(items, 1)
    try:
        await _together(run, ((one, place) for place in places), len(items))
    except StepFailed as failure:
        total.ended("failed", None, failure.error)  # not what became of the item that ended last
        raise
    except asyncio.CancelledError:
        total.ended("cancelled")
        raise
    status = next((s for s in ("failed", "done", "skipped") if s in statuses), "done")
    total.ended(status, outputs, first[1] if first else None)
    scope.note(step.name, "done", outputs)
    if spec.reduce is None:
        return outputs
    return (await run.step(spec.reduce, scope)).output


Work = tuple[Callable[[Any], Awaitable[None]], Any]


async def _together(run: Run, works: Iterable[Work], count: int) -> None:
    """Does all, as many at a time as may be; the first failure cancels the rest and is raised."""
    width = min(run.spec.max_concurrency, count)
    with run.course.at_work.places(width):
        await _side_by_side(iter(works), width)


async def _side_by_side(left: Iterator[Work], width: int) -> None:
    async def worker() -> None:
        for call, argument in left:
            await call(argument)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(width):
                group.create_task(worker())
    except BaseExceptionGroup as found:
        raise found.exceptions[0] from None
