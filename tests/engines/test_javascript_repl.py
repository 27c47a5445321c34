"""The JavaScript REPL in its worker: pieces, their variables and errors, and what there is."""
# ruff: noqa: E501 - a script on one line reads better than one in pieces

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.javascript_session import MODULES, ReplHost


@pytest.fixture(scope="module")
def shared() -> Iterator[ReplHost]:
    """A session for tests that leave nothing behind which another would notice."""
    with ReplHost(modules=MODULES) as session:
        yield session


@pytest.fixture
def session() -> Iterator[ReplHost]:
    with ReplHost(modules=MODULES) as session:
        yield session


# -- variables


def test_pieces_share_their_variables(session: ReplHost) -> None:
    session.evaluate(
        "let x = 1, { a, b: [c = 3], ...rest } = { a: 2, b: [], d: 4 }; const get = () => x"
    )
    assert session.text("x = 5; [get(), a, c, rest]") == "[ 5, 2, 3, { d: 4 } ]"
    session.evaluate("function f() { return g() + x }")
    session.evaluate("function g() { return 1 }")
    assert session.text("f()") == "6"
    session.evaluate("let x = x + 10")
    assert session.text("[f(), get()]") == "[ 16, 15 ]"


def test_functions_are_there_before_the_piece_runs(session: ReplHost) -> None:
    assert (
        session.text(
            "later(); function later() { return inner() } async function* inner2() {}\nfunction inner() { return 'in' }"
        )
        == "'in'"
    )
    assert session.text("[later.name, (() => inner2.name)()]") == "[ 'later', 'inner2' ]"


@pytest.mark.parametrize(
    "again", ["let v = 2", "const v = 2", "var v = 2", "function v() {}", "class v {}"]
)
@pytest.mark.parametrize(
    "first", ["let v = 1", "const v = 1", "var v = 1", "function v() {}", "class v {}"]
)
def test_a_name_can_be_declared_again(shared: ReplHost, first: str, again: str) -> None:
    assert shared.evaluate(first) == {}
    assert shared.evaluate(again) == {}
    assert shared.text("typeof v === 'function' || v === 2") == "true"


def test_a_constant_stays(session: ReplHost) -> None:
    session.evaluate("const c = 1")
    assert session.error("c = 2")["name"] == "TypeError"
    assert session.error("const d = 1; d = 2")["message"] == "'d' is read-only"
    assert session.text("[c, d]") == "[ 1, 1 ]"


def test_what_a_failed_piece_did_not_come_to_is_not_declared(session: ReplHost) -> None:
    session.evaluate("let kept = 'old'")
    session.error("let first = 1; let kept = null.x, Agent = 2, other = 3")
    assert session.text("[first, kept]") == "[ 1, 'old' ]"
    assert session.error("other")["message"] == "other is not defined"
    assert session.text("Agent") == "[class Agent]"


def test_a_variable_is_not_there_before_its_declaration(session: ReplHost) -> None:
    assert session.error("early; let early = 1")["message"] == "early is not initialized"


def test_vars_are_found_wherever_they_stand(session: ReplHost) -> None:
    session.evaluate(
        "if (true) { for (var [i, { j }] of [[1, { j: 2 }]]) { var k = i + j } }\n(() => { var hidden = 1 })()"
    )
    assert session.text("[i, j, k, typeof hidden]") == "[ 1, 2, 3, 'undefined' ]"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("import d, { two, twice as t } from './math.js'; [d, two, t(2)]", "[ 7, 2, 4 ]"),
        ("import * as all from './math.js'\nall.two", "2"),
        ("import './math.js'; 1", "1"),
        ("import { none } from './math.js'; typeof none", "'undefined'"),
        ("import data from './data.json' with { type: 'json' }; data.a", "[ 1 ]"),
        ("export const shown = 1; shown", "1"),
        ("export default function named() { return 8 }\nnamed()", "8"),
        ("require('./data.json').a", "[ 1 ]"),
    ],
)  # fmt: skip
def test_modules_are_imported(shared: ReplHost, source: str, text: str) -> None:
    assert shared.text(source) == text


def test_an_import_that_fails_says_so(shared: ReplHost) -> None:
    error = shared.error("\nimport { nope } from './math.js'")
    assert error["message"] == "Could not find export 'nope' in module './math.js'"
    assert shared.error("\nimport './none.js'")["code"] == "not_found"


@pytest.mark.parametrize("name", ["undefined", "NaN", "dukpy", "call_python"])
def test_the_languages_own_names_are_not_declared(shared: ReplHost, name: str) -> None:
    assert shared.error(f"var {name} = 1")["name"] == "SyntaxError"


