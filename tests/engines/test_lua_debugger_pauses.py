"""The debugger in the Lua engine: pauses, interrupts and other ends."""

from __future__ import annotations

import pytest

from engines import _protocol as p
from tests.engines.lua_debug import NAME, Debugged, numbered


def test_pausing_a_busy_loop() -> None:
    source = "local n = 0\nprint('on')\nwhile n >= 0 do\n  n = n + 1\nend\nreturn n"
    with Debugged(source) as d:
        d.pump(lambda: d.outcome.text == "on\n")
        assert d.refused("stack", task=1) == "the spell is running"
        assert d.ok("evaluate", source="1 + 1")["text"] == "2"
        assert [t["name"] for t in d.ok("tasks")["tasks"]] == ["main"]
        assert d.ok("breakpoints", file=NAME, breakpoints=[])["breakpoints"] == []
        assert d.ok("pause", text="why") == {}
        event = d.stop("pause")
        assert event["text"] == "why"
        d.ok("assign", ref=d.scope("Locals"), name="n", source="-10")
        assert d.go_on() in (-10, -9)


def test_a_breakpoint_set_in_a_busy_loop() -> None:
    source = "local n = 0\nprint('on')\nwhile n >= 0 do\n  n = n + 1\nend\nreturn n"
    with Debugged(source) as d:
        d.pump(lambda: d.outcome.text == "on\n")
        d.ok("breakpoints", file=NAME, breakpoints=numbered(4))
        d.stop("breakpoint", 4)


WAITING = """local function ask()
  local mine = 1
  Host.never()
end
Async.spawn(function()
  local other = 2
  Host.never()
end)
local co = coroutine.wrap(ask)
co()
"""


def test_pausing_what_waits() -> None:
    with Debugged(WAITING) as d:
        d.pump(lambda: len(d.outcome.calls) == 2)
        d.ok("pause")
        main = d.stop("pause")["task"]
        assert d.stack() == ["spell.lua:3 function at line 1", "spell.lua:10 main chunk"]
        assert d.variables() == {"mine": "1"}
        assert d.value("co ~= nil", 1) == "true"
        tasks = d.ok("tasks")["tasks"]
        assert [t["name"] for t in tasks] == ["main", "task 2"]
        assert (tasks[0]["id"], d.stack(tasks[1]["id"])[0]) == (
            main,
            "spell.lua:7 function at line 5",
        )


@pytest.mark.parametrize(("call", "line"), [(1, 3), (2, 7)])
def test_pausing_for_a_call(call: int, line: int) -> None:
    with Debugged(WAITING) as d:
        d.pump(lambda: len(d.outcome.calls) == 2)
        d.ok("pause", call=call, reason="model call", text="the model")
        event = d.stop("model call", line)
        assert event["text"] == "the model"
        tasks = d.ok("tasks")["tasks"]
        assert tasks[0]["id"] == event["task"]


def test_pausing_for_a_call_while_another_task_computes() -> None:
    source = """Async.spawn(function()
  Host.later(1, 0.02)
  print("on")
  while not go do end
end)
local x = Host.later(5, 0.1)
go = true
return x
"""
    with Debugged(source) as d:
        d.pump(lambda: d.outcome.text == "on\n")
        d.ok("pause", call=1, reason="tool call")
        event = d.stop("tool call", 6)
        assert event["task"] == 1
        other = d.ok("tasks")["tasks"][1]["id"]
        assert d.stack(other) == ["spell.lua:4 function at line 1", "~spell.lua:1 main chunk"]
        d.ok("evaluate", source="go")
        d.ok("evaluate", frame=d.frames()[0]["id"], source="go = true")
        assert d.go_on() == 5


def test_stepping_on_from_a_wait() -> None:
    source = "local x = Host.later(1, 0.3)\nlocal y = x\nreturn y"
    with Debugged(source) as d:
        d.pump(lambda: len(d.outcome.calls) == 1)
        d.ok("pause")
        d.stop("pause", 1)
        d.step("over", 2)


def test_a_task_that_waits_where_it_cannot_yield() -> None:
    source = """table.sort({2, 1}, function(a, b)
  Host.never()
  return a < b
end)
"""
    with Debugged(source) as d:
        d.pump(lambda: len(d.outcome.calls) == 1)
        d.ok("pause", call=1)
        d.stop("pause", 2)
        assert d.stack() == ["spell.lua:2 function at line 1", "spell.lua:1 main chunk"]
        assert d.variables() == {"a": "1", "b": "2"}


def test_an_interrupt_ends_a_paused_spell() -> None:
    with Debugged("local x = 1\npcall(error, 'x')\nreturn x", 2) as d:
        d.stop("breakpoint", 2)
        d.interrupt()
        assert d.end()["code"] == "interrupted"
        assert d.outcome.value["traceback"] == [{"file": NAME, "line": 2, "function": "main chunk"}]


def test_an_interrupt_frame_alone_ends_a_paused_spell() -> None:
    with Debugged("local x = 1\nwhile true do end", 2) as d:
        d.stop("breakpoint", 2)
        d.send(p.INTERRUPT, 0, b"")
        assert d.end()["code"] == "interrupted"


def test_an_interrupt_ends_a_spell_paused_in_a_wait() -> None:
    with Debugged(WAITING) as d:
        d.pump(lambda: len(d.outcome.calls) == 2)
        d.ok("pause")
        d.stop("pause")
        d.interrupt()
        assert d.end()["code"] == "interrupted"


def test_an_interrupt_ends_a_spell_paused_at_an_error() -> None:
    for filters in (["raised"], ["uncaught"]):
        with Debugged("local x = 1\nerror('lost')", exceptions=filters) as d:
            d.stop("exception", 2)
            d.interrupt()
            d.end()
            assert d.outcome.end == "fail"


def test_an_interrupt_ends_a_busy_debugged_spell() -> None:
    source = "print('on')\nwhile true do pcall(function() while true do end end) end"
    with Debugged(source, {"line": 2, "condition": "false"}) as d:
        d.pump(lambda: d.outcome.text == "on\n")
        d.interrupt()
        assert d.end()["code"] == "interrupted"


def test_an_interrupt_ends_an_evaluation_and_the_spell() -> None:
    with Debugged("local x = 1\nreturn x + 1", 2) as d:
        d.stop("breakpoint", 2)
        id = d.begin("evaluate", source="print('on') or (function() while true do end end)()")
        d.pump(lambda: d.outcome.text == "on\n")
        d.interrupt()
        assert d.end()["code"] == "interrupted"
        assert "error" in d.answers_by_id[id]


def test_a_gone_host_ends_a_paused_worker() -> None:
    with Debugged("local x = 1\nreturn x + 1", 2) as d:
        d.stop("breakpoint", 2)
        d.socket.close()
        assert d.process.wait(30) == 1


def test_exit_under_the_debugger() -> None:
    with Debugged("local x = 1\nexit(3)", 2) as d:
        d.stop("breakpoint", 2)
        d.go_on()
        assert (d.outcome.end, d.outcome.exit_code) == ("exit", 3)


def test_prints_come_while_it_is_paused() -> None:
    with Debugged("print('a')\nlocal x = 1\nreturn x", 2) as d:
        d.stop("breakpoint", 2)
        assert d.outcome.text == "a\n"
        d.ok("evaluate", source="print('b')")
        assert d.outcome.text == "a\nb\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_the_language_has_it(end: str) -> None:
    with Debugged(end.join(["local x = 1", "-- comment", "local y = 2", "return x + y"]), 2) as d:
        d.stop("breakpoint", 3)
        d.go_on()
        assert d.end() == 3
