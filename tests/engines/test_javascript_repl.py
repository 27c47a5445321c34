"""The JavaScript REPL in its worker: pieces, their variables and values, and what must not end it."""
# ruff: noqa: E501 - a script on one line reads better than one in pieces

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.engines.javascript_session import ReplHost
from tests.engines.test_javascript_bombs import ENDLESS


@pytest.fixture(scope="module")
def shared() -> Iterator[ReplHost]:
    """A session for tests that leave nothing behind which another would notice."""
    with ReplHost(modules=MODULES) as session:
        yield session


@pytest.fixture
def session() -> Iterator[ReplHost]:
    with ReplHost(modules=MODULES) as session:
        yield session


MODULES = {
    "./math.js": ("math.js", "export default 7; export const two = 2; export let none; export function twice(x) { return 2 * x }"),
    "./data.json": ("data.json", '{"a": [1]}'),
    "./spin.js": ("spin.js", "for (;;) Math.abs(1);"),
    "./half.js": ("half.js", "exports.a = 1;\nif (params.wait !== false) for (;;) Math.abs(1);\nexports.b = 2;"),
}  # fmt: skip


# -- values

VALUES: list[tuple[str, str | None]] = [
    ("1 + 1", "2"),
    ("await Promise.resolve(3)", "3"),
    ("Promise.resolve(4)", "4"),
    ("await Host.later({ a: [1] })", "{ a: [ 1 ] }"),
    ("if (true) 5", "5"),
    ("for (const i of [1, 2]) i", "2"),
    ("6; let unused = 1", "6"),
    ("let nothing = 1", None),
    ("function f() {}", None),
    ("class K {}", None),
    ("undefined", None),
    ("null", "null"),
    ("", None),
    ("// only a comment", None),
    ("#!/usr/bin/env llmspell\n7", "7"),
    ("'it\\'s'", '"it\'s"'),
    ("'use strict'", "'use strict'"),
    ("'a\\n\\x1b[31m\\x7f\\u202e'", "'a\\n\\u001b[31m\\x7f\\u202e'"),
    ("{ a: 1 }", "{ a: 1 }"),
    ("{ a: 1 }.a", "1"),
    ("{ const inner = 1; inner + 1 }", "2"),
    ("{}", "{}"),
    ("export default [1]", "[ 1 ]"),
    ("[undefined, -0, 10n, NaN, Symbol('s'), /x/g]", "[ undefined, -0, 10n, NaN, Symbol(s), /x/g ]"),
    ("new Map([['a', new Set([1])]])", "Map(1) { 'a' => Set(1) { 1 } }"),
    ("[new Date(0), new Date(NaN)]", "[ 1970-01-01T00:00:00.000Z, Invalid Date ]"),
    ("[Promise.resolve(1), new Promise(() => {})]", "[ Promise { 1 }, Promise { <pending> } ]"),
    ("({ [Symbol('k')]: 1, 'b-c': 2 })", "{ 'b-c': 2, [Symbol(k)]: 1 }"),
    ("[class A {}, class B extends Array {}, Math.max, Map, Agent, (x) => x]",
     "[\n  [class A],\n  [class B extends Array],\n  [Function: max],\n  [class Map],\n  [class Agent],\n  [Function (anonymous)]\n]"),
    ("(() => { class P { #x = 1; y = 2; get z() { throw 1 } } return new P() })()", "P { y: 2 }"),
    ("({ get a() { throw 1 }, set b(x) {}, get c() {}, set c(x) {} })",
     "{ a: [Getter], b: [Setter], c: [Getter/Setter] }"),
    ("(() => { const o = { list: [] }; o.list.push(o); return o })()", "{ list: [ <cycle> ] }"),
    ("(() => { const o = {}; return [o, o] })()", "[ {}, {} ]"),
    ("[1, , , 2]", "[ 1, <2 empty items>, 2 ]"),
    ("new Array(1e9)", "[ <10000 empty items>, … 999990000 more ]"),
    ("Object.assign([1], { extra: 2 })", "[ 1, extra: 2 ]"),
    ("new Uint8Array([1, 2])", "Uint8Array(2) [ 1, 2 ]"),
    ("Object.create(null)", "[Object: null prototype] {}"),
    ("[Object.create(Map.prototype), Object.create(Date.prototype)]", "[ Map {}, Date {} ]"),
    ("[new String('s'), Object.create(Number.prototype)]", "[ [String: 's'], Number {} ]"),
    ("new WeakMap()", "WeakMap { <items unknown> }"),
    ("new Agent({})", "Agent {}"),
    ("Object.assign(new Error('e'), { code: 7, stack: '' })", "Error: e { code: 7 }"),
    ("Object.assign(new TypeError('\\x1b]'), { stack: '' })", "TypeError: \\x1b]"),
    ("Object.assign(new Error('e', { cause: 'c' }), { stack: '' })", "Error: e { cause: 'c' }"),
    ("Object.assign(new SpellError('e', { hint: 'h' }), { stack: '' })", "SpellError: e { hint: 'h' }"),
    ("await import('./math.js')", "[Object: null prototype] {\n  default: 7,\n  none: undefined,\n  twice: [Function: twice],\n  two: 2\n}"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text"), VALUES)
def test_a_value_is_written(shared: ReplHost, source: str, text: str | None) -> None:
    assert shared.text(source) == text


TRAPS = "{ get() { throw 1 }, ownKeys() { for (;;); }, getPrototypeOf() { for (;;); }, getOwnPropertyDescriptor() { for (;;); }, has() { for (;;); } }"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (f"new Proxy({{ a: 1 }}, {TRAPS})", "Proxy({ a: 1 })"),
        (f"[new Proxy([1], {TRAPS}), new Proxy(() => {{}}, {TRAPS})]", "[ Proxy([ 1 ]), Proxy([Function (anonymous)]) ]"),
        (f"Object.create(new Proxy({{ a: 1 }}, {TRAPS}))", "{}"),
        (f"Object.setPrototypeOf(() => {{}}, new Proxy(class Q {{}}, {TRAPS}))", "[Function (anonymous)]"),
        ("({ toString() { for (;;); }, toJSON() { for (;;); }, get [Symbol.toStringTag]() { for (;;); } })",
         "{\n  toString: [Function: toString],\n  toJSON: [Function: toJSON],\n  [Symbol(Symbol.toStringTag)]: [Getter]\n}"),
        ("Object.defineProperty(new Error('m'), 'stack', { get() { for (;;); } })", "Error: m"),
        ("Object.defineProperty(() => {}, 'name', { get() { for (;;); } })", "[Function (anonymous)]"),
        ("(() => { class R { static get name() { for (;;); } } return new R() })()", "Object {}"),
    ],
)  # fmt: skip
def test_showing_a_value_runs_nothing_of_it(shared: ReplHost, source: str, text: str) -> None:
    found = shared.text(source)
    assert found is not None
    assert found.replace("Object {}", "{}") == text.replace("Object {}", "{}")


