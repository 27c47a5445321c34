"""Events under strain: what is bounded, what is counted, and what a hostile handler cannot do."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bridges._errors import InvalidArgument, LimitExceeded
from bridges._events import bus as event_bus
from bridges._events import handlers, queues
from bridges._events.bus import Bus, correlation
from bridges._events.patterns import matches
from bridges._session import Limits, Session
from llmspell_cli.repl.bench import Bench
from tests.casting import cast
from tests.cli.running import PROGRAM, environment, llmspell
from tests.door import Function, call, finish, gives, sleeps, wait_for
from tests.repl.benches import Listener, on_bench
from tests.sessions import make_session

LANGUAGES = ["lua", "javascript"]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return make_session(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "name", "does"),
    [
        ("model.ended", "model.ended", True),
        ("model.*", "model.ended", True),
        ("model.*", "model", False),
        ("model.*", "model.a.b", False),
        ("*", "ready", True),
        ("*", "model.ended", False),
        ("**", "model.ended", True),
        ("model.**", "model", True),
        ("model.**", "model.a.b", True),
        ("**.ended", "model.ended", True),
        ("**.ended", "ended", True),
        ("a.**.z", "a.z", True),
        ("a.**.z", "a.b.c.z", True),
        ("a.**.z", "a.b.c", False),
        ("mo*.st*ed", "model.started", True),
        ("mo*", "model.started", False),
    ],
)
def test_patterns(pattern: str, name: str, does: bool) -> None:
    assert matches(pattern, name) is does


def test_a_pattern_made_to_take_long_does_not() -> None:
    assert not matches(".".join(["**", "a*a*a*"] * 13), ".".join(["aaaaaaaaab"] * 12))


async def emit(session: Session, name: str, data: Any = None) -> Any:
    return await wait_for(session, "Event.emit", name, data)


def test_what_finds_no_room_is_counted_and_the_rest_arrives(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "QUEUE", 10)
    begun, going = asyncio.Event(), asyncio.Event()

    async def work() -> Any:
        heard: list[int] = []

        async def slow(event: dict[str, Any]) -> None:
            begun.set()
            await going.wait()
            heard.append(event["data"])

        call(session, "Event.on", "a", Function(slow))
        first = asyncio.create_task(emit(session, "a", 0))
        await begun.wait()
        for n in range(1, 31):
            await emit(session, "a", n)  # the first is being delivered: nobody waits for these
        stats = call(session, "Event.stats")
        going.set()
        await first
        while call(session, "Event.stats")["waiting"]:
            await asyncio.sleep(0.01)
        await emit(session, "a", 99)
        return stats, heard

    stats, heard = finish(session, work())
    assert stats["dropped"] == {"handlers": 20, "streams": 0} and stats["waiting"] == 10
    assert heard == [*range(11), 99]


def test_a_reader_that_does_not_read_loses_the_newest(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "QUEUE", 10)

    async def work() -> Any:
        waiting = asyncio.create_task(
            wait_for(session, "Event.wait_for", "a", {"filter": sleeps()})
        )
        await asyncio.sleep(0.05)
        for n in range(30):
            await emit(session, "a", n)
        stats = call(session, "Event.stats")
        waiting.cancel()
        await asyncio.wait([waiting])
        return stats, call(session, "Event.stats")

    before, after = finish(session, work())
    assert before["dropped"]["streams"] in (19, 20) == (19, 20)
    assert after["dropped"] == before["dropped"]


def test_what_all_streams_hold_together_is_bounded(session: Session) -> None:
    session.account.limit = 200_000

    async def work() -> Any:
        streams = [await wait_for(session, "Event.stream", "a") for _ in range(10)]
        for n in range(5):
            await emit(session, "a", f"{n}" * 30_000)
        full = call(session, "Event.stats")["dropped"]["streams"]
        for stream in streams:
            await wait_for(session, "Stream:close", stream)
        await asyncio.sleep(0.05)
        reader = await wait_for(session, "Event.stream", "a")
        first = asyncio.create_task(wait_for(session, "Stream:next", reader))
        await emit(session, "a", "x" * 30_000)
        return full, len((await first)["items"]), call(session, "Event.stats")["dropped"]["streams"]

    full, items, after = finish(session, work())
    assert full >= 50 - 6 and items == 1 and after == full


def test_what_streams_make_of_events_is_bounded(session: Session) -> None:
    session.account.limit = 200_000

    async def work() -> None:
        options = {"map": gives("x" * 300_000)}
        stream = await wait_for(session, "Event.stream", "a", options)
        await emit(session, "a")
        await wait_for(session, "Stream:next", stream)

    with pytest.raises(LimitExceeded, match="the host would hold more than 200,000 bytes"):
        finish(session, work())


def test_batches_of_big_events_come_early(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "MOST_BYTES", 100_000)
    handler, other = gives(None), gives(None)

    async def work() -> list[list[int]]:
        found = []
        options = {"batch": {"size": 100}}
        call(session, "Event.on", "a", handler, options)
        for _ in range(8):
            await emit(session, "a", "x" * 30_000)
        found.append([len(batch) for batch in handler.calls])
        call(session, "Event.clear")
        await wait_for(session, "Async.sleep", 0.05)
        handler.calls.clear()
        # Where others hold all there is, it comes at once, and nothing is lost.
        session.account.limit = 40_000
        call(session, "Event.on", "a", other, options)
        call(session, "Event.on", "a", handler, options)
        for _ in range(3):
            await emit(session, "a", "x" * 30_000)
        found.append([len(batch) for batch in handler.calls])
        return found

    assert finish(session, work()) == [[4, 4], [1, 2]]


def test_what_all_caches_hold_together_is_bounded(session: Session) -> None:
    session.account.limit = 100_000

    async def work() -> list[int]:
        caches = [call(session, "Hook.cache", {"point": "state"}) for _ in range(1)]
        caches += [call(session, "Hook.cache", {"point": "tool"}) for _ in range(10)]
        tool = {"name": "big", "parameters": {}, "run": gives("x" * 30_000)}
        call(session, "Tool.new", tool)
        await wait_for(session, "Tool.call", "big", {})
        return [call(session, "Hook:stats", c)["kept"] for c in caches]

    assert sum(finish(session, work())) == 3


def test_a_delivery_that_is_ended_before_it_begins_holds_nobody(session: Session) -> None:
    async def work() -> list[Any]:
        bus: Bus = session.shared(Bus)
        handler = gives(None)
        call(session, "Event.on", "a", handler)
        bus.emit_own("a", 1, None)
        waiting = asyncio.create_task(bus.drain())
        asyncio.get_running_loop().call_soon(bus.interrupt)  # after drain, before the delivery
        await asyncio.wait_for(waiting, 20)
        await asyncio.wait_for(emit(session, "a", 2), 20)
        return [event["data"] for event in handler.calls]

    assert finish(session, work()) == [2]


def test_history_is_bounded_in_number_and_size(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_bus, "MOST_BYTES", 100_000)

    async def work() -> Any:
        for n in range(event_bus.KEPT + 5):
            await emit(session, "a", n)
        many = len(call(session, "Event.history"))
        for _ in range(20):
            await emit(session, "big", "x" * 30_000)
        return many, call(session, "Event.history")

    many, events = finish(session, work())
    assert many < event_bus.KEPT + 1
    assert 1 <= len(events) <= 4 and events[-1]["name"] == "big"


def test_handlers_and_readers_are_bounded(session: Session) -> None:
    for _ in range(event_bus.HANDLERS):
        call(session, "Event.on", "a", gives(None))
    with pytest.raises(LimitExceeded, match="more than 1000 event handlers"):
        call(session, "Event.on", "a", gives(None))
    assert call(session, "Event.off", "a") == event_bus.HANDLERS
    call(session, "Event.on", "a", gives(None))

    async def many() -> Any:
        for _ in range(event_bus.HANDLERS + 1):
            await wait_for(session, "Event.stream", "a")

    with pytest.raises(LimitExceeded, match="in more than 1000 places"):
        finish(session, many())


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("Event.emit", ["a", {"f": gives(1)}]),
        ("Event.emit", ["a" * 201]),
        ("Event.emit", ["a..b"]),
        ("Event.emit", ["hook.mine"]),
        ("Event.emit", ["a", 1, {"correlation": ""}]),
        ("Event.wait_for", ["a?"]),
        ("Event.stream", ["[a]"]),
        ("Event.replay", [[{"n": 1}]]),
        ("Event.replay", [[{"name": "a", "time": "now"}]]),
        ("Event.replay", ["[" * 100_000]),
        ("Event.replay", [[{"name": "a"}] * 10_001]),
        ("Event.replay", [[], {"speed": 0}]),
        ("Event.correlate", ["", gives(1)]),
    ],
)
def test_what_is_no_event_is_refused(function: str, arguments: list[Any], session: Session) -> None:
    with pytest.raises(InvalidArgument):
        finish(session, wait_for(session, function, *arguments))


def test_batches_come_by_size_or_time_and_the_rest_at_the_end(session: Session) -> None:
    async def work() -> Any:
        timed, counted = gives(None), gives(None)
        call(session, "Event.on", "a", timed, {"batch": {"seconds": 1}})
        handler = call(session, "Event.on", "a", counted, {"batch": {"size": 2}})
        for n in range(3):
            await emit(session, "a", n)
        while not timed.calls:
            await asyncio.sleep(0.01)
        assert call(session, "EventHandler:off", handler)
        while len(counted.calls) < 2:
            await asyncio.sleep(0.01)
        return [[event["data"] for event in batch] for batch in (*timed.calls, *counted.calls)]

    assert finish(session, work()) == [[0, 1, 2], [0, 1], [2]]


def test_what_a_handler_causes_has_the_events_correlation(session: Session) -> None:
    async def work() -> Any:
        async def answer(_event: dict[str, Any]) -> None:
            await emit(session, "b")

        call(session, "Event.on", "a", Function(answer))
        token = correlation.set("outside")
        await wait_for(session, "Event.emit", "a", None, {"correlation": "mine"})
        correlation.reset(token)
        await emit(session, "c")
        return [(e["name"], e.get("correlation")) for e in call(session, "Event.history")]

    assert finish(session, work()) == [("a", "mine"), ("b", "mine"), ("c", None)]


def test_what_is_replayed_is_told_to_the_spell_only(session: Session) -> None:
    async def work() -> Any:
        heard, counted = gives(None), []

        async def count(event: dict[str, Any]) -> bool:
            counted.append(event)
            return True

        bus: Bus = session.shared(Bus)
        bus.listen(event_bus.Listener("**", count))
        call(session, "Event.on", "**", heard)
        recorded = [{"name": "model.ended", "source": "llmspell", "data": {"name": "x"}}]
        await wait_for(session, "Event.replay", recorded)
        return [event["name"] for event in heard.calls], counted

    assert finish(session, work()) == (["model.ended"], [])


def test_events_nobody_waits_for_are_delivered_soon(session: Session) -> None:
    async def work() -> Any:
        heard = gives(None)
        call(session, "Event.on", "artifact.*", heard)
        bus: Bus = session.shared(Bus)
        bus.emit("artifact.saved", {"name": "x"})
        while not heard.calls:
            await asyncio.sleep(0.01)
        return heard.calls[0]["data"]

    assert finish(session, work()) == {"name": "x"}


def test_the_end_of_the_run_ends_deliveries_and_readers(session: Session) -> None:
    handler = sleeps()

    async def work() -> Any:
        call(session, "Event.on", "a", handler)
        waiting = asyncio.create_task(emit(session, "a"))
        stream = await wait_for(session, "Event.stream", "b")
        while not handler.calls:
            await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.wait([waiting])
        return stream

    stream = finish(session, work())
    assert handler.cancelled == 1
    assert stream is not None


# -- spells

CHAIN = {
    "lua": """
