"""What people are told of workflows: why they go on, where a function failed, in their spelling."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridges._errors import ScriptError, SpellError
from bridges._session import Session
from tests.bridges.test_workflow import failure, new, run
from tests.casting import cast
from tests.door import fails, gives, sleeps
from tests.sessions import make_session

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