def test_depth_and_width_bound_a_value(shared: ReplHost) -> None:
    assert shared.text("({ a: { b: { c: 1 } } })", depth=2) == "{ a: { b: [Object] } }"
    assert shared.text("[[[1]]]", depth=2) == "[ [ [Array] ] ]"
    assert shared.text("({ aaaa: 1, bbbb: 2 })", width=18) == "{\n  aaaa: 1,\n  bbbb: 2\n}"
    assert (
        shared.text("Array.from({ length: 9 }, (_, i) => i)", width=20)
        == "[\n  0, 1, 2, 3, 4, 5,\n  6, 7, 8\n]"
    )


@pytest.mark.parametrize(
    "source",
    [
        "Array.from({ length: 1e6 }, (_, i) => i)",
        "new Map(Array.from({ length: 2e5 }, (_, i) => [i, 'value']))",
        "new Uint8Array(1e7)",
        "'x'.repeat(1e7)",
        "Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => ({ text: 'y'.repeat(100) })))",
        "Object.fromEntries(Array.from({ length: 1e4 }, (_, i) => ['k'.repeat(500) + i, 'v'.repeat(500)]))",
        "Object.assign(new Error('z'.repeat(1e6)), { data: 'w'.repeat(1e6) })",
        "Array.from({ length: 100 }, () => Symbol('s'.repeat(1e4)))",
    ],
)  # fmt: skip
def test_a_huge_value_is_cut(source: str) -> None:
    with ReplHost(memory=512 << 20) as session:
        text = session.text(source)
    assert text is not None
    assert len(text) <= 20_001
    assert " more" in text or text.endswith("…")


