"""The debugger in the JavaScript worker: frames, variables, expressions, errors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engines.javascript_debugging import WORK, Debugged, at


def test_frames_and_scopes() -> None:
    with Debugged(WORK, breakpoints=at(11)) as spell:
        spell.stopped()
        assert spell.scope("Locals") == {"b": "10", "c": "11"}
        assert spell.scope("Closure") == {"a": "1", "inner": "[Function: inner]"}
        assert spell.scope("File")["first"] == "<not yet initialized>"
        assert spell.scope("Locals", 1) == {"a": "1", "inner": "[Function: inner]"}
        assert spell.scope("Locals", 2)["total"] == "0"
        assert {"params", "ARGS"} <= set(spell.scope("Globals"))
        assert not [name for name in spell.scope("Globals") if "debug" in name]


def test_evaluating_in_any_frame() -> None:
    with Debugged(WORK, breakpoints=at(11)) as spell:
        spell.stopped()
        assert spell.evaluate("a + b + c") == "22"
        assert spell.evaluate("c = 100") == "100"
        assert spell.evaluate("total = 7; total + 1", 2) == "8"
        assert spell.evaluate("a = 5", 1) == "5"
        assert spell.evaluate("c", 1) == "c is not defined"
        assert spell.evaluate("{a, b}") == "{ a: 5, b: 10 }"
        assert spell.evaluate("if (b) { 'yes' }") == "'yes'"
        assert spell.evaluate("globalThis.g = 3", None) == "3"
        assert spell.evaluate("typeof total", None) in ("'number'", "'undefined'")
        assert spell.evaluate("Promise.resolve(4)") == "Promise { 4 }"
        assert spell.evaluate("Promise.reject('x')") == "Promise { <rejected> 'x' }"
        assert spell.evaluate("await 1").startswith("expecting")
        assert spell.evaluate("inner(1)", 1) == "6"
        spell.go()
        assert spell.finish().value == 2 * 101 + 1


def test_assigning() -> None:
    source = """function f(list, map) {
  const fixed = 1;
  let free = {a: 1};
  return [list, free, fixed];
}
f([1, 2], new Map([[1, 2]]))"""
    with Debugged(source, breakpoints=at(4)) as spell:
        spell.stopped()
        locals = {one["name"]: one for one in spell.variables("Locals")}
        ref = spell.ref
        assert spell.ask("assign", ref=ref, name="free", source="[free]")["text"] == "[ { a: 1 } ]"
        assert (
            "read-only"
            in spell.ask("assign", ref=ref, name="fixed", source="2")["error"]["message"]
        )
        list_ref = locals["list"]["ref"]
        assert spell.ask("assign", ref=list_ref, name="1", source="fixed + 8")["text"] == "9"
        refused = spell.ask("assign", ref=locals["map"]["ref"], name="0", source="1")
        assert refused["error"]["code"] == "invalid_argument"
        spell.go()
        assert spell.finish().value == [[1, 9], [{"a": 1}], 1]


def test_this_and_what_is_not_there_yet() -> None:
    source = """class A {
  constructor() { this.n = 4 }
  m(x) {
    if (x) {
      let late = 1;
    }
    return this.n;
  }
}
new A().m(1)"""
    with Debugged(source, breakpoints=at(5, 7)) as spell:
        spell.stopped()
        assert spell.scope("Locals") == {
            "this": "A { n: 4 }",
            "late": "<not yet initialized>",
            "x": "1",
        }
        assert spell.evaluate("this.n = 5") == "5"
        spell.go()
        spell.stopped()
        assert "late" not in spell.scope("Locals")
        spell.go()
        assert spell.finish().value == 5


def test_variables_page_and_run_nothing() -> None:
    source = """const big = Array.from({length: 1e6}, (_, i) => i);
