"""The Workflow noun: failures, retries, time, cancellation, hooks, bounds, hostile input."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from bridges import _undoing
from bridges._errors import (
    InvalidArgument,
    PermissionDenied,
    ScriptError,
    WorkflowFailed,
)
from bridges._events.bus import Bus
from bridges._hooks.hooks import Hooks, HookSpec
from bridges._session import Limits, Session
from bridges._workflow import course, kinds
from bridges._workflow.results import Went
from tests.casting import cast
from tests.door import Function, call, fails, finish, gives, sleeps, wait_for
from tests.sessions import make_session

ECHO = {"model": "test:echo"}
SUM = {"expression": "{{output}} + 1"}


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return make_session(tmp_path)


def new(session: Session, *steps: dict[str, Any], **options: Any) -> Any:
    """Makes a workflow; steps without a name are called s1, s2 …"""
    named = [{"name": f"s{i}", **step} for i, step in enumerate(steps, 1)]
    given = {"name": "flow", **({"steps": named} if steps else {}), **options}
    return call(session, "Workflow.new", given)


def run(session: Session, flow: Any, said: Any = None, **options: Any) -> Any:
    return finish(session, wait_for(session, "Workflow:run", flow, said, options))


def failure(session: Session, flow: Any, said: Any = None, **options: Any) -> WorkflowFailed:
    with pytest.raises(WorkflowFailed) as caught:
        run(session, flow, said, **options)
    return caught.value


def statuses(record: dict[str, Any]) -> dict[str, str]:
    return {name: step["status"] for name, step in record["steps"].items()}


def log_of(lines: list[str], text: str) -> Function:
    async def note(_context: Any) -> None:
        lines.append(text)

    return Function(note)


# -- failures


def test_a_failure_says_where_and_keeps_its_cause(session: Session) -> None:
    cause = ScriptError("boom", hint="mend it")
    cause.traceback = [{"file": "spell.lua", "line": 3}]
    error = failure(session, new(session, {"run": gives(1)}, {"run": fails(cause)}))
    assert error.message == "the workflow 'flow' failed at step 's2' (spell.lua:3): boom"
    assert (error.hint, error.traceback) == ("mend it", cause.traceback)
    told = {"code": "spell_error", "message": "boom", "hint": "mend it", "at": "spell.lua:3"}
    assert error.details["cause"] == told
    assert error.details["record"]["steps"]["s2"]["error"] == told
    assert error.details["record"]["outputs"] == {"s1": 1}
    assert error.exit_code == 1


def test_a_step_is_tried_again_and_refusals_are_not(session: Session) -> None:
    tries = Function(flaky(2))
    record = run(session, new(session, {"run": tries, "retry": {"attempts": 5, "delay": 0}}))
    assert (record["output"], record["steps"]["s1"]["attempts"]) == (3, 3)
    refused = fails(PermissionDenied("no"))
    error = failure(session, new(session, {"run": refused, "retry": {"attempts": 5, "delay": 0}}))
    assert error.details["record"]["steps"]["s1"]["attempts"] == 1
    assert error.details["cause"]["code"] == "permission_denied"


def flaky(times: int) -> Any:
    calls = 0

    async def step(_context: Any) -> int:
        nonlocal calls
        calls += 1
        if calls <= times:
            raise ScriptError("not yet")
        return calls

    return step


def test_waits_between_tries_grow_up_to_a_limit() -> None:
    from bridges._workflow.specs import Retry

    retry = Retry(attempts=100, delay=1, backoff=3, max_delay=20)
    assert [retry.wait(n) for n in (1, 2, 3, 4, 99)] == [1, 3, 9, 20, 20]
    assert Retry(100, 0, 1e9, 5).wait(99) == 0


def test_a_failing_compensation_does_not_stop_the_others(session: Session) -> None:
    lines: list[str] = []
    flow = new(
        session,
        {"run": gives(1), "compensate": log_of(lines, "one")},
        {"run": gives(2), "compensate": fails(ScriptError("stuck"))},
        {
            "run": gives(3),
            "compensate": {"tool": "calculator", "params": SUM},
        },
        {"run": fails(ScriptError("no")), "on_error": "compensate"},
    )
    record = failure(session, flow).details["record"]
    assert lines == ["one"]
    assert statuses(record) == {
        "s1": "compensated",
        "s2": "done",
        "s3": "compensated",
        "s4": "failed",
    }
    assert record["steps"]["s2"]["compensation_error"]["message"] == "stuck"


def test_a_workflow_that_failed_inside_is_undone_from_outside(session: Session) -> None:
    lines: list[str] = []
    inner = new(
        session,
        {"run": gives(1), "compensate": log_of(lines, "inner")},
        {"run": fails(ScriptError("no"))},
        name="inner",
    )
    flow = new(
        session,
        {"run": gives(1), "compensate": log_of(lines, "outer")},
        {"workflow": inner, "on_error": "compensate"},
    )
    failure(session, flow)
    assert lines == ["inner", "outer"]


def test_only_finished_steps_of_a_parallel_workflow_are_undone(session: Session) -> None:
    lines: list[str] = []
    late = sleeps()
    flow = new(
        session,
        {"run": gives(1), "compensate": log_of(lines, "done")},
        {"run": late, "compensate": log_of(lines, "late")},
        {"run": Function(after(3, ScriptError("no"))), "on_error": "compensate"},
        type="parallel",
    )
    record = failure(session, flow).details["record"]
    assert (lines, late.cancelled) == (["done"], 1)
    assert statuses(record) == {"s1": "compensated", "s2": "cancelled", "s3": "failed"}


def after(turns: int, error: Exception) -> Any:
    async def step(_context: Any) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        raise error

    return step


# -- time


def test_a_step_that_takes_too_long_fails(session: Session) -> None:
    slow = sleeps()
    error = failure(session, new(session, {"run": slow, "timeout": "50ms", "retry": 2}))
    assert error.details["cause"]["code"] == "timeout"
    assert slow.cancelled == 2


def test_a_workflow_that_takes_too_long_is_undone(session: Session) -> None:
    lines: list[str] = []
    slow = sleeps()
    flow = new(
        session,
        {"run": gives(1), "compensate": log_of(lines, "one")},
        {"run": slow},
        on_error="compensate",
    )
    error = failure(session, flow, timeout=1)
    assert (error.details["cause"]["code"], lines, slow.cancelled) == ("timeout", ["one"], 1)
    assert statuses(error.details["record"]) == {"s1": "compensated", "s2": "cancelled"}


def test_a_compensation_that_takes_too_long_does_not_keep_the_others(session: Session) -> None:
    lines: list[str] = []
    flow = new(
        session,
        {"run": gives(1), "compensate": log_of(lines, "one")},
        {"run": gives(1), "compensate": {"run": sleeps(), "timeout": "50ms"}},
        {"run": fails(ScriptError("no")), "on_error": "compensate"},
    )
    record = failure(session, flow).details["record"]
    assert record["steps"]["s2"]["compensation_error"]["code"] == "timeout"
    assert lines == ["one"]


# -- cancellation


def cancelled(session: Session, flow: Any, begun: asyncio.Event) -> Awaitable[None]:
    async def run() -> None:
        task = asyncio.ensure_future(wait_for(session, "Workflow:run", flow))
        await begun.wait()
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()

    return run()


def test_the_first_to_finish_cancels_the_others(session: Session) -> None:
    slow = sleeps()
    flow = new(
        session,
        {"run": slow},
        {"run": gives("fast")},
        {"run": fails(ScriptError("no"))},
        type="parallel",
        merge="first",
    )
    record = run(session, flow)
    assert (record["output"], slow.cancelled) == ("fast", 1)
    assert record["steps"]["s1"]["status"] == "cancelled"
    nobody = new(session, {"run": fails(ScriptError("no"))}, type="parallel", merge="first")
    assert failure(session, nobody).details["cause"]["message"] == "no"


@pytest.mark.parametrize("place", ["run", "when", "retry", "compensate step", "merge", "until"])
def test_a_cancelled_workflow_stops_wherever_it_is(place: str, session: Session) -> None:
    begun = asyncio.Event()

    async def wait(_context: Any) -> None:
        begun.set()
        await asyncio.sleep(60)

    async def fail(_context: Any) -> None:
        begun.set()
        raise ScriptError("no")

    waits = Function(wait)
    flow = {
        "run": lambda: new(session, {"run": waits}),
        "when": lambda: new(session, {"run": gives(1), "when": waits}),
        "retry": lambda: new(session, {"run": Function(fail), "retry": {"delay": 60}}),
        "compensate step": lambda: new(session, {"workflow": new(session, {"run": waits})}),
        "merge": lambda: new(session, {"run": gives(1)}, type="parallel", merge=waits),
        "until": lambda: new(session, {"run": gives(1)}, type="loop", repeat_until=waits),
    }[place]()
    finish(session, cancelled(session, flow, begun))
    assert waits.cancelled == (place != "retry")


def undone_slowly(
    session: Session, begun: asyncio.Event, goes_on: asyncio.Event, lines: list[str]
) -> Any:
    async def undo(_context: Any) -> None:
        begun.set()
        await goes_on.wait()
        lines.append("two")

    return new(
        session,
        {"run": gives(1), "compensate": log_of(lines, "one")},
        {"run": gives(2), "compensate": Function(undo)},
        {"run": fails(ScriptError("no")), "on_error": "compensate"},
    )


def test_undoing_that_is_cancelled_has_time_to_finish(session: Session) -> None:
    begun, goes_on, lines = asyncio.Event(), asyncio.Event(), list[str]()
    flow = undone_slowly(session, begun, goes_on, lines)

    async def run() -> None:
        task = asyncio.ensure_future(wait_for(session, "Workflow:run", flow))
        await begun.wait()
        task.cancel()
        await asyncio.sleep(0)
        goes_on.set()
        await asyncio.wait({task})
        assert task.cancelled()

    finish(session, run())
    assert lines == ["two", "one"]


def test_undoing_that_is_cancelled_has_not_much_time(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_undoing, "GRACE", 0.05)
    begun, lines = asyncio.Event(), list[str]()
    flow = undone_slowly(session, begun, asyncio.Event(), lines)
    finish(session, cancelled(session, flow, begun))
    assert lines == []


def test_undoing_does_not_outlive_the_run(session: Session) -> None:
    begun, lines = asyncio.Event(), list[str]()
    flow = undone_slowly(session, begun, asyncio.Event(), lines)

    async def run() -> None:
        task = asyncio.ensure_future(wait_for(session, "Workflow:run", flow))
        await begun.wait()
        task.cancel()
        await asyncio.sleep(0)
        await session.close()
        await asyncio.wait({task})
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())
    assert lines == []


def test_a_stream_that_is_closed_stops_the_workflow(session: Session) -> None:
    slow = sleeps()
    flow = new(session, {"run": gives(1)}, {"run": slow})

    async def read() -> None:
        stream = await wait_for(session, "Workflow:stream", flow)
        seen: list[str] = []
        while "step.ended" not in seen:
            seen += [event["event"] for event in (await stream.next())["items"]]
        while not slow.calls:
            await asyncio.sleep(0)
        await stream.close()
        while not slow.cancelled:
            await asyncio.sleep(0)

    finish(session, read())


def test_the_stream_of_a_failed_workflow_raises_what_run_raises(session: Session) -> None:
    async def read() -> None:
        flow = new(session, {"run": fails(ScriptError("no"))})
        stream = await wait_for(session, "Workflow:stream", flow)
        seen: list[str] = []
        with pytest.raises(WorkflowFailed) as caught:
            while True:
                seen += [event["event"] for event in (await stream.next())["items"]]
        assert seen[-2:] == ["step.failed", "workflow.failed"]
        assert caught.value.details["record"]["status"] == "failed"

    finish(session, read())


# -- hooks and events


def hook(session: Session, when: Any, point: str, pattern: str, answer: Any) -> list[Any]:
    seen: list[Any] = []

    async def ask(shown: dict[str, Any]) -> Any:
        seen.append(shown)
        return answer(shown) if callable(answer) else answer

    hooks: Hooks = session.shared(Hooks)
    hooks.add(lambda id: HookSpec(id, when, point, ask, f"hook {id}", pattern))
    return seen


def test_hooks_see_change_deny_and_replace_steps(session: Session) -> None:
    seen = hook(session, "before", "step", "flow.s1", {"request": {"params": {"expression": "7"}}})
    hook(session, "after", "step", "flow.s2", lambda shown: {"result": shown["result"] * 2})
    hook(session, "before", "step", "flow.s3", {"request": {"input": "changed"}})
    hook(session, "before", "step", "flow.s4", {"deny": "not today"})
    said = gives("x")
    flow = new(
        session,
        {"tool": "calculator", "params": {"expression": "1"}},
        {"run": gives(21)},
        {"run": said},
        {"run": gives(1), "on_error": "continue"},
    )
    record = run(session, flow, "tea")
    assert record["outputs"] == {"s1": 7, "s2": 42, "s3": "x"}
    assert said.calls[0]["input"] == "changed"
    assert record["steps"]["s4"]["error"]["message"] == "denied by a hook: not today"
    assert seen[0]["request"] == {
        "workflow": "flow",
        "step": "s1",
        "kind": "tool",
        "params": {"expression": "1"},
    }


def test_a_hook_can_have_a_workflow_run_again(session: Session) -> None:
    tries = Function(flaky(1))
    hook(session, "error", "workflow", "flow", {"retry": True})
    record = run(session, new(session, {"run": gives(0)}, {"run": tries}))
    assert (record["output"], record["steps"]["s1"]["attempts"]) == (2, 1)


def test_a_hook_can_replace_the_output_of_a_workflow(session: Session) -> None:
    hook(session, "after", "workflow", "flow", lambda shown: {"result": f"<{shown['result']}>"})
    record = run(session, new(session, {"run": gives("a")}))
    assert (record["output"], record["text"], record["outputs"]) == ("<a>", "<a>", {"s1": "a"})


def test_a_hook_that_gives_nonsense_fails_the_step(session: Session) -> None:
    hook(session, "before", "step", "flow.s1", {"request": {"params": "text"}})
    flow = new(session, {"tool": "calculator", "params": {"expression": "1"}})
    assert failure(session, flow).details["cause"]["code"] == "invalid_argument"


def test_events_of_a_run_have_one_correlation(session: Session) -> None:
    inner = new(session, {"run": gives(1)}, {"run": gives(1), "when": {"path": "input"}}, name="in")
    flow = new(
        session,
        {"workflow": inner, "compensate": gives(None)},
        {
            "run": fails(ScriptError("no")),
            "on_error": "compensate",
            "retry": {"attempts": 2, "delay": 0},
        },
    )
    error = failure(session, flow)
    bus: Bus = session.shared(Bus)
    events = bus.history()
    assert [(e["name"], e["data"]["name"]) for e in events] == [
        ("workflow.started", "flow"),
        ("step.started", "flow.s1"),
        ("workflow.started", "in"),
        ("step.started", "in.s1"),
        ("step.ended", "in.s1"),
        ("step.skipped", "in.s2"),
        ("workflow.ended", "in"),
        ("step.ended", "flow.s1"),
        ("step.started", "flow.s2"),
        ("step.retried", "flow.s2"),
        ("step.failed", "flow.s2"),
        ("step.compensated", "flow.s1"),
        ("workflow.failed", "flow"),
    ]
    record = error.details["record"]
    assert {e["correlation"] for e in events} == {record["correlation"]}


def test_what_agents_use_counts_for_their_step_and_all_around(session: Session) -> None:
    ask = {"agent": ECHO, "prompt": "one {{input}}"}
    inner = new(session, ask, ask, name="inner", type="parallel")
    record = run(session, new(session, ask, {"workflow": inner}, {"run": gives(1)}), "two")
    used = {name: step["usage"]["requests"] for name, step in record["steps"].items()}
    assert used == {"s1": 1, "s2": 2, "s3": 0}
    assert record["usage"]["requests"] == 3
    assert record["usage"]["input_tokens"] > 0


# -- templates, conditions, state


def test_names_that_are_not_there_fail_the_step_and_are_listed(session: Session) -> None:
    flow = new(session, {"tool": "calculator", "params": {"expression": "{{params.n}}"}})
    error = failure(session, flow)
    assert "{{params.n}}: there is no 'n' in params" in error.message


EVIL = "{{params.key}} {% raw %} {{steps"


def test_outputs_are_never_read_as_templates(session: Session) -> None:
    ask = {"agent": ECHO, "prompt": "<{{last}}>"}
    flow = new(
        session,
        {"run": gives(EVIL)},
        ask,
        {**ask, "prompt": {"role": "{{last}}"}},
        {"workflow": new(session, {**ask, "prompt": "{{input}}"}), "input": "{{steps.s2.output}}"},
        params={"key": EVIL},
    )
    record = run(session, flow)
    assert record["outputs"]["s2"] == f"<{EVIL}>"
    assert record["output"] == f"<{EVIL}>"


def test_a_list_of_items_is_data_and_no_template(session: Session) -> None:
    flow = new(session, type="map_reduce", items=[EVIL], map={"name": "m", "run": echo()})
    assert run(session, flow)["output"] == [EVIL]


def echo() -> Function:
    async def step(context: dict[str, Any]) -> Any:
        return context.get("item", context.get("input"))

    return Function(step)


@pytest.mark.parametrize(
    ("condition", "said", "expected"),
    [
        ({"path": "input"}, True, True),
        ({"path": "input"}, False, False),
        ({"path": "input"}, 0, True),
        ({"path": "input", "op": "==", "value": 1}, 1, True),
        ({"path": "input", "op": "==", "value": 1}, True, False),
        ({"path": "input", "op": "!=", "value": "a"}, "b", True),
        ({"path": "input", "op": ">", "value": 3}, 3, False),
        ({"path": "input", "op": ">=", "value": 3}, 3, True),
        ({"path": "input", "op": "<", "value": "b"}, "a", True),
        ({"path": "input", "op": "<=", "value": 3}, 2.5, True),
        ({"path": "input", "op": "in", "value": [1, "a"]}, "a", True),
        ({"path": "input", "op": "in", "value": [1]}, True, False),
        ({"path": "input", "op": "contains", "value": "ea"}, "tea", True),
        ({"path": "input", "op": "contains", "value": "a"}, {"a": 1}, True),
        ({"path": "input.a", "op": "exists"}, {"a": 1}, True),
        ({"path": "input.b", "op": "exists"}, {"a": 1}, False),
        ({"path": "input.b", "op": "missing"}, {"a": 1}, True),
        ({"path": "input.b"}, {"a": 1}, False),
    ],
)
def test_conditions(condition: Any, said: Any, expected: bool, session: Session) -> None:
    record = run(session, new(session, {"run": gives(1), "when": condition}), said)
    assert (record["steps"]["s1"]["status"] == "done") == expected


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"path": "input.b", "op": "==", "value": 1}, {"a": 1}),
        ({"path": "input", "op": ">", "value": 3}, "text"),
        ({"path": "input", "op": ">", "value": 3}, True),
        ({"path": "input", "op": "contains", "value": 3}, 3),
    ],
)
def test_a_condition_that_makes_no_sense_fails_the_step(
    condition: Any, said: Any, session: Session
) -> None:
    flow = new(session, {"run": gives(1), "when": condition})
    error = failure(session, flow, said)
    assert error.details["cause"]["code"] == "invalid_argument"


def test_a_state_is_read_anew_for_each_step(session: Session) -> None:
    state = call(session, "State.new", {"name": "shared", "initial": {"n": 1}})

    async def write(_context: Any) -> None:
        await wait_for(session, "State:set", state, "n", 2)

    look = {"tool": "calculator", "params": {"expression": "{{state.n}} + 0"}}
    flow = new(session, look, {"run": Function(write)}, look, state=state)
    assert run(session, flow)["outputs"] == {"s1": 1, "s3": 2}


# -- bounds, hostile input


def nested(session: Session, depth: int) -> Any:
    flow = new(session, {"run": gives(1)})
    for _ in range(depth - 1):
        flow = new(session, {"workflow": flow})
    return flow


def test_workflows_lie_only_so_deep(session: Session) -> None:
    assert run(session, nested(session, 16))["output"] == 1
    with pytest.raises(InvalidArgument, match="at most 16 deep"):
        nested(session, 17)
    options: dict[str, Any] = {"name": "w", "steps": [{"name": "s", "run": gives(1)}]}
    for _ in range(40):
        options = {"name": "w", "steps": [{"name": "s", "workflow": options}]}
    with pytest.raises(InvalidArgument, match="16 deep"):
        call(session, "Workflow.new", options)


def test_workflows_that_multiply_are_refused(session: Session) -> None:
    flow = new(session, *[{"run": gives(1)}] * 10)
    with pytest.raises(InvalidArgument, match="10000 steps"):
        for _ in range(10):
            flow = new(session, *[{"workflow": flow}] * 10)


def test_lists_of_any_length_are_bounded(session: Session) -> None:
    items = list(range(1001))
    step = {"name": "s", "run": echo()}
    loop = new(session, type="loop", items="{{input}}", steps=[step])
    error = failure(session, loop, items)
    assert error.details["cause"]["code"] == "limit_exceeded"
    assert error.details["record"]["steps"] == {}
    assert len(run(session, loop, items[:1000])["output"]) == 1000
    huge = new(session, type="loop", range={"from": 1, "to": 2**62}, steps=[step])
    assert failure(session, huge).details["cause"]["code"] == "limit_exceeded"
    too_many = [{"name": f"s{i}", "run": gives(1)} for i in range(10_001)]
    with pytest.raises(InvalidArgument, match="at most 10000 steps"):
        call(session, "Workflow.new", {"name": "w", "steps": too_many})


def test_map_reduce_is_bounded(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "MAX_ITEMS", 3)
    flow = new(session, type="map_reduce", items="{{input}}", map={"name": "m", "run": echo()})
    assert run(session, flow, [1, 2, 3])["output"] == [1, 2, 3]
    assert run(session, flow, [])["output"] == []
    assert failure(session, flow, [1, 2, 3, 4]).details["cause"]["code"] == "limit_exceeded"
    assert failure(session, flow, "text").details["cause"]["code"] == "invalid_argument"


def test_outputs_must_fit_and_be_data(tmp_path: Path) -> None:
    session = make_session(tmp_path, limits=Limits(memory=1_000_000))
    big = {"run": gives("x" * 300_000)}
    error = failure(session, new(session, big, big, big, big))
    assert error.details["cause"]["code"] == "limit_exceeded"
    assert statuses(error.details["record"])["s4"] == "failed"
    error = failure(session, new(session, {"run": gives({"a": [gives(1)]})}))
    assert error.details["cause"]["code"] == "invalid_argument"
    with pytest.raises(InvalidArgument, match="must be data"):
        run(session, new(session, {"run": gives(1)}), gives(1))


def test_what_steps_are_given_at_the_same_time_must_fit(tmp_path: Path) -> None:
    session = make_session(tmp_path, limits=Limits(memory=1_000_000))
    for prompt, why in (("{{input}}", "at the same time"), ("It is {{input}}", "is room for")):
        step = {"agent": ECHO, "prompt": prompt, "on_error": "continue"}
        options = {"type": "parallel", "merge": Function(count_of), "max_concurrency": 5}
        flow = new(session, *[step] * 5, **options)
        errors = [
            step["error"]
            for step in run(session, flow, "x" * 300_000)["steps"].values()
            if "error" in step
        ]
        assert {error["code"] for error in errors} == {"limit_exceeded"}
        assert all(why in error["message"] for error in errors)
    # One after the other, there is room for all: what was lent has been given back.
    step = {"tool": "hash", "params": {"text": "{{input}}"}}
    assert run(session, new(session, *[step] * 5), "x" * 300_000)["status"] == "done"


async def count_of(context: dict[str, Any]) -> int:
    return len(context["outputs"])


def test_what_is_remembered_to_be_undone_must_fit(tmp_path: Path) -> None:
    session = make_session(tmp_path, limits=Limits(memory=1_000_000))
    step = {"run": gives(None), "compensate": gives(None)}
    loop = {"type": "loop", "range": {"from": 1, "to": 2_000}, "max_iterations": 2_000}
    error = failure(session, new(session, step, **loop))
    assert error.details["cause"]["code"] == "limit_exceeded"


@pytest.mark.parametrize("most", [{}, {"repeat_until": {"path": "index", "op": ">", "value": 2}}])
def test_a_range_may_be_longer_than_anything(most: dict[str, Any], session: Session) -> None:
    everything = {"from": -(2**63), "to": 2**63 - 1}
    flow = new(session, {"run": gives(1)}, type="loop", range=everything, **most)
    if most:
        assert run(session, flow)["output"] == [1, 1, 1]
    else:
        assert failure(session, flow).details["cause"]["code"] == "limit_exceeded"


@pytest.mark.parametrize("name", ["a.b", "", "a b", "1a", "{{a}}", 'a"b', "x" * 65, "-a", "a\n"])
def test_names_that_nothing_could_address_are_refused(name: str, session: Session) -> None:
    with pytest.raises(InvalidArgument, match=r"steps\[1\].name"):
        new(session, {"name": name, "run": gives(1)})


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"type": "loop"}, "a loop needs items, range, repeat_while or repeat_until"),
        ({"type": "loop", "items": 3}, "items: must be a list"),
        ({"type": "loop", "items": [1], "range": {"from": 1, "to": 2}}, "either items or a range"),
        ({"type": "loop", "range": {"to": 2}}, "range: has from, to"),
        ({"type": "loop", "range": {"from": 1, "to": 2, "step": 0}}, "step must not be 0"),
        ({"type": "loop", "items": [1], "max_iterations": 10**9}, "must be from 1 to 100000"),
        ({"type": "parallel", "max_concurrency": 0}, "must be from 1 to 1000"),
        ({"items": [1]}, "items: the type sequential does not take it; loop and map_reduce do"),
        ({"merge": "all"}, "merge: the type sequential does not take it; parallel does"),
        ({"type": "conditional", "branches": []}, "there must be at least one branch"),
        ({"type": "map_reduce", "items": [1]}, "map: is missing"),
        ({"timeout": 0}, "timeout: must be more than 0"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    options: dict[str, Any], problem: str, session: Session
) -> None:
    steps = [] if options.get("type") in ("conditional", "map_reduce") else [{"run": gives(1)}]
    with pytest.raises(InvalidArgument) as caught:
        new(session, *steps, **options)
    assert problem in caught.value.message


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ({}, "has one of run, tool, agent, workflow, spell, and this has none of them"),
        ({"run": gives(1), "tool": "calculator"}, "and this has run and tool"),
        ({"run": gives(1), "params": {}}, "params belongs to tool and workflow and spell"),
        ({"run": gives(1), "retry": 0}, "attempts must be from 1 to 100"),
        ({"run": gives(1), "retry": {"backoff": 0.5}}, "backoff must be at least 1"),
        ({"run": gives(1), "when": {"path": "inputs"}}, "there is no 'inputs'"),
        ({"run": gives(1), "when": {"path": "input", "op": ">"}}, "> needs a number or text"),
        ({"run": gives(1), "when": {"path": "input", "value": 1}}, "value needs an op"),
        ({"run": gives(1), "when": {"path": "a + b"}}, "steps[1].when"),
        ({"tool": "calculater"}, "did you mean 'calculator'?"),
        ({"agent": {"tools": ["nothing"]}}, "there is no tool 'nothing'"),
        ({"agent": "no such template"}, "there is no agent template"),
        ({"spell": "nowhere.lua"}, "there is no spell 'nowhere.lua'"),
        ({"workflow": "flow.toml"}, "a workflow file is loaded first"),
        ({"workflow": {"name": "in", "steps": []}}, "steps[1].workflow.steps: there must be"),
        ({"agent": ECHO, "prompt": "{{steps.s1.output}}"}, "is no step before this one"),
        ({"agent": ECHO, "prompt": "{{input | upper}}"}, "expression"),
        ({"run": gives(1), "compensate": {"agent": ECHO, "prompt": "{{x}}"}}, "there is no 'x'"),
    ],
)
def test_steps_that_make_no_sense_are_refused(
    step: dict[str, Any], problem: str, session: Session
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        new(session, step)
    assert problem in caught.value.message


def test_a_spell_that_may_not_be_run_is_refused_when_the_workflow_is_made(
    session: Session,
) -> None:
    with pytest.raises(PermissionDenied):
        new(session, {"spell": "/etc/hostname"})


def test_labels_of_diagrams_cannot_break_out(session: Session) -> None:
    when = {"path": "input", "op": "==", "value": '"]\n  evil --> n1["<script>`|'}
    chart = call(session, "Workflow:diagram", new(session, {"run": gives(1), "when": when}))
    assert "evil -->" not in chart and "<script" not in chart
    assert chart.count("\n") == 6
    for nonsense in ({"steps": 3}, {"steps": {"s1": 3}}, {"steps": {"s1": {"status": "x;y"}}}):
        assert "x;y" not in call(
            session, "Workflow:diagram", new(session, {"run": gives(1)}), nonsense
        )


# -- files


def load(session: Session, name: str) -> Any:
    return finish(session, wait_for(session, "Workflow.load", name))


def test_files_that_contain_one_another_are_refused(session: Session, tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
        text = f'name = "{one}"\n[[steps]]\nname = "s"\nworkflow = "{other}.toml"\n'
        (tmp_path / f"{one}.toml").write_text(text)
    with pytest.raises(InvalidArgument, match="a.toml → b.toml → c.toml → a.toml"):
        load(session, "a.toml")


def test_files_inside_files_are_read_under_the_grants(session: Session, tmp_path: Path) -> None:
    for key, path in (("workflow", "/etc/flow.toml"), ("spell", "../../../../etc/hostname")):
        (tmp_path / "f.toml").write_text(f'name = "f"\n[[steps]]\nname = "s"\n{key} = "{path}"\n')
        with pytest.raises(PermissionDenied):
            load(session, "f.toml")


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("f.yaml", BOMB, "more than 20000 values"),
        ("f.yaml", "a: &a [*a]", "f.yaml:1: nested more than 64 deep"),
        ("f.yaml", "[" * 2_000, "nested too deep"),
        ("f.yaml", "name: !!python/object/apply:os.system ['id']", "must be text, got a list"),
        ("f.yaml", "a: !!python/name:os.system x", "could not determine a constructor"),
        ("f.yaml", "name: a\nname: b", "f.yaml:2: 'name' stands here twice"),
        ("f.yaml", "1: a", "f.yaml:1: the key 1 must be text"),
        ("f.yaml", "a: [", "f.yaml:1"),
        ("f.yaml", "a: .nan", "this number is too large"),
        ("f.yaml", "a: 2024-13-45", "is not an option"),
        ("f.yaml", "", "must be a map"),
        ("f.yaml", "name: f\x00", "this is not YAML"),
        ("f.yaml", "a: 99999999999999999999", "f.yaml:1: a: this number is too large"),
        ("f.toml", 'name = "f"\ntimeout = nan', "f.toml:2: timeout: this number is too large"),
        ("f.toml", "a = 2024-01-01", "'a' is not an option"),
        ("f.toml", "name = \n", "f.toml:1: this is not TOML"),
        ("f.toml", "a = " + "[" * 5_000, "f.toml"),
        ("f.toml", 'name = "f"\nsteps = 3', "f.toml:2: steps: must be a list"),
        ("f.toml", 'name = "f"\n[[steps]]\nname = "a"\nrun = "x"', "f.toml:4: steps[1].run"),
        ("f.txt", "", "is no workflow file"),
    ],
)
def test_broken_files_are_refused(
    name: str, text: str, problem: str, session: Session, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidArgument) as caught:
        load(session, name)
    assert problem in caught.value.message


def test_a_file_that_is_no_text_or_too_large_is_refused(session: Session, tmp_path: Path) -> None:
    (tmp_path / "f.toml").write_bytes(b'name = "f"\n\xff')
    with pytest.raises(InvalidArgument, match="f.toml:2: this is not UTF-8"):
        load(session, "f.toml")
    (tmp_path / "f.toml").write_text("#" * 1_100_000)
    with pytest.raises(InvalidArgument, match="too large for a workflow"):
        load(session, "f.toml")


def test_a_long_text_in_a_file_is_not_taken_for_tables(session: Session, tmp_path: Path) -> None:
    text = 'name = "f"\n[[steps]]\nname = "a"\ntool = "calculator"\n'
    text += 'params = {expression = """1\n+1"""}\n'
    (tmp_path / "f.toml").write_text(text + "when = {path = 'inputs'}\n")
    with pytest.raises(InvalidArgument, match=r"f.toml:7: steps\[1\].when"):
        load(session, "f.toml")


# -- in the languages

ITSELF = {
    "lua": """
