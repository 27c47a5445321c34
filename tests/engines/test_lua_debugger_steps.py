"""The debugger in the Lua engine: steps through calls, coroutines, tasks and host calls."""

from __future__ import annotations

from tests.engines.lua_debug import ADDING, NAME, Debugged


def test_entry_and_steps() -> None:
    with Debugged(ADDING, stop_on_entry=True) as d:
        d.stop("entry", 4)  # where the function is made
        d.step("over", 6)
        d.step("over", 7)
        d.step("over", 8)
        d.step("in", 2)
        d.step("over", 3)
        d.step("out", 7)
        d.step("over", 8)
        d.step("over", 7)
        assert d.go_on() == 6


def test_run_to_a_line() -> None:
    with Debugged(ADDING, stop_on_entry=True) as d:
        d.stop("entry")
        assert (
            d.refused("run_to", file=NAME, line=100)
            == "no code at line 100 of 'spell.lua' or after it"
        )
        d.ok("run_to", file=NAME, line=9)
        d.stop("goto", 10)
        assert d.go_on() == 6


def test_a_stop_ends_a_step() -> None:
    with Debugged(ADDING, 2, stop_on_entry=True) as d:
        d.stop("entry")
        d.ok("run_to", file=NAME, line=10)
        d.stop("breakpoint", 2)
        d.ok("breakpoints", file=NAME, breakpoints=[])
        assert d.go_on() == 6


def test_stepping_over_a_tail_call_does_not_enter_it() -> None:
    source = """local function g()
  local x = 1
  return x
end
local function f()
  return g()
end
local y = f()
return y
"""
    with Debugged(source, 6) as d:
        d.stop("breakpoint", 6)
        d.step("over", 9)


def test_stepping_over_host_calls_stays_in_the_function() -> None:
    source = """local function ask(n)
  local x = Host.later(n, 0.01)
  local y = Host.same(x)
  return x + y
end
Async.spawn(function()
  for i = 1, 100 do
    Async.sleep(0)
  end
end)
local z = ask(1)
local all = Async.map({1, 2}, ask)
return z
"""
    with Debugged(source, {"line": 2, "hit": "1"}) as d:
        task = d.stop("breakpoint", 2)["task"]
        assert d.step("over", 3)["task"] == task
        d.step("over", 4)
        d.step("over", 12)
        assert d.step("over", 13)["task"] == task


def test_stepping_into_what_a_host_call_calls() -> None:
    source = """local function handler(x)
  return x + 1
end
local y = Host.apply(handler, 1)
return y
"""
    with Debugged(source, 4) as d:
        main = d.stop("breakpoint", 4)["task"]
        event = d.step("in", 2)
        assert event["task"] != main
        assert d.stack() == ["spell.lua:2 function at line 1"]
        assert d.go_on() == 2


def test_stepping_into_what_a_task_starts() -> None:
    source = "local function f(x)\n  return x\nend\nlocal t = Async.map({1}, f)\nreturn t"
    with Debugged(source, 4) as d:
        d.stop("breakpoint", 4)
        d.step("in", 2)
        assert d.stack() == ["spell.lua:2 f", "~spell.lua:4 main chunk"] or d.stack() == [
            "spell.lua:2 function at line 1",
            "~spell.lua:4 main chunk",
        ]


COROUTINE = """local function inner(n)
  coroutine.yield(n)
  return n + 1
end
local co = coroutine.wrap(function()
  local a = inner(1)
  return a
end)
local x = co()
local y = co()
return x + y
"""


def test_steps_through_a_coroutine() -> None:
    with Debugged(COROUTINE, 9) as d:
        d.stop("breakpoint", 9)
        d.step("in", 6)
        assert d.stack() == ["spell.lua:6 function at line 5", "spell.lua:9 main chunk"]
        d.step("in", 2)
        assert d.stack() == [
            "spell.lua:2 inner",
            "spell.lua:6 function at line 5",
            "spell.lua:9 main chunk",
        ]
        d.step("over", 10)  # a yield is a return to who resumed
        d.step("in", 3)
        d.step("out", 7)
        d.step("over", 11)
        assert d.go_on() == 3


def test_stepping_over_a_resume_does_not_enter() -> None:
    with Debugged(COROUTINE, 9) as d:
        d.stop("breakpoint", 9)
        d.step("over", 10)
        d.step("over", 11)


def test_a_host_call_inside_a_coroutine_is_stepped_over() -> None:
    source = """local co = coroutine.wrap(function()
  local a = Host.later(1, 0.01)
  local b = a
end)
co()
return 1
"""
    with Debugged(source, 2) as d:
        d.stop("breakpoint", 2)
        d.step("over", 3)
        d.step("out", 6)