def test_the_last_value_and_error_are_kept(session: ReplHost) -> None:
    session.evaluate("40 + 1")
    session.evaluate("let x = 1")
    assert session.text("_ + 1") == "42"
    session.error("throw { why: 'this' }")
    assert session.text("_error") == "{ why: 'this' }"
    session.evaluate("let _ = 'mine'")
    session.evaluate("1")
    assert session.text("_") == "'mine'"


def test_assigning_an_unknown_name_is_an_error_as_in_a_spell(session: ReplHost) -> None:
    assert session.error("unknown = 1")["message"] == "unknown is not defined"


# -- errors

PLACES: list[tuple[str, list[tuple[str, int]]]] = [
    ("\n\nthrow new Error('x')", [("", 3)]),
    ("function outer() {\n  inner()\n}\nfunction inner() {\n  throw new Error('x')\n}\nouter()", [("inner", 5), ("outer", 2), ("", 7)]),
    ("let a = 1,\n    // why\n  b = 2;\nawait 0;\nthrow new Error(a + b)", [("", 5)]),
    ("class C {\n  m() {\n    throw new Error('x')\n  }\n}\nnew C().m()", [("m", 3), ("", 6)]),
    ("import {\n  two\n} from './math.js'\nthrow new Error('x')", [("", 4)]),
    ("{ a:\n\n (() => { throw new Error('x') })() }", [("", 3), ("", 3)]),
    ("let x =\n  1 +;", [("", 2)]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "places"), PLACES)
def test_lines_are_kept(shared: ReplHost, source: str, places: list[tuple[str, int]]) -> None:
    frames = shared.error(source, name="piece.js")["traceback"]
    assert [(frame["function"], frame["line"]) for frame in frames] == places
    assert {frame["file"] for frame in frames} == {"piece.js"}


def test_a_syntax_error_runs_nothing(shared: ReplHost) -> None:
    error = shared.error("globalThis.ran = 1;\nlet 1")
    assert (error["name"], error["traceback"][0]["line"]) == ("SyntaxError", 2)
    assert shared.text("typeof ran") == "'undefined'"


def test_an_error_of_the_host_keeps_what_it_says(shared: ReplHost) -> None:
    error = shared.error("Host.fail('rate_limited')")
    assert (error["code"], error["hint"], error["retryable"]) == ("rate_limited", "try again", True)


def test_a_wait_that_nothing_can_end_is_an_error(shared: ReplHost) -> None:
    assert "nothing will settle" in shared.error("await new Promise(() => {})")["message"]
    assert shared.text("1") == "1"


def test_a_failure_in_the_background_is_an_event(session: ReplHost) -> None:
    session.evaluate(
        "setTimeout(() => { throw new Error('timer') }, 0); (async () => { throw new Error('lost') })(); 0"
    )
    session.wait_for(lambda: len(session.events) == 2)
    assert sorted(event["error"]["message"] for event in session.events) == ["lost", "timer"]
    assert session.text("1") == "1"


def test_a_rejection_that_the_piece_handles_later_is_no_failure(session: ReplHost) -> None:
    session.evaluate(
        "const p = Host.failLater('x'); await Host.later(1, { seconds: 0.05 }); try { await p } catch {}"
    )
    assert session.text("1") == "1"
    assert session.events == []


def test_a_flood_of_failures_is_bounded(session: ReplHost) -> None:
    session.evaluate("for (let i = 0; i < 1e4; i++) Promise.reject(i); 0")
    assert session.text("1") == "1"
    assert len(session.events) <= 20


def test_timers_and_callbacks_go_on_between_pieces(session: ReplHost) -> None:
    session.evaluate(
        "let ticks = 0; const timer = setInterval(() => ticks++, 1); Host.apply((x) => { globalThis.got = x }, ['yes']); 0"
    )
    session.wait_for(lambda: session.text("ticks > 2 && globalThis.got") == "'yes'")


def test_half_a_character_in_a_piece_does_no_harm(session: ReplHost) -> None:
    assert session.text("'a\udcffb'") == "'a?b'"
    assert session.evaluate("1", name="a\udcff.js")["value"]["text"] == "1"
    assert session.text("1 + 1") == "2"


# -- streams


def test_a_stream_is_printed_as_it_comes(session: ReplHost) -> None:
    assert session.evaluate("Host.count(3)") == {}
    assert session.outcome.printed == "0\n1\n2\n\n"
    assert session.text("_") == "'the whole'"


def test_a_stream_that_is_read_already_is_a_value(session: ReplHost) -> None:
    session.evaluate("const s = Host.count(3); await s.next()")
    assert session.text("s") == "Stream {}"
    assert session.outcome.printed == ""


