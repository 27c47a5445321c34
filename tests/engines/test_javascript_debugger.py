"""The debugger in the JavaScript worker: every operation and every reason to stop."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.engines.javascript_debugging import Debugged
from tests.engines.javascript_host import value_of

WORK = """let total = 0;
async function work(n) {
  const twice = n * 2;
  await Host.later(n, {seconds: 0.01});
  total += twice;
  return twice;
}
function outer(a) {
  const inner = (b) => {
    let c = a + b;
    return c;
  };
  return inner(10) + 1;
}
const first = outer(1);
const second = await work(first);
const third = second + 1;
third;
"""


def at(*lines: int, **more: Any) -> dict[str, list[dict[str, Any]]]:
    """Breakpoints in the spell, numbered from 1."""
    return {"spell.js": [{"id": i + 1, "line": line, **more} for i, line in enumerate(lines)]}


PLACES = {
    "main": ("const a = 1;\nconst b = 2;\n[a, b]", 2),
    "module": ("import {x} from './a.js';\nconst b = x;\nexport default b", 2),
    "body": ("const a = 1;\nif (a) {\n  return a\n}", 3),
    "function": ("function f(a) {\n  return a;\n}\nf(1)", 2),
    "arrow": ("const f = (a) =>\n  a + 1;\nf(1)", 1),
    "method": (
        "class A {\n  get x() { return this.m() }\n  m() {\n    return 1;\n  }\n}\nnew A().x",
        4,
    ),
    "constructor": ("class B extends Array {\n  constructor() {\n    super();\n  }\n}\nnew B()", 3),
    "static block": ("class A {\n  static x;\n  static {\n    this.x = 1;\n  }\n}\nA.x", 4),
    "generator": ("function* g() {\n  yield 1;\n  yield 2;\n}\n[...g()]", 3),
    "after await": ("async function f() {\n  await null;\n  return 1;\n}\nawait f()", 3),
    "for await": ("for await (const x of Host.count(2)) {\n  const y = x;\n}\n1", 2),
    "then": ("Promise.resolve(1).then((x) => {\n  return x;\n});\n1", 2),
    "timer": ("setTimeout(() => {\n  const a = 1;\n}, 1);\n1", 2),
    "callback": ("await Host.apply((x) => {\n  return x;\n}, [1])", 2),
    "map": ("[1, 2].map((x) => {\n  return x;\n})", 2),
    "catch": ("try {\n  null.x\n} catch (e) {\n  const m = e.message;\n}\n1", 4),
    "case": ("switch (1) {\n  case 1: {\n    const a = 1;\n  }\n}\n1", 3),
    "single": ("for (let i = 0; i < 2; i++)\n  if (i)\n    Host.same(i);\n1", 3),
}


@pytest.mark.parametrize("name", PLACES)
def test_breakpoints_work_everywhere(name: str) -> None:
    source, line = PLACES[name]
    with Debugged(source, {"./a.js": "export const x = 1"}, breakpoints=at(line)) as spell:
        assert spell.stopped() == ("breakpoint", line)
        assert spell.stop["breakpoints"] == [1]
        spell.ask("breakpoints", file="spell.js", breakpoints=[])
        spell.go()
        assert spell.finish().kind == "DONE", spell.told()


@pytest.mark.parametrize(
    "load", ["import './lib/a.js'", "require('./lib/a.js')", "await import('./lib/a.js')"]
)
def test_breakpoints_wait_for_their_module(load: str) -> None:
    text = "function f() {\n\n  return 1;\n}\nf();"
    asked = {"lib/a.js": [{"id": 7, "line": 2}]}
    with Debugged(f"Host.note(1);\n{load}", {"./lib/a.js": text}, breakpoints=asked) as spell:
        told = spell.wait("breakpoint")["breakpoint"]
        assert told == {"id": 7, "verified": True, "line": 3}
        assert spell.stopped() == ("breakpoint", 3)
        assert spell.stack()[0]["file"] == "lib/a.js"
        assert spell.places()[:2] == [("f", 3), ("top level", 5)]


def test_breakpoints_that_cannot_be_set_say_why() -> None:
    lines = "\n".join(
        ["const a = 1;", "// nothing", "", "function f() {", "  return 1;", "}", "// end"]
    )
    with Debugged(f"{lines}\n", stop_on_entry=True) as spell:
        spell.stopped()
        asked: list[dict[str, Any]] = [{"id": i, "line": i} for i in (1, 2, 6)]
        asked += [{"id": 10, "line": 1, "condition": "a +"}, {"id": 11, "line": 1, "hit": "often"}]
        asked += [{"id": 12, "line": 1, "log": "{a.}"}]
        found = spell.ask("breakpoints", file="spell.js", breakpoints=asked)["breakpoints"]
        assert [(one["verified"], one["line"]) for one in found[:3]] == [
            (True, 1),
            (True, 5),
            (False, 6),
        ]
        assert found[2]["message"] == "there is no code at or below this line"
        assert found[3]["message"].startswith("the condition cannot be read: ")
        assert found[4]["message"].startswith("'often' is no hit count")
        assert found[5]["message"].startswith("'a.' cannot be read: ")
        other = spell.ask("breakpoints", file="b.js", breakpoints=[{"id": 1, "line": 1}])
        assert other["breakpoints"][0]["message"] == "the file is not loaded yet"


def test_a_file_that_cannot_be_debugged_says_so_and_runs() -> None:
    source = "const $debug_x = 1;\n$debug_x + 1"
    with Debugged(source, breakpoints=at(1)) as spell:
        told = spell.wait("breakpoint")["breakpoint"]
        assert not told["verified"]
        assert told["message"] == "the file uses names that begin with '$debug_'"
        assert spell.finish().value == 2


def test_the_standard_library_is_stepped_over() -> None:
    source = "import { twice } from 'llmspell/text';\nconst a = twice(() => 2);\nexport default a"
    library = "export function twice(f) {\n  return 2 * f();\n}"
    with Debugged(source, {"llmspell/text": library}, stop_on_entry=True) as spell:
        assert spell.stopped() == ("entry", 2)
        assert spell.step("in") == ("step", 2)
        assert spell.places() == [("(anonymous)", 2), ("top level", 2)]
        assert spell.step("out") == ("step", 3)


LOOP = "let n = 0;\nfor (let i = 1; i <= 6; i++) {\n  n += i;\n}\nn"


@pytest.mark.parametrize(
    ("more", "stops"),
    [
        ({"condition": "i > 4"}, ["5", "6"]),
        ({"hit": "3"}, ["3"]),
        ({"hit": ">= 5"}, ["5", "6"]),
        ({"hit": "% 2"}, ["2", "4", "6"]),
        ({"condition": "i % 2 === 0", "hit": "> 1"}, ["4", "6"]),
    ],
)
def test_conditions_and_counts(more: dict[str, str], stops: list[str]) -> None:
    with Debugged(LOOP, breakpoints=at(3, **more)) as spell:
        for expected in stops:
            assert spell.stopped() == ("breakpoint", 3)
            assert spell.evaluate("i") == expected
            spell.go()
        assert spell.finish().value == 21


def test_a_condition_that_fails_stops_and_says_why() -> None:
    with Debugged(LOOP, breakpoints=at(3, condition="i.x.y")) as spell:
        assert spell.stopped() == ("breakpoint", 3)
        assert spell.stop["text"] == ("the condition failed: cannot read property 'y' of undefined")


def test_a_condition_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with Debugged(LOOP, breakpoints=at(3, condition="(() => { for (;;); })()")) as spell:
        spell.wait("breakpoint")
        assert spell.ask("stop_evaluating") == {}
        assert spell.stopped() == ("breakpoint", 3)
        assert "it ran too long" in spell.stop["text"]
        spell.ask("breakpoints", file="spell.js", breakpoints=[])
        spell.go()
        assert spell.finish().value == 21


def test_a_log_prints_and_goes_on() -> None:
    log = "i is {i}, {({a: [i]})} and {`${n}`} {nope}"
    with Debugged(LOOP, breakpoints=at(3, log=log)) as spell:
        for i, n in ((1, 0), (2, 1)):
            event = spell.wait("log")
            text = f"i is {i}, {{ a: [ {i} ] }} and {n} <nope is not defined>"
            assert event == {"event": "log", "text": text, "file": "spell.js", "line": 3}
        assert spell.finish().value == 21


def test_steps() -> None:
    with Debugged(WORK, stop_on_entry=True) as spell:
        assert spell.stopped() == ("entry", 1)
        assert spell.step() == ("step", 15)
        assert spell.step("in") == ("step", 9)
        assert spell.step() == ("step", 13)
        assert spell.step("in") == ("step", 10)
        assert spell.places() == [("inner", 10), ("outer", 13), ("top level", 15)]
        assert spell.step("out") == ("step", 16)
        assert spell.step("in") == ("step", 3)
        assert spell.step() == ("step", 4)
        assert spell.step() == ("step", 5)
        assert spell.places() == [("work", 5), ("top level", 16)]
        assert [frame.get("async", False) for frame in spell.stack()] == [False, True]
        assert spell.step("out") == ("step", 17)
        assert spell.step() == ("step", 18)
        spell.go()
        assert spell.finish().value == 25


def test_a_step_stops_again_in_the_next_turn_of_a_loop() -> None:
    with Debugged(LOOP, breakpoints=at(3)) as spell:
        spell.stopped()
        spell.ask("breakpoints", file="spell.js", breakpoints=[])
        assert spell.step() == ("step", 3)
        assert spell.evaluate("i") == "2"


def test_steps_stay_in_their_task() -> None:
    source = """async function work(n) {
  await Host.later(n, {seconds: 0.01 * n});
  const a = n;
  return a;
}
await Promise.all([work(1), work(2), work(3)]);
1"""
    with Debugged(source, breakpoints=at(2, condition="n === 2")) as spell:
        assert spell.stopped() == ("breakpoint", 2)
        assert spell.step() == ("step", 3)
        assert spell.evaluate("n") == "2"
        assert spell.step() == ("step", 4)
        assert spell.evaluate("n") == "2"
        assert spell.step("out") == ("step", 7)


def test_a_step_in_enters_what_the_host_calls() -> None:
    source = (
        "const handler = (x) => {\n  return x;\n};\nconst a = await Host.apply(handler, [1]);\na"
    )
    with Debugged(source, breakpoints=at(4)) as spell:
        assert spell.stopped() == ("breakpoint", 4)
        assert spell.step("in") == ("step", 2)
        assert spell.places() == [("handler", 2), ("top level", 4)]
        assert spell.step("out") == ("step", 5)


def test_run_to() -> None:
    with Debugged(WORK, stop_on_entry=True) as spell:
        spell.stopped()
        assert "error" in spell.ask("run_to", file="none.js", line=1)
        assert spell.ask("run_to", file="spell.js", line=10) == {}
        assert spell.stopped() == ("goto", 10)


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


BUSY = {
    "statements": "let n = 0;\nfor (;;) {\n  n++;\n}",
    "a loop of nothing": "let n = 0;\nfor (;;);",
    "calls": "let n = 0;\nconst f = () => n++;\nwhile (true) f();",
    "catching": "let n = 0;\nfor (;;) { try { n++; null.x } catch {} }",
}


@pytest.mark.parametrize("name", BUSY)
def test_a_busy_spell_pauses(name: str) -> None:
    with Debugged(BUSY[name]) as spell:
        spell.wait("loaded")
        assert spell.ask("pause", text="by hand") == {}
        reason, line = spell.stopped()
        assert (reason, spell.stop["text"]) == ("pause", "by hand")
        assert line in (2, 3)
        assert spell.evaluate("n = 5; n") == "5"
        spell.go()
        spell.ask("pause")
        assert spell.stopped()[0] == "pause"


def test_a_waiting_spell_pauses_with_what_it_waits_for() -> None:
    source = """async function one() {
  const a = 1;
  await Host.never();
}
async function two() {
  const b = 2;
  await Host.later(1, {seconds: 60});
}
await Promise.all([one(), two()]);"""
    with Debugged(source) as spell:
        while spell.outcome.calls < 2:
            spell.turn()
        assert spell.ask("pause", call=2, reason="model call", text="gpt") == {}
        assert spell.stopped() == ("model call", 7)
        assert spell.stop["text"] == "gpt"
        assert spell.places() == [("two", 7), ("top level", 9)]
        assert spell.evaluate("b") == "2"
        tasks = spell.ask("tasks")["tasks"]
        assert [task["name"] for task in tasks] == ["spell.js", "spell.js: one"]
        frames = spell.ask("stack", task=tasks[1]["id"])["frames"]
        assert [frame["line"] for frame in frames] == [3, 9]
        found = spell.ask("evaluate", frame=frames[0]["id"], source="a")
        assert found["text"] == "1"


def test_a_pause_before_anything_waits_names_no_task() -> None:
    with Debugged("setTimeout(() => 1, 60000); 1") as spell:
        spell.wait("loaded")
        spell.ask("pause")
        assert spell.stopped() == ("pause", 0)
        assert spell.stop["task"] == 0


def test_a_step_goes_on_from_a_wait() -> None:
    source = "const a = await Host.later(1, {seconds: 0.3});\nconst b = a;\nb"
    with Debugged(source) as spell:
        while not spell.outcome.calls:
            spell.turn()
        spell.ask("pause")
        assert spell.stopped() == ("pause", 1)
        assert spell.step() == ("step", 2)


def test_what_needs_a_stop_says_so() -> None:
    with Debugged("await Host.never()") as spell:
        spell.wait("loaded")
        for op in ("continue", "step", "stack", "scopes", "variables", "assign", "members"):
            error = spell.ask(op, task=1)["error"]
            assert (error["code"], error["message"]) == ("invalid_argument", "the spell is running")
        assert spell.ask("evaluate", source="1 + 1")["text"] == "2"
        assert spell.ask("dance")["error"]["message"] == "the debugger knows no 'dance'"
        assert spell.ask("tasks")["tasks"] == [{"id": 1, "name": "spell.js"}]


ENDLESS = ["(() => { for (;;); })()", "(() => { try { for (;;); } finally { for (;;); } })()"]


@pytest.mark.parametrize("source", ENDLESS)
def test_an_evaluation_without_end_is_ended(source: str) -> None:
    with Debugged(WORK, breakpoints=at(11)) as spell:
        spell.stopped()
        frame = spell.stack()[0]["id"]
        asked = spell.post("evaluate", frame=frame, source=source)
        assert spell.ask("stop_evaluating") == {}
        error = spell.answer_to(asked)["error"]
        assert error["code"] == "limit_exceeded"
        assert spell.evaluate("c") == "11"
        spell.go()
        assert spell.finish().value == 25


def test_an_evaluation_ends_by_itself_in_time() -> None:
    with Debugged(WORK, breakpoints=at(11)) as spell:
        spell.stopped()
        assert "ran too long" in spell.evaluate(ENDLESS[0])
        assert spell.evaluate("c") == "11"


def test_a_stopped_spell_obeys_an_interrupt() -> None:
    with Debugged(WORK, breakpoints=at(11)) as spell:
        spell.stopped()
        spell.interrupt()
        outcome = spell.finish()
        assert (outcome.kind, outcome.value["code"]) == ("FAIL", "interrupted")
        assert outcome.lines[0] == ("spell.js", 11)


def test_an_evaluation_obeys_an_interrupt() -> None:
    with Debugged(WORK, breakpoints=at(11)) as spell:
        spell.stopped()
        spell.post("evaluate", source=ENDLESS[0])
        spell.interrupt()
        outcome = spell.finish()
        assert (outcome.kind, outcome.value["code"]) == ("FAIL", "interrupted")


@pytest.mark.parametrize("evaluating", [False, True])
def test_a_stopped_worker_ends_with_its_host(evaluating: bool) -> None:
    with Debugged(WORK, breakpoints=at(11)) as spell:
        spell.stopped()
        if evaluating:
            spell.post("evaluate", source=ENDLESS[0])
        spell.socket.close()
        assert spell.process.wait(30) == 1


def test_an_evaluation_does_not_stop_at_breakpoints() -> None:
    with Debugged(WORK, breakpoints=at(9, 11), exceptions=["raised"]) as spell:
        spell.stopped()
        assert spell.evaluate("outer(5)", None) in ("16", "outer is not defined")
        assert spell.evaluate("outer(5)") == "16"
        assert spell.evaluate("outer(5); null.x") == "cannot read property 'x' of null"
        assert spell.step() == ("step", 13)


def test_the_spell_sees_nothing_of_the_debugger() -> None:
    source = """function f() { return f.caller === null }
