"""Random trees of workflows do what a simple model says, and nothing is left when cancelled."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridges._errors import WorkflowFailed
from tests.bridges.flows import Flow, Log, Model, Went, flows, options
from tests.door import call, finish, wait_for
from tests.sessions import make_session

MANY = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def run(tmp_path: Path, flow: Flow) -> tuple[Log, dict[str, Any]]:
    """Runs a tree and returns what happened, and the record of the result or of the failure."""
    log = Log()
    session = make_session(tmp_path)
    made = call(session, "Workflow.new", options(flow, log))
    try:
        return log, finish(session, wait_for(session, "Workflow:run", made, "tea"))
    except WorkflowFailed as error:
        record: dict[str, Any] = error.details["record"]
        return log, record


def shown(steps: dict[str, Any]) -> dict[str, Any]:
    """Returns what the model knows of steps."""
    return {
        name: {
            "status": step["status"],
            "attempts": step["attempts"],
            "undo_failed": "compensation_error" in step,
            "output": step.get("output"),
            "steps": shown(step["steps"]) if "steps" in step else None,
        }
        for name, step in steps.items()
    }


def expected(steps: dict[str, Went]) -> dict[str, Any]:
    return {
        name: {
            "status": one.status,
            "attempts": one.attempts,
            "undo_failed": one.undo_failed,
            "output": one.output,
            "steps": None if one.inner is None else expected(one.inner),
        }
        for name, one in steps.items()
    }


@MANY
@given(flow=flows())
def test_a_tree_does_what_the_model_says(flow: Flow, tmp_path: Path) -> None:
    log, record = run(tmp_path, flow)
    model = Model()
    went, status, output = model.flow(flow, "tea", [])
    assert log.lines == model.log.lines
    assert shown(record["steps"]) == expected(went)
    assert (record["status"], record.get("output")) == (status, output)
    assert log.running == 0


@MANY
@given(flow=flows(concurrent=True))
def test_what_runs_at_the_same_time_is_undone_once_and_newest_first(
    flow: Flow, tmp_path: Path
) -> None:
    log, record = run(tmp_path, flow)
    assert log.running == 0
    undone = [
        (name, output) for kind, name, *rest in log.lines if kind == "undo" for output in rest
    ]
    leaves = [
        (name, output) for name, output in undone if isinstance(output, str) and name in log.calls
    ]
    assert len(set(leaves)) == len(leaves), "each output is undone once"
    if flow.kind == "parallel" and record["status"] == "failed":
        ends = [line[1] for line in log.lines if line[0] == "done"]
        own = [s.name for s in flow.steps if s.name in log.calls]
        order = [name for name, _ in leaves if name in own]
        assert order == sorted(order, key=lambda name: -ends.index(name))


@MANY
@given(flow=flows(concurrent=True), after=st.integers(0, 60))
def test_nothing_runs_once_a_tree_is_cancelled(flow: Flow, after: int, tmp_path: Path) -> None:
    log = Log()
    session = make_session(tmp_path)
    made = call(session, "Workflow.new", options(flow, log))

    async def cancel() -> None:
        task = asyncio.ensure_future(wait_for(session, "Workflow:run", made, "tea"))
        for _ in range(after):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()
        assert log.running == 0
        lines = len(log.lines)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        await asyncio.sleep(0)
        assert len(log.lines) == lines

    asyncio.run(cancel())


@pytest.mark.parametrize("kind", ["sequential", "parallel", "loop", "map_reduce"])
def test_the_generator_makes_every_kind(kind: str) -> None:
    from hypothesis import find

    assert find(flows(), lambda flow: flow.kind == kind).kind == kind
