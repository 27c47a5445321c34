"""The debugger in the JavaScript worker against what is endless, huge, gone or hidden."""

from __future__ import annotations

import json

import pytest

from tests.engines.javascript_debugging import WORK, Debugged, at
from tests.engines.javascript_host import value_of

LOOP = "let n = 0;\nfor (let i = 1; i <= 6; i++) {\n  n += i;\n}\nn"


def test_a_condition_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with Debugged(LOOP, breakpoints=at(3, condition="(() => { for (;;); })()")) as spell:
        spell.wait("breakpoint")
        assert spell.ask("stop_evaluating") == {}
        assert spell.stopped() == ("breakpoint", 3)
        assert "it ran too long" in spell.stop["text"]
        spell.ask("breakpoints", file="spell.js", breakpoints=[])
        spell.go()
        assert spell.finish().value == 21


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
