"""Promises, timers, streams, callbacks, cancelling, tasks, and how a run ends."""
# ruff: noqa: E501 - a script on one line reads better than one in pieces

from __future__ import annotations

from typing import Any

import pytest

from tests.engines.javascript_host import run, value_of

GIVES: list[tuple[str, Any]] = [
    # awaiting
    ("const [a, b] = await Promise.all([Host.later(1, { seconds: 0.02 }), Host.later(2)]);\n[a, b]", [1, 2]),
    ("await Promise.race([Host.later(1, { seconds: 0.2 }), Host.later(2)])", 2),
    ("await Promise.any([Host.failLater('timeout'), Host.later(1)])", 1),
    ("(await Promise.allSettled([Host.failLater('timeout')]))[0].reason.code", "timeout"),
    ("const { promise, resolve } = Promise.withResolvers();\nHost.later(3).then(resolve);\nawait promise", 3),
    ("Promise.name + Promise.length + (Host.later(1) instanceof Promise)", "Promise1true"),
    ("class P extends Promise {}\nawait new P((r) => r(4))", 4),
    ("await Array.fromAsync(Host.count(3))", [0, 1, 2]),
    # timers
    ("const o = [];\nsetTimeout(() => o.push(2), 10);\nsetTimeout((x) => o.push(x), 1, 1);\n"
     "await Async.sleep(0.03);\no", [1, 2]),
    ("let n = 0;\nawait new Promise((r) => { const t = setInterval(() => { if (++n === 3) { clearInterval(t); r() } }, 1) });\nn", 3),
    ("let n = 0;\nclearTimeout(setTimeout(() => n++, 1));\nawait Async.sleep(0.01);\nn", 0),
    ("const o = [];\nsetTimeout(() => { o.push(1); queueMicrotask(() => o.push(2)) }, 0);\n"
     "setTimeout(() => o.push(3), 0);\nawait Async.sleep(0.01);\no", [1, 2, 3]),
    # streams
    ("const o = [];\nfor await (const n of Host.count(5)) o.push(n);\no", [0, 1, 2, 3, 4]),
    ("const s = Host.count(3);\nfor await (const n of s);\nawait s.result()", "the whole"),
    ("await Host.count(0).result()", "the whole"),
    ("const o = [];\nconst w = await Host.count(3, async (n) => { await 0; o.push(n) });\n[o, w]", [[0, 1, 2], "the whole"]),
    ("const s = Host.count(4);\nconst all = await Promise.all([s.next(), s.next(), s.next(), s.next(), s.next()]);\n"
     "all.map((r) => r.value ?? 'end')", [0, 1, 2, 3, "end"]),
    ("const s = Host.count(-1);\nconst o = [];\ntry { for await (const n of s) o.push(n) } catch (e) { o.push(e.code) }\n"
     "o.push((await s.next()).done);\no", [0, 1, "provider_error", True]),
    # callbacks
    ("await Host.apply((a, b) => a + b, [1, 2])", 3),
    ("await Host.apply(async (a) => { await Async.sleep(0.01); return Host.later(a) }, [5])", 5),
    ("await Host.apply(() => Host.apply(() => Host.apply(() => 'deep')))", "deep"),
    ("const e = await Host.apply(() => { throw new TypeError('mine') }).catch((e) => e);\n[e.message, e.code]",
     ["mine", "spell_error"]),
    # Async
    ("await Async.all([() => Host.later(1), Host.later(2), 3])", [1, 2, 3]),
    ("await Async.all([])", []),
    ("let on = 0, most = 0;\nawait Async.map([1, 2, 3, 4, 5], async (n, i) => { most = Math.max(most, ++on);"
     " await Async.sleep(0.005); on--; return n * i }, { limit: 2 }).then((r) => [r, most])", [[0, 2, 6, 12, 20], 2]),
    ("await Async.race([() => Async.sleep(1), async () => 'first'])", "first"),
    ("const t = Async.spawn(async (a) => { await Async.sleep(0.01); return a }, 7);\n[t.done(), await t, t.done(), await t.wait()]",
     [False, 7, True, 7]),
    ("const t = Async.spawn(() => Host.never({ signal: t.signal }));\nawait Async.sleep(0.01);\nt.cancel();\n"
     "await t.catch((e) => e.code)", "cancelled"),
    ("await Async.timeout(5, () => Host.later(1))", 1),
    ("await Async.timeout(0.01, (signal) => Host.never({ signal })).catch((e) => [e.code, e.retryable])", ["timeout", True]),
    ("let stopped = 0;\nawait Async.all([(s) => new Promise(() => s.addEventListener('abort', () => stopped++)),"
     " async () => { throw new Error('x') }]).catch(() => {});\nstopped", 1),
    # aborting
    ("const c = new AbortController();\nsetTimeout(() => c.abort(), 1);\n"
     "await Host.never({ signal: c.signal }).catch((e) => e.name)", "AbortError"),
    ("await Host.later(1, { signal: AbortSignal.abort('why') }).catch((e) => e)", "why"),
    ("await Host.never({ signal: AbortSignal.timeout(1) }).catch((e) => e.name)", "TimeoutError"),
    ("await Host.later(1, { signal: new AbortController().signal, seconds: 0.01 })", 1),
    ("const c = new AbortController();\nconst s = AbortSignal.any([c.signal]);\nc.abort('r');\n[s.aborted, s.reason]", [True, "r"]),
    # the web's small things
    ("const t = new EventTarget();\nlet n = 0;\nconst f = () => n++;\nt.addEventListener('x', f);\n"
     "t.addEventListener('x', { handleEvent() { n += 10 } }, { once: true });\nt.dispatchEvent(new CustomEvent('x'));\n"
     "t.dispatchEvent(new CustomEvent('x'));\nt.removeEventListener('x', f);\nt.dispatchEvent(new CustomEvent('x'));\nn", 12),
    ("const s = 'aé€😀';\nconst b = new TextEncoder().encode(s);\n[b.length, new TextDecoder().decode(b) === s, Array.from(b)]",
     [10, True, list("aé€😀".encode())]),
    ("new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 97, 0xff, 0xe2, 0x82, 0x61]))", "a\ufffd\ufffda"),
    ("[btoa('ab\\xff'), atob('YWL/'), atob(' YQ == ')]", ["YWL/", "ab\xff", "a"]),
    ("const o = { d: new Date(5), m: new Map([[1, new Set([2])]]), u: new Uint8Array([1]), l: [1, , 2] };\no.o = o;\n"
     "const c = structuredClone(o);\n[c !== o && c.o === c, c.d.getTime(), c.m.get(1).has(2), c.u[0], 1 in c.l, c.l.length]",
     [True, 5, True, 1, False, 3]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), GIVES)
