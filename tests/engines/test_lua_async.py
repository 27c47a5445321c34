"""Tasks, callbacks and waiting in Lua."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engines.lua_host import cast


def value_of(source: str, **settings: Any) -> Any:
    outcome = cast(source, **settings)
    assert outcome.end == "done", outcome.value
    return outcome.value


# What may wait for the host: code that can yield, and code that cannot.
PLACES = {
    "plain": "return Host.later(5)",
    "pcall": "local _, v = pcall(Host.later, 5) return v",
    "xpcall": "local _, v = xpcall(Host.later, print, 5) return v",
    "generator": """
        local g = coroutine.wrap(function() coroutine.yield(Host.later(5)) end)
        return g()""",
    "nested generators": """
        local function nest(n)
          if n == 0 then return Host.later(5) end
          return coroutine.wrap(function() return nest(n - 1) end)()
        end
        return nest(5)""",
    "comparator": """
        local t = {3, 5, 1}
        table.sort(t, function(a, b) return Host.later(a < b) end)
        return t[3]""",
    "gsub": "return tonumber((('x'):gsub('x', function() return tostring(Host.later(5)) end)))",
    "index": "return setmetatable({}, {__index = function(_, k) return Host.later(k) end})[5]",
    "tostring": """
        local t = setmetatable({}, {__tostring = function() return Host.later('5') end})
        return tonumber(tostring(t))""",
    "generator in comparator": """
        local t = {3, 5, 1}
        table.sort(t, function(a, b)
          return coroutine.wrap(function() return Host.later(a < b) end)()
        end)
        return t[3]""",
    "close": """
        local v
        do local c <close> = setmetatable({}, {__close = function() v = Host.later(5) end}) end
        return v""",
    "callback": "return Host.apply(function(x) return Host.later(x) end, 5)",
    "callback in comparator": """
        local t = {3, 5, 1}
        table.sort(t, function(a, b)
          return Host.apply(function() return Host.later(a < b, 0.01) end)
        end)
        return t[3]""",
    "load": "return load('return Host.later(5)')()",
    "task": "return (Async.spawn(Host.later, 5):wait())",
    "iterator": "for v in function() return Host.later(5) end do return v end",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_host_call_may_wait_anywhere(place: str) -> None:
    assert value_of(PLACES[place]) == 5


def test_others_run_while_a_comparator_waits() -> None:
    source = """
    local ticks = 0
    local other = Async.spawn(function() for i = 1, 5 do Async.sleep(0.01) ticks = i end end)
    table.sort({2, 1}, function(a, b) Host.later(1, 0.2) return a < b end)
    return ticks
    """
    assert value_of(source) == 5


def test_all_runs_side_by_side_and_keeps_the_order() -> None:
    source = """
    local started = 0
    return Async.all{
      function() started = started + 1 Host.later(1, 0.2) return {"a", started} end,
      function() started = started + 1 Host.later(1, 0.1) return {"b", started} end,
      function() started = started + 1 return {"c", started} end,
    }
    """
    outcome = cast(source)
    assert outcome.value == [["a", 3], ["b", 3], ["c", 3]]
    assert value_of("return Async.all{}") == []


def test_the_first_failure_cancels_the_others() -> None:
    source = """
    local log = {}
    local ok, e = pcall(Async.all, {
      function()
        local c <close> = setmetatable({}, {__close = function() log[#log + 1] = "closed" end})
        Host.never()
      end,
      function() Async.sleep(0.01) error({code = "not_found", message = "first"}) end,
      function() Async.sleep(0.05) log[#log + 1] = "ran on" end,
    })
    Async.sleep(0.1)
    return {ok, e.message, log}
    """
    outcome = cast(source)
    assert outcome.value == [False, "first", ["closed"]]
    assert len(outcome.cancelled) == 1


def test_map_keeps_its_limit() -> None:
    source = """
    local now, most = 0, 0
    local got = Async.map({1, 2, 3, 4, 5, 6, 7}, function(x, i)
      now = now + 1
      most = math.max(most, now)
      Host.later(1, 0.02)
      now = now - 1
      return x * 10 + i
    end, {limit = 3})
    return {most, got}
    """
    assert value_of(source) == [3, [11, 22, 33, 44, 55, 66, 77]]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("Async.all(1)", "Async.all: 'tasks' must be a list, got a number"),
        ("Async.all({1})", "'tasks'[1] must be a function or a task"),
        ("Async.map({}, 1)", "'fn' must be a function"),
        ("Async.map({1}, print, {limit = 0})", "'options'.limit"),
        ("Async.map({1}, print, {limits = 1})", "'limits' is not an option"),
        ("Async.race({})", "must not be empty"),
        ("Async.sleep(-1)", "seconds"),
        ("Async.sleep(0/0)", "seconds"),
        ("Async.timeout('x', print)", "seconds"),
        ("Async.spawn()", "must be a function"),
        ("Async.spawn(print).wait()", "with a colon"),
    ],
)
def test_wrong_arguments_are_named(code: str, message: str) -> None:
    outcome = cast(code)
    assert outcome.value["code"] == "invalid_argument"
    assert message in outcome.value["message"]


def test_race_gives_the_first_and_cancels_the_rest() -> None:
    source = """
    local v = Async.race{function() Host.never() end, function() return Host.later("x", 0.02) end}
    local ok, e = pcall(Async.race, {Host.never, function() error("lost", 0) end})
    return {v, ok, e}
    """
    outcome = cast(source)
    assert outcome.value == ["x", False, "lost"]
    assert len(outcome.cancelled) == 2


def test_tasks_can_stand_in_lists() -> None:
    source = """
    local function after(seconds, value)
      return Async.spawn(function() Async.sleep(seconds) return value end)
    end
    local slow = after(10, "slow")
    local fast = Async.race{slow, after(0.01, "fast")}
    local failing = Async.spawn(function() Async.sleep(0.01) error("lost", 0) end)
    local ok, e = pcall(Async.all, {failing, Host.never})
    return {fast, slow:done(), Async.all{after(0, 1), function() return 2 end}, ok, e}
    """
    assert value_of(source) == ["fast", True, [1, 2], False, "lost"]


def test_timeout_is_an_error_with_a_code() -> None:
    source = """
    local ok, e = pcall(Async.timeout, 0.03, function() Host.never() end)
    local a, b = Async.timeout(1, function() return 1, 2 end)
    return {ok, e.code, e.retryable, a, b}
    """
    outcome = cast(source)
    assert outcome.value == [False, "timeout", True, 1, 2]
    assert len(outcome.cancelled) == 1


def test_tasks_wait_cancel_and_say_whether_they_are_done() -> None:
    source = """
    local t = Async.spawn(function(a, b) Async.sleep(0.01) return a, b end, 1, 2)
    local before = t:done()
    local a, b = t:wait()
    local c = Async.spawn(Host.never)
    Async.sleep(0.01)
    c:cancel() c:cancel()
    local ok, e = pcall(c.wait, c)
    return {before, t:done(), a, b, c:done(), ok, e.code}
    """
    assert value_of(source) == [False, True, 1, 2, True, False, "cancelled"]


def test_a_cancelled_task_cannot_catch_its_end() -> None:
    source = """
    local ran = {}
    local t
    t = Async.spawn(function()
      pcall(function() t:cancel() end)
      ran[1] = true
    end)
    pcall(t.wait, t)
    local u = Async.spawn(function()
      table.sort({2, 1}, function(a, b) pcall(Host.never) ran[2] = true end)
    end)
    Async.sleep(0.01)
    u:cancel()
    Async.sleep(0.05)
    return {ran[1] == nil, ran[2] == nil}
    """
    outcome = cast(source)
    assert outcome.value == [True, True]
    assert len(outcome.cancelled) == 1


def test_what_was_started_is_finished() -> None:
    outcome = cast("Async.spawn(function() Async.sleep(0.05) print('late') end) return 1")
    assert (outcome.value, outcome.text) == (1, "late\n")


def test_a_failure_nobody_sees_fails_the_run() -> None:
    outcome = cast("Async.spawn(function() error('lost') end)\nAsync.sleep(0.01)\nreturn 1")
    assert (outcome.end, outcome.value["message"]) == ("fail", "lost")
    seen = "local t = Async.spawn(error, 'x') Async.sleep(0.01) pcall(t.wait, t) return 1"
    assert value_of(seen) == 1


def test_a_coroutine_that_waits_is_not_suspended() -> None:
    source = """
    local co = coroutine.create(function() return Host.later("mine", 0.05) end)
    local t = Async.spawn(function() return select(2, coroutine.resume(co)) end)
    Async.sleep(0.01)
    return {coroutine.status(co), (coroutine.resume(co)), (t:wait()), coroutine.status(co)}
    """
    assert value_of(source) == ["normal", False, "mine", "dead"]


def test_the_library_of_coroutines() -> None:
    source = """
    local co = coroutine.create(function(a) local b = coroutine.yield(a + 1) error(b, 0) end)
    local _, first = coroutine.resume(co, 1)
    local ok, e = coroutine.resume(co, "end")
    local closed
    local c = coroutine.create(function()
      local x <close> = setmetatable({}, {__close = function() closed = true end})
      coroutine.yield()
    end)
    coroutine.resume(c)
    return {first, ok, e, coroutine.status(co), coroutine.close(c), closed,
      coroutine.isyieldable(), select(2, coroutine.running()),
      select(2, coroutine.resume(co)), (pcall(coroutine.resume, 1))}
    """
    assert value_of(source) == [
        *(2, False, "end", "dead", True, True, False, True),
        *("cannot resume dead coroutine", False),
    ]


def test_coroutines_on_the_way_up_cannot_be_closed() -> None:
    source = """
    local outer
    outer = coroutine.create(function()
      local _, inner = coroutine.resume(coroutine.create(function()
        return select(2, pcall(coroutine.close, outer))
      end))
      return {inner, select(2, pcall(coroutine.close, outer))}
    end)
    return select(2, coroutine.resume(outer))
    """
    found = value_of(source)
    assert "cannot close a normal coroutine" in found[0]
    assert "cannot close a running coroutine" in found[1]


def test_too_many_tasks_are_refused() -> None:
    source = "for i = 1, 20000 do Async.spawn(Host.never) end"
    outcome = cast(source)
    assert outcome.value["code"] == "limit_exceeded"
    assert outcome.value["details"] == {"limit": "tasks"}


def test_waits_inside_comparators_nest_only_so_far() -> None:
    source = """
    local function nest()
      table.sort({2, 1}, function(a, b) Host.apply(nest) return a < b end)
    end
    nest()
    """
    outcome = cast(source)
    assert outcome.value["code"] == "limit_exceeded"
    assert outcome.value["details"] == {"limit": "stack"}


def test_an_abandoned_callback_is_cancelled() -> None:
    source = """
    local log = {}
    local ok = pcall(Host.apply_briefly, function()
      local c <close> = setmetatable({}, {__close = function() log[1] = "closed" end})
      Host.never()
    end)
    return {ok, log}
    """
    outcome = cast(source)
    assert outcome.value == [False, ["closed"]]


def test_a_thousand_calls_at_once() -> None:
    source = """
    local list = {}
    for i = 1, 1000 do list[i] = i end
    local sum = 0
    for _, v in ipairs(Async.map(list, function(x) return Host.later(x) end)) do sum = sum + v end
    return sum
    """
    assert value_of(source) == 500500