local flow
flow = Workflow.new{name = "w", steps = {{name = "s", run = function() return flow:run() end}}}
return flow:run()""",
    "javascript": """
const flow = new Workflow({name: "w", steps: [{name: "s", run: () => flow.run()}]});
return await flow.run();""",
}
WAITS = {
    "lua": """
local flow = Workflow.new{name = "w", on_error = "compensate", steps = {
  {name = "a", run = function() return 1 end, compensate = function() print("undone") end},
  {name = "b", run = function() Async.sleep(60) end, timeout = "1s"}}}
local ok, e = pcall(flow.run, flow)
return e.details.cause.code""",
    "javascript": """
const flow = new Workflow({name: "w", onError: "compensate", steps: [
  {name: "a", run: () => 1, compensate: () => { console.log("undone") }},
  {name: "b", run: () => Async.sleep(60), timeout: "1s"}]});
try { await flow.run() } catch (e) { return e.details.cause.code }""",
}
COMPUTES = {
    "lua": """
local flow = Workflow.new{name = "w", steps = {
  {name = "a", run = function() while true do end end, timeout = "50ms", on_error = "continue"}}}
return flow:run().status""",
    "javascript": """
const flow = new Workflow({name: "w", steps: [
  {name: "a", run: () => { while (true) {} }, timeout: "50ms", onError: "continue"}]});
