"""JavaScript values as text: what the REPL shows, and that showing runs nothing."""
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


def test_a_long_text_says_what_is_missing(shared: ReplHost) -> None:
    assert shared.text("'x'.repeat(1e6)") == f"'{'x' * 10_000}'… 990000 more characters"
    assert (
        shared.text("Array.from({ length: 107 }, () => 1)", width=1000)
        == f"[ {'1, ' * 100}… 7 more ]"
    )


def test_a_value_of_many_levels_takes_no_time(shared: ReplHost) -> None:
    # Ten thousand million million places in all.
    shared.evaluate(
        "let deep = 'leaf'; for (let i = 0; i < 8; i++) deep = new Array(100).fill(deep)"
    )
    assert len(shared.text("deep", depth=8) or "") <= 20_001


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
