"""Spells that do not stop, grow or flood: each ends in time, with the right code and place."""
# ruff: noqa: E501 - a script on one line reads better than one in pieces

from __future__ import annotations

import pytest

from tests.engines.javascript_host import run, value_of

ENDLESS: dict[str, tuple[str, list[int] | None]] = {
    "loop": ("\nfunction spin() {\n  const x = [];\n  for (;;) x.length = 0;\n}\nspin()", [4, 6]),
    "bare loop": ("\nfor (;;);", [1]),
    "loop in a function": ("function spin() { for (;;); }\n\nspin()", [1, 3]),
    "loop inside try": ("for (;;) {\n  try { for (;;) Math.abs(1) } catch {}\n}", [2]),
    "loop inside finally": ("try { for (;;); } finally { for (;;); }", None),
    "swallowing promises": ("function f() { return new Promise(() => { for (;;); }).catch(f) }\nawait f()", None),
    "swallowing awaits": ("for (;;) { try { await (async () => { for (;;); })() } catch {} }", None),
    "microtasks": ("(function f() { Promise.resolve().then(f) })();\nawait new Promise(() => {})", None),
    # Jobs of the engine's own functions only: no script step at which it would poll.
    "jobs without script": ("const t = {};\nt.then = Array.prototype.forEach.bind([t]);\nawait t", None),
    "awaits": ("for (;;) await 0", None),
    # Inside the generator or between two of its values.
    "generator": ("function* g() { for (;;) yield 1 }\nfor (const x of g());", None),
    "growing map": ("const m = new Map([[1, 1]]);\nm.forEach((v, k) => { m.delete(k); m.set(k + 1, 1) })", None),
    "comparator": ("for (;;) [3, 1, 2].sort(() => 0)", [1]),
    "regular expression": ("\n/^(a+)+$/.test('a'.repeat(40) + 'b')", [2]),
    "getter of the value": ("({ get a() { for (;;); } })", None),
    "text of a thrown value": ("await 0;\nthrow { toJSON() { for (;;); } }", None),
    "sync calls": ("\nfor (;;) { try { Host.same(1) } catch {} }", [2]),
    # Between an answer and the next call there is no frame to name.
    "awaited calls": ("\nfor (;;) await Host.later(1)", None),
    "notes": ("\nfor (;;) Host.note(1)", [2]),
    "prints": ("\nfor (;;) console.log('flood')", [2]),
    "timer": ("setInterval(() => {}, 0);\nawait new Promise(() => {})", None),
    "waiting": ("\nawait Host.never()", [2]),
    "callback": ("await Host.apply(() => {\n  for (;;) Math.abs(1);\n})", [2]),
    "import": ("await import('./spin.js')", None),
    "require": ("\nrequire('./spin.js')", [2]),
    "forked promises": ("async function f() { await 0; f(); f() }\nf();\nawait new Promise(() => {})", None),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDLESS)
def test_an_interrupt_ends(name: str) -> None:
    source, lines = ENDLESS[name]
    modules = {"./spin.js": ("spin.js", "for (;;) Math.abs(1);")}
    outcome = run(source, modules=modules, interrupt=0.6, memory=256 << 20)
    assert outcome.kind == "FAIL", outcome
    assert outcome.value["code"] == "interrupted"
    assert outcome.value["details"] == {"reason": "stop"}
    assert outcome.seconds < 50
    if lines is not None:
        assert [line for file, line in outcome.lines if file == "spell.js"] == lines


def test_nothing_runs_after_an_interrupt() -> None:
    source = (
        "function f() { return new Promise(() => { for (;;); }).catch((e) => { console.log('on'); return f() }) }\n"
        "await f()"
    )
    assert run(source, interrupt=0.3).printed == ""


def test_hardly_a_call_is_made_after_an_interrupt() -> None:
    outcome = run("for (;;) { try { Host.same(1) } catch {} }", interrupt=0.3)
    assert outcome.calls - outcome.calls_before_interrupt < 100


def test_prints_before_an_endless_loop_arrive() -> None:
    outcome = run("for (let i = 0; i < 500; i++) console.log(i);\nfor (;;);", interrupt=2)
    assert outcome.printed.endswith("499\n")


def test_the_kernels_processor_limit_is_told() -> None:
    outcome = run("for (;;);", cpu=1)
    assert (outcome.kind, outcome.value["details"]) == ("FAIL", {"reason": "cpu"})