def test_a_record_that_acts_as_text_is_plain(shared: ReplHost) -> None:
    value = shared.evaluate("await new Agent({}).run('x')")["value"]
    assert value == {"text": "heard x", "type": "AgentResult", "plain": True}
    assert shared.evaluate("'x'")["value"]["plain"] is False


@pytest.mark.parametrize(
    ("source", "name"),
    [("1", "number"), ("null", "null"), ("[]", "Array"), ("new Map()", "Map"), ("class A {}; A", "class"),
     ("() => {}", "function"), ("(new (class Foo {})())", "Foo"), ("new Agent({})", "Agent"),
     ("new Proxy({}, {})", "Proxy"), ("new Uint8Array(1)", "Uint8Array")],
)  # fmt: skip
def test_a_value_has_a_type(shared: ReplHost, source: str, name: str) -> None:
    assert shared.evaluate(source)["value"]["type"] == name


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
    assert session.error("other")["name"] == "ReferenceError"
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


def members(session: ReplHost, *path: str) -> dict[str, str]:
    return {m["name"]: m["kind"] for m in session.ask("members", path=list(path))["members"]}


def test_members_are_listed_and_nothing_runs(session: ReplHost) -> None:
    session.evaluate(
        "let o = { list: [1], text: 't', deep: { f() {} }, get bad() { globalThis.ran = 1 } };"
        "class Base { inherited() {} static make() {} }; class Sub extends Base { own = 1 }; let sub = new Sub();"
        "let proxy = new Proxy({ inside: 1 }, { ownKeys() { globalThis.ran = 1 }, get() { globalThis.ran = 1 } });"
        "let big = new Uint8Array(1e6)"
    )
    found = members(session, "o")
    assert found["list"] == "object"
    assert (found["text"], found["deep"], found["bad"]) == ("string", "object", "accessor")
    assert members(session, "o", "deep")["f"] == "function"
    assert members(session, "o", "bad") == {}
    assert members(session, "o", "text")["toUpperCase"] == "function"
    assert {"own", "inherited"} <= members(session, "sub").keys()
    assert members(session, "Sub")["make"] == "function"
    assert members(session, "proxy")["inside"] == "number"
    assert "0" not in members(session, "big") and "fill" in members(session, "big")
    assert members(session, "none", "at", "all") == {}
    assert session.text("typeof ran") == "'undefined'"


def test_all_globals_are_members_of_nothing(session: ReplHost) -> None:
    session.evaluate("let mine = 'm'")
    found = members(session)
    assert found["mine"] == "string"
    assert (found["Agent"], found["Host"], found["setTimeout"]) == ("class", "object", "function")
    assert "dukpy" not in found and "call_python" not in found
    assert {"same", "failLater"} <= members(session, "Host").keys()


def test_members_are_bounded(session: ReplHost) -> None:
    session.evaluate(
        "let wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => ['k' + i, i])); Object.assign(globalThis, wide); 0"
    )
    assert len(members(session, "wide")) == 1000
    assert len(members(session)) == 1000


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


# -- interrupts

STUCK: dict[str, str] = {name: source for name, (source, _) in ENDLESS.items() if "getter of" not in name} | {
    "loops that catch": "for (;;) { try { for (;;); } catch {} }",
    "promises in a loop": "for (;;) new Promise(() => { for (;;); })",
    "promises that are caught": "for (;;) try { await new Promise(() => { for (;;); }) } catch {}",
    "a flood of jobs": "function g() { for (let i = 0; i < 50; i++) Promise.resolve().then(() => {}); Promise.resolve().then(g) }\ng(); await new Promise(() => {})",
    "an error's message": "throw Object.defineProperty(new Error(), 'message', { get() { for (;;); } })",
    "an endless generator": "for await (const x of (async function* () { for (;;) yield 1 })());",
    "a thenable": "await { then() { for (;;); } }",
    "a stream": "Host.count(1000000)",
    "a trap": "new Proxy({}, { get() { for (;;); } }).x",
    "background work": "(async () => { for (;;) await Host.later(1) })(); setInterval(() => {}, 0); await Host.never()",
}  # fmt: skip


