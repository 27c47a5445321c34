"""Values between a JavaScript spell and the host: what crosses, and what is refused where."""
# ruff: noqa: E501 - a script on one line reads better than one in pieces

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engines.javascript_host import MARK, Host, run, value_of

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=25,
)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(values, max_size=60))
def test_values_survive_the_way_there_and_back(items: list[Any]) -> None:
    source = (
        "const back = [];\nfor (const item of params.items) {\n"
        "  back.push(Host.same(item), await Host.later(item));\n}\nexport default back"
    )

    def doubled(item: Any) -> list[Any]:
        return [decoded(item), decoded(item)]

    found = decoded(value_of(source, params={"items": mark(items)}))
    assert found == [copy for item in items for copy in doubled(item)]


def mark(value: Any) -> Any:
    """Writes a value as the host does: a map that has the marker key is escaped."""
    if isinstance(value, list):
        return [mark(item) for item in value]
    if isinstance(value, dict):
        marked = {key: mark(item) for key, item in value.items()}
        return {MARK: ["m", [list(pair) for pair in marked.items()]]} if MARK in value else marked
    return value


def decoded(value: Any) -> Any:
    """Reads a value as the host does: an integer JavaScript cannot hold exactly was a float."""
    if isinstance(value, int) and abs(value) >= 2**53:
        return float(value)
    if isinstance(value, list):
        return [decoded(item) for item in value]
    if isinstance(value, dict):
        if list(value) == [MARK] and isinstance(value[MARK], list) and value[MARK][0] == "m":
            value = dict(value[MARK][1])
        return {key: decoded(item) for key, item in value.items()}
    return value


FORMS: list[tuple[str, Any]] = [
    ("new Uint8Array([0, 1, 255])", {MARK: ["b", "AAH/"]}),
    ("new Uint8Array([1, 2]).buffer", {MARK: ["b", "AQI="]}),
    ("new Uint8Array([9, 1, 2, 3]).subarray(1, 3)", {MARK: ["b", "AQI="]}),
    ("new Uint8Array(0)", {MARK: ["b", ""]}),
    ("2n ** 60n", {MARK: ["i", str(2**60)]}),
    ("[-5n]", [{MARK: ["i", "-5"]}]),
    ("new Date(0)", "1970-01-01T00:00:00.000Z"),
    ("new (class Point { x = 1; #y = 2 })()", {"x": 1}),
    ("({ toJSON: () => [1] })", [1]),
    ("Object.assign(Object.create(null), { a: 1 })", {"a": 1}),
    ("({ a: undefined, b: 1 })", {"b": 1}),
    ("new String('boxed')", "boxed"),
    ("1e400 > 1 ? 1e300 : 0", 1e300),
    ("-0", 0),
    ("'\\u0000 \\ud83d\\ude00 \\\\ud83d'", "\0 \U0001f600 \\ud83d"),
    ("new Agent({ a: 1 })", {MARK: ["o", "Agent", 71]}),
    ("[new Agent({})]", [{MARK: ["o", "Agent", 70]}]),
    (
        "await new Agent({}).run('x')",
        {MARK: ["r", "AgentResult", {"text": "heard x", "agent": {MARK: ["o", "Agent", 70]}}]},
    ),
    ("({ '\\u0000': 1 })", {MARK: ["m", [[MARK, 1]]]}),
    ("({ '\\u0000': { '\\u0000': [2] } })", {MARK: ["m", [[MARK, {MARK: ["m", [[MARK, [2]]]]}]]]}),
]


@pytest.mark.parametrize(("source", "expected"), FORMS)
def test_a_value_travels_as(source: str, expected: Any) -> None:
    assert value_of(f"export default {source}") == expected


REFUSED: list[tuple[str, str]] = [
    ("NaN", "'value' is NaN"),
    ("[1, [2, Infinity]]", "'value'[1][1] is Infinity"),
    ("{ a: { 'b c': [NaN] } }", "'value'.a[\"b c\"][0] is NaN"),
    ("[1, , 2]", "'value'[1] is a hole"),
    ("[undefined]", "'value'[0] is a hole"),
    ("new Map([[1, 2]])", "'value' is a Map"),
    ("{ a: new Set() }", "'value'.a is a Set"),
    ("{ a: /x/ }", "'value'.a is a RegExp"),
    ("{ a: Symbol('x') }", "'value'.a is a symbol"),
    ("{ a: 2n ** 70n }", "'value'.a does not fit 64 bits"),
    ("{ a: Promise.resolve(1) }", "'value'.a is a promise"),
    ("{ a: new Error('x') }", "'value'.a is an error"),
    ("{ a: new Float32Array(2) }", "'value'.a is a Float32Array"),
    ("{ a: new Date(NaN) }", "'value'.a is an invalid Date"),
    ("{ a: new WeakMap() }", "'value'.a is of a kind that cannot cross"),
    ("{ a: setTimeout(() => {}, 0) }", "'value'.a is a timer"),
    ("(() => { const o = { a: {} }; o.a.b = o; return o })()", "'value'.a.b contains itself"),
    ("'\\ud800'", "half a character"),
    ("{ '\\udc00': 1 }", "half a character"),
]


