"""The debugger in the Lua engine: spells and expressions that mean harm."""

from __future__ import annotations

import pytest

from tests.engines.lua_debug import NAME, Debugged


@pytest.mark.parametrize(
    "source",
    [
        "(function() while true do end end)()",
        "(function() while true do pcall(error) end end)()",
        "(function() while true do pcall(function() while true do end end) end end)()",
        "coroutine.wrap(function() while true do end end)()",
        "table.sort({1, 2, 3}, function() while true do end end)",
        "(function() local function f() return f() end return f() end)()",
        "tostring(setmetatable({}, {__tostring = function() while true do end end}))",
        "Async.map({1, 2}, function() while true do end end)",
    ],
)
def test_an_endless_evaluation_ends(source: str) -> None:
    with Debugged("local x = 1\nreturn x + 1", 2, patience=0.05) as d:
        d.stop("breakpoint", 2)
        assert "computed for more than 0.05 s" in d.refused("evaluate", source=source)
        assert d.value("x") == "1"
        assert d.go_on() == 2


@pytest.mark.parametrize(
    "source", ["(function() while true do end end)()", "Host.never()", "Async.sleep(1000)"]
)
def test_an_evaluation_is_stopped_on_command(source: str) -> None:
    with Debugged("local x = 1\nreturn x + 1", 2, patience=1000) as d:
        d.stop("breakpoint", 2)
        id = d.begin("evaluate", source=f"print('on') or {source}")
        d.pump(lambda: d.outcome.text == "on\n")
        later = d.begin("evaluate", source="1 + 1")
        assert d.ok("stop_evaluating") == {}
        assert d.answer(id)["error"]["message"] == "the evaluation was stopped"
        assert d.answer(later)["text"] == "2"
        assert d.go_on() == 2


def test_other_commands_wait_for_an_evaluation() -> None:
    with Debugged("local x = 1\nreturn x + 1", 2, patience=1000) as d:
        d.stop("breakpoint", 2)
        source = "print('on') or (function() while true do end end)()"
        evaluating = d.begin("evaluate", source=source)
        going_on = d.begin("continue")
        d.pump(lambda: d.outcome.text == "on\n")
        stopping = d.begin("stop_evaluating")
        assert d.end() == 2
        assert list(d.answers_by_id) == [stopping, evaluating, going_on]


def test_variables_that_cannot_be_shown() -> None:
    source = """local meta = {__tostring = error, __index = error, __len = error, __name = "Bad"}
local bad = setmetatable({}, meta)
local endless = setmetatable({}, {__tostring = function() while true do end end})
local cycle = {}
cycle.me = cycle
local binary = "\\xff\\0\\27"
local nan = 0 / 0
local deep = {}
local at = deep
for i = 1, 10000 do at[1] = {} at = at[1] end
local x = 1
"""
    with Debugged(source, 11) as d:
        d.stop("breakpoint", 11)
        variables = d.variables()
        assert variables["bad"].startswith("Bad {")
        assert variables["binary"] == '"\\xFF\\x00\\x1B"'
        assert variables["nan"] == "0/0"
        assert d.value("cycle") == "{me = <cycle>}"
        assert len(d.value("deep")) < 100
        assert d.go_on() is None


def test_a_large_table_is_shown_in_parts() -> None:
    source = """local big, map = {}, {}
for i = 1, 1000000 do big[i] = i end
for i = 1, 50000 do map["k" .. i] = i end
local x = 1
"""
    with Debugged(source, 4, memory=256 << 20) as d:
        d.stop("breakpoint", 4)
        found = {v["name"]: v for v in d.ok("variables", ref=d.scope("Locals"))["variables"]}
        big = found["big"]
        assert big["indexed"] == 1000000
        assert len(big["text"]) < 1000
        assert found["map"]["named"] == 50000
        part = d.ok("variables", ref=big["ref"], start=999990, count=5)["variables"]
        assert [v["text"] for v in part] == ["999991", "999992", "999993", "999994", "999995"]
        assert len(d.ok("variables", ref=big["ref"])["variables"]) == 1000


def test_a_full_memory_can_be_looked_at() -> None:
    source = """local big = {}
local ok = pcall(function()
  for i = 1, 1000000 do big[i] = ("x"):rep(1000) .. i end
end)
local n = #big
big = nil
return ok
"""
    with Debugged(source, 5, memory=8 << 20) as d:
        d.stop("breakpoint", 5)
        assert d.variables()["ok"] == "false"
        assert int(d.value("#big")) > 1000
        assert "memory" in d.refused("evaluate", source="('x'):rep(16 << 20)")
        assert d.go_on() is False


def test_an_error_in_a_full_memory_can_be_looked_at() -> None:
    source = """local big = {}
pcall(function()
  for i = 1, 1000000 do big[i] = ("x"):rep(100) .. i end
end)
return (pcall(error, "full"))
"""
    with Debugged(source, memory=8 << 20, exceptions=["raised"]) as d:
        event = d.stop("exception", 5)
        assert event["error"]["message"] == "full"
        assert d.variables()["big"].startswith("{")
        assert d.go_on() is False


def test_a_coroutine_bomb_is_stepped_through() -> None:
    source = """local function nest(n)
  if n == 0 then
    return 0
  end
  return 1 + coroutine.wrap(nest)(n - 1)
end
return pcall(nest, 1000)
"""
    with Debugged(source, {"line": 2, "condition": "n == 900"}) as d:
        d.stop("breakpoint", 2)
        assert len(d.stack()) == 102
        d.ok("breakpoints", file=NAME, breakpoints=[])
        assert d.go_on() in (True, False)


def test_the_evaluation_sees_nothing_of_the_engine() -> None:
    with Debugged("local x = 1\nlocal y = 2", 2) as d:
        d.stop("breakpoint", 2)
        frame = d.frames()[0]["id"]
        for source in ("debug.getinfo", "getmetatable(_ENV)", "os.execute", "python", "io.open"):
            text = d.ok("evaluate", frame=frame, source=source)["text"]
            assert text in ("nil", "false"), source