@pytest.mark.parametrize(
    "source",
    [
        "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)",
        "new Array(2 ** 32 - 1).join('')",
        "Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1)",
    ],
)
def test_a_loop_in_the_engines_own_code_can_be_killed(source: str) -> None:
    outcome = run(source, interrupt=1.0, patience=2.0)
    assert (outcome.kind, outcome.code) == ("dead", -9)
    assert outcome.seconds < 50


MEMORY = {
    "objects": "const a = [];\nfor (;;) a.push({ k: [1] })",
    "kept objects": "globalThis.a = [];\nfor (;;) globalThis.a.push({ k: [1] })",
    "texts": "const a = [];\nfor (;;) a.push('x'.repeat(1e5) + a.length)",
    "one text": "'a'.repeat(2 ** 29)",
    "doubling": "let s = 'a';\nfor (;;) s += s",
    "buffer": "new ArrayBuffer(2 ** 30)",
    "between calls": "const a = [];\nfor (;;) { a.push(new Array(1000).fill(1)); if (a.length % 100 === 0) await Host.later(1) }",
    "promises": "const a = [];\nfor (;;) a.push(new Promise(() => {}), new Array(100).fill(0))",
    "tasks": "for (;;) Async.spawn(() => new Array(1000).fill(0))",
    # What these fill is let go of on the way up, and the engine throws null or an error, as it comes.
    "let go": "(() => {\n  const a = new Map();\n  for (;;) a.set(a.size, 'x' + a.size)\n})()",
    "pieces": "(() => 'abc,'.repeat(3e6).split(','))()",
    "large numbers": "(() => {\n  const a = [];\n  for (;;) a.push(2n ** 70n + BigInt(a.length))\n})()",
    "closures": "let f = () => 1;\nfor (;;) { const g = f; const big = new Array(500).fill(1); f = () => g() + big.length }",
}


@pytest.mark.parametrize("name", MEMORY)
def test_the_memory_limit_ends(name: str) -> None:
    outcome = run(MEMORY[name], memory=32 << 20)
    assert outcome.kind == "FAIL", outcome
    assert outcome.value["code"] == "limit_exceeded"
    assert outcome.value["details"] == {"limit": "memory"}


def test_an_error_of_the_engine_without_a_message_is_its_lack_of_memory() -> None:
    # It happens once in a hundred runs; a spell that makes the same error is the sure way there.
    outcome = run("throw new InternalError()")
    assert outcome.value["details"] == {"limit": "memory"}


def test_less_memory_is_less() -> None:
    source = (
        "let n = 0, a = [];\ntry { for (;; n++) a.push(new Array(1000).fill(n)) } catch { a = null }\n"
        "console.log(n)"
    )
    small, large = (int(run(source, memory=size << 20).printed) for size in (16, 64))
    assert small * 2 < large


def test_a_spell_can_live_on_after_it_let_go_of_what_filled_memory() -> None:
    source = (
        "let a = [];\ntry { for (;;) a.push(new Array(1000).fill(1)) } catch (e) { a = null }\n"
        "await Host.later('alive')"
    )
    assert value_of(source, memory=32 << 20) == "alive"


RECURSION = {
    "function": "function f(n) { return f(n + 1) + 1 }\nf(0)",
    "async function": "async function f() { await f() }\nawait f()",
    "parsing": "JSON.parse('['.repeat(1e6))",
    "writing": "let o = {};\nfor (let i = 0; i < 2e5; i++) o = { o };\nJSON.stringify(o)",
    "source": "(0, eval)('('.repeat(1e6))",
    "getter": "const o = { get a() { return this.a } };\no.a",
    "proxy": "const p = new Proxy({}, { get: (t, k, r) => r[k] });\np.x",
    "callback": "const f = (n) => [1].map(() => f(n + 1));\nf(0)",
}


@pytest.mark.parametrize("name", RECURSION)
def test_deep_recursion_is_an_ordinary_error(name: str) -> None:
    outcome = run(RECURSION[name])
    assert outcome.kind == "FAIL", outcome
    assert (outcome.value["code"], outcome.value["name"]) == ("spell_error", "RangeError")


def test_recursion_may_be_two_thousand_deep() -> None:
    assert value_of("const f = (n) => (n ? 1 + f(n - 1) : 0);\nf(2000)") == 2000


def test_a_flood_of_calls_is_answered() -> None:
    source = "const all = Array.from({ length: 5000 }, (_, i) => Host.later(i));\n(await Promise.all(all)).length"
    assert value_of(source) == 5000


def test_a_flood_of_prints_is_complete() -> None:
    outcome = run("for (let i = 0; i < 20000; i++) console.log('line ' + i)")
    assert outcome.printed == "".join(f"line {i}\n" for i in range(20000))