@pytest.mark.parametrize(("value", "part"), REFUSED)
def test_a_value_is_refused_with_its_place(value: str, part: str) -> None:
    for call in ("Host.same", "await Host.later"):
        outcome = run(f"{call}({value})")
        assert outcome.value["code"] == "invalid_argument"
        assert part in outcome.message
        assert outcome.lines == [("spell.js", 1)] or "=>" in value


def test_a_forgotten_await_is_guessed() -> None:
    outcome = run("Host.same({ a: Host.later(1) })")
    assert outcome.value["hint"] == "did you forget 'await'?"


def test_depth_is_limited() -> None:
    nested = (
        "let o = [];\nfor (let i = 1; i < {n}; i++) o = [o];\nHost.same(o);\nexport default 'ok'"
    )
    assert value_of(nested.replace("{n}", "64")) == "ok"
    outcome = run(nested.replace("{n}", "65"))
    assert outcome.value["code"] == "invalid_argument"
    assert outcome.message.endswith("is nested deeper than 64")


def test_missing_and_undefined_arguments() -> None:
    sent: list[Any] = []

    def watch(host: Host) -> None:
        answer = host.called

        def called(id: int, number: int, args: list[Any]) -> None:
            sent.append(args)
            answer(id, number, args)

        host.called = called  # type: ignore[method-assign]

    source = "Host.same(); Host.same(1, undefined); Host.same(undefined, 2); Host.same(null, 1)"
    run(source, prepare=watch)
    assert sent == [[], [1], [None, 2], [None, 1]]


def test_bytes_come_back_as_bytes() -> None:
    data = bytes(range(256)) * 5 + b"x"
    source = "const b = params.data;\n[b instanceof Uint8Array, b.length, b, b[255]]"
    found = value_of(source, params={"data": {MARK: ["b", base64.b64encode(data).decode()]}})
    assert found[:2] == [True, len(data)]
    assert base64.b64decode(found[2][MARK][1]) == data
    assert found[3] == 255


def test_functions_come_back_as_themselves() -> None:
    assert value_of("const f = () => 1;\nHost.same(f) === f && Host.same([f])[0] === f") is True


def test_objects_are_the_same_for_the_same_handle() -> None:
    source = (
        "const a = new Agent({ x: 1 });\nconst b = Agent.new({ y: 1 });\n"
        "[a === b, a instanceof Agent, Object.keys(a), Host.same(a) === a, a.getName()]"
    )
    assert value_of(source) == [True, True, [], True, "agent"]


def test_a_text_record_acts_as_text() -> None:
    source = (
        "const r = await new Agent({}).run('hi');\n"
        "[`${r}`, r + '!', String(r), r.text, Object.keys(r), JSON.parse(JSON.stringify(r)).text,"
        " 'heard hi' == r, [r].join()]"
    )
    heard = "heard hi"
    expected = [heard, heard + "!", heard, heard, ["text", "agent"], heard, True, heard]
    assert value_of(source) == expected


def test_proto_keys_are_plain_keys() -> None:
    params = {"m": json.loads('{"__proto__": {"a": 1}, "constructor": 2}')}
    source = "[Object.keys(params.m), params.m.a === undefined, Host.same(params.m)]"
    assert value_of(source, params=params) == [["__proto__", "constructor"], True, params["m"]]


def test_a_method_needs_its_object() -> None:
    outcome = run("const { run } = new Agent({});\nawait run('x')")
    assert outcome.value["code"] == "invalid_argument"
    assert outcome.message == "Agent.run is a method"
    assert outcome.lines == [("spell.js", 2)]