def test_a_stream_that_breaks_is_an_error(session: ReplHost) -> None:
    assert session.error("Host.count(-1)")["message"] == "the stream broke"


# -- check, members, variables

CHECKS = [
    ("complete", ["", "1", "{ a: 1 }", "{ let x = 1 }", "// c", "let x", "await f()", "#!x\n1", "import 'x'"]),
    ("incomplete", ["f(", "{ a: 1, b: 2", "{ a: 1,", "`abc", "`a${", "/* x", "'abc\\", "let x =", "if (x)", "try {}",
                    "x.", "x =>", "function f() {", "[1,\n2", "a ? b", "class A {", "f( // c", "({", "switch (x) { case 1:"]),
    ("wrong", ["'abc", '"abc', "f)", "let x = ;", "x y", "@", "return 1", "/abc", "try {} x", "{ a: 1 } }", "let a; let a"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "source"), [(state, source) for state, all in CHECKS for source in all]
)
def test_a_piece_is_checked(shared: ReplHost, state: str, source: str) -> None:
    assert shared.ask("check", source=source)["state"] == state


def test_a_wrong_piece_has_a_place(shared: ReplHost) -> None:
    found = shared.ask("check", source="let a = 1\nlet 2")
    assert (found["line"], found["column"]) == (2, 1)
    assert found["message"]


def test_what_is_too_much_to_read_is_wrong(shared: ReplHost) -> None:
    assert shared.ask("check", source="(" * 50_000)["state"] == "wrong"
    assert shared.error("1;" * 600_000)["message"] == "the piece is too long or too deeply nested"
    assert shared.text("1") == "1"


def test_members_are_listed_and_nothing_runs(session: ReplHost) -> None:
    session.evaluate(
        "let o = { list: [1], text: 't', deep: { f() {} }, get bad() { globalThis.ran = 1 } };"
        "class Base { inherited() {} static make() {} }; class Sub extends Base { own = 1 }; let sub = new Sub();"
        "let proxy = new Proxy({ inside: 1 }, { ownKeys() { globalThis.ran = 1 }, get() { globalThis.ran = 1 } });"
        "let big = new Uint8Array(1e6)"
    )
    found = session.members("o")
    assert found["list"] == "object"
    assert (found["text"], found["deep"], found["bad"]) == ("string", "object", "accessor")
    assert session.members("o", "deep")["f"] == "function"
    assert session.members("o", "bad") == {}
    assert session.members("o", "text")["toUpperCase"] == "function"
    assert {"own", "inherited"} <= session.members("sub").keys()
    assert session.members("Sub")["make"] == "function"
    assert session.members("proxy")["inside"] == "number"
    assert "0" not in session.members("big") and "fill" in session.members("big")
    assert session.members("none", "at", "all") == {}
    assert session.text("typeof ran") == "'undefined'"


def test_all_globals_are_members_of_nothing(session: ReplHost) -> None:
    session.evaluate("let mine = 'm'")
    found = session.members()
    assert found["mine"] == "string"
    assert (found["Agent"], found["Host"], found["setTimeout"]) == ("class", "object", "function")
    assert "dukpy" not in found and "call_python" not in found
    assert {"same", "failLater"} <= session.members("Host").keys()


def test_members_are_bounded(session: ReplHost) -> None:
    session.evaluate(
        "let wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => ['k' + i, i])); Object.assign(globalThis, wide); 0"
    )
    assert len(session.members("wide")) == 1000
    assert len(session.members()) == 1000


def test_variables_are_those_the_user_made(session: ReplHost) -> None:
    assert session.ask("variables") == {"variables": []}
    session.evaluate(
        "let n = 1; const list = [[1, { deep: {} }]]; globalThis.set = 's'; let Agent = 3; 5"
    )
    session.evaluate(
        "Object.defineProperty(globalThis, 'got', { get() { globalThis.ran = 1 }, configurable: true }); throw 1"
    )
    found = {v["name"]: (v["type"], v["text"]) for v in session.ask("variables")["variables"]}
    assert found == {
        "n": ("number", "1"), "list": ("Array", "[ [ 1, [Object] ] ]"), "set": ("string", "'s'"),
        "Agent": ("number", "3"), "got": ("accessor", "[Getter]"),
    }  # fmt: skip


def test_a_command_it_does_not_know_is_refused(shared: ReplHost) -> None:
    assert shared.ask("zap")["error"]["code"] == "invalid_argument"


def test_one_piece_at_a_time(session: ReplHost) -> None:
    first = session.begin_piece("await Host.later('first', { seconds: 0.2 })")
    assert session.error("2")["code"] == "invalid_argument"
    assert session.ask("check", source="f(")["state"] == "incomplete"
    assert session.answer_to(first)["value"]["text"] == "'first'"
