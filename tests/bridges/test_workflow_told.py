"""What people are told of workflows: why they go on, where a function failed, in their spelling."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bridges._errors import ScriptError, SpellError
from bridges._session import Session
from tests.bridges.test_workflow import failure, new, run
from tests.casting import cast
from tests.door import Function, fails, gives, sleeps
from tests.sessions import make_session

SKIPPED = "{{steps.a.output}}"
BOOM = {"code": "spell_error", "hint": "mend it", "at": "spell.lua:3"}


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return make_session(tmp_path)


def boom() -> ScriptError:
    error = ScriptError("boom", hint="mend it")
    error.traceback = [{"file": "spell.lua", "line": 3}]
    return error


def warned(session: Session) -> list[tuple[str, dict[str, Any]]]:
    lines: list[Any] = session.lines  # type: ignore[attr-defined]
    return [(message, fields) for level, message, fields in lines if level == "warn"]


def test_why_a_workflow_goes_on_is_logged(session: Session) -> None:
    error = boom()
    run(session, new(session, {"run": fails(error), "on_error": "continue"}, {"run": gives(1)}))
    said = "the workflow 'flow' goes on without the step 's1': boom"
    assert warned(session) == [(said, BOOM)]
    assert error.__traceback__ is None, "what is kept of it holds no frames, and so no values"


def test_why_an_item_is_missing_is_logged(session: Session) -> None:
    step = {"name": "m", "run": fails(boom()), "on_error": "continue"}
    run(session, new(session, type="map_reduce", items=[1, 2], map=step))
    said = "the workflow 'flow' goes on without the step 'm': boom"
    assert warned(session) == [(said, {**BOOM, "index": 1}), (said, {**BOOM, "index": 2})]


def test_who_failed_while_another_was_first_is_logged(session: Session) -> None:
    flow = new(
        session, {"run": fails(boom())}, {"run": sleeps(0.05)}, type="parallel", merge="first"
    )
    assert run(session, flow)["status"] == "partial"
    assert warned(session) == [("the workflow 'flow' goes on without the step 's1': boom", BOOM)]


def test_what_could_not_be_undone_is_logged(session: Session) -> None:
    done = {"run": gives(1), "compensate": fails(boom())}
    failure(session, new(session, done, {"run": fails(boom()), "on_error": "compensate"}))
    assert warned(session) == [("the workflow 'flow' could not undo the step 's1': boom", BOOM)]


FAILING = {
    "lua": """
local inner = Workflow.new{name = "inner", steps = {{name = "s", run = function()
  local nothing
  return nothing.there
end}}}
Workflow.new{name = "outer", steps = {{name = "in", workflow = inner}}}:run()""",
    "javascript": """
