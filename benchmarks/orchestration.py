"""What steps, events, hooks and state cost, and many steps at once against plain asyncio."""

from __future__ import annotations

import json
import os
import select
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.crossing import SUFFIX
from benchmarks.timing import Row, interleaved
from bridges._session import Limits
from engines._modules import Modules
from engines._output import Output
from engines._process import Worker
from engines._program import Program
from engines._run import Run
from llmspell_cli.compose import spelling
from tests.sessions import make_session

STEPS = 400
EVENTS = 1_000
CALLS = 300
KEPT = 300
PARALLEL, AT_ONCE, DELAY = 1_000, 50, 0.1
WRITERS, WRITES = 4, 300

# Each in both languages: what is compared, by name; the first is what the others are compared with.
FUNCTIONS = {
    "lua": {
        "callback": f"for i = 1, {STEPS} do Logger.capture(function() return i * 2 end) end",
        "plain": f"local s = 0 for i = 1, {STEPS} do s = s + (function() return i * 2 end)() end",
        "step": f"""
            local steps = {{}}
            for i = 1, {STEPS} do
              steps[i] = {{ name = "s" .. i, run = function() return i * 2 end }}
            end
            Workflow.sequential{{ name = "w", steps = steps }}:run()""",
    },
    "javascript": {
        "callback": f"for (let i = 0; i < {STEPS}; i++) await Logger.capture(() => i * 2);",
        "plain": f"let s = 0; for (let i = 0; i < {STEPS}; i++) s += (() => i * 2)();",
        "step": f"""
            const steps = [];
            for (let i = 0; i < {STEPS}; i++) steps.push({{name: `s${{i}}`, run: () => i * 2}});
            await Workflow.sequential({{name: "w", steps}}).run();""",
    },
}
EMITS = {
    "call": f"for i = 1, {EVENTS} do File.exists('x') end",
    "emit": f"for i = 1, {EVENTS} do Event.emit('a.b', {{ n = i }}) end",
    "handled": f"""
        local heard = 0
        Event.on('a.*', function() heard = heard + 1 end)
        for i = 1, {EVENTS} do Event.emit('a.b', {{ n = i }}) end
        assert(heard == {EVENTS})""",
}
HOOKS = {
    f"{count} hooks": f"""
        for _ = 1, {count} do Hook.before('tool', function() end) end
        for i = 1, {CALLS} do Tool.call('uuid') end"""
    for count in (0, 1, 5)
}
STATES = {
    store: f"""
        local state = State.new{{ name = 'bench', store = '{store}'WHERE }}
        for i = 1, {KEPT} do
          state:set('n', i)
          assert(state:get('n') == i)
        end"""
    for store in ("memory", "file", "sqlite")
}
MANY = f"""
local steps = {{}}
for i = 1, {PARALLEL} do
  steps[i] = {{ name = "s" .. i, run = function() return #Http.get("URL").text end }}
end
local found = Workflow.parallel{{ name = "w", steps = steps, max_concurrency = {AT_ONCE} }}:run()
assert(found.status == "done", found.status)
"""
BARE = """
import asyncio, sys, httpx2
async def main():
    limit = asyncio.Semaphore(int(sys.argv[3]))
    async with httpx2.AsyncClient() as client:
        async def one():
            async with limit:
                (await client.get(sys.argv[1])).text
        await asyncio.gather(*(one() for _ in range(int(sys.argv[2]))))
import time
start = time.perf_counter()
asyncio.run(main())
print(time.perf_counter() - start)
"""
SERVER = """
import asyncio, json, sys
now = most = 0
async def serve(reader, writer):
    global now, most
    try:
        while True:
            path = (await reader.readuntil(b"\\r\\n\\r\\n")).split()[1]
            if path == b"/most":
                body, most = str(most).encode(), 0
            else:
                now += 1
                most = max(most, now)
                await asyncio.sleep(float(sys.argv[1]))
                now -= 1
                body = b"hello"
            head = b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body)
            writer.write(head + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
OURS = """
import asyncio, sys, time
from pathlib import Path
from bridges._database import Database, migrate
migrate("bench", ["CREATE TABLE bench (n INTEGER)", "INSERT INTO bench VALUES (0)"])
async def main():
    database = Database.at(Path(sys.argv[1]))
    start = time.monotonic()
    for _ in range(int(sys.argv[2])):
        await database.write(lambda db: db.execute("UPDATE bench SET n = n + 1"))
    print(start, time.monotonic())
    await database.close()
