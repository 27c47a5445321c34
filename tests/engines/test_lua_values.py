"""Values between a Lua spell and its host."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engines.lua_host import cast


def value_of(source: str, **settings: Any) -> Any:
    outcome = cast(source, **settings)
    assert outcome.end == "done", outcome.value
    return outcome.value


ROUND: list[Any] = [
    None,
    True,
    False,
    0,
    127,
    128,
    -1,
    -33,
    2**63 - 1,
    -(2**63),
    1.5,
    3.0,
    "",
    "é" * 40,
    "x" * 70000,
    b"\xff\x00",
    [],
    {},
    [None, 1, [None]],
    {"a": None, "b": [], "c": {}, "": 0},
    {"deep": [{"x": [1, {"y": b"\xfe"}]}]},
]


@pytest.mark.parametrize("value", ROUND, ids=lambda v: repr(v)[:20])
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    found = value_of("return {Host.same(params.value)}", params={"value": value})
    assert found == [value] if value is not None else not found
    if found:
        assert type(found[0]) is type(value)


def test_null_is_a_value_inside_and_nil_at_the_top() -> None:
    source = """
    local got = Host.same({a = null, b = {null, 1}})
    assert(got.a == null and got.a == JSON.null and got.b[1] == null and #got.b == 2)
    assert(Host.same(null) == nil and Host.same(nil) == nil and Host.same() == nil)
    assert(tostring(null) == "null")
    return Host.apply(function(x) return x == nil end, nil)
    """
    assert value_of(source) is True


def test_an_emptied_list_of_the_host_stays_a_list() -> None:
    source = "local l = Host.same({1}) l[1] = nil return {l, {}, Host.same({x = {}})}"
    assert value_of(source) == [[], {}, {"x": {}}]


def test_a_list_of_the_host_can_get_a_metatable() -> None:
    source = """
    local mt = {__index = function() return "gone" end}
    local l = setmetatable(Host.same({1}), mt)
    return l[5] .. #l .. tostring(getmetatable(l) == mt)
    """
    assert value_of(source) == "gone1true"


REFUSED = {
    "{1, nil, 3}": "a list with holes",
    "{1, 2, x = 1}": "both list items and named keys",
    "{[2] = 1}": "a list with holes",
    "{[0] = 1}": "a list with holes",
    "{[1.5] = 1}": "a key must be text",
    "{[true] = 1}": "a key must be text",
    "0 / 0": "NaN",
    "1 / 0": "infinity",
    "coroutine.create(print)": "a thread cannot cross",
    "(function() local t = {} t.t = t return t end)()": "contains itself",
    "(function() local t = {} for i = 1, 80 do t = {t} end return t end)()": "deeper than 64",
    "{['\\255'] = 1}": "not valid UTF-8",
    "Async.spawn(print)": "a task cannot cross",
    "(Host.letters('x'))": "a stream cannot cross",
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_cannot_cross_is_refused(code: str) -> None:
    outcome = cast(f"local value = {code}\nlocal got = Host.same(value)")
    assert outcome.end == "fail"
    assert outcome.value["code"] == "invalid_argument"
    assert REFUSED[code] in outcome.value["message"]
    assert outcome.where == ["spell.lua:2"]


def test_a_refusal_names_the_function_and_the_path() -> None:
    outcome = cast("Host.open({tools = {{}, {run = {limit = 0/0}}}})")
    message = "Host.open: options.tools[2].run.limit: not a number (NaN) cannot cross"
    assert outcome.value["message"] == message
    assert cast("return {a = 0/0}").value["message"].startswith("the spell's result.a: ")


def test_too_much_at_once_is_refused() -> None:
    outcome = cast("Host.same(('x'):rep(65 << 20))", memory=512 << 20)
    assert "more than" in outcome.value["message"]
    assert outcome.value["code"] == "invalid_argument"


def test_host_objects_have_methods_and_identity() -> None:
    source = """
    local agent = Host.open()
    assert(agent == Host.open() and Host.same({agent})[1] == agent)
    assert(tostring(agent) == "Agent 7")
    return {agent, agent:run("hello").text}
    """
    assert value_of(source) == [("object", "Agent", 7), "re: hello"]


def test_a_method_called_with_a_dot_says_so() -> None:
    outcome = cast("Host.open().run('x')")
    assert outcome.value["message"] == "Agent.run is a method: call it with a colon"


def test_a_text_record_acts_as_text() -> None:
    source = """
    local r = Host.open():run("a")
    assert(r .. "!" == "re: a!" and "!" .. r == "!re: a" and r .. r == "re: are: a")
    assert(tostring(r) == "re: a" and #r == 5 and r.steps == 1)
    print(r)
    local ok, e = pcall(function() return r .. {} end)
    assert(e:find("^spell.lua:6: attempt to concatenate a table value"), e)
    return r
    """
    outcome = cast(source)
    assert outcome.text == "re: a\n"
    assert outcome.value["record"] == "AgentResult"


def test_functions_keep_their_identity() -> None:
    assert value_of("local f = function() end return Host.same({f})[1] == f") is True


def test_params_and_arguments() -> None:
    assert value_of("return {params.n, ARGS}", params={"n": 3}) == [3, ["one", "two"]]


def test_streams_iterate_and_give_their_result() -> None:
    source = """
    local out = {}
    for letter in Host.open():letters("abcde") do out[#out + 1] = letter end
    local stream = Host.letters("xy")
    assert(stream() == "x")
    local whole = stream:result()
    return {table.concat(out), whole, stream() == nil,
      Host.letters("ab", function(l) out[#out + 1] = l end), #out}
    """
    assert value_of(source) == ["abcde", {"whole": True}, True, {"whole": True}, 7]


def test_leaving_a_loop_closes_its_stream() -> None:
    outcome = cast("for l in Host.letters('abcdef') do break end return 1")
    assert [call[0] for call in outcome.calls] == [9, 40, 42]
    outcome = cast("for l in Host.letters('ab') do end return 1")
    assert 42 not in [call[0] for call in outcome.calls]


def test_a_stream_that_breaks_throws() -> None:
    outcome = cast("for l in Host.letters('ab!') do io.write(l) end")
    assert outcome.text == "ab"
    assert (outcome.value["code"], outcome.where) == ("provider_error", ["spell.lua:1"])


def test_standard_input_and_output() -> None:
    source = """
    local first = io.read()
    local word, a, b = io.read(7, "n", "n")
    io.read("l")
    for line in io.lines() do print("[" .. line .. "]") end
    assert(io.read() == nil and io.read("a") == "")
    io.write("a", 1, "\\n"):write("b")
    io.stdout:write("c"):flush()
    io.stderr:write("error")
    return {first, word, a, b}
    """
    outcome = cast(source)
    assert outcome.value == ["first", "second ", 2, 16]
    assert outcome.text == "[]\n[last]\na1\nbc"
    assert outcome.notes == ["error"]


def test_io_lines_reads_no_files() -> None:
    assert cast("io.lines('x')").value["code"] == "invalid_argument"


def test_a_note_is_one_way() -> None:
    outcome = cast("Host.note({level = 'x'}) return 1")
    assert outcome.notes == [{"level": "x"}]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1 + 1", 2),
        ("return 5, 6", 5),
        ("local x = 1", None),
        ("#!/usr/bin/env llmspell \nreturn 3", 3),
        ("\ufeffreturn 4", 4),
        ("-- only\n{1, 2} -- two", [1, 2]),
        ("Async.spawn(function() end)", None),
        ("", None),
    ],
)
def test_the_result_of_a_spell(source: str, value: Any) -> None:
    assert value_of(source) == value


@pytest.mark.parametrize(("code", "exit_code"), [("", 0), ("7", 7), ("false", 1), ("true", 0)])
def test_exit_ends_at_once(code: str, exit_code: int) -> None:
    outcome = cast(f"print('a') pcall(exit, {code}) print('b')".replace(", )", ")"))
    assert (outcome.end, outcome.exit_code, outcome.text) == ("exit", exit_code, "a\n")
