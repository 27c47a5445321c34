"""Reads the tutorial's steps and does them: files, commands, and what is typed at prompts."""

from __future__ import annotations

import os
import re
import select
import subprocess
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.cli.running import PROGRAM, environment

PATIENCE = 60.0
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ORDER = re.compile(r"<!-- (file|watch|watch says)(?:: (\S+))? -->\s*\Z")
PROMPTS = ("lua> ", "js> ", "   … ", "  … ")
ASKING = "(debug) "


@dataclass
class Step:
    """A block of the page, at a line.

    kind: `file`: text is saved under name; `run`: a command, what is typed, what is shown;
        `watch`: a command that stays; `says`: what that says next
    """

    line: int
    kind: Literal["file", "run", "watch", "says"]
    text: str
    name: str = ""
    command: list[str] = field(default_factory=list)


def read(path: Path) -> list[Step]:
    """Returns the steps of a page, in order; other blocks are none."""
    page = path.read_text(encoding="utf-8")
    steps: list[Step] = []
    end = 0
    for match in FENCE.finditer(page):
        order = ORDER.search(page[end : match.start()])
        end = match.end()
        line = page.count("\n", 0, match.start()) + 1
        tag, text = match.groups()
        kind = order[1] if order else ""
        if kind == "file":
            assert order
            steps.append(Step(line, "file", text, order[2]))
        elif kind == "watch says":
            steps.append(Step(line, "says", text))
        elif tag == "console":
            command, _, shown = text.partition("\n")
            assert command.startswith("$ llmspell "), f"line {line}: {command}"
            words = command.removeprefix("$ llmspell ").split()
            steps.append(Step(line, "watch" if kind else "run", shown, "", words))
    return steps


def run(step: Step, folder: Path) -> str:
    """Runs a command as its step tells, and returns what a reader sees of it.

    The REPL's own screen is for another test (tests/repl): here its input is a pipe.
    """
    if step.command[0] != "repl":
        return at_terminal(step, folder)
    typed = [line for line in step.text.splitlines() if line.startswith(PROMPTS)]
    lines = [next(line[len(p) :] for p in PROMPTS if line.startswith(p)) for line in typed]
    done = subprocess.run(
        [*PROGRAM, *step.command],
        cwd=folder,
        input="".join(f"{line}\n" for line in lines).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE,
        env=environment(folder),
    )
    return done.stdout.decode()


def shown(step: Step) -> str:
    """Returns what a step shows, without what is typed where no terminal echoes it."""
    if step.command[:1] != ["repl"]:
        return step.text
    lines = step.text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(PROMPTS))


def at_terminal(step: Step, folder: Path) -> str:
    """Runs a command at a terminal, answers its prompts, and returns all that was on the screen."""
    lines = step.text.splitlines()
    typed = [line.removeprefix(ASKING) for line in lines if line.startswith(ASKING)]
    host, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (40, 120))
    process = subprocess.Popen(
        [*PROGRAM, *step.command],
        cwd=folder,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment(folder, TERM="dumb"),
        start_new_session=True,
    )
    os.close(terminal)
    try:
        seen = ""
        for line in typed:
            seen += _until(host, ASKING)
            os.write(host, f"{line}\n".encode())
        seen += _until(host, None)
        process.wait(timeout=PATIENCE)
        return seen.replace("\r\n", "\n")
    finally:
        process.kill()
        process.wait()
        os.close(host)


def _until(host: int, wanted: str | None) -> str:
    """Returns what a terminal shows until it ends in something; without it, until its end."""
    seen = b""
    end = time.monotonic() + PATIENCE
    while wanted is None or not seen.endswith(wanted.encode()):
        ready, _, _ = select.select([host], [], [], max(0.0, end - time.monotonic()))
        assert ready, f"{wanted!r} did not come: {seen.decode()}"
        try:
            data = os.read(host, 65536)
        except OSError:
            data = b""  # Linux says so at the end of a terminal.
        if not data:
            assert wanted is None, f"it ended before {wanted!r}: {seen.decode()}"
            break
        seen += data
    return seen.decode()


def pattern(text: str) -> str:
    """Returns a regular expression for what a page shows; `…` there is anything in a line."""
    return re.escape(text).replace("…", "[^\n]*")