let ran = 0;
const o = { get g() { ran++; return {deep: 1} }, v: 1 };
const p = new Proxy({secret: 1}, { get() { ran++ }, ownKeys() { ran++; return [] } });
const m = new Map([['k', {a: 1}]]);
ran;"""
    with Debugged(source, breakpoints=at(6)) as spell:
        spell.stopped()
        found = {one["name"]: one for one in spell.variables("Locals")}
        assert found["big"]["indexed"] == 1000000
        page = spell.ask("variables", ref=found["big"]["ref"], start=999998, count=5)["variables"]
        assert [(one["name"], one["text"]) for one in page] == [
            ("999998", "999998"),
            ("999999", "999999"),
        ]
        assert len(spell.ask("variables", ref=found["big"]["ref"])["variables"]) == 1000
        parts = spell.ask("variables", ref=found["o"]["ref"])["variables"]
        assert [(one["name"], one["text"]) for one in parts] == [("g", "[Getter]"), ("v", "1")]
        spell.ask("variables", ref=found["p"]["ref"])
        assert spell.evaluate("ran") == "0"
        asked = spell.ask("variables", ref=parts[0]["ref"])["variables"]
        assert asked[0]["text"] == "{ deep: 1 }"
        assert spell.evaluate("ran") == "1"
        entry = spell.ask("variables", ref=found["m"]["ref"])["variables"][0]
        assert entry["text"] == "{ key: 'k', value: { a: 1 } }" or entry["ref"]


def test_members() -> None:
    with Debugged(WORK, breakpoints=at(11)) as spell:
        spell.stopped()
        frame = spell.stack()[0]["id"]

        def members(*path: str, **more: Any) -> dict[str, str]:
            found = spell.ask("members", path=path, **more)["members"]
            return {one["name"]: one["kind"] for one in found}

        here = members(frame=frame)
        assert (here["c"], here["inner"], here["Host"]) == ("number", "function", "object")
        assert not [name for name in here if "debug" in name]
        assert members("Host", frame=frame)["later"] == "function"
        assert members("c", frame=frame)["toFixed"] == "function"
        assert members("JSON")["stringify"] == "function"


RAISE = """function deep(x) {
  const local = x * 2;
  if (x === 0) {
    let inside = 'here';
    null.boom;
  }
  return deep(x - 1);
}
function caught() {
  try {
    deep(1);
  } catch (e) {
    return e.message;
  }
}
caught();
"""


def test_raised_errors_stop_once_where_they_are_thrown() -> None:
    with Debugged(RAISE, exceptions=["raised"]) as spell:
        assert spell.stopped() == ("exception", 5)
        assert spell.stop["error"]["name"] == "TypeError"
        assert spell.places() == [("deep", 5), ("deep", 7), ("caught", 11), ("top level", 16)]
        assert spell.scope("Locals") == {"inside": "'here'", "x": "0", "local": "0"}
        assert spell.evaluate("local", 1) == "2"
        spell.go()
        assert spell.finish().value == "cannot read property 'boom' of null"


@pytest.mark.parametrize("filters", [[], ["uncaught"]])
def test_caught_errors_are_nobodys_business(filters: list[str]) -> None:
    with Debugged(RAISE, exceptions=filters) as spell:
        assert spell.finish().kind == "DONE", spell.told()


@pytest.mark.parametrize(
    "thrown", ["'text'", "null", "new Error('x')", "new SpellError('x', {code: 'limit'})"]
)
def test_anything_thrown_stops_once(thrown: str) -> None:
    functions = f"function f() {{\n  throw {thrown};\n}}\nfunction g() {{\n  f();\n}}\n"
    source = f"{functions}try {{\n  g();\n}} catch {{}}\n1"
    with Debugged(source, exceptions=["raised"]) as spell:
        assert spell.stopped() == ("exception", 2)
        spell.go()
        assert spell.finish().kind == "DONE", spell.told()


THROWS = "function f(x) {\n  const y = x;\n  throw new Error('e');\n}\n"
CALLS = "function g() {\n  const z = 1;\n  f(z);\n}\n"
AWAITS = "async function g() {\n  const z = 1;\n  await f(z);\n}\n"
LATER = "async function f(x) {\n  await null; const y = x;\n  throw new Error('e');\n}\n"
ASKS = "async function f(x) {\n  const y = x;\n  await Host.failLater('e');\n}\n"
UNCAUGHT = {
    "main": f"{THROWS}{CALLS}g();",
    "awaited": f"{LATER}{AWAITS}await g();",
    "nobody waits": f"{LATER}{AWAITS}g();",
    "host": f"{ASKS}{AWAITS}await g();",
    "timer": f"{THROWS}{CALLS}setTimeout(g, 1);",
    "module": f"{THROWS}{CALLS}g();\nexport {{}};",
}


@pytest.mark.parametrize("name", UNCAUGHT)
def test_uncaught_errors_stop_with_their_frames(name: str) -> None:
    with Debugged(UNCAUGHT[name], exceptions=["uncaught"]) as spell:
        assert spell.stopped() == ("exception", 3)
        assert spell.places()[:2] == [("f", 3), ("g", 7)]
        assert (spell.evaluate("y"), spell.evaluate("z", 1)) == ("1", "1")
        spell.go()
        assert spell.finish().kind == "FAIL"


@pytest.mark.parametrize("filters", ["raised", "uncaught"])
def test_an_error_at_the_top_of_a_module_stops(filters: str) -> None:
    with Debugged("export const a = 1;\nnull.x;", exceptions=[filters]) as spell:
        assert spell.stopped() == ("exception", 2)
        assert spell.evaluate("a") == "1"


def test_exceptions_can_be_chosen_later() -> None:
    with Debugged(RAISE, stop_on_entry=True) as spell:
        spell.stopped()
        assert spell.ask("exceptions", filters=["raised"]) == {}
        assert spell.step() == ("exception", 5)


def test_a_source_that_cannot_be_read_stops_nowhere() -> None:
    with Debugged("const x = ;", exceptions=["raised", "uncaught"]) as spell:
        assert spell.finish().lines == [("spell.js", 1)]
