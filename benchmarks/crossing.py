"""Host calls, prints and plain computing, inside a running spell."""

from __future__ import annotations

import importlib.util
import os
import sysconfig
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from typing import Any

from benchmarks.timing import Row, best, interleaved
from bridges._session import Limits
from engines._modules import Modules
from engines._output import Output
from engines._process import Worker
from engines._program import Program
from engines._run import Run
from llmspell_cli.compose import spelling
from tests.sessions import make_session

CALLS = 20_000
CALLING = {
    "lua": f"for i = 1, {CALLS} do Env.get('X') end",
    "javascript": f"for (let i = 0; i < {CALLS}; i++) await Env.get('X');",
}
LINES = 200_000
PRINTING = {
    "lua": f"for i = 1, {LINES} do print('a line of text') end",
    "javascript": f"for (let i = 0; i < {LINES}; i++) console.log('a line of text');",
}
LOOPS = {
    "lua": "local s = 0 for i = 1, 3e7 do s = s + i % 7 end return s",
    "javascript": "let s = 0; for (let i = 0; i < 1e7; i++) s += i % 7; s",
}
SUFFIX = {"lua": "lua", "javascript": "js"}


def spell_seconds(language: str, source: str) -> float:
    """Returns the seconds from START to DONE of a spell in a worker that is ready."""
    return _run(language, source)[0]


def computing_seconds(language: str, source: str) -> float:
    """Returns the processor time of a worker that runs a spell, its start included."""
    return _run(language, source)[1]


def _run(language: str, source: str) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "wb") as null:
        session = make_session(Path(folder), environ={"X": "1"})
        session.grants = replace(session.grants, env=("X",))
        session.limits = Limits(calls=10**9, output=10**9, cpu=300)
        session.spell_name = spelling(language)
        worker = Worker.start(language)
        time.sleep(0.3)
        run = Run(
            worker, session, Modules(language, Path(folder), session.grants), Output(null.fileno())
        )
        start = time.perf_counter()
        outcome = run.execute(Program(source, f"bench.{SUFFIX[language]}", "file"))
        seconds = time.perf_counter() - start
        if outcome.error:
            raise outcome.error
        return seconds, worker.cpu


def rows(rounds: int) -> list[Row]:
    """Measures calls, prints and loops in each language."""
    table = []
    for language, budget in (("lua", 10_000), ("javascript", 4_000)):
        rate = CALLS / best(partial(spell_seconds, language, CALLING[language]), rounds)
        name = f"host calls a second, one after the other ({language})"
        table.append(Row(name, f"{rate:,.0f}", f"{budget:,}", rate >= budget))
    for language in CALLING:
        rate = LINES / best(partial(spell_seconds, language, PRINTING[language]), rounds)
        name = f"printed lines a second ({language})"
        table.append(Row(name, f"{rate:,.0f}", "200,000", rate >= 200_000))
    for language, bare in (("lua", bare_lua()), ("javascript", bare_javascript())):
        # Processor time, in turn: what else the machine does must not weigh on one side only.
        ours = {
            name: partial(computing_seconds, language, source)
            for name, source in (("loop", LOOPS[language]), ("nothing", ""))
        }
        found = interleaved({"bare": bare, **ours}, 2 * rounds)
        ratio = (found["loop"] - found["nothing"]) / found["bare"]
        table.append(Row(f"plain loop ({language})", f"{ratio:.2f}x", "1.05x", ratio <= 1.05))
    return table


def bare_lua() -> Callable[[], float]:
    """Returns what times the loop in Lua without us."""
    from lupa import lua54

    def measure() -> float:
        runtime = lua54.LuaRuntime()
        start = time.process_time()
        runtime.execute(LOOPS["lua"])
        return time.process_time() - start

    return measure


def bare_javascript() -> Callable[[], float]:
    """Returns what times the loop in QuickJS without us, at the top level of a strict script."""
    spec = importlib.util.find_spec("dukpy")
    assert spec and spec.submodule_search_locations
    file = (
        Path(spec.submodule_search_locations[0]) / f"_dukpy{sysconfig.get_config_var('EXT_SUFFIX')}"
    )
    loader = ExtensionFileLoader("dukpy._dukpy", str(file))
    found = importlib.util.spec_from_file_location("dukpy._dukpy", file, loader=loader)
    assert found
    quickjs: Any = importlib.util.module_from_spec(found)
    loader.exec_module(quickjs)

    class Bare:
        def __init__(self) -> None:
            self._ctx = quickjs.create_context()

    def measure() -> float:
        bare = Bare()
        start = time.process_time()
        # Spells are strict, which costs the engine a seventh of this loop's speed.
        quickjs.eval_string(bare, b"'use strict';" + LOOPS["javascript"].encode(), b"{}")
        return time.process_time() - start

    return measure
