"""The Tool noun: definition, checking of arguments, failures, timeouts, the built-in tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridges._builtins.tools import BUILTINS
from bridges._errors import (
    BudgetExceeded,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ScriptError,
    ToolFailed,
)
from bridges._session import Session
from tests.door import Function, call, fails, finish, gives, sleeps, wait_for
from tests.sessions import make_session

CITY = {"city": {"type": "string", "required": True, "description": "Where"}}


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return make_session(tmp_path)


def define(session: Session, run: Function, **options: Any) -> Any:
    fields = {"name": "weather", "description": "Says the weather", "parameters": CITY, "run": run}
    return call(session, "Tool.new", {**fields, **options})


def test_a_tool_runs_by_name_and_as_an_object(session: Session) -> None:
    run = gives({"temp": 21})
    tool = define(session, run)
    asked = {"city": "Oslo"}
    assert finish(session, wait_for(session, "Tool.call", "weather", asked)) == {"temp": 21}
    assert finish(session, wait_for(session, "Tool.call", tool, asked)) == {"temp": 21}
    assert finish(session, wait_for(session, "Tool:call", tool, asked)) == {"temp": 21}
    assert run.calls == [asked] * 3


def test_info_is_what_models_are_told(session: Session) -> None:
    info = call(session, "Tool:info", define(session, gives(1)))
    assert info == {
        "name": "weather",
        "description": "Says the weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "Where"}},
            "required": ["city"],
            "additionalProperties": False,
        },
        "builtin": False,
    }
    assert call(session, "Tool:info", call(session, "Tool.get", "weather")) == info
    assert info in call(session, "Tool.list")


def test_arguments_that_do_not_fit_never_reach_the_tool(session: Session) -> None:
    run = gives(1)
    define(session, run)
    with pytest.raises(InvalidArgument, match="'weather': city is missing"):
        finish(session, wait_for(session, "Tool.call", "weather"))
    with pytest.raises(InvalidArgument, match="city must be a string, got an integer"):
        finish(session, wait_for(session, "Tool.call", "weather", {"city": 3}))
    with pytest.raises(InvalidArgument, match="must be data"):
        finish(session, wait_for(session, "Tool.call", "weather", {"city": run}))
    assert run.calls == []


def test_a_failure_keeps_its_cause_and_its_place(session: Session) -> None:
    cause = ScriptError("boom", details={"n": 1})
    cause.traceback = [{"file": "spell.lua", "line": 3}]
    define(session, fails(cause))
    with pytest.raises(ToolFailed, match="the tool 'weather' failed: boom") as caught:
        finish(session, wait_for(session, "Tool.call", "weather", {"city": "Oslo"}))
    assert caught.value.details["cause"] == cause.as_map()
    assert caught.value.traceback == cause.traceback


@pytest.mark.parametrize("kind", [PermissionDenied, BudgetExceeded])
def test_refusals_and_an_empty_budget_stay_what_they_are(session: Session, kind: Any) -> None:
    define(session, fails(kind("no")))
    with pytest.raises(kind):
        finish(session, wait_for(session, "Tool.call", "weather", {"city": "Oslo"}))


def test_a_tool_that_takes_too_long_is_stopped(session: Session) -> None:
    run = sleeps()
    define(session, run, timeout="50ms")
    with pytest.raises(ToolFailed, match="took longer than 0.05 seconds") as caught:
        finish(session, wait_for(session, "Tool.call", "weather", {"city": "Oslo"}))
    assert caught.value.details == {"cause": {"code": "timeout"}}
    assert run.cancelled == 1


def test_unknown_names_are_not_found_with_the_nearest(session: Session) -> None:
    define(session, gives(1))
    for name in ("Tool.get", "Tool.remove"):
        with pytest.raises(NotFound) as caught:
            call(session, name, "wether")
        assert caught.value.hint == "did you mean 'weather'?"


def test_a_new_tool_replaces_the_spells_own_and_no_built_in(session: Session) -> None:
    define(session, gives(1))
    define(session, gives(2))
    assert finish(session, wait_for(session, "Tool.call", "weather", {"city": "x"})) == 2
    with pytest.raises(InvalidArgument, match="built-in"):
        define(session, gives(3), name="calculator")


def test_remove_takes_away_the_spells_tools_only(session: Session) -> None:
    define(session, gives(1))
    call(session, "Tool.remove", "weather")
    with pytest.raises(NotFound):
        call(session, "Tool.get", "weather")
    with pytest.raises(InvalidArgument, match="cannot be removed"):
        call(session, "Tool.remove", "calculator")


@pytest.mark.parametrize("name", ["", "two words", "9lives", "x" * 65, "final_result", "ä"])
def test_names_that_providers_refuse_are_refused(session: Session, name: str) -> None:
    with pytest.raises(InvalidArgument, match="cannot be the name of a tool"):
        define(session, gives(1), name=name)


def test_a_bad_schema_is_refused_when_the_tool_is_made(session: Session) -> None:
    with pytest.raises(InvalidArgument, match="Tool.new: parameters.city: 'txt' is not a type"):
        define(session, gives(1), parameters={"city": "txt"})


def test_the_built_in_tools_are_listed_first_and_are_valid(session: Session) -> None:
    listed = call(session, "Tool.list")
    assert [tool["name"] for tool in listed] == list(BUILTINS)
    assert all(tool["builtin"] and tool["description"] for tool in listed)
    assert all(tool["parameters"]["type"] == "object" for tool in listed)


def test_a_built_in_tool_runs_under_the_spells_grants(session: Session, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("hello")
    read = wait_for(session, "Tool.call", "file_read", {"path": str(tmp_path / "note.txt")})
    assert "hello" in str(finish(session, read))
    with pytest.raises(PermissionDenied):
        finish(session, wait_for(session, "Tool.call", "file_read", {"path": "/etc/hostname"}))


def test_a_built_in_tool_that_fails_says_why(session: Session, tmp_path: Path) -> None:
    with pytest.raises(ToolFailed) as caught:
        missing = {"path": str(tmp_path / "missing.txt")}
        finish(session, wait_for(session, "Tool.call", "file_read", missing))
    assert caught.value.details["cause"]["code"] == "not_found"


@pytest.mark.parametrize("missing", ["name", "run"])
def test_a_tool_needs_a_name_and_a_function(session: Session, missing: str) -> None:
    options = {"name": "a", "run": gives(1)}
    del options[missing]
    with pytest.raises(InvalidArgument, match=f"'{missing}' is missing"):
        call(session, "Tool.new", options)
