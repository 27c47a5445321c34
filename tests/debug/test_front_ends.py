"""One table of what a debugger does, for both languages, through DAP and at the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.debug import spells
from tests.debug.drivers import DRIVERS, Dap, Driver, Terminal, Wrong
from tests.debug.spells import helper_of, line_of, write

Begin = Callable[..., tuple[Driver, Path]]


@pytest.fixture(params=["lua", "javascript"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=list(DRIVERS))
def begin(request: pytest.FixtureRequest, language: str, tmp_path: Path) -> Iterator[Begin]:
    """Starts a spell under a front end; it stands at its first line."""
    started: list[Dap | Terminal] = []

    def start(spell: dict[str, str], *flags: str) -> tuple[Driver, Path]:
        path = write(tmp_path, language, spell)
        driver = DRIVERS[request.param](path, *flags)
        started.append(driver)
        return driver, path

    yield start
    for driver in started:
        driver.close()


def test_a_breakpoint_with_locals_and_expressions(begin: Begin) -> None:
    driver, path = begin(spells.SUMS)
    assert driver.break_at(path, line_of(path, "sum")) == ""
    place = driver.go()
    assert (place.file, place.line) == (path.name, line_of(path, "sum"))
    assert place.name == "add"
    assert driver.locals() | {"a": "0", "b": "1"} == driver.locals()
    assert driver.evaluate("a + b * 10") == "10"
    frames = driver.stack()
    assert [frame[2] for frame in frames] == [line_of(path, "sum"), line_of(path, "loop")]
    assert driver.evaluate("i", frame=1) == "1"
    with pytest.raises(Wrong, match="nowhere"):
        driver.evaluate("nowhere.at.all")
    assert driver.go().line == line_of(path, "sum")
    assert driver.evaluate("b") == "2"


def test_conditions_and_hits(begin: Begin) -> None:
    driver, path = begin(spells.SUMS)
    driver.break_at(path, line_of(path, "sum"), condition="b == 3")
    driver.break_at(path, line_of(path, "loop"), hit=">= 4")
    driver.go()
    assert driver.evaluate("b") == "3"
    assert driver.go().line == line_of(path, "loop")
    assert driver.evaluate("i") == "4"
    driver.go()
    assert driver.evaluate("i") == "5"
    assert driver.finish()[0] == 0


@pytest.mark.parametrize("rule,stops", [("2", ["2"]), ("% 2", ["2", "4"]), ("> 3", ["4", "5"])])
def test_rules_about_hits(begin: Begin, rule: str, stops: list[str]) -> None:
    driver, path = begin(spells.SUMS)
    driver.break_at(path, line_of(path, "loop"), hit=rule)
    for stop in stops:
        driver.go()
        assert driver.evaluate("i") == stop
    assert driver.finish()[0] == 0


def test_a_logpoint_prints_and_does_not_stop(begin: Begin) -> None:
    driver, path = begin(spells.SUMS)
    driver.break_at(path, line_of(path, "loop"), log="i is {i}, {i * 10}")
    driver.break_at(path, line_of(path, "call"))
    assert driver.go().line == line_of(path, "call")
    if isinstance(driver, Dap):
        said = driver._client.output("console")
    else:
        assert isinstance(driver, Terminal)
        said = "\n".join(driver.printed)
    assert "i is 1, 10" in said and "i is 5, 50" in said


def test_a_breakpoint_in_a_module(begin: Begin) -> None:
    driver, path = begin(spells.SUMS)
    helper = helper_of(path)
    driver.break_at(helper, line_of(helper, "twice"))
    place = driver.go()
    assert (place.file.rpartition("/")[2], place.line) == (helper.name, line_of(helper, "twice"))
    assert driver.locals()["n"] == "15"
    assert [frame[2] for frame in driver.stack()][:2] == [place.line, line_of(path, "call")]
    assert driver.finish() == (0, "doubled\t30\n15\n")


def test_a_breakpoint_that_cannot_be_set_says_why(begin: Begin) -> None:
    driver, path = begin(spells.SUMS)
    assert "no code" in driver.break_at(path, 999)
    assert driver.break_at(path, line_of(path, "sum"), condition="1 +") != ""
    assert driver.finish()[0] == 0


def test_stepping(begin: Begin) -> None:
    driver, path = begin(spells.SUMS)
    driver.break_at(path, line_of(path, "call"))
    assert driver.go().line == line_of(path, "call")
    place = driver.go("in")
    assert place.file.endswith(helper_of(path).name)
    while place.line != line_of(helper_of(path), "twice"):
        place = driver.go("in")
    place = driver.go("out")
    assert place.file == path.name
    while place.line == line_of(path, "call"):
        place = driver.go("over")
    assert place.line == line_of(path, "print")
    assert driver.evaluate("doubled") == "30"


def test_stepping_over_a_call_stays_in_the_function(begin: Begin) -> None:
    driver, path = begin(spells.SUMS)
    driver.run_to(path, line_of(path, "call"))
    place = driver.go("over")
    assert (place.file, place.line) == (path.name, line_of(path, "print"))


def test_run_to_a_line(begin: Begin) -> None:
    driver, path = begin(spells.SUMS)
    place = driver.run_to(path, line_of(path, "print"))
    assert (place.file, place.line) == (path.name, line_of(path, "print"))
    assert driver.finish() == (0, "doubled\t30\n15\n")


def test_assigning_in_any_frame_changes_what_the_spell_does(begin: Begin) -> None:
    driver, path = begin(spells.SUMS)
    driver.break_at(path, line_of(path, "sum"), condition="b == 5")
    driver.go()
    driver.assign("a", "100")
    assert driver.evaluate("a") == "100"
    driver.break_at(path, line_of(path, "call"))
    driver.go()
    assert driver.evaluate("total") == "105"
    driver.assign("total", "1000")
    assert driver.finish() == (0, "doubled\t2000\n1000\n")


def test_an_outer_frame_is_assigned(begin: Begin) -> None:
    driver, path = begin(spells.PROMISES)
    driver.break_at(path, line_of(path, "after"))
    driver.go()
    driver.assign("name", '"world"')
    assert driver.finish() == (0, "hello world\n")


def test_raised_errors(begin: Begin) -> None:
    driver, path = begin(spells.ERRORS)
    driver.catch("raised")
    place = driver.go()
    assert place.line == line_of(path, "throw")
    assert "bad 1" in place.why
    assert driver.locals()["n"] == "1"
    place = driver.go()
    assert (place.line, place.name) == (line_of(path, "throw"), "risky")
    assert driver.locals()["n"] == "2"


def test_uncaught_errors_show_where_they_were_thrown(begin: Begin) -> None:
    driver, path = begin(spells.ERRORS)
    place = driver.go()
    assert (place.line, place.name) == (line_of(path, "throw"), "risky")
    assert "bad 2" in place.why
    assert driver.locals()["why"] == '"bad 2"'
    assert driver.evaluate("n") == "2"
    assert driver.finish()[0] == 1


def test_a_busy_loop_is_paused_and_let_go(begin: Begin) -> None:
    driver, path = begin(spells.BUSY)
    driver.resume()
    place = driver.pause()
    assert place.file == path.name
    driver.assign("going", "false")
    assert driver.finish() == (0, "begin\nover\n")


def test_a_coroutine_and_who_resumed_it(begin: Begin) -> None:
    driver, path = begin(spells.COROUTINES)
    driver.break_at(path, line_of(path, "yield"), hit="2")
    place = driver.go()
    assert (place.line, place.name) == (line_of(path, "yield"), "numbers")
    assert driver.evaluate("i") == "2"
    assert line_of(path, "resume") in [frame[2] for frame in driver.stack()[1:]]
    assert driver.finish() == (0, "sum\t6\n")


def test_an_async_function_and_who_awaits_it(begin: Begin) -> None:
    driver, path = begin(spells.PROMISES)
    driver.break_at(path, line_of(path, "after"))
    place = driver.go()
    assert (place.line, place.name) == (line_of(path, "after"), "inner")
    assert driver.evaluate("name") == '"you"'
    assert line_of(path, "outer") in [frame[2] for frame in driver.stack()[1:]]
    assert driver.finish() == (0, "hello you\n")


def test_stepping_over_a_wait_lands_on_the_next_line(begin: Begin) -> None:
    driver, path = begin(spells.PROMISES)
    driver.break_at(path, line_of(path, "wait"))
    driver.go()
    place = driver.go("over")
    assert (place.line, place.name) == (line_of(path, "after"), "inner")


def test_tasks(begin: Begin) -> None:
    driver, path = begin(spells.SPAWNED)
    driver.break_at(path, line_of(path, "work"))
    driver.go()
    assert len(driver.tasks()) == 3
    first = driver.evaluate("n")
    driver.go()
    assert {first, driver.evaluate("n")} == {"1", "2"}
    assert driver.finish() == (0, "3\n")


def test_closures_and_globals(begin: Begin) -> None:
    driver, path = begin(spells.CLOSURES)
    driver.break_at(path, line_of(path, "inside"))
    driver.go()
    assert driver.locals()["count"] == "10"
    assert driver.globals()["shared"] == '"everywhere"'
    driver.assign("count", "20")
    assert driver.finish() == (0, "21\n")


def test_a_handler_that_an_agent_calls(begin: Begin) -> None:
    driver, path = begin(spells.AGENT)
    driver.break_at(path, line_of(path, "handler"))
    place = driver.go()
    assert (place.file, place.line) == (path.name, line_of(path, "handler"))
    assert driver.evaluate("found.a + found.b") == "5"
    driver.assign("found.a", "40")
    assert driver.finish() == (0, "43\tdone\n")


def test_a_model_call_is_shown_and_changed(begin: Begin) -> None:
    driver, path = begin(spells.ECHO)
    driver.catch("model")
    place = driver.go()
    assert "model call test:echo" in place.why
    assert place.line == line_of(path, "ask")
    request = driver.request()
    assert request["model"] == "test:echo"
    assert request["messages"][0]["parts"][0]["content"] == "say moon"
    with pytest.raises(Wrong, match="only messages and settings can be changed"):
        driver.assign("request.model", '"other"')
    driver.assign("request.messages[0].parts[0].content", '"say sun"')
    assert driver.finish() == (0, "say sun\n")


def test_a_tool_call_is_shown_and_changed(begin: Begin) -> None:
    driver, _ = begin(spells.AGENT)
    driver.catch("tool")
    assert "tool call add" in driver.go().why
    assert driver.request() == {"tool": "add", "arguments": {"a": 2, "b": 3}}
    driver.assign("request.arguments.b", "30")
    assert driver.finish() == (0, "32\tdone\n")


def test_a_workflow_step_is_shown_and_changed(begin: Begin) -> None:
    driver, path = begin(spells.FLOW)
    driver.catch("step")
    place = driver.go()
    assert "workflow step sums.first" in place.why
    assert place.line == line_of(path, "run")
    request = driver.request()
    assert (request["step"], request["input"]) == ("first", 20)
    with pytest.raises(Wrong, match="of a workflow step, only input can be changed"):
        driver.assign("request.step", '"other"')
    assert "workflow step sums.second" in driver.go().why
    assert driver.request()["input"] == 20
    driver.assign("request.input", "50")
    assert driver.finish() == (0, "100\n")


def test_a_handoff_is_shown_and_changed(begin: Begin) -> None:
    driver, path = begin(spells.HANDOFF)
    driver.catch("handoff")
    place = driver.go()
    assert "handoff billing" in place.why
    assert place.line == line_of(path, "ask")
    assert driver.request()["state"] == {"n": 1}
    driver.assign("request.state.n", "7")
    assert driver.finish() == (0, "7\n")


def test_a_handler_of_events_while_the_spell_is_held(begin: Begin) -> None:
    driver, path = begin(spells.HANDLER)
    driver.break_at(path, line_of(path, "handler"))
    assert driver.go().line == line_of(path, "handler")
    assert driver.evaluate("event.data.n") == "3"
    driver.go()
    assert driver.evaluate("event.name") == '"report.sent"'
    assert driver.finish() == (0, "heard 3\nheard 4\n")


def test_every_call_of_an_agent_is_held_in_turn(begin: Begin) -> None:
    driver, _ = begin(spells.AGENT)
    driver.catch("model", "tool")
    held = [driver.go().why for _ in range(3)]
    assert ["model call" in why for why in held] == [True, False, True]
    assert "tool call" in held[1]
    assert driver.finish() == (0, "5\tdone\n")


def test_the_time_limit_stands_still_while_the_spell_does(begin: Begin) -> None:
    driver, path = begin(spells.PROMISES, "--timeout", "4s")
    driver.break_at(path, line_of(path, "after"))
    driver.go()
    assert driver.evaluate("name") == '"you"'
    time.sleep(4.2)
    assert driver.finish() == (0, "hello you\n")