def test_async_code_gives(source: str, expected: Any) -> None:
    assert value_of(source) == expected


FAILS: list[tuple[str, dict[str, Any], list[int]]] = [
    ("Promise.reject(new Error('lost'));\nawait Async.sleep(0.01)", {"message": "lost"}, [1]),
    ("(async () => {\n  await Host.later(1);\n  null.x;\n})();\n'value'", {"name": "TypeError"}, [3]),
    ("Async.spawn(async () => {\n  throw new Error('task');\n});\n1", {"message": "task"}, [2]),
    ("setTimeout(() => {\n  throw new Error('tick');\n}, 1);\nawait Async.sleep(5)", {"message": "tick"}, [2]),
    ("new AbortController().signal.dispatchEvent(new CustomEvent('x'));\nconst t = new EventTarget();\n"
     "t.addEventListener('x', () => {\n  throw new Error('heard');\n});\nt.dispatchEvent(new CustomEvent('x'))",
     {"message": "heard"}, [4, 6]),
    ("await new Promise(() => {})", {"code": "spell_error"}, []),
    ("await Async.map([1], 5)", {"code": "invalid_argument", "message": "Async.map: 'fn' must be a function"}, [1]),
    ("await Async.map([1], () => 1, { limt: 2 })", {"message": "Async.map: 'limt' is not an option"}, [1]),
    ("await Async.sleep(-1)", {"code": "invalid_argument"}, [1]),
    ("structuredClone(() => 1)", {"name": "DataCloneError"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected", "lines"), FAILS)
def test_async_code_fails_with(source: str, expected: dict[str, Any], lines: list[int]) -> None:
    outcome = run(source)
    assert outcome.kind == "FAIL", outcome
    assert {key: outcome.value.get(key) for key in expected} == expected
    found = [line for _, line in outcome.lines] if "traceback" in outcome.value else []
    assert found == lines or not lines


@pytest.mark.parametrize(
    "source",
    [
        "const p = Host.failLater('timeout');\nawait Async.sleep(0.02);\nlet c;\ntry { await p } catch (e) { c = e.code }\nc",
        "const p = Promise.reject(new SpellError('x', { code: 'timeout' }));\nawait Host.later(1);\nawait p.catch((e) => e.code)",
        "await import('./bad.js').catch((e) => e.code)",
    ],
)
def test_a_rejection_handled_late_is_handled(source: str) -> None:
    modules = {"./bad.js": ("bad.js", "throw new SpellError('x', { code: 'timeout' })")}
    assert value_of(source, modules=modules) == "timeout"


def test_an_endless_wait_says_so() -> None:
    outcome = run("console.log('a');\nawait new Promise(() => {})")
    assert "waits for a promise that nothing will settle" in outcome.message


def test_breaking_out_of_a_stream_closes_it() -> None:
    outcome = run(
        "for await (const n of Host.count(9)) break;\nconst s = Host.count(2);\nawait s.close()"
    )
    assert len(outcome.closed) == 1


def test_aborting_cancels_the_call() -> None:
    outcome = run("await Host.never({ signal: AbortSignal.timeout(1) }).catch(() => {})")
    assert outcome.cancelled == [1]


@pytest.mark.parametrize(
    "source",
    [
        "await Async.timeout(0.02, () => WORK).catch(() => {})",
        "await Async.race([() => WORK, async () => 1])",
        "await Async.all([() => WORK, async () => { throw 1 }]).catch(() => {})",
        "const t = Async.spawn(() => WORK);\nawait Async.sleep(0.02);\nt.cancel()",
    ],
    ids=["timeout", "race", "all", "spawn"],
)
def test_what_is_given_up_is_cancelled(source: str) -> None:
    assert run(source.replace("WORK", "Host.never()")).cancelled == [1]
    slept = run(source.replace("WORK", "Async.sleep(80)"))
    assert slept.kind == "DONE" and slept.seconds < 50


BRIEFLY = "await Host.applyBriefly(FUNCTION).catch((e) => e.code)"


def test_what_an_abandoned_callback_began_at_once_is_cancelled() -> None:
    for function in (
        "() => Host.never()",
        "async () => { await Host.never(); await Host.later(1) }",
    ):
        outcome = run(BRIEFLY.replace("FUNCTION", function))
        assert (outcome.kind, outcome.value, outcome.cancelled, outcome.calls) == (
            "DONE",
            "timeout",
            [2],
            2,
        )
    slept = run(BRIEFLY.replace("FUNCTION", "() => Async.sleep(80)"))
    assert slept.kind == "DONE" and slept.seconds < 50


def test_an_abandoned_callback_can_clean_up() -> None:
    function = "async () => { try { await Host.never() } catch (e) { said = e.code } finally { said += '!' } }"
    outcome = run(f"let said;\n{BRIEFLY.replace('FUNCTION', function)};\nsaid")
    assert outcome.value == "cancelled!"


def test_an_abandoned_callback_leaves_what_others_began() -> None:
    source = "const mine = Host.later('mine', { seconds: 0.2 });\nconst other = Host.apply(() => Host.later('other', { seconds: 0.2 }));\n"
    outcome = run(
        f"{source}{BRIEFLY.replace('FUNCTION', '() => mine')};\n[await mine, await other]"
    )
    assert (outcome.value, outcome.cancelled) == (["mine", "other"], [])


def test_a_late_answer_to_a_cancelled_call_is_ignored() -> None:
    source = (
        "const r = await Host.later('late', { seconds: 0.02, signal: AbortSignal.timeout(1) }).catch(() => 'gone');\n"
        "await Async.sleep(0.05);\nr"
    )
    assert value_of(source) == "gone"


def test_timers_are_limited() -> None:
    source = "let n = 0, code;\ntry { for (;; n++) setTimeout(() => {}, 1) } catch (e) { code = e.code }\n[n, code]"
    assert value_of(source) == [10_000, "limit_exceeded"]


# What people write: queues, emitters, pools, generators over timers, races; each of these once
# lost a suspended function to the engine's collector. A forced collection runs all the time,
# because every round leaves thousands of objects behind.
STRESS = """
class Queue {
  #items = []; #waiting = [];
  push(x) { const w = this.#waiting.shift(); if (w) w(x); else this.#items.push(x) }
  pop() { return this.#items.length ? Promise.resolve(this.#items.shift()) : new Promise((r) => this.#waiting.push(r)) }
}
class Emitter {
  on = {};
  add(e, f) { (this.on[e] ??= []).push(f) }
  emit(e, x) { (this.on[e] ?? []).forEach((f) => f(x)) }
}
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
async function worker(q, out) {
  for (;;) {
    const x = await q.pop();
    if (x === null) return;
    let local = { x };
    const f = () => local;
    await Host.later(x);
    out.push(f().x);
  }
}
async function* ticks(n) {
  let wake; const buffer = [];
  const id = setInterval(() => { buffer.push({ t: 1 }); wake && wake() }, 1);
  try {
    for (let i = 0; i < n; i++) {
      while (!buffer.length) await new Promise((r) => { wake = r });
      yield buffer.shift();
    }
  } finally { clearInterval(id) }
}
async function once(emitter, event) {
  let done;
  emitter.add(event, (x) => { done && done(x) });
  return await new Promise((r) => { done = r });
}
let total = 0;
for (let round = 0; round < 30; round++) {
  const q = new Queue(), out = [];
  const workers = Array.from({ length: 5 }, () => worker(q, out));
  for (let i = 0; i < 20; i++) q.push(i);
  for (let i = 0; i < 5; i++) q.push(null);
  const emitter = new Emitter();
  const heard = once(emitter, 'go');
  setTimeout(() => emitter.emit('go', 42), 1);
  let seen = 0;
  for await (const t of ticks(3)) seen += t.t;
  for await (const n of Host.count(9)) if (++seen === 10) break;
  await Promise.all(workers);
  const first = await Promise.race([heard, sleep(500)]);
  const never = new Promise(() => {});
  let big = Array.from({ length: 3000 }, (_, i) => ({ i, list: [i] }));
  const keep = () => big;
  await Promise.race([never.then(() => keep()), sleep(1)]);
  await Promise.any([Host.failLater('timeout'), Host.later(1)]);
  await Promise.allSettled([Host.failLater('timeout')]);
  let wake;
  setTimeout(() => wake(), 1);
  await new Promise((r) => { wake = r });
  await Host.apply(async (n) => { const o = { n }; await Host.later(1); return (() => o.n)() }, [round]);
  total += out.length + seen + (first === 42 ? 1 : 0);
}
total
"""


@pytest.mark.parametrize("attempt", range(3))
def test_ordinary_async_code_does_not_crash_the_worker(attempt: int) -> None:
    outcome = run(STRESS)
    assert (outcome.kind, outcome.value, outcome.code) == ("DONE", 30 * (20 + 10 + 1), 0), outcome
    assert outcome.calls > 900


# The shape of CVE-2023-48184: without the tracked Promise the waiting function is freed, and the
# worker dies or finds no function where one was.
WAIT = """
  let S;
  (async () => {
    let wake = null;
    const own = {};
    own.own = own;
    S = { push() { wake() } };
    await new Promise((r) => { wake = r });
    globalThis.woken = (globalThis.woken ?? 0) + 1;
  })();
  return S;
"""


@pytest.mark.parametrize("form", ["export default await (async () => {BODY})()", "BODY"])
def test_a_wait_that_only_a_closure_leads_to_survives_collections(form: str) -> None:
    body = (
        f"const all = Array.from({{ length: 200 }}, () => {{ {WAIT} }});\nconst kept = [];\n"
        "for (let i = 0; i < 60; i++) {\n"
        "  for (let k = 0; k < 2000; k++) { const o = {}; o.o = o; kept.push(o) }\n"
        "  await Host.later(i);\n}\n"
        "for (const s of all) s.push();\nawait Host.later(0);\nreturn woken"
    )
    assert value_of(form.replace("BODY", body), memory=512 << 20) == 200