@pytest.mark.parametrize("name", STUCK)
def test_an_interrupt_ends_the_piece_and_keeps_the_session(session: ReplHost, name: str) -> None:
    session.evaluate("let kept = [1]")
    error = session.stop(STUCK[name])
    assert (error["code"], error["details"]) == ("interrupted", {"reason": "stop"})
    assert session.text("kept.push(2); kept") == "[ 1, 2 ]"
    assert session.text("await Host.later(3)") == "3"
    assert [name for name in members(session) if name == "kept"] == ["kept"]


def test_an_interrupt_has_a_place(session: ReplHost) -> None:
    error = session.stop("function spin() {\n  for (;;) Math.abs(1)\n}\nspin()")
    assert [(f["function"], f["line"]) for f in error["traceback"]] == [("spin", 2), ("", 4)]
    error = session.stop("\nawait Host.never()")
    assert [(f["function"], f["line"]) for f in error["traceback"]] == [("", 2)]


def test_nothing_of_an_interrupted_piece_runs_on(session: ReplHost) -> None:
    session.stop(
        "let n = 0; Promise.resolve().then(() => { globalThis.a = 1 });"
        "(async () => { await 0; globalThis.b = 1; n = 5 })(); setTimeout(() => { globalThis.c = 1 }, 0);"
        "Host.later(1).then(() => { globalThis.d = 1 });"
        "(async () => { try { await 0; await 0 } finally { Host.note('leak') } })();"
        "try { for (;;); } finally { globalThis.e = 1; Host.note('leak') }"
    )
    session.text("await Host.later(1, { seconds: 0.05 })")
    assert [v["name"] for v in session.ask("variables")["variables"]] == ["n"]
    assert session.text("n") == "0"
    assert session.outcome.notes == []


def test_an_interrupt_cancels_calls(session: ReplHost) -> None:
    session.stop("await Promise.all([Host.never(), Host.never()])")
    assert len(session.outcome.cancelled) == 2


def test_an_interrupt_between_pieces_ends_what_is_in_the_background(session: ReplHost) -> None:
    session.evaluate("let ticks = 0; setInterval(() => ticks++, 1); Host.never(); 0")
    session.interrupt()
    session.wait_for(lambda: len(session.outcome.cancelled) == 1)
    before = session.text("ticks")
    assert session.text("await Host.later(1, { seconds: 0.05 })") == "1"
    assert session.text("ticks") == before


def test_a_loop_in_the_background_is_ended(session: ReplHost) -> None:
    session.evaluate("setTimeout(() => { for (;;); }, 0); let kept = 1")
    check = session.begin("check", source="")
    session.later(0.3, session.interrupt)
    assert session.answer_to(check)["state"] == "complete"
    assert session.text("kept") == "1"


def test_an_interrupt_hits_no_later_piece(session: ReplHost) -> None:
    session.evaluate("0")
    for _ in range(20):
        session.interrupt()
        assert session.text("let s = 0; for (let i = 0; i < 3e4; i++) s += i; 1") == "1"
    for _ in range(10):
        assert session.stop("for (;;) await 0", after=0.01)["code"] == "interrupted"
        assert session.text("for (let i = 0; i < 3e4; i++); 1") == "1"


def test_a_signal_that_comes_late_stops_the_piece_that_it_is_for(session: ReplHost) -> None:
    first = session.begin_piece("for (;;);")
    session.later(0.2, session.interrupt)
    second = session.begin_piece("for (;;);")
    assert session.answer_to(first)["error"]["code"] == "interrupted"
    session.later(0.2, session.interrupt)
    assert session.answer_to(second)["error"]["code"] == "interrupted"


def test_a_suspended_function_of_an_interrupted_piece_can_be_woken(session: ReplHost) -> None:
    session.evaluate(
        "let S, woken = 0; (async () => { let wake = null; S = { push() { wake(1) } }; for (;;) { await new Promise((r) => { wake = r }); woken++ } })(); 0"
    )
    session.stop("for (;;);")
    assert session.text("S.push(); await 0; S.push(); await 0; woken") == "2"


