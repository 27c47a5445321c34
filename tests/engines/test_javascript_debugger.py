"""The debugger in the JavaScript worker: breakpoints, steps, pauses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engines.javascript_debugging import WORK, Debugged, at

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
