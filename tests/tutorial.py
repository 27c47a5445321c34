"""Reads the tutorial's steps and does them: files, commands, and what is typed at prompts."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from tests.cli.running import PROGRAM, environment
from tests.repl.tmux import Terminal

PATIENCE = 60.0
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ORDER = re.compile(r"<!-- (file|watch|watch says|such as)(?:: (\S+))? -->\s*\Z")
PROMPTS = ("lua> ", "js> ", "   … ", "  … ")
DURATION = re.compile(r"[\d.]+ (?:us|ms|s)\b")
ESCAPED = re.compile(r"\d+(?:\\\.\d+)? (?:us|ms|s)\b")
ASKING = "(debug) "
END = "ended with "


@dataclass
class Step:
    """A block of the page, at a line.

    kind: `file`: text is saved under name; `run`: a command, what is typed, what is shown;
        `watch`: a command that stays; `says`: what that says next
    loose: the lines that are shown may come in another order, and more of them
    """

    line: int
    kind: Literal["file", "run", "watch", "says"]
    text: str
    name: str = ""
    command: list[str] = field(default_factory=list)
    loose: bool = False


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
            made = Step(line, "watch" if kind == "watch" else "run", shown, "", words)
            made.loose = kind == "such as"
            steps.append(made)
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
    with Terminal(own, command, width=300, height=100) as terminal:
        for line in typed:
            terminal.wait(partial(_shows, ASKING.strip()))
            terminal.type(line)
            terminal.wait(partial(_shows, ASKING + line))
            terminal.press("Enter")
        screen = terminal.wait(END)
    return screen.partition(END)[0]


def _shows(last: str, screen: str) -> bool:
    return screen.rstrip().endswith(last)


def shown(step: Step) -> str:
    """Returns what a step shows, without what is typed where no terminal echoes it."""
    if step.command[:1] != ["repl"]:
        return step.text
    lines = step.text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(PROMPTS))


def agrees(step: Step, seen: str) -> bool:
    """Tells whether what was seen is what a step shows."""
    if not step.loose:
        return re.fullmatch(pattern(shown(step)), seen) is not None
    whole = shown(step)
    lines = [pattern(line.strip(), whole) for line in whole.splitlines() if line.strip(" ─")]
    return all(re.search(rf"(?m)^ *{line} *$", seen) for line in lines)


def pattern(text: str, whole: str = "") -> str:
    """Returns a regular expression for what a page shows, alone or among the rest of a step.

    `…` there is anything in a line. A duration may be another, and then columns be wider.
    """
    found = re.escape(text).replace("…", "[^\n]*")
    if DURATION.search(whole or text):
        found = ESCAPED.sub(lambda _: DURATION.pattern, found.replace("\\ ", " "))
        found = re.sub(" {2,}", " +", found)
    return found
