"""What must not end a JavaScript REPL: interrupts, want of memory, changed builtins."""
# ruff: noqa: E501 - a script on one line reads better than one in pieces

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.javascript_session import MODULES, ReplHost
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
    assert [name for name in session.members() if name == "kept"] == ["kept"]


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
    found = session.text("[typeof receive, typeof serve, globalThis.dukpy, globalThis.call_python]")
    assert found == "[ 'undefined', 'undefined', undefined, undefined ]"