Event.on("a", function(event)
  print("a", event.data)
  Event.emit("b", event.data)
end)
Event.on("b", function(event)
  print("b", event.data)
  if event.data < 3 then Event.emit("a", event.data + 1) end
end)
Event.on("b", function(events) print("batch", #events) end, {batch = {size = 2}})
Event.on("model.switched", function(event) print(event.data.to) end)
Event.emit("a", 1)
Model.set_default("test:other")
return "done" """,
    "javascript": """
Event.on("a", async (event) => {
  console.log("a", event.data);
  await Event.emit("b", event.data);
});
Event.on("b", async (event) => {
  console.log("b", event.data);
  if (event.data < 3) await Event.emit("a", event.data + 1);
});
Event.on("b", (events) => { console.log("batch", events.length); }, {batch: {size: 2}});
Event.on("model.switched", (event) => { console.log(event.data.to); });
await Event.emit("a", 1);
Model.setDefault("test:other");
export default "done";""",
}
ENDLESSLY_LAST = {
    "lua": 'Event.on("a", function() Event.emit("a") end) Event.emit("a")',
    "javascript": 'Event.on("a", () => Event.emit("a")); await Event.emit("a")',
}
FAILS_LAST = {
    "lua": """
Event.on("a", function() Event.emit("b") end)
Event.on("b", function() Async.spawn(function() error("too late") end) end)
Event.emit("a")""",
    "javascript": """
Event.on("a", () => Event.emit("b"));
Event.on("b", () => { Promise.reject(new Error("too late")); });
await Event.emit("a");""",
}
ENDLESS = {
    "lua": 'Event.on("a", function() Event.emit("a") end) Event.emit("a") Async.sleep(60)',
    "javascript": 'Event.on("a", () => Event.emit("a"));'
    'await Event.emit("a"); await Async.sleep(60)',
}
STUCK = {
    "lua": 'Event.on("a", function() Async.sleep(60) end) Event.emit("a")',
    "javascript": 'Event.on("a", () => Async.sleep(60)); await Event.emit("a")',
}
FAST = {
    "lua": """
local count = 0
Event.on("n", function() count = count + 1 end)
for i = 1, N do Event.emit("n", i) end
local stats = Event.stats()
return {count, stats.emitted, stats.delivered, stats.dropped.handlers, #Event.history()}""",
    "javascript": """
let count = 0;
Event.on("n", () => { count++; });
for (let i = 0; i < N; i++) await Event.emit("n", i);
const stats = Event.stats();
return [count, stats.emitted, stats.delivered, stats.dropped.handlers, Event.history().length]""",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_spell_ends_when_its_handlers_have_heard_everything(
    language: str, tmp_path: Path
) -> None:
    outcome, printed = cast(language, CHAIN[language], make_session(tmp_path))
    assert (outcome.error, outcome.value) == (None, "done")
    said = sorted(line.replace("\t", " ") for line in printed.splitlines())
    assert said == ["a 1", "a 2", "a 3", "b 1", "b 2", "b 3", "batch 1", "batch 2", "test:other"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chain_that_does_not_end_meets_the_limit_of_calls(language: str, tmp_path: Path) -> None:
    session = make_session(tmp_path, limits=Limits(calls=300, timeout=60))
    outcome, _ = cast(language, ENDLESSLY_LAST[language], session)
    assert outcome.error is not None and outcome.error.code == "limit_exceeded"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_fails_in_the_last_handlers_fails_the_spell(language: str, tmp_path: Path) -> None:
    outcome, _ = cast(language, FAILS_LAST[language], make_session(tmp_path))
    assert outcome.error is not None and outcome.error.message == "too late"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_handler_that_emits_endlessly_meets_the_limit_of_calls(
    language: str, tmp_path: Path
) -> None:
    session = make_session(tmp_path, limits=Limits(calls=500, timeout=60))
    outcome, _ = cast(language, ENDLESS[language], session)
    assert outcome.error is not None and outcome.error.code == "limit_exceeded"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_handler_that_never_returns_meets_the_time_limit(language: str, tmp_path: Path) -> None:
    session = make_session(tmp_path, limits=Limits(timeout=1))
    outcome, _ = cast(language, STUCK[language], session)
    assert outcome.error is not None and outcome.error.code == "timeout"


@pytest.mark.parametrize("language", LANGUAGES)
def test_many_events_one_after_the_other(language: str, tmp_path: Path) -> None:
    session = make_session(tmp_path, limits=Limits(calls=10**6, timeout=100))
    source = FAST[language].replace("N", "5000")
    if language == "javascript":
        source = f"return await (async () => {{{source}}})()"
    outcome, _ = cast(language, source, session)
    assert outcome.error is None, outcome.error.message
    assert outcome.value == [5000, 5000, 5000, 0, event_bus.KEPT]


@pytest.mark.parametrize("language", LANGUAGES)
def test_ctrl_c_during_a_delivery(language: str, tmp_path: Path) -> None:
    name = "spell.lua" if language == "lua" else "spell.js"
    (tmp_path / name).write_text(
        {
            "lua": 'Event.on("a", function() print("up") Async.sleep(60) end) Event.emit("a")',
            "javascript": "const wait = () => Async.sleep(60);"
            'Event.on("a", async () => { console.log("up"); await wait(); });'
            'await Event.emit("a")',
        }[language]
    )
    running = subprocess.Popen(
        [*PROGRAM, "run", name],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
    )
    assert running.stdout and running.stdout.readline() == b"up\n"
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130 and b"Traceback" not in err


OUTER = """
local seen = {}
Event.on("**", function(e) seen[#seen + 1] = e.name .. " " .. e.spell end)
Hook.before("tool", function(h)
  return {request = {arguments = {expression = h.request.arguments.expression .. "+100"}}}
end)
local value = Spell.run("inner.js", {})
print(value)
print(table.concat(seen, "\\n"))
"""
INNER = """
Hook.before("tool", (h) => (
  {request: {arguments: {expression: h.request.arguments.expression + "*2"}}}));
Hook.after("tool", (h) => ({result: h.result + 1}));
await Event.emit("hello.there");
const value = await Tool.call("calculator", {expression: "1"});
value
"""


def test_hooks_and_handlers_of_an_outer_spell_hold_for_the_spells_it_runs(tmp_path: Path) -> None:
    (tmp_path / "outer.lua").write_text(OUTER)
    (tmp_path / "inner.js").write_text(INNER)
    ended = llmspell(tmp_path, "run", "outer.lua")
    assert (ended.code, ended.err) == (0, "")
    # The outer hook is asked first: (1+100*2), and the inner one adds 1 to the result.
    assert ended.out.splitlines() == [
        "202",
        "run.started outer",
        "hello.there inner",
        "tool.started inner",
        "hook.replaced inner",
        "tool.ended inner",
        "run.ended outer",
    ]


REPL = {
    "lua": (
        'heard = {}; Event.on("a", function(e) if e.data == 1 then Async.sleep(60) end '
        "heard[#heard + 1] = e.data end)",
        'Event.emit("a", 1)',
        'Event.emit("a", 2)',
        "#heard",
    ),
    "javascript": (
        'const heard = []; Event.on("a", async (e) => { if (e.data === 1) await Async.sleep(60); '
        "heard.push(e.data); });",
        'await Event.emit("a", 1)',
        'await Event.emit("a", 2)',
        "heard.length",
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_repl_hears_on_after_ctrl_c_in_a_handler(language: str, tmp_path: Path) -> None:
    define, stuck, again, count = REPL[language]

    async def work(bench: Bench, face: Listener) -> None:
        await bench.evaluate(define)
        asyncio.get_running_loop().call_later(0.5, bench.interrupt)
        await bench.evaluate(stuck)
        await bench.evaluate(again)
        await bench.evaluate(count)
        assert [error.code for error in face.errors] == ["cancelled"]
        assert face.shown[-1] == "1"

    on_bench(tmp_path, language, work)