const inner = new Workflow({name: "inner", steps: [{name: "s", run: () => {
  const reason = "no";
  throw new Error(reason);
}}]});
await new Workflow({name: "outer", steps: [{name: "in", workflow: inner}]}).run();""",
}


@pytest.mark.parametrize("language", ["lua", "javascript"])
def test_a_failure_tells_the_line_of_the_function(language: str, tmp_path: Path) -> None:
    outcome, _ = cast(language, FAILING[language], make_session(tmp_path))
    error = outcome.error
    assert isinstance(error, SpellError) and error.code == "workflow_failed"
    at = error.details["cause"]["at"]
    assert at.endswith(":4")
    steps = f"at step 'in': the workflow 'inner' failed at step 's' ({at}): "
    assert error.message.startswith(f"the workflow 'outer' failed {steps}")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("Workflow.mapReduce({name: 'w'})", "Workflow.mapReduce: map: is missing"),
        (
            "Workflow.builder('b').mapReduce({name: 'w'})",
            "Workflow.mapReduce: map: is missing",
        ),
        (
            "Workflow.loop({name: 'w', repeatWhile: {path: 'no'}, steps: [{name: 'a', run() {}}]})",
            "Workflow.loop: repeatWhile: there is no 'no'",
        ),
        (
            "await Workflow.loop({name: 'w', range: {from: 1, to: 2}, maxIterations: 1,"
            " steps: [{name: 'a', run() {}}]}).run()",
            "raise maxIterations",
        ),
        (
            "new Workflow({name: 'w', steps:"
            " [{name: 'a', tool: 'hash', params: {text: '{{a()}}'}}]})",
            "steps[1].params: text: line 1: an expression is not possible in a template (only",
        ),
    ],
)
def test_messages_are_spelled_as_the_spell_is(source: str, words: str, tmp_path: Path) -> None:
    outcome, _ = cast("javascript", source, make_session(tmp_path))
    assert outcome.error is not None
    assert words in f"{outcome.error.message} {outcome.error.hint}"


def test_a_workflow_around_a_partial_one_is_partial(session: Session) -> None:
    inner = {"name": "in", "steps": [{"name": "a", "run": fails(boom()), "on_error": "continue"}]}
    record = run(session, new(session, {"workflow": inner}, {"run": gives(1)}))
    assert (record["status"], record["steps"]["s1"]["status"]) == ("partial", "done")


def test_map_reduce_tells_why_items_are_missing(session: Session) -> None:
    async def odd(context: dict[str, Any]) -> Any:
        if context["item"] == 1:
            raise boom()
        return context["item"]

    step = {"name": "m", "run": Function(odd), "on_error": "continue"}
    record = run(session, new(session, type="map_reduce", items=[1, 2], map=step))
    assert record["outputs"] == {"m": [None, 2]}
    told = record["steps"]["m"]
    assert (told["status"], told["output"]) == ("failed", [None, 2])
    assert told["error"]["message"] == "boom"


def test_map_reduce_has_failed_although_the_last_item_was_cancelled(session: Session) -> None:
    async def odd(context: dict[str, Any]) -> Any:
        if context["item"] == 2:
            raise boom()
        await asyncio.sleep(60 * (context["item"] - 1))
        return 1

    step = {"name": "m", "run": Function(odd)}
    flow = new(session, type="map_reduce", items=[1, 2, 3], map=step)
    record = failure(session, flow).details["record"]
    assert record["steps"]["m"]["status"] == "failed"
    assert record["steps"]["m"]["error"]["message"] == "boom"
    assert record["outputs"] == {}


def test_map_reduce_that_takes_too_long_was_cancelled(session: Session) -> None:
    async def odd(context: dict[str, Any]) -> Any:
        await asyncio.sleep(60 * (context["item"] - 1))
        return 1

    step = {"name": "m", "run": Function(odd)}
    flow = new(session, type="map_reduce", items=[1, 2], map=step, timeout=0.1)
    record = failure(session, flow).details["record"]
    assert (record["steps"]["m"]["status"], record["outputs"]) == ("cancelled", {})


@pytest.mark.parametrize("language", ["lua", "javascript"])
def test_a_merge_that_there_is_none_of_is_quoted(language: str, tmp_path: Path) -> None:
    source = {
        "lua": 'Workflow.parallel{name = "p", merge = "last", steps = {}}',
        "javascript": 'Workflow.parallel({name: "p", merge: "last", steps: []})',
    }[language]
    error = cast(language, source, make_session(tmp_path))[0].error
    assert error is not None
    assert error.message.endswith("all, vote or a function, got 'last'")


def test_why_a_step_has_no_output_is_told(session: Session) -> None:
    skipped = {"name": "a", "run": gives(1), "when": {"path": "params.go"}}
    flow = new(session, skipped, {"tool": "calculator", "params": {"expression": SKIPPED}})
    cause = failure(session, flow).details["cause"]
    assert "there is no 'output' in steps.a" in cause["message"]
    assert cause["hint"] == "a step that was skipped, has failed or gave nothing has no output"
