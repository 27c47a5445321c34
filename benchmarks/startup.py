"""How long commands take to start, against bare Python."""

from __future__ import annotations

import os
import select
import shutil
import sys
import time
from functools import partial
from pathlib import Path

from benchmarks.timing import Row, interleaved, once, resident
from engines._process import Worker

HELLO = {"lua": 'print("hello")\n', "javascript": 'console.log("hello");\n'}


def rows(folder: Path, rounds: int) -> list[Row]:
    """Measures `--version`, `--help` and a first spell in each language."""
    llmspell = shutil.which("llmspell", path=str(Path(sys.executable).parent)) or "llmspell"
    (folder / "hello.lua").write_text(HELLO["lua"])
    (folder / "hello.js").write_text(HELLO["javascript"])
    commands = {
        "pass": [sys.executable, "-c", "pass"],
        "--version": [llmspell, "--version"],
        "--help": [llmspell, "--help"],
        "hello.lua": [llmspell, "run", str(folder / "hello.lua")],
        "hello.js": [llmspell, "run", str(folder / "hello.js")],
    }
    rival = shutil.which("llm")
    if rival:
        commands["llm"] = [rival, "--version"]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    found = interleaved(
        {name: partial(once, command, env) for name, command in commands.items()},
        rounds,
    )
    budgets = {"--version": 4, "--help": 8, "hello.lua": 9, "hello.js": 10}
    base = found["pass"]
    table = [
        Row(
            f"`llmspell {'run ' if '.' in name else ''}{name}`",
            f"{found[name] / base:.1f}x of `python -c pass` ({found[name] * 1000:.0f} ms)",
            f"{budget}x",
            found[name] <= budget * base,
        )
        for name, budget in budgets.items()
    ]
    if rival:
        ratio = found["hello.lua"] / found["llm"]
        table.append(Row("the same, of `llm --version`", f"{ratio:.2f}x", "0.20x", ratio <= 0.2))
    return table + [worker(language, base, rounds) for language in HELLO]


def worker(language: str, base: float, rounds: int) -> Row:
    """Measures a worker until it is ready, and its memory then."""
    seconds, memory = float("inf"), 0.0
    for _ in range(rounds):
        start = time.perf_counter()
        started = Worker.start(language)
        # READY leaves before the worker waits, so the first byte tells.
        select.select([started.fd], [], [], 10)
        seconds = min(seconds, time.perf_counter() - start)
        memory = resident(started.pid)
        started.end()
    return Row(
        f"worker ready ({language}), resident",
        f"{seconds / base:.1f}x ({seconds * 1000:.0f} ms), {memory:.0f} MB",
        "3x, 16 MB",
        seconds <= 3 * base and memory <= 16,
    )
