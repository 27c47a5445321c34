"""What is watched: a spell, the files that decide over it, and what is said of its runs."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from llmspell_cli.invocation import Invocation
from llmspell_cli.terminal import clean
from llmspell_cli.watching.files import SOURCES, Files
from llmspell_cli.world import World

INTERRUPTED = 130
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CLEAR = "\x1b[H\x1b[2J\x1b[3J"
SHOWN = 3
"""Changed files that a line names."""


@dataclass(frozen=True)
class Watched:
    """A spell under watch.

    written: as the user wrote it; main: its file, or its folder
    always: files that count whether they are read or not, such as the configuration
    clear: clear the terminal before each run
    """

    invocation: Invocation
    written: str
    main: Path
    always: tuple[Path, ...]
    clear: bool = False

    def files(self) -> Files:
        """Returns the files to look at."""
        if self.main.is_dir():
            names = ("main.lua", "main.js", "main.mjs", "spell.toml")
            mains = (self.main / name for name in names)
            return Files((*self.always, *mains), self.main, [self.main])
        return Files((*self.always, self.main), None, [self.main.parent])

    def is_there(self) -> bool:
        """Tells whether there is something to run."""
        return self.main.exists()

    def has(self, path: str) -> bool:
        """Tells whether a file that was read is the user's, and no library's of the system."""
        folder = self.main if self.main.is_dir() else self.main.parent
        roots = tuple(
            os.path.join(form(root), "")
            for root in (self.invocation.world.cwd, folder)
            for form in (os.path.abspath, os.path.realpath)
        )
        return path.endswith(SOURCES) or path.startswith(roots)

    def begin(self, changed: Iterable[str]) -> str:
        """Clears the terminal if that is wanted, says why a run begins; returns what changed."""
        world = self.invocation.world
        if self.clear and world.is_terminal(world.stdout):
            world.stdout.write(CLEAR)
            world.stdout.flush()
        why = _names(changed)
        if why:
            self.say(f"{why} changed, running {self.written} again")
        return why

    def ended(self, number: int, why: str, how: str, seconds: float) -> None:
        """Says how a run ended, in one line."""
        cause = f" ({why} changed)" if why else ""
        self.say(f"run {number}{cause}: {how.replace('…', f'after {seconds:.2f} s', 1)}")

    def say(self, text: str) -> None:
        """Says something about the watching, unless the user wants quiet."""
        world = self.invocation.world
        if world.is_terminal(world.stderr) and not world.environ.get("NO_COLOR"):
            self.invocation.note(f"\x1b[2mwatch: {clean(text)}\x1b[0m")
        else:
            self.invocation.note(f"watch: {clean(text)}")

    def end(self, *, closed: bool) -> int:
        """Returns the exit code of the watching.

        closed: whether it ends because nobody reads standard output any more
        """
        if closed:
            self.invocation.world.err("error: standard output was closed while watching")
        return 1 if closed else INTERRUPTED


def watching(files: Files) -> str:
    """Returns how many files are watched, in words."""
    return f"watching {len(files)} file" + ("" if len(files) == 1 else "s")


def descriptor(stream: TextIO | Any) -> int | None:
    """Returns the number of a stream's file, or None when it has none."""
    try:
        found: int = stream.fileno()
    except (OSError, ValueError):
        return None
    return found


def is_closed(world: World) -> bool:
    """Tells whether nobody reads standard output any more."""
    fd = descriptor(world.stdout)
    if fd is None:
        return False
    poll = select.poll()
    poll.register(fd, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _names(paths: Iterable[str]) -> str:
    names = sorted({os.path.basename(path) for path in paths})
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
