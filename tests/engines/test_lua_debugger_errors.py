"""The debugger in the Lua engine: errors, raised and uncaught."""

from __future__ import annotations

import pytest

from tests.engines.lua_debug import NAME, Debugged

RAISING = """local function inner(n)
  local s = "hi"
  error({code = "not_found", message = "no " .. n})
end
local function middle(n)
  inner(n * 2)
end
local ok, e = pcall(middle, 21)
local again, e2 = pcall(error, e)
return e.message
"""


def test_a_raised_error_stops_where_it_is_thrown() -> None:
    with Debugged(RAISING, exceptions=["raised"]) as d:
        event = d.stop("exception", 3)
        assert (event["error"]["code"], event["error"]["message"]) == ("not_found", "no 42")
        assert event["error"]["traceback"][0] == {"file": NAME, "line": 3, "function": "inner"}
        assert d.stack() == [
            "spell.lua:3 inner",
            "spell.lua:6 middle",
            "spell.lua:8 main chunk",
        ] or (
            d.stack()
            == ["spell.lua:3 inner", "spell.lua:6 function at line 5", "spell.lua:8 main chunk"]
        )
        assert d.variables() == {"n": "42", "s": '"hi"'}
        assert d.value("n", 1) == "21"
        assert d.go_on() == "no 42"  # the same error thrown again does not stop


@pytest.mark.parametrize(
    ("throw", "message"),
    [
        ('error("plain")', "plain"),
        ("local x = nil; x.y = 1", "attempt to index a nil value (local 'x')"),
        ("Host.fail('timeout')", "it failed"),
        ("table.insert(nil, 1)", "bad argument #1 to 'insert' (table expected, got nil)"),
        ("error(setmetatable({}, {__tostring = function() return 'mine' end}))", "mine"),
        ("error(nil)", "nil"),
        ("assert(false, 'no')", "no"),
    ],
)
def test_errors_of_all_kinds(throw: str, message: str) -> None:
    with Debugged(f"pcall(function()\n  {throw}\nend)\nreturn 1", exceptions=["raised"]) as d:
        event = d.stop("exception", 2)
        assert event["error"]["message"] == message
        assert d.go_on() == 1


def test_the_same_text_thrown_again_stops_again() -> None:
    source = 'for i = 1, 2 do\n  pcall(function()\n    error("x", 0)\n  end)\nend\nreturn 1'
    with Debugged(source, exceptions=["raised"]) as d:
        d.stop("exception", 3)
        d.ok("continue")
        d.stop("exception", 3)
        assert d.go_on() == 1


def test_a_raised_error_in_a_coroutine() -> None:
    source = """local co = coroutine.wrap(function()
  local mine = 5
  error("in here")
end)
local ok, e = pcall(co)
return e
"""
    with Debugged(source, exceptions=["raised"]) as d:
        d.stop("exception", 3)
        assert d.variables() == {"mine": "5"}
        assert d.stack()[1:] == ["spell.lua:5 main chunk"]
        assert d.go_on() == "spell.lua:3: in here"


def test_a_step_after_a_caught_error_lands_behind_the_catch() -> None:
    with Debugged(RAISING, exceptions=["raised"]) as d:
        d.stop("exception", 3)
        d.step("over", 9)


UNCAUGHT = """local function fail(n)
  local deep = n + 1
  error("lost")
end
local x = 3
fail(x)
"""


def test_an_uncaught_error_stops_with_its_variables() -> None:
    with Debugged(UNCAUGHT, exceptions=["uncaught"]) as d:
        event = d.stop("exception", 3)
        assert event["error"]["message"] == "lost"
        assert event["text"] == "uncaught"
        assert d.stack() == ["spell.lua:3 fail", "spell.lua:6 main chunk"]
        assert d.variables() == {"n": "3", "deep": "4"}
        assert d.value("x * 2", 1) == "6"
        d.ok("continue")
        assert d.end()["message"] == "lost"
        assert d.outcome.end == "fail"


def test_a_caught_error_is_not_uncaught() -> None:
    with Debugged(RAISING, exceptions=["uncaught"]) as d:
        assert d.end() == "no 42"
        assert not [e for e in d.events if e["event"] == "stopped"]


@pytest.mark.parametrize(
    "source",
    [
        # thrown again by hand
        "local function f()\n  local deep = 1\n  error({message = 'm'})\nend\n"
        "local ok, e = pcall(f)\nerror(e)",
        # through a coroutine
        "f = coroutine.wrap(function()\n  local deep = 1\n  error({message = 'm'})\nend)\nf()",
        # through the tasks of a map
        "local t = Async.map({1}, function(i)\n  local deep = i\n  error({message = 'm'})\nend)",
    ],
)
def test_an_uncaught_error_shows_where_it_was_thrown(source: str) -> None:
    with Debugged(source, exceptions=["uncaught"]) as d:
        event = d.stop("exception", 3)
        assert event["error"]["message"] == "m"
        assert d.variables()["deep"] == "1"
        assert d.value("deep + 1") == "2"
        assert "can only be read" in d.refused(
            "assign", ref=d.scope("Locals"), name="deep", source="2"
        )
        assert d.stack()[-1].endswith("main chunk")
        d.ok("continue")
        assert d.end()["message"] == "m"


def test_an_error_in_a_task_nobody_waits_for_is_uncaught() -> None:
    source = 'Async.spawn(function()\n  local deep = 1\n  error("lost")\nend)\nAsync.sleep(0.01)'
    with Debugged(source, exceptions=["uncaught"]) as d:
        d.stop("exception", 3)
        assert d.variables() == {"deep": "1"}
        d.ok("continue")
        assert d.end()["message"] == "lost"


def test_an_error_in_a_callback_is_the_hosts() -> None:
    source = "local ok = pcall(Host.apply, function()\n  error('x')\nend, 1)\nreturn ok"
    with Debugged(source, exceptions=["uncaught"]) as d:
        assert d.end() is False
    with Debugged(source, exceptions=["raised"]) as d:
        d.stop("exception", 2)
        tasks = [t["name"] for t in d.ok("tasks")["tasks"]]
        assert tasks == ["callback 1", "main"]
        d.ok("exceptions", filters=[])
        assert d.go_on() is False


def test_raised_and_uncaught_stop_once() -> None:
    with Debugged(UNCAUGHT, exceptions=["raised", "uncaught"]) as d:
        d.stop("exception", 3)
        d.ok("continue")
        assert d.end()["message"] == "lost"
        assert len([e for e in d.events if e["event"] == "stopped"]) == 1


def test_errors_of_the_debugger_do_not_stop() -> None:
    with Debugged("local x = 1\nreturn x + 1", 2, exceptions=["raised", "uncaught"]) as d:
        d.stop("breakpoint", 2)
        assert "mine" in d.refused("evaluate", source="error('mine')")
        assert d.ok("evaluate", source="pcall(error, 'mine')")["text"] == "false"
        assert d.go_on() == 2


def test_a_stack_overflow_is_raised() -> None:
    source = "local function f() return 1 + f() end\nreturn (pcall(f))"
    with Debugged(source, exceptions=["raised"], memory=1 << 30) as d:
        event = d.stop("exception", 1)
        assert "stack overflow" in event["error"]["message"]
        assert len(d.stack()) == 500
        assert d.go_on() is False