return (await flow.run()).status""",
}


@pytest.mark.parametrize("language", ["lua", "javascript"])
def test_a_workflow_that_runs_itself_ends(language: str, tmp_path: Path) -> None:
    session = make_session(tmp_path, limits=Limits(in_flight=50))
    outcome, _ = cast(language, ITSELF[language], session)
    assert outcome.error is not None and outcome.error.code == "limit_exceeded"


@pytest.mark.parametrize("language", ["lua", "javascript"])
def test_a_function_that_waits_too_long_is_given_up(language: str, tmp_path: Path) -> None:
    outcome, printed = cast(language, WAITS[language], make_session(tmp_path))
    assert (outcome.error, outcome.value, printed) == (None, "timeout", "undone\n")


@pytest.mark.parametrize("language", ["lua", "javascript"])
def test_a_function_that_computes_for_ever_ends_with_the_run(language: str, tmp_path: Path) -> None:
    session = make_session(tmp_path, limits=Limits(timeout=1.0))
    outcome, _ = cast(language, COMPUTES[language], session)
    assert outcome.error is not None and outcome.error.code == "timeout"


@pytest.mark.parametrize("language", ["lua", "javascript"])
def test_a_failure_that_only_looks_like_one_of_a_workflow_is_no_defect(
    language: str, tmp_path: Path
) -> None:
    source = {
        "lua": """
