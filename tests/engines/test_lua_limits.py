"""Bombs in Lua: each ends soon after the interrupt, with the place in the spell it was at."""

from __future__ import annotations

import pytest

from tests.engines.lua_host import cast

LOOPS = {
    "plain": "while true do end",
    "pcall": "while true do pcall(function() while true do end end) end",
    "pcall tower": "local function f() while true do pcall(f) end end f()",
    "xpcall handler": """
        while true do
          xpcall(function() while true do end end, function() while true do end end)
        end""",
    "coroutine": """
        while true do
          coroutine.resume(coroutine.create(function() while true do end end))
        end""",
    "gsub tower": "local function f() while true do pcall(string.gsub, 'x', 'x', f) end end f()",
    "close handler": """
        local function f()
          local x <close> = setmetatable({}, {__close = function() while true do end end})
          while true do end
        end
        while true do pcall(f) end""",
    "wrap tower": "local function f() while true do pcall(coroutine.wrap(f)) end end f()",
    "xpcall tower": "local function f() while true do xpcall(f, f) end end f()",
    "tostring tower": """
        local mt = {}
        local o = setmetatable({}, mt)
        mt.__tostring = function() while true do pcall(tostring, o) end end
        tostring(o)""",
    "metamethod tower": """
        local mt = {}
        local o = setmetatable({}, mt)
        mt.__index = function() while true do pcall(function() return o.x end) end end
        local x = o.x""",
    "load reader": "load(function() while true do end end)",
    "error in close": """
        local function f()
          local x <close> = setmetatable({}, {__close = function() pcall(error) end})
          f()
        end
        while true do pcall(f) end""",
    "sort tower": "local function f() while true do pcall(table.sort, {3, 2, 1}, f) end end f()",
    "generators": """
        while true do
          local g = coroutine.wrap(function() while true do coroutine.yield({}) end end)
          g() g()
        end""",
    "host calls": "while true do pcall(Host.same, 1) end",
    "waiting calls": "while true do pcall(Host.later, 1) end",
    "tasks": "local function f() while true do pcall(Async.all, {f, f}) end end f()",
    "spawn": "while true do Async.spawn(function() end):wait() end",
    "prints": "while true do print(('x'):rep(100)) end",
    "notes": "while true do Host.note(1) end",
    "comparators": "while true do table.sort({2, 1}, function() return Host.later(true) end) end",
    "callbacks": "local function f() return Host.apply(function() return f() end) end f()",
    "thrown tostring": """
        error(setmetatable({}, {__tostring = function() while true do end end}))""",
    "cancelled task": """
        local t = Async.spawn(function()
          local x <close> = setmetatable({}, {__close = function() while true do end end})
          Host.never()
        end)
        Async.sleep(0.01)
        t:cancel()""",
    "garbage": """
        local t = {}
        while true do
          for i = 1, 1000 do t[i] = {t[i - 1]} end
          t = {}
        end""",
    "deep recursion": "local function f() return 1 + f() end while true do pcall(f) end",
}
WAITS = {
    "never": "Host.never()",
    "caught": "while true do pcall(Host.never) end",
    "asleep": "while true do pcall(Async.all, {function() Async.sleep(10) end, Host.never}) end",
    "in a comparator": "table.sort({2, 1}, function() Host.never() end)",
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_computing_spell_stops(name: str) -> None:
    """By the signal alone: it never looks at the socket."""
    outcome = cast(LOOPS[name], interrupt_after=0.5, quiet=True, hardened=True)
    assert outcome.end == "fail", outcome
    assert outcome.value["code"] in ("interrupted", "limit_exceeded")
    assert outcome.value["traceback"]
    # 0.3 s on a quiet machine; a busy one gets time.
    assert outcome.seconds < 50


@pytest.mark.parametrize("name", WAITS)
def test_a_waiting_spell_stops(name: str) -> None:
    outcome = cast(WAITS[name], interrupt_after=0.4)
    assert (outcome.end, outcome.value["code"]) == ("fail", "interrupted")
    assert outcome.value["details"] == {"reason": "stop"}
    assert set(outcome.where) == {"spell.lua:1"}
    assert outcome.seconds < 50


@pytest.mark.parametrize("quiet", [False, True])
def test_an_interrupt_that_comes_before_the_spell_begins_is_not_lost(quiet: bool) -> None:
    outcome = cast("while true do end", interrupt_after=0, quiet=quiet, hardened=True)
    assert (outcome.end, outcome.value["code"]) == ("fail", "interrupted")


def test_an_interrupt_says_where_it_struck() -> None:
    outcome = cast("local function spin()\n  while true do end\nend\nspin()", interrupt_after=0.1)
    assert outcome.where == ["spell.lua:2", "spell.lua:4"]


def test_processor_time_is_a_reason_of_its_own() -> None:
    outcome = cast("while true do end", hardened=True, cpu=1)
    assert outcome.value["code"] == "interrupted"
    assert outcome.value["details"] == {"reason": "cpu"}


MEMORY = {
    "text": "local s = 'x' while true do s = s .. s end",
    "tables": "local t = {} while true do t[#t + 1] = {} end",
    "coroutines": """
        local t = {}
        while true do t[#t + 1] = coroutine.create(print) end""",
    "repeat": "string.rep('x', 1 << 29)",
    "concat": "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(1 << 16) end table.concat(t)",
    "host results": "local t = {} while true do t[#t + 1] = Host.blob(1000000) end",
    "one host result": "Host.blob(60000000)",
    "print": "print(('x'):rep(1 << 22):rep(10))",
}


@pytest.mark.parametrize("name", MEMORY)
def test_memory_ends_with_its_code(name: str) -> None:
    outcome = cast(MEMORY[name], memory=32 << 20, hardened=True)
    assert outcome.value["code"] == "limit_exceeded", outcome.value
    assert outcome.value["details"] == {"limit": "memory"}


def test_running_out_of_memory_again_and_again_ends() -> None:
    source = """
    local t = {}
    for i = 1, 20 do pcall(function() while true do t[#t + 1] = {} end end) end
    t = nil
    return "alive"
    """
    outcome = cast(source, memory=32 << 20)
    assert outcome.end == "done" or outcome.value["code"] == "limit_exceeded"


def test_a_spell_at_its_memory_limit_can_still_talk() -> None:
    """Host calls with no byte left neither hang nor crash (they did, unguarded)."""
    source = """
    local t = {}
    for i = 1, 200000 do t[i] = false end
    local n = 0
    local function add(size) t[n + 1] = string.rep("x", size) .. n n = n + 1 end
    for _, size in ipairs({1000000, 100000, 10000, 1000, 100, 10}) do
      while n < 190000 and pcall(add, size) do end
    end
    for i = 1, 500 do
      pcall(Host.same, "abcdefgh")
      pcall(Host.fail)
      pcall(Host.later, i)
      pcall(print, i)
    end
    t = nil
    return Host.same("alive")
    """
    outcome = cast(source, memory=16 << 20)
    assert (outcome.end, outcome.value) == ("done", "alive")


BOUNDED = {
    "table.move({}, 1, 1 << 50, 2)": "too many elements",
    "table.move({}, math.mininteger, math.maxinteger, 2)": "too many elements",
    "table.insert(setmetatable({}, {__len = function() return 1 << 50 end}), 1, 'x')": "too large",
    "table.remove(setmetatable({}, {__len = function() return 1 << 50 end}), 1)": "too large",
    "table.sort(setmetatable({}, {__len = function() return 1 << 30 end}), tonumber)": "too large",
    "table.concat(setmetatable({}, {__len = function() return 1 << 50 end}))": "too large",
    "table.concat({}, '', 1, 1 << 50)": "too many items",
    "string.rep('x', 1 << 50)": "too large",
    "string.rep('x', 1e15)": "too large",
    "table.unpack({}, 1, 1e8)": "too many results",
    "load(('('):rep(1000))": "overflow",
}


@pytest.mark.parametrize("code", BOUNDED)
def test_endless_work_inside_c_is_refused(code: str) -> None:
    source = (
        f"local ok, a, b = pcall(function() return {code} end) return tostring(a) .. tostring(b)"
    )
    outcome = cast(source, deadline=60)
    assert outcome.end == "done"
    assert BOUNDED[code] in outcome.value


def test_repeating_nothing_is_quick() -> None:
    assert cast("return #string.rep('', 1 << 60)", deadline=60).value == 0


def test_pattern_backtracking_can_only_be_killed() -> None:
    outcome = cast("string.find(('a'):rep(3000), ('.-'):rep(6) .. 'b')", deadline=0.5)
    assert outcome.end == "crash"


def test_recursion_without_end_is_an_ordinary_error() -> None:
    source = "local function f() return 1 + f() end local ok, e = pcall(f) return e"
    assert "stack overflow" in cast(source, memory=256 << 20).value


def test_nested_pcalls_are_bounded() -> None:
    source = """
    local deepest = 0
    local function f(n) deepest = math.max(deepest, n) return pcall(f, n + 1) end
    f(1)
    return deepest
    """
    assert 100 < cast(source).value <= 170
