"""What the host learns of a Lua spell's errors, and what the spell itself sees."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engines.lua_host import cast


def failure(source: str, **settings: Any) -> dict[str, Any]:
    outcome = cast(source, **settings)
    assert outcome.end == "fail"
    found: dict[str, Any] = outcome.value
    return found


def test_a_traceback_is_innermost_first_and_names_functions() -> None:
    source = """local function inner() error("boom") end
local function outer()
  inner()
  return 1
end
outer()"""
    found = failure(source)
    assert (found["code"], found["message"]) == ("spell_error", "boom")
    assert found["traceback"] == [
        {"file": "spell.lua", "line": 1, "function": "inner"},
        {"file": "spell.lua", "line": 3, "function": "outer"},
        {"file": "spell.lua", "line": 6, "function": "main chunk"},
    ]


def test_a_level_moves_the_blame() -> None:
    source = "local function f()\n  error('x', 2)\nend\nf()\nreturn 1"
    assert cast(source).where == ["spell.lua:4"]


@pytest.mark.parametrize(
    "end",
    [
        "return Host.fail()",
        "return(Host.fail 'x')",
        "return Host.fail() -- return",
        "return Host.fail(function()\n return 1 end)",
        "return Host.fail(), 2",
        "if true then\n local got = Host.fail() end return",
    ],
)
def test_the_line_of_a_final_return_is_known(end: str) -> None:
    where = cast(f"local returned = 1\n{end}").where
    assert where in (["spell.lua:2"], ["spell.lua:3"])


def test_the_place_survives_coroutines_tasks_and_rethrowing() -> None:
    source = """local function deep()
  local x = nil
  return x.y
end
local generate = coroutine.wrap(function() return (deep()) end)
Async.all{function()
  generate()
end}"""
    outcome = cast(source)
    assert outcome.where == ["spell.lua:3", "spell.lua:5", "spell.lua:7", "spell.lua:6"]
    assert outcome.value["message"] == "attempt to index a nil value (local 'x')"


def test_a_syntax_error_has_its_place() -> None:
    outcome = cast("local a = 1\nlocal = 2")
    assert outcome.value["message"] == "<name> expected near '='"
    assert outcome.where == ["spell.lua:2"]


def test_a_check_compiles_and_runs_nothing() -> None:
    outcome = cast("print('ran') return 1", form="check")
    assert (outcome.end, outcome.value, outcome.text) == ("done", None, "")
    assert cast("x = = 1", form="check").where == ["spell.lua:1"]


def test_errors_of_the_host_are_tables_that_act_as_text() -> None:
    source = """
    local ok, e = pcall(Host.fail, "not_found")
    assert(not ok and type(e) == "table")
    assert(e.code == "not_found" and e.hint == "try" and e.retryable and e.details.n == 1)
    assert("said: " .. e == "said: it failed" and tostring(e) == "it failed")
    local again, same = pcall(Host.fail_later, "timeout")
    error(same)
    """
    found = failure(source)
    assert (found["code"], found["retryable"]) == ("timeout", True)
    assert (found["message"], found["hint"], found["details"]) == ("it failed", "try", {"n": 1})


THROWN: dict[str, dict[str, Any]] = {
    "error({code = 'not_found', message = 'm', hint = 'h', details = {a = {1}}})": {
        "code": "not_found",
        "message": "m",
        "hint": "h",
        "details": {"a": [1]},
    },
    "error({code = 'nonsense', message = 'm'})": {"code": "spell_error", "message": "m"},
    "error({code = 'interrupted', message = 'm'})": {"code": "spell_error"},
    "error({name = 'Mine', message = 'm', retryable = true})": {"name": "Mine", "retryable": True},
    "error({1, 2})": {"message": "the spell threw a table without a message"},
    "error(setmetatable({}, {__tostring = function() return 'me' end}))": {"message": "me"},
    "error(setmetatable({}, {__tostring = function() error('x') end}))": {
        "message": "an error object that cannot be shown as text"
    },
    "error()": {"message": "nil"},
    "error(12, 0)": {"message": "12"},
    "error('a: b', 0)": {"message": "a: b"},
    "error('other.lua:3: b', 0)": {"message": "other.lua:3: b"},
    "error('\\255', 0)": {"message": "?"},
    "error({message = '\\255'})": {"message": "?"},
    "error({message = 'm', details = {f = coroutine.create(print)}})": {"message": "m"},
    "error(print, 0)": {"code": "spell_error"},
}


@pytest.mark.parametrize("code", THROWN)
def test_whatever_is_thrown_becomes_an_error_map(code: str) -> None:
    found = failure(f"local one = 1\n{code}")
    assert {key: found.get(key) for key in THROWN[code]} == THROWN[code]
    assert found["traceback"] == [{"file": "spell.lua", "line": 2, "function": "main chunk"}]


def test_errors_in_wrapped_library_functions_blame_the_spell() -> None:
    source = """local ok, e = pcall(function() table.insert(1, 2) end)
assert(e == "spell.lua:1: bad argument #1 to 'insert' (table expected, got number)", e)
table.concat({{}})"""
    outcome = cast(source)
    assert outcome.where == ["spell.lua:3"]
    assert "engine" not in outcome.value["message"]


def test_xpcall_gives_its_handler_the_traceback() -> None:
    source = """
local function fail() error("x") end
local ok, text = xpcall(fail, function(e) return debug.traceback(e) end)
return text"""
    text = cast(source).value
    assert text.startswith("spell.lua:2: x\nstack traceback:\n\tspell.lua:2: in function at line")
    assert "engine" not in text


def test_a_callback_reports_its_error_and_the_rest_goes_on() -> None:
    source = """
    local ok, e = pcall(Host.apply, function() error({code = "not_found", message = "m"}) end)
    return {ok, e.code, e.message, Host.apply(function(x) return x + 1 end, 1)}
    """
    assert cast(source).value == [False, "not_found", "m", 2]


def test_memory_has_its_own_code() -> None:
    found = failure("local t = {}\nwhile true do t[#t + 1] = {} end", memory=16 << 20)
    assert (found["code"], found["details"]) == ("limit_exceeded", {"limit": "memory"})


def test_waiting_for_nothing_is_an_error() -> None:
    source = """
    local a, b
    a = Async.spawn(function() Async.sleep(0) return b:wait() end)
    b = Async.spawn(function() return a:wait() end)
    """
    assert "never happen" in failure(source)["message"]