def test_a_module_whose_loading_was_interrupted_is_loaded_anew(session: ReplHost) -> None:
    session.stop("require('./half.js')")
    session.evaluate("params.wait = false")
    assert session.text("require('./half.js')") == "{ a: 1, b: 2 }"


# -- limits

FULL = {
    "objects": "globalThis.a = []; for (;;) a.push({ x: [1] })",
    "after an await": "globalThis.a = []; await Host.later(1); for (;;) a.push({})",
    "a map": "globalThis.a = new Map(); for (;;) a.set({}, [])",
    "one text": "globalThis.a = 'x'; for (;;) a += a",
    "one buffer": "globalThis.a = new ArrayBuffer(2 ** 30)",
    "jobs": "globalThis.a = []; (function f() { a.push([1]); Promise.resolve().then(f); Promise.resolve().then(f) })(); await new Promise(() => {})",
}  # fmt: skip


@pytest.mark.parametrize("name", FULL)
def test_a_session_survives_want_of_memory(name: str) -> None:
    with ReplHost(memory=32 << 20) as session:
        session.evaluate("let kept = 41")
        error = session.error(FULL[name])
        assert (error["code"], error["details"]) == ("limit_exceeded", {"limit": "memory"})
        assert session.text("kept + 1") == "42"
        assert session.text("globalThis.a = null; 'x'.repeat(1e6).length") == "1000000"


def test_the_memory_limit_holds_however_often_it_is_met() -> None:
    with ReplHost(memory=32 << 20) as session:
        session.evaluate("let all = []")
        for _ in range(20):
            session.evaluate("for (;;) all.push(new Uint8Array(1 << 16))")
        assert int(session.text("all.length") or 0) <= (32 + 16) << 4


def test_deep_recursion_is_an_error(shared: ReplHost) -> None:
    assert shared.error("(function f() { f() })()")["name"] == "RangeError"
    assert (
        shared.text("let d = []; for (let i = 0; i < 1e5; i++) d = [d]; d")
        == "[ [ [ [ [Array] ] ] ] ]"
    )


def test_much_is_printed(session: ReplHost) -> None:
    session.evaluate("for (let i = 0; i < 1e5; i++) console.log(i)")
    assert session.outcome.printed.count("\n") == 100_000


def test_a_frozen_global_object_is_the_users_affair(session: ReplHost) -> None:
    session.evaluate("let x = 1; Object.freeze(globalThis); 0")
    assert session.text("x + 1") == "2"
    assert session.error("let y = 1")["name"] == "TypeError"


def test_exit_ends_the_session(session: ReplHost) -> None:
    session.begin_piece("exit(3)")
    while session.step():
        pass
    assert (session.outcome.kind, session.outcome.value) == ("EXIT", 3)


@pytest.mark.parametrize(
    "source",
    [
        "Object.defineProperty(Array.prototype, '0', { set() { for (;;); }, configurable: true }); [1]",
        "Map.prototype.entries = Set.prototype.has = Reflect.ownKeys = Object.keys = JSON.stringify = () => { for (;;); }; new Map([[1, 2]])",
        "Promise.prototype.then = () => { for (;;); }; globalThis.Promise = null; Object.getPrototypeOf = 1; await 1",
        "Array.prototype[Symbol.iterator] = () => { for (;;); }; let q = 1; q",
        "Object.defineProperty(Object.prototype, 'op', { get() { for (;;); } })",
    ],
)  # fmt: skip
def test_changed_builtins_do_not_reach_the_session(session: ReplHost, source: str) -> None:
    session.evaluate(source)
    session.evaluate("let after = [1]; after")
    assert session.text("let { length } = after; length") == "1"
    assert session.ask("variables")["variables"]
    assert session.ask("members", path=["after"])["members"]


def test_a_worker_without_a_session_has_none_of_it(session: ReplHost) -> None:
    found: Any = session.text(
        "[typeof receive, typeof serve, globalThis.dukpy, globalThis.call_python]"
    )
    assert found == "[ 'undefined', 'undefined', undefined, undefined ]"