asyncio.run(main())
"""
PLAIN = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1] + "/plain.db", timeout=60, isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = NORMAL")
start = time.monotonic()
for _ in range(int(sys.argv[2])):
    db.execute("BEGIN IMMEDIATE")
    db.execute("UPDATE bench SET n = n + 1")
    db.execute("COMMIT")
print(start, time.monotonic())
"""


def spell_seconds(language: str, source: str, url: str = "") -> float:
    """Returns the seconds from START to DONE of a spell in a worker that is ready."""
    with tempfile.TemporaryDirectory() as name, open(os.devnull, "wb") as null:
        folder = Path(name)
        session = make_session(folder)
        session.grants = replace(session.grants, net=("127.0.0.1",))
        session.limits = Limits(calls=10**9, output=10**9, cpu=300, in_flight=10**6)
        session.spell_name = spelling(language)
        worker = Worker.start(language)
        select.select([worker.fd], [], [], 10)
        modules = Modules(language, folder, session.grants)
        run = Run(worker, session, modules, Output(null.fileno()))
        program = Program(source.replace("URL", url), f"bench.{SUFFIX[language]}", "file")
        start = time.perf_counter()
        outcome = run.execute(program)
        seconds = time.perf_counter() - start
        if outcome.error:
            raise outcome.error
        return seconds


def rows(folder: Path, rounds: int) -> Iterator[Row]:
    """Measures everything, a part at a time."""
    yield from steps(rounds)
    yield from events(rounds)
    yield from hooks(rounds)
    yield from states(folder, rounds)
    yield from parallel(rounds)
    yield writers(folder, rounds)


def steps(rounds: int) -> list[Row]:
    """Measures a step of a workflow against the same function called by the host, and plainly."""
    table = []
    for language, sources in FUNCTIONS.items():
        found = interleaved(_measures({**sources, "nothing": ""}, language), rounds)
        each = {name: (found[name] - found["nothing"]) / STEPS * 1e6 for name in sources}
        ratio = each["step"] / each["callback"]
        said = (
            f"{ratio:.1f}x of a call by the host ({each['step']:.0f} µs; plain {each['plain']:.1f})"
        )
        table.append(Row(f"one workflow step ({language})", said, "4x", ratio <= 4))
    return table


def events(rounds: int) -> list[Row]:
    """Measures events with and without a handler."""
    found = interleaved(_measures(EMITS, "lua"), rounds)
    table = []
    for name, what, budget in (
        ("emit", "events a second, nobody listens", 3.0),
        ("handled", "events a second, each to one handler", 4.0),
    ):
        ratio = found[name] / found["call"]
        said = f"{EVENTS / found[name]:,.0f}; {ratio:.1f}x of a host call"
        table.append(Row(what, said, f"{budget:g}x", ratio <= budget))
    return table


def hooks(rounds: int) -> list[Row]:
    """Measures what hooks add to a tool's call."""
    found = interleaved(_measures(HOOKS, "lua"), rounds)
    table = []
    for count, budget in ((1, 2.5), (5, 6.0)):
        ratio = found[f"{count} hooks"] / found["0 hooks"]
        word = "hook" if count == 1 else "hooks"
        each = (found[f"{count} hooks"] - found["0 hooks"]) / CALLS / count * 1e6
        said = f"{ratio:.1f}x of none ({each:.0f} µs a hook)"
        table.append(
            Row(f"a tool's call with {count} {word}", said, f"{budget:g}x", ratio <= budget)
        )
    return table


def states(folder: Path, rounds: int) -> list[Row]:
    """Measures set and get in each store against the same by hand."""
    places = {"memory": "", "file": ", path = 'bench.json'", "sqlite": ", scope = 'spell'"}
    sources = {store: STATES[store].replace("WHERE", place) for store, place in places.items()}
    by_hand: dict[str, Callable[[], float]] = {
        "by hand memory": _in_memory,
        "by hand file": partial(_in_a_file, folder),
        "by hand sqlite": partial(_in_sqlite, folder),
    }
    calls = f"for i = 1, {2 * KEPT} do File.exists('x') end"
    measures = _measures({**sources, "call": calls}, "lua")
    found = interleaved({**measures, **by_hand}, rounds)
    table = []
    for store, against, budget in (
        ("memory", "call", 3.0),
        ("file", "by hand file", 8.0),
        ("sqlite", "memory", 6.0),
    ):
        each, hand = (found[name] / KEPT * 1e6 for name in (store, f"by hand {store}"))
        ratio = found[store] / found[against]
        than = {"call": "two host calls", "memory": "memory"}.get(against, "the same by hand")
        said = f"{ratio:.1f}x of {than} ({each:.0f} µs; by hand {hand:.1f})"
        row = Row(f"state, set and get, {store}", said, f"{budget:g}x", ratio <= budget)
        table.append(row)
    return table