def test_host_errors_have_their_fields() -> None:
    source = (
        "let e;\ntry { Host.fail('provider_error') } catch (error) { e = error }\n"
        "[e instanceof SpellError, e instanceof Error, e.name, e.code, e.message, e.hint,"
        " e.retryable, e.details, /^ +at <eval> \\(spell.js:2:/.test(e.stack)]"
    )
    expected = [True, True, "SpellError", "provider_error", "it failed", "try again", True]
    assert value_of(source) == [*expected, {"status": 429}, True]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("throw new SpellError('m', { code: 'not_found', hint: 'h', details: { a: 1n } })",
         {"code": "not_found", "message": "m", "hint": "h", "details": {"a": {MARK: ["i", "1"]}}}),
        ("throw new SpellError('m', { code: 'NOT A CODE' })", {"code": "spell_error"}),
        ("throw new RangeError('r')", {"code": "spell_error", "name": "RangeError", "message": "r"}),
        ("throw new Error('r', { cause: new Error('c') })", {"details": {"cause": "Error: c"}}),
        ("throw 'text'", {"code": "spell_error", "message": "text"}),
        ("throw { a: 1 }", {"message": '{"a":1}'}),
        ("throw undefined", {"message": "undefined was thrown"}),
        ("throw Symbol('s')", {"message": "Symbol(s)"}),
        ("throw { toString() { throw 1 }, toJSON() { throw 1 } }",
         {"message": "an error that cannot be described"}),
        ("await Promise.any([Promise.reject(new Error('a')), Promise.reject('b')])",
         {"name": "AggregateError", "details": {"errors": ["Error: a", "b"]}}),
        ("AbortSignal.abort().throwIfAborted()", {"code": "cancelled", "name": "AbortError"}),
        ("throw Object.assign(new Error('x'), { message: '\\ud800' })", {"message": "\ufffd"}),
    ],
)  # fmt: skip
def test_an_uncaught_error_is_described(source: str, expected: dict[str, Any]) -> None:
    outcome = run(source)
    assert outcome.kind == "FAIL"
    assert {key: outcome.value.get(key) for key in expected} == expected


CONSOLE: list[tuple[str, str]] = [
    ("'a', 1, true, null, undefined", "a 1 true null undefined"),
    ("{ a: 'x', 'b-c': [1, 'y'], d: { e: { f: { g: 1 } } } }",
     "{ a: 'x', 'b-c': [ 1, 'y' ], d: { e: { f: [Object] } } }"),
    ("[1, , 3], [undefined, null]", "[ 1, <1 empty item>, 3 ] [ undefined, null ]"),
    ("'%s is %d and %i, %j %% %o', 'x', 1.5, 2.9, [1], { a: 1 }, 'more'",
     "x is 1.5 and 2, [1] % { a: 1 } more"),
    ("new Map([['a', 1]]), new Set([1])", "Map(1) { 'a' => 1 } Set(1) { 1 }"),
    ("10n, -0, Symbol('s'), /x/g, new Date(0)", "10n -0 Symbol(s) /x/g 1970-01-01T00:00:00.000Z"),
    ("function f() {}, class A {}, () => {}", "[Function: f] [class A] [Function (anonymous)]"),
    ("(() => { const o = {}; o.o = o; return o })()", "{ o: [Circular] }"),
    ("['it\\'s', 'say \"hi\"', 'a\\nb']", "[ \"it's\", 'say \"hi\"', 'a\\nb' ]"),
    ("{ get a() { throw 1 }, set b(x) {} }", "{ a: [Getter], b: [Setter] }"),
    ("new Agent({}), await new Agent({}).run('x')", "Agent {} heard x"),
    ("new Uint8Array(2), Object.create(null)", "Uint8Array(2) [ 0, 0 ] [Object: null prototype] {}"),
    ("'nul \\u0000 and half \\ud800'", "nul \0 and half \ufffd"),
    ("Array.from({ length: 40 }, (_, i) => i)",
     "[\n  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,\n"
     "  20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36,\n  37, 38, 39\n]"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "text"), CONSOLE)
def test_console_prints(arguments: str, text: str) -> None:
    assert run(f"console.log({arguments})").printed == text + "\n"


def test_console_sends_errors_to_standard_error() -> None:
    outcome = run(
        "console.log('out'); console.error('bad', 1); console.warn('w'); console.info('i')"
    )
    assert outcome.printed == "out\ni\n"
    assert outcome.notes == [[9, ["bad 1\n"]], [9, ["w\n"]]]


def test_console_groups_indent() -> None:
    source = "console.group('g'); console.log('a\\nb'); console.groupEnd(); console.log('c')"
    assert run(source).printed == "g\n  a\n  b\nc\n"


def test_a_stack_is_printed_without_the_engines_own_frames() -> None:
    printed = run("console.log(new Error('e'))").printed
    assert printed.startswith("Error: e\n    at <eval> (spell.js:1:")
    assert "dukpy" not in printed
