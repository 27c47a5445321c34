"""Ctrl-C while a workflow undoes its steps, and while they run."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from engines._modules import Modules
from engines._output import Output
from engines._process import Worker
from engines._program import Program
from engines._run import Run
from engines.languages import LANGUAGES
from llmspell_cli.compose import spelling
from tests.cli.test_interrupts import begin, end
from tests.processes import children, vanish
from tests.sessions import make_session

SOURCES = {
    "lua": """
local written = {tool = "file_write", params = {path = "one.txt", content = "undone"}}
Workflow.sequential{name = "w", on_error = "compensate", steps = {
  {name = "one", run = function() return 1 end, compensate = written},
  {name = "two", run = function() return 1 end, compensate = function()
    io.stdout:write("undoing\\n") Async.sleep(600)
  end},
  {name = "three", run = function() io.stdout:write("three\\n") THREE end},
}}:run("x")
""",
    "javascript": """
const written = {tool: "file_write", params: {path: "one.txt", content: "undone"}};
await Workflow.sequential({name: "w", onError: "compensate", steps: [
  {name: "one", run: () => 1, compensate: written},
  {name: "two", run: () => 1, compensate: async () => {
    console.log("undoing"); await Async.sleep(600000);
  }},
  {name: "three", run: async () => { console.log("three"); THREE }},
]}).run("x");
""",
}
FAILS = {"lua": 'error("no")', "javascript": 'throw new Error("no");'}
WAITS = {"lua": "Async.sleep(600)", "javascript": "await Async.sleep(600000);"}
FLOW = """
name = "w"
on_error = "compensate"
[[steps]]
name = "one"
tool = "calculator"
params = {expression = "1"}
compensate = {spell = "undo.SUFFIX"}
[[steps]]
name = "two"
spell = "three.SUFFIX"
"""


def suffix(language: str) -> str:
    return LANGUAGES[language].suffixes[0]


def command(language: str, folder: Path, how: str, three: str) -> list[str]:
    """Writes a spell, or a workflow file whose steps are spells; returns what runs it."""
    end = suffix(language)
    if how == "spell":
        (folder / f"s{end}").write_text(SOURCES[language].replace("THREE", three))
        return ["run", f"s{end}"]
    (folder / "w.toml").write_text(FLOW.replace(".SUFFIX", end))
    say = {"lua": 'print("NAME") ', "javascript": 'console.log("NAME"); '}[language]
    (folder / f"three{end}").write_text(say.replace("NAME", "three") + three)
    (folder / f"undo{end}").write_text(say.replace("NAME", "undoing") + WAITS[language])
    return ["workflow", "run", "w.toml", "-i", "x"]


@pytest.mark.parametrize("how", ["spell", "file"])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("language", SOURCES)
def test_a_signal_while_steps_are_undone(
    language: str, times: int, how: str, tmp_path: Path
) -> None:
    running = begin(tmp_path, *command(language, tmp_path, how, FAILS[language]))
    assert running.stdout
    assert [running.stdout.readline() for _ in "ab"] == [b"three\n", b"undoing\n"]
    workers = children(running.pid)
    for _ in range(times):
        running.send_signal(signal.SIGINT)
        time.sleep(0.2)  # one that comes at once is taken for the first
    code, said = end(running)
    assert code == 130
    assert b"error: interrupted" in said
    assert workers and vanish(workers)


@pytest.mark.parametrize("how", ["spell", "file"])
@pytest.mark.parametrize("language", SOURCES)
def test_a_signal_while_a_step_runs_undoes_nothing(language: str, how: str, tmp_path: Path) -> None:
    running = begin(tmp_path, *command(language, tmp_path, how, WAITS[language]))
    assert running.stdout and running.stdout.readline() == b"three\n"
    workers = children(running.pid)
    running.send_signal(signal.SIGINT)
    assert end(running)[0] == 130
    assert workers and vanish(workers)
    assert not (tmp_path / "one.txt").exists()


@pytest.mark.parametrize("language", SOURCES)
def test_what_needs_no_script_is_undone_yet(language: str, tmp_path: Path) -> None:
    session = make_session(tmp_path, spell_name=spelling(language))
    source = SOURCES[language].replace("THREE", FAILS[language])
    read, write = os.pipe()

    def stop() -> None:
        with open(read, encoding="utf-8") as printed:
            for line in printed:
                if line == "undoing\n":
                    os.kill(os.getpid(), signal.SIGINT)

    watching = threading.Thread(target=stop)
    watching.start()
    try:
        modules = Modules(language, tmp_path, session.grants)
        run = Run(Worker.start(language), session, modules, Output(write))
        run.grace = 30.0  # what it takes on a slow machine
        outcome = run.execute(Program(source, f"s{suffix(language)}", "file"))
    finally:
        os.close(write)
        watching.join()
    assert outcome.error is not None and outcome.error.code == "cancelled"
    assert (tmp_path / "one.txt").read_text() == "undone"
    said = [line[1] for line in session.lines]  # type: ignore[attr-defined]
    assert "the workflow 'w' could not undo the step 'two': the spell was stopped" in said
