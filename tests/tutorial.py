"""Reads the tutorial's steps and does them: files, commands, and what is typed at prompts."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.cli.running import PROGRAM, environment
from tests.repl.tmux import Terminal

PATIENCE = 60.0
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ORDER = re.compile(r"<!-- (file|watch|watch says)(?:: (\S+))? -->\s*\Z")
PROMPTS = ("lua> ", "js> ", "   … ", "  … ")
ASKING = "(debug) "
END = "ended with "


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
    """Runs a command in folder/work as its step tells, and returns what a reader sees of it.

    The REPL's own screen is for another test (tests/repl): here its input is a pipe.
    """
    if step.command[0] != "repl":
        return at_terminal(step, folder)
    typed = [line for line in step.text.splitlines() if line.startswith(PROMPTS)]
    lines = [next(line[len(p) :] for p in PROMPTS if line.startswith(p)) for line in typed]
    done = subprocess.run(
        [*PROGRAM, *step.command],
        cwd=folder / "work",
        input="".join(f"{line}\n" for line in lines).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE,
        env=environment(folder),
    )
    return done.stdout.decode()


def at_terminal(step: Step, folder: Path) -> str:
    """Runs a command at a terminal, answers its prompts, and returns all that was on the screen."""
    lines = step.text.splitlines()
    typed = [line.removeprefix(ASKING) for line in lines if line.startswith(ASKING)]
    command = shlex.join([*PROGRAM, *step.command])
    # A tmux of its own for each step: the last one's may not have gone yet.
    own = folder / f"line{step.line}"
    own.mkdir()
    (own / "work").symlink_to(folder / "work")
    with Terminal(own, command, width=130, height=100) as terminal:
        for line in typed:
            terminal.wait(_asks)
            terminal.type(line)
            terminal.wait(lambda screen, line=line: screen.rstrip().endswith(ASKING + line))
            terminal.press("Enter")
        screen = terminal.wait(END)
    return screen.partition(END)[0]


def _asks(screen: str) -> bool:
    return screen.rstrip().endswith(ASKING.strip())


def shown(step: Step) -> str:
    """Returns what a step shows, without what is typed where no terminal echoes it."""
    if step.command[:1] != ["repl"]:
        return step.text
    lines = step.text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(PROMPTS))


def pattern(text: str) -> str:
    """Returns a regular expression for what a page shows; `…` there is anything in a line."""
    return re.escape(text).replace("…", "[^\n]*")