const names = Object.keys(globalThis).concat(Object.getOwnPropertyNames(globalThis));
let found = names.filter((name) => /^enter/.test(name));
[found, typeof enterDebugger, Object.keys(globalThis).filter((n) => n.startsWith('$debug'))]"""
    with Debugged(source) as spell:
        assert spell.finish().value == [[], "undefined", []]


def test_events_come_in_order() -> None:
    with Debugged(WORK, breakpoints=at(3)) as spell:
        names = []
        while "stopped" not in names:
            spell.turn()
            names = [event["event"] for event in spell.events]
        assert names == ["loaded", "breakpoint", "stopped"]
        spell.wait("stopped")
        assert spell.ask("breakpoints", file="spell.js", breakpoints=[])["breakpoints"] == []
        spell.go()
        spell.wait("continued")
        assert spell.finish().value == 25


JUNK = "const junk = [];\nfor (let i = 0; i < 300000; i++) junk.push({i});\n"


def test_a_waiting_function_is_not_taken_for_garbage() -> None:
    source = """let S;
(async () => {
  let wake = null;
  S = { push() { wake() } };
  await { then(r) { wake = r } };
  S.done = 'woken';
})();
await null; await null;
"""
    with Debugged(f"{source}{JUNK}await Host.later(1);\nS.push();\nawait null;\nS.done") as spell:
        assert spell.finish().value == "woken", spell.told()


def test_a_generator_that_is_garbage_is_not_looked_into() -> None:
    source = """async function child() {
  await Host.never();
}
function* lost(box) {
  const kept = {box};
  child();
  yield kept;
}
(() => { const box = {}; box.it = lost(box); box.it.next() })();
"""
    with Debugged(f"{source}{JUNK}await Host.never();") as spell:
        while spell.outcome.calls < 2:
            spell.turn()
        spell.ask("pause", call=1)
        spell.stopped()
        assert spell.places()[:2] == [("child", 2), ("lost", 7)]
        assert spell.evaluate("kept", 1) == "variables cannot be reached here"
        assert spell.scope("Locals", 1) == {}


def test_entry_is_the_programs_own() -> None:
    modules = {"./a.js": "export const x = 1;"}
    source = "import {x} from './a.js';\nconst y = x;\nexport default y"
    with Debugged(source, modules, stop_on_entry=True) as spell:
        assert spell.stopped() == ("entry", 2)
        assert spell.stack()[0]["file"] == "spell.js"


def test_a_stopped_spell_stops_again_for_a_call() -> None:
    source = """async function ask() {
  return await Host.later(1, {seconds: 60});
}
ask();
const a = 1;
a"""
    with Debugged(source, breakpoints=at(5)) as spell:
        assert spell.stopped() == ("breakpoint", 5)
        assert spell.ask("pause", call=1, reason="tool call") == {}
        spell.go()
        assert spell.stopped() == ("tool call", 2)
        assert spell.places() == [("ask", 2), ("top level", 5)]


def test_the_call_of_a_stream_knows_its_frame() -> None:
    source = """async function read() {
  for await (const x of Host.count(1)) {
    Host.note(x);
  }
}
await read();"""
    with Debugged(source) as spell:
        # The second call asks the stream for its first piece: it stays unanswered.
        spell.streams[1] = []
        spell.stream = lambda *_: None  # type: ignore[method-assign]
        while spell.outcome.calls < 2:
            spell.turn()
        spell.ask("pause", call=2, reason="model call")
        assert spell.stopped() == ("model call", 2)
        assert spell.places() == [("read", 2), ("top level", 6)]


def test_an_endless_recursion_can_be_looked_at() -> None:
    source = "let n = 0;\nfunction f() {\n  n++;\n  f();\n}\ntry { f() } catch {}\n1"
    with Debugged(source, exceptions=["raised"]) as spell:
        assert spell.stopped() == ("exception", 4)
        assert int(spell.evaluate("n")) > 100
        spell.ask("exceptions", filters=[])
        spell.go()
        assert spell.finish().value == 1


@pytest.mark.parametrize("source", ["new Array(1e8).fill({})", "(function f() { f() })()"])
def test_an_evaluation_may_fail(source: str) -> None:
    with Debugged(WORK, breakpoints=at(11)) as spell:
        spell.stopped()
        assert "error" in spell.ask("evaluate", frame=spell.stack()[0]["id"], source=source)
        assert spell.evaluate("c") == "11"
        spell.go()
        assert spell.finish().value == 25


def test_a_source_that_cannot_be_read_stops_nowhere() -> None:
    with Debugged("const x = ;", exceptions=["raised", "uncaught"]) as spell:
        assert spell.finish().lines == [("spell.js", 1)]


def test_without_a_debugger_nothing_of_it_is_there() -> None:
    source = "function f() { return 1 }\n[typeof $debug_B, typeof enterDebugger, String(f)]"
    assert value_of(source) == ["undefined", "undefined", "function f() { return 1 }"]


def test_answers_and_events_have_a_size() -> None:
    source = """const long = 'x'.repeat(5e6);
const o = {[long]: long};
try {
  throw new SpellError(long, {details: {long}});
} catch {}
1"""
    asked = {"spell.js": [{"id": 1, "line": 6}, {"id": 2, "line": 6, "log": "{long}"}]}
    with Debugged(source, breakpoints=asked, exceptions=["raised"]) as spell:
        assert spell.stopped() == ("exception", 4)
        assert len(json.dumps(spell.stop)) < 100_000
        spell.go()
        assert len(spell.wait("log")["text"]) == 2000
        assert spell.stopped() == ("breakpoint", 6)
        frame = spell.stack()[0]["id"]
        scope = spell.ask("scopes", frame=frame)["scopes"][0]["ref"]
        found = spell.ask("variables", ref=scope)
        ref = next(one["ref"] for one in found["variables"] if one["name"] == "o")
        parts = spell.ask("variables", ref=ref)
        failed = spell.ask("evaluate", frame=frame, source="throw new Error(long)")
        for answer in (found, parts, failed, spell.ask("evaluate", frame=frame, source="[long]")):
            assert len(json.dumps(answer)) < 100_000
