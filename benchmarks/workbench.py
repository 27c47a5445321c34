"""What the debugger and the profiler cost, and how long the REPL takes to its first prompt."""

from __future__ import annotations

import asyncio
import os
import select
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.crossing import SUFFIX
from benchmarks.timing import Row, best, interleaved, once
from bridges._errors import InternalError
from bridges._session import Limits
from engines._modules import Modules
from engines._output import Output
from engines._process import Worker
from engines._program import Program
from engines._run import Run
from llmspell_cli.compose import spelling
from tests.sessions import make_session

# Line 2 never runs; line 6 does all the time.
LOOP = {
    "lua": """\
local function unused()
  return 0
end
local sum = 0
for i = 1, 3000000 do
  local rest = i % 7
  sum = sum + rest
end
return sum
""",
    "javascript": """\
function unused() {
  return 0;
}
let sum = 0;
for (let i = 0; i < 1000000; i++) {
  const rest = i % 7;
  sum += rest;
}
sum
""",
}
CALLS = {
    "lua": """\
local function unused()
  return 0
end
local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end
return fib(29)
""",
    "javascript": """\
function unused() {
  return 0;
}
function fib(n) {
  if (n < 2) return n;
  return fib(n - 1) + fib(n - 2);
}
fib(27)
""",
}
PROGRAMS = {"loop": LOOP, "calls": CALLS}
LISTENING = {"stop_on_entry": False, "exceptions": ["uncaught"], "breakpoints": {}}


def modes(language: str) -> dict[str, tuple[dict[str, Any], float]]:
    """Returns by name the options of START that are compared with none, and the budget of each."""
    elsewhere = {f"bench.{SUFFIX[language]}": [{"id": 1, "line": 2}]}
    # Lua calls a hook at every line as soon as a file has a breakpoint, and a rarer one to profile.
    budgets = {"lua": (5.0, 80.0, 3.0), "javascript": (20.0, 20.0, 1.5)}
    nothing, breakpoint, profiler = budgets[language]
    return {
        "debugger on, nothing set": ({"debug": LISTENING}, nothing),
        "debugger on, a breakpoint elsewhere": (
            {"debug": {**LISTENING, "breakpoints": elsewhere}},
            breakpoint,
        ),
        "profiler on": ({"profile": True}, profiler),
    }


CHECKS = 20_000
CHECKED = {
    "lua": f"for i = 1, {CHECKS} do\n  local rest = i % 7\nend\n",
    "javascript": f"for (let i = 0; i < {CHECKS}; i++) {{\n  const rest = i % 7;\n}}\n",
}


def spell_seconds(language: str, source: str, options: dict[str, Any]) -> float:
    """Returns the seconds from START to DONE of a spell in a worker that is ready."""
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "wb") as null:
        session = make_session(Path(folder))
        session.limits = Limits(calls=10**9, output=10**9, cpu=300)
        session.spell_name = spelling(language)
        worker = Worker.start(language)
        select.select([worker.fd], [], [], 10)
        modules = Modules(language, Path(folder), session.grants)
        run = Run(worker, session, modules, Output(null.fileno()))
        # A stop would last for ever.
        run.talk.on_event = partial(forbid_stops, run)
        program = Program(source, f"bench.{SUFFIX[language]}", "file")
        start = time.perf_counter()
        outcome = asyncio.run(run.execute_async(replace(program, options=options)))
        seconds = time.perf_counter() - start
        if outcome.error:
            raise outcome.error
        return seconds


def forbid_stops(run: Run, event: dict[str, Any]) -> None:
    """Ends a run that has stopped."""
    if event["event"] == "stopped":
        run.interrupt(InternalError(f"it stopped: {event}"))


def rows(folder: Path, rounds: int) -> list[Row]:
    """Measures every mode in each language, and the REPL."""
    table = []
    for language in SUFFIX:
        compared = modes(language)
        for name, sources in PROGRAMS.items():
            source = sources[language]
            measures = {"off": partial(spell_seconds, language, source, {})}
            for mode, (options, _) in compared.items():
                measures[mode] = partial(spell_seconds, language, source, options)
            found = interleaved(measures, rounds)
            for mode, (_, budget) in compared.items():
                ratio = found[mode] / found["off"]
                what = f"{mode} ({name}, {language})"
                table.append(Row(what, f"{ratio:.1f}x of off", f"{budget:g}x", ratio <= budget))
        table.append(conditions(language, rounds))
    return table + repl(folder, rounds * 3)


def conditions(language: str, rounds: int) -> Row:
    """Measures a breakpoint whose condition is never true."""
    point = {"id": 1, "line": 2, "condition": "i < 0"}
    debug = {**LISTENING, "breakpoints": {f"bench.{SUFFIX[language]}": [point]}}
    measure = partial(spell_seconds, language, CHECKED[language], {"debug": debug})
    rate = CHECKS / best(measure, rounds)
    name = f"conditions of a breakpoint a second ({language})"
    return Row(name, f"{rate:,.0f}", "10,000", rate >= 10_000)


def repl(folder: Path, rounds: int) -> list[Row]:
    """Measures the REPL until it has answered a pipe, and until it waits at a terminal."""
    llmspell = str(Path(sys.executable).parent / "llmspell")
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    env |= {"HOME": str(folder), "TERM": "xterm-256color"}
    found = interleaved(
        {
            "pass": partial(once, [sys.executable, "-c", "pass"], env),
            "pipe": partial(piped, llmspell, folder, env),
            "prompt": partial(prompt, llmspell, folder, env),
        },
        rounds,
    )
    base = found["pass"]
    return [
        Row(
            what,
            f"{found[name] / base:.1f}x of `python -c pass` ({found[name] * 1000:.0f} ms)",
            f"{budget}x",
            found[name] <= budget * base,
        )
        for name, what, budget in (
            ("pipe", "`llmspell repl`, one line from a pipe, whole process", 14),
            ("prompt", "`llmspell repl` to its first prompt", 40),
        )
    ]


def piped(llmspell: str, folder: Path, env: dict[str, str]) -> float:
    """Returns the seconds of a REPL that evaluates one line."""
    start = time.perf_counter()
    done = subprocess.run(
        [llmspell, "repl"], input=b"1+1\n", cwd=folder, env=env, capture_output=True
    )
    if done.stdout != b"2\n":
        raise RuntimeError(f"llmspell repl said {done.stdout!r} {done.stderr!r}")
    return time.perf_counter() - start


def prompt(llmspell: str, folder: Path, env: dict[str, str]) -> float:
    """Returns the seconds until the REPL shows what is typed at its first prompt."""
    host, terminal = os.openpty()
    start = time.perf_counter()
    process = subprocess.Popen(
        [llmspell, "repl"],
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=env,
        start_new_session=True,
    )
    os.close(terminal)
    try:
        seen = b""
        while PROMPT not in seen:
            if not select.select([host], [], [], 30)[0]:
                raise RuntimeError(f"no prompt came: {seen!r}")
            seen += os.read(host, 65536)
            if ASKED in seen:
                # A terminal says where its cursor is; prompt_toolkit waits for it.
                os.write(host, b"\x1b[1;1R")
                seen = seen.replace(ASKED, b"")
        return time.perf_counter() - start
    finally:
        process.kill()
        process.wait()
        os.close(host)


PROMPT = b"lua> "
ASKED = b"\x1b[6n"