local function lie()
  error({code = "workflow_failed", message = "lie", details = {record = {x = 1}}})
end
local flow = Workflow.new{name = "w", steps = {{name = "a", run = lie}}}
Hook.after("workflow", lie)
local ok, e = pcall(flow.run, flow)
local good = Workflow.new{name = "w", steps = {{name = "a", run = function() return 1 end}}}
local _, other = pcall(good.run, good)
return {e.details.cause.message, other.code}""",
        "javascript": """
const lie = () => {
  throw new SpellError("lie", {code: "workflow_failed", details: {record: {x: 1}}});
};
const flow = new Workflow({name: "w", steps: [{name: "a", run: lie}]});
Hook.after("workflow", lie);
const found = [];
try { await flow.run() } catch (e) { found.push(e.details.cause.message) }
const good = new Workflow({name: "w", steps: [{name: "a", run: () => 1}]});
try { await good.run() } catch (e) { found.push(e.code) }
return found;""",
    }
    outcome, _ = cast(language, source[language], make_session(tmp_path))
    assert (outcome.error, outcome.value) == (None, ["lie", "workflow_failed"])


def test_hooks_at_runs_see_the_spells_of_steps(tmp_path: Path) -> None:
    async def run_spell(path: str, params: Any, _session: Session) -> Any:
        return [Path(path).name, params]

    session = make_session(tmp_path, run_spell=run_spell)
    (tmp_path / "sub.lua").write_text("")
    step = {"spell": "sub.lua", "params": {"n": "{{input}}"}}
    assert run(session, new(session, step), 3)["output"] == ["sub.lua", {"n": 3}]
    hook(session, "before", "run", "sub.lua", {"deny": "not this one"})
    assert "not this one" in failure(session, new(session, step), 3).message


def test_a_state_that_is_no_data_is_refused(session: Session) -> None:
    with pytest.raises(InvalidArgument, match="the state.* must be data"):
        run(session, new(session, {"run": gives(1)}, state={"f": gives(1)}))


def test_of_many_items_no_more_is_kept_than_their_outputs(session: Session) -> None:
    seen: list[int] = []

    async def count(_context: Any) -> None:
        gc.collect()
        seen.append(sum(isinstance(thing, Went) for thing in gc.get_objects()))

    step = {"name": "m", "run": gives(1)}
    reduce = {"name": "r", "run": Function(count)}
    before = sum(isinstance(thing, Went) for thing in gc.get_objects())
    run(session, new(session, type="map_reduce", items=[0] * 300, map=step, reduce=reduce))
    assert seen[0] - before < 20


def test_only_so_many_steps_are_at_work_whatever_they_are_in(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "MOST_AT_WORK", 9)
    inner = {"name": "in", "type": "map_reduce", "items": [1, 2, 3]}

    def flow(call: Function) -> Any:
        step = {"name": "a", "workflow": {**inner, "map": {"name": "b", "run": call}}}
        return new(session, type="map_reduce", items=[1, 2, 3], map=step)

    error = failure(session, flow(sleeps()))
    assert error.details["cause"]["code"] == "limit_exceeded"
    assert "more than 9 steps of workflows would be at work" in error.message
    monkeypatch.setattr(course, "MOST_AT_WORK", 12)
    assert run(session, flow(gives(1)))["output"] == [[1, 1, 1]] * 3, "none is counted any more"


def test_what_all_workflows_have_at_work_counts_together(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "MOST_AT_WORK", 3)
    flow = new(session, {"run": sleeps()}, {"run": sleeps()}, type="parallel")

    async def two() -> list[Any]:
        runs = [wait_for(session, "Workflow:run", flow) for _ in range(2)]
        return [await run for run in asyncio.as_completed(runs)]

    with pytest.raises(WorkflowFailed, match="more than 3 steps"):
        finish(session, asyncio.wait_for(two(), 60))