def parallel(rounds: int) -> list[Row]:
    """Measures many steps over a server that takes its time, never more than so many at once."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(DELAY)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/"
        most: list[int] = []

        def ours() -> float:
            seconds = spell_seconds("lua", MANY, url)
            most.append(_most(url))
            return seconds

        def bare() -> float:
            command = [sys.executable, "-c", BARE, url, str(PARALLEL), str(AT_ONCE)]
            return float(subprocess.run(command, check=True, capture_output=True).stdout)

        found = interleaved({"ours": ours, "bare": bare}, rounds)
    finally:
        server.kill()
        server.wait()
    ideal = PARALLEL / AT_ONCE * DELAY
    ratio = found["ours"] / found["bare"]
    said = f"{ratio:.2f}x of asyncio and a semaphore, {found['ours'] / ideal:.2f}x of ideal"
    about = (
        f"{PARALLEL:,} parallel steps, {AT_ONCE} at once, over a server of {DELAY * 1000:.0f} ms"
    )
    return [
        Row(about, f"{said} ({found['ours']:.2f} s)", "1.3x", ratio <= 1.3),
        Row(
            "requests of theirs under way at most",
            str(max(most)),
            str(AT_ONCE),
            max(most) <= AT_ONCE,
        ),
    ]


def _most(url: str) -> int:
    from urllib.request import urlopen

    with urlopen(url + "most") as answer:
        return int(answer.read())


def writers(folder: Path, rounds: int) -> Row:
    """Measures transactions of several processes on one database."""
    with sqlite3.connect(folder / "plain.db") as plain:
        plain.execute("CREATE TABLE bench (n INTEGER)")
        plain.execute("INSERT INTO bench VALUES (0)")
    plain.close()
    found = interleaved(
        {"ours": partial(_write, OURS, folder), "plain": partial(_write, PLAIN, folder)}, rounds
    )
    ratio = found["ours"] / found["plain"]
    said = f"{WRITERS * WRITES / found['ours']:,.0f}; takes {ratio:.1f}x of plain sqlite3"
    return Row(f"transactions a second, {WRITERS} processes", said, "10x", ratio <= 10)


def _write(source: str, folder: Path) -> float:
    """Returns the seconds from the first process's first transaction to the last one's last."""
    command = [sys.executable, "-c", source, str(folder), str(WRITES)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(WRITERS)
    ]
    times = []
    for process in processes:
        told, _ = process.communicate()
        if process.returncode:
            raise RuntimeError("a writer failed")
        times.append([float(part) for part in told.split()])
    return max(end for _, end in times) - min(start for start, _ in times)


def _measures(sources: dict[str, str], language: str) -> dict[str, Callable[[], float]]:
    return {name: partial(spell_seconds, language, source) for name, source in sources.items()}


def _in_memory() -> float:
    kept: dict[str, int] = {}
    start = time.perf_counter()
    for i in range(KEPT):
        kept["n"] = i
        assert kept["n"] == i
    return time.perf_counter() - start


def _in_a_file(folder: Path) -> float:
    file = folder / "bench.json"
    start = time.perf_counter()
    for i in range(KEPT):
        new = folder / "bench.new"
        with new.open("w") as stream:
            json.dump({"n": i}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(file)
        assert json.loads(file.read_text())["n"] == i
    return time.perf_counter() - start


def _in_sqlite(folder: Path) -> float:
    db = sqlite3.connect(folder / "bench.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("CREATE TABLE IF NOT EXISTS bench (key TEXT PRIMARY KEY, value TEXT)")
    start = time.perf_counter()
    for i in range(KEPT):
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT OR REPLACE INTO bench VALUES ('n', ?)", (str(i),))
        db.execute("COMMIT")
        (found,) = db.execute("SELECT value FROM bench WHERE key = 'n'").fetchone()
        assert int(found) == i
    seconds = time.perf_counter() - start
    db.close()
    return seconds
