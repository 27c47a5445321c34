"""Sessions in Lua: what chunks share, how values are shown, and what no chunk can break."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.lua_session import Ended, Session


@pytest.fixture(scope="module")
def shared() -> Iterator[Session]:
    """A session for what leaves nothing behind."""
    with Session() as session:
        yield session


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as session:
        yield session


# -- values

SHOWN = {
    "1 + 1": "2",
    "'a\\tb'": '"a\\tb"',
    "'\\0\\255\\27[31m\\xc2\\x9b\\n'": '"\\x00\\xFF\\x1B[31m\\u{9B}\\n"',
    "'äö 日本'": '"äö 日本"',
    "0.1": "0.1",
    "1/3": "0.3333333333333333",
    "2^53": "9007199254740992.0",
    "1/0, -1/0": "math.huge\t-math.huge",
    "math.mininteger": "math.mininteger",
    "1, 'x', nil": '1\t"x"\tnil',
    "nil, 2": "nil\t2",
    "{}": "{}",
    "{1, 2, {x = 3}}": "{1, 2, {x = 3}}",
    "{k10 = 1, k2 = 2, ['a b'] = 3, ['end'] = 4, [true] = 5, [1.5] = 6}": (
        '{[1.5] = 6, ["a b"] = 3, ["end"] = 4, k2 = 2, k10 = 1, [true] = 5}'
    ),
    "null": "null",
    "print": "<function print>",
    "Host.same": "<function Host.same>",
    "function() end": "<function repl:1>",
    "Host.open({})": "<Agent 7>",
    "Host.open({}).run": "<function Agent:run>",
    "{Host.open({}):run('x')}": (
        '{AgentResult {me = {"object", "Agent", 7}, steps = 1, text = "re: x"}}'
    ),
    "Async.spawn(function() end)": "<task>",
    "coroutine.create(print)": "<coroutine suspended>",
    "setmetatable({x = 1}, {__name = 'Point'})": "Point {x = 1}",
    "setmetatable({x = 1}, {__tostring = function() error('no') end})": "{x = 1}",
    "setmetatable({x = 1}, {__index = error, __len = error, __pairs = error})": "{x = 1}",
    "{{{{{1}}}}, {}}": "{{{{{…}}}}, {}}",
}


@pytest.mark.parametrize("source", SHOWN)
def test_a_value_is_shown_as_lua_writes_it(shared: Session, source: str) -> None:
    assert shared.echo(source) == SHOWN[source]


@pytest.mark.parametrize(
    ("source", "text", "kind"),
    [
        ("Host.open({}):run('x\\27')", "re: x\\x1B", "AgentResult"),
        ("setmetatable({}, {__tostring = function() return 'p\\t1' end})", "p\t1", "table"),
    ],
)
def test_what_acts_as_text_is_plain(shared: Session, source: str, text: str, kind: str) -> None:
    assert shared.evaluate(source) == {"value": {"text": text, "type": kind, "plain": True}}


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("1", "number"),
        ("Host.open({})", "Agent"),
        ("select(2, pcall(Host.fail, 'x'))", "SpellError"),
        ("Async.spawn(function() end)", "Task"),
        ("nil, 1", "nil"),
    ],
)
def test_a_value_has_a_type(shared: Session, source: str, kind: str) -> None:
    assert shared.evaluate(source)["value"]["type"] == kind


@pytest.mark.parametrize("source", ["", "-- note", "nil", "return", "x9 = 1", "do return end"])
def test_without_a_value_there_is_none(shared: Session, source: str) -> None:
    assert shared.evaluate(source) == {}


def test_width_and_depth_bound_the_lines(shared: Session) -> None:
    source = "{name = 'abcdefgh', list = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, deep = {{{}, 1}}}"
    assert shared.echo(source, width=24, depth=2) == (
        "{\n"
        "  deep = {{…}},\n"
        "  list = {\n"
        "    1, 2, 3, 4, 5, 6, 7,\n"
        "    8, 9, 10,\n"
        "  },\n"
        '  name = "abcdefgh",\n'
        "}"
    )


BIG = {
    "list": "local t = {} for i = 1, 300000 do t[i] = i end return t",
    "map": "local t = {} for i = 1, 100000 do t['k' .. i] = i end return t",
    "text": "('x'):rep(1000000)",
    "binary": "('\\0\\255'):rep(1000000)",
    "texts": "local t = {} for i = 1, 99 do t[i] = ('y'):rep(9999) end return {t, t, t}",
    "shared": "local t = {} for i = 1, 20 do t = {t, t, t, t, t, t, t, t} end return t",
    "deep": "local t = {} local x = t for i = 1, 10000 do x[1] = {} x = x[1] end return t",
    "values": "table.unpack({1, 2}, 1, 100000)",
    "record": "Host.open({}):run(('\\1'):rep(30000))",
    "maps": "local t = {} for i = 1, 20 do t = {a = t, b = t, c = t, d = t, e = t} end return t",
    "plain": "setmetatable({}, {__tostring = function() return ('\\1'):rep(1000000) end})",
    "wide": "local t = {} for i = 1, 150 do t[('k'):rep(500) .. i] = {{{i}}} end return t",
}


@pytest.mark.parametrize("name", BIG)
@pytest.mark.parametrize("depth", [4, 100])
def test_the_text_is_bounded(shared: Session, name: str, depth: int) -> None:
    text = shared.echo(BIG[name], depth=depth)
    assert text is not None and len(text) <= 20000


def test_what_is_left_out_is_counted(shared: Session) -> None:
    text = shared.echo(BIG["list"])
    assert text is not None and text.endswith("99, 100,\n  … 299900 more\n}")
    assert shared.echo("('x'):rep(20100)") == '"' + "x" * 19957 + '"… 143 more'


def test_a_large_table_is_gone_through_a_few_times_only(shared: Session) -> None:
    source = (
        "local t = {} for i = 1, 1 << 19 do t[-i] = 1 end return {t, t, t, t, t, t, t, t, t, t}"
    )
    text = shared.echo(source)
    assert text is not None and text.count("{…}") == 2


def test_cycles_end(shared: Session) -> None:
    source = "local t = {} t.me = t t.list = {t} return t"
    assert shared.echo(source) == "{list = {<cycle>}, me = <cycle>}"


# -- variables


def test_a_local_is_there_in_later_chunks(session: Session) -> None:
    session.evaluate("local a, b = 1")
    session.evaluate("local function add(n) a = a + n return a end")
    assert session.echo("add(2), a, b, _G.a") == "3\t3\tnil\tnil"
    session.evaluate("a = 10")
    assert session.echo("add(1)") == "11"
    session.evaluate("local a = 'again'")
    assert session.echo("a") == '"again"'


LOCALS = {
    "local x <const> = 5": None,
    "local x <close> = nil": None,
    "do local x = 1 end": None,
    "if true then local x = 1 else local x = 2 end": None,
    "for i = 1, 2 do local x = i end": None,
    "while true do local x = 1 break end": None,
    "repeat local x = 1 until x": None,
    "(function() local x = 1 end)()": None,
    "local s = 'local x = 1' --[[ local x = 1 ]] -- local x = 1": None,
    "local s = [==[ ]] local x = 1 ]==]": None,
    "local s = 'it\\'s' local x = s": '"it\'s"',
    "local x": None,
    "local x -- = 3": None,
    "local x, y -- no value\n= 3, 4": "3",
    "local s = {'end'} local x = 3": "3",
    "for i = 1, 2 do end local x = 4": "4",
    "local function x() return 1 end x = x()": "1",
    "local t = {f = function() end} ; local x = 6 ; local y": "6",
    "local n = 0x1F; local x = n": "31",
}


@pytest.mark.parametrize("source", LOCALS)
def test_only_a_chunks_own_locals_are_the_sessions(session: Session, source: str) -> None:
    session.evaluate("x = nil")
    assert session.evaluate(source) == {}
    assert session.echo("x") == LOCALS[source]


def test_a_local_may_have_a_globals_name(session: Session) -> None:
    session.modules["uses"] = "return type(print)"
    session.evaluate("local type, print = 'kind'")
    assert session.echo("type, print") == '"kind"\tnil'
    assert session.echo("require('uses')") == '"function"'


def test_a_chunk_that_fails_first_declares_nothing(session: Session) -> None:
    session.fail("error('early') local print = 1")
    assert session.echo("print") == "<function print>"


def test_more_locals_than_lua_allows(session: Session) -> None:
    session.evaluate("\n".join(f"local v{i} = {i}" for i in range(300)))
    assert session.echo("v0 + v299") == "299"


def test_lines_stay_right(session: Session) -> None:
    session.evaluate("local a = 1\nlocal function f()\n\n  error('here')\nend")
    error = session.fail("\n\nlocal b = f()")
    assert [(f["file"], f["line"]) for f in error["traceback"]] == [("repl", 4), ("repl", 3)]
    assert session.fail("\nif x then")["traceback"][0]["line"] == 2


def test_the_last_value_and_the_last_error(session: Session) -> None:
    session.evaluate("40 + 2")
    session.evaluate("nil")
    session.evaluate("x = 1")
    assert session.echo("_") == "42"
    error = session.fail("error({code = 'not_found', message = 'gone'})")
    assert (error["code"], error["message"]) == ("not_found", "gone")
    assert session.echo("_error.message, _") == '"gone"\t42'


def test_variables_are_those_the_user_made(session: Session) -> None:
    session.evaluate("local a = {1, 2} b = 'x' local print = 3 1 + 1")
    session.evaluate("local a, b = {1, 2}, 'x' local print = 3 function _G.f() end")
    session.evaluate("1 + 1")
    found = session.ask("variables")["variables"]
    assert [(v["name"], v["type"], v["text"]) for v in found] == [
        ("a", "table", "{1, 2}"),
        ("b", "string", '"x"'),
        ("f", "function", "<function repl:1>"),
        ("print", "number", "3"),
    ]


# -- looking

CHECKED = {
    "complete": ["", "x", "x = 1", "f()", "return", "1, 2", "for i = 1, 2 do\nend", "#x", "--c"],
    "incomplete": [
        *("x =", "f(", "1 +", "if x then", "return 1 +", "local", "[[abc", "--[[", "{1,"),
        *("'abc\\", "function f()\n", "f() x", "local function"),
    ],
}


@pytest.mark.parametrize(
    ("state", "source"), [(state, source) for state in CHECKED for source in CHECKED[state]]
)
def test_completeness_is_the_compilers(shared: Session, state: str, source: str) -> None:
    assert shared.ask("check", source=source) == {"state": state}


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("= 5", 1, 1, "unexpected symbol near '='"),
        ("for i = 1, 2 do\n  x x\nend", 2, 5, "syntax error near 'x'"),
        ("f(1, 2) = 'abc", 1, 9, "syntax error near '='"),
        ("x = 'abc", 1, 5, "unfinished string near ''abc'"),
        ("x = 'ä' + + 2", 1, 11, "unexpected symbol near '+'"),
        ("end", 1, 1, "<eof> expected near 'end'"),
    ],
)
def test_what_is_wrong_has_a_place(
    shared: Session, source: str, line: int, column: int, message: str
) -> None:
    found = shared.ask("check", source=source)
    assert found.pop("state") == "wrong"
    assert found == {"line": line, "column": column, "message": message}


def members(session: Session, *path: str) -> dict[str, str]:
    found = session.ask("members", path=list(path))["members"]
    return {member["name"]: member["kind"] for member in found}


def test_members_of_values_and_of_nothing(session: Session) -> None:
    session.evaluate(
        "local a = {n = 1, f = print, ['no name'] = 1, t = {s = 'x', b = true}}"
        "local agent, made = Host.open({}), setmetatable({own = 1}, {__index = {method = print}})"
        "local trap = setmetatable({}, {__index = function() error('ran') end})"
    )
    everything = members(session)
    assert everything["print"] == "function" and everything["a"] == "table"
    assert everything["agent"] == "object" and everything["Async"] == "table"
    assert members(session, "a") == {"n": "number", "f": "function", "t": "table"}
    assert members(session, "a", "t") == {"s": "string", "b": "boolean"}
    assert members(session, "a", "t", "s")["upper"] == "function"
    assert members(session, "agent") == {"run": "function", "letters": "function"}
    assert members(session, "made") == {"own": "number", "method": "function"}
    assert members(session, "trap", "x") == members(session, "nowhere", "x") == {}
    session.evaluate("local many = {} for i = 1, 5000 do many['k' .. i] = i end")
    assert len(members(session, "many")) == 1000


# -- what goes on meanwhile


def test_a_host_call_suspends_and_tasks_go_on(session: Session) -> None:
    session.evaluate("local n = 0 Async.spawn(function() Async.sleep(0.02) n = n + 1 end)")
    assert session.echo("Host.later('x', 0.1)") == '"x"'
    assert session.echo("n") == "1"


def test_tasks_go_on_while_nothing_is_asked(session: Session) -> None:
    session.evaluate("Async.spawn(function() Async.sleep(0.02) print('late') end)")
    session.pump(lambda: "late\n" in session.outcome.text)
    assert session.echo("1") == "1"
    assert session.events == []


def test_a_failed_task_is_an_event(session: Session) -> None:
    session.evaluate("Async.spawn(function() Async.sleep(0.01)\nerror('alone') end)")
    session.pump(lambda: session.events)
    [event] = session.events
    assert event["event"] == "failed" and event["error"]["message"] == "alone"
    assert event["error"]["traceback"][0]["line"] == 2
    assert session.echo("1") == "1"


def test_a_stream_is_printed_as_it_comes(session: Session) -> None:
    assert session.evaluate("Host.letters('hello')") == {}
    assert session.outcome.text == "hello\n"
    assert session.echo("_") == "{whole = true}"
    session.evaluate("local read = Host.letters('ab') read:result()")
    assert session.echo("read") == "<stream>"


def test_a_stream_that_breaks_is_an_error(session: Session) -> None:
    assert session.fail("Host.letters('ab!c')")["code"] == "provider_error"
    assert session.outcome.text == "ab"
    assert len(session.closed) == 1


def test_waiting_for_nothing_is_an_error(session: Session) -> None:
    source = "local a, b a = Async.spawn(function() b:wait() end)\n"
    source += "b = Async.spawn(function() a:wait() end) a:wait()"
    assert "never happen" in session.fail(source)["message"]
    assert session.echo("1") == "1"


def test_chatter_ends(session: Session) -> None:
    session.evaluate("for i = 1, 1e5 do print(i) end")
    assert session.outcome.text.endswith("\n99999\n100000\n")


def test_exit_ends_the_worker(session: Session) -> None:
    with pytest.raises(Ended) as end:
        session.evaluate("exit(3)")
    assert end.value.args[:2] == ("exit", 3)


def test_a_command_there_is_not(shared: Session) -> None:
    assert shared.ask("dance")["error"]["code"] == "invalid_argument"
