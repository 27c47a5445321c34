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
from benchmarks.timing import Row, interleaved, once
from bridges._session import Limits
from engines._modules import Modules
from engines._output import Output
from engines._process import Worker
from engines._program import Program
from engines._run import Run
from llmspell_cli.compose import spelling
from tests.sessions import make_session

LOOP = {
    "lua": """
local sum = 0
for i = 1, 3000000 do
  local rest = i % 7
  sum = sum + rest
end
return sum
""",
    "javascript": """
let sum = 0;
for (let i = 0; i < 1000000; i++) {
  const rest = i % 7;
  sum += rest;
}
sum
""",
}
CALLS = {
    "lua": """
local function fib(n)
  if n < 2 then
    return n
  end
  return fib(n - 1) + fib(n - 2)
end
return fib(27)
""",
    "javascript": """
function fib(n) {
  if (n < 2) {
    return n;
  }
  return fib(n - 1) + fib(n - 2);
}
fib(24)
""",
}
PROGRAMS = {"loop": LOOP, "calls": CALLS}
LISTENING = {"stop_on_entry": False, "exceptions": ["uncaught"], "breakpoints": {}}


def modes(language: str) -> dict[str, dict[str, Any]]:
    """Returns the options of START that are compared with none."""
    file = f"bench.{SUFFIX[language]}"
    # Line 4 is in the loop, and in the function's condition; it is never hit.
    never = {"id": 1, "line": 4, "condition": "false"}
    elsewhere = {"id": 1, "line": 7}
    return {
        "debugger on, nothing set": {"debug": LISTENING},
        "debugger on, a breakpoint elsewhere": {
            "debug": {**LISTENING, "breakpoints": {file: [elsewhere]}}
        },
        "debugger on, a condition in it that is never true": {
            "debug": {**LISTENING, "breakpoints": {file: [never]}}
        },
        "profiler on": {"profile": True},
    }


# How many times as long a program may take.
BUDGETS = {"lua": 60.0, "javascript": 20.0}


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
        program = Program(source, f"bench.{SUFFIX[language]}", "file")
        start = time.perf_counter()
        outcome = asyncio.run(run.execute_async(replace(program, options=options)))
        seconds = time.perf_counter() - start
        if outcome.error:
            raise outcome.error
        return seconds


def rows(folder: Path, rounds: int) -> list[Row]:
    """Measures every mode in each language, and the REPL."""
    table = []
    for language, budget in BUDGETS.items():
        for name, sources in PROGRAMS.items():
            source = sources[language]
            measures = {"off": partial(spell_seconds, language, source, {})}
            for mode, options in modes(language).items():
                measures[mode] = partial(spell_seconds, language, source, options)
            found = interleaved(measures, rounds)
            for mode in modes(language):
                ratio = found[mode] / found["off"]
                what = f"{mode} ({name}, {language})"
                table.append(Row(what, f"{ratio:.1f}x of off", f"{budget:g}x", ratio <= budget))
    return table + repl(folder, rounds * 3)


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
            ("pipe", "`echo 1+1 | llmspell repl`, whole process", 14),
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
