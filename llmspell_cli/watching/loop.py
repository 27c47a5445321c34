"""The watcher: starts the program again for every change, and ends with Ctrl-C."""

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
from llmspell_cli.watching.notify import Notifier
from llmspell_cli.watching._process import RunProcess
from llmspell_cli.watching._reads import WRITTEN

INTERRUPTED = 130
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FLAGS = frozenset(("--watch", "--watch-clear", "--watch-keep-state"))
CHANGE, SIGNAL = b"c", b"s"
CLEAR = "\x1b[H\x1b[2J\x1b[3J"
SHOWN = 3
"""Changed files that a line names."""


@dataclass(frozen=True)
class Watched:
    """What is watched.

    written: the spell as the user wrote it; main: its file, or its folder
    always: files that count whether they are read or not, such as the configuration
    """

    written: str
    main: Path
    always: tuple[Path, ...]

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


def without_flags(words: list[str]) -> list[str]:
    """Returns a command line's words without those that ask for watching."""
    end = words.index("--") if "--" in words else len(words)
    return [word for word in words[:end] if word not in FLAGS] + words[end:]


class Watcher:
    """Watches one spell; every run is a process of its own."""

    def __init__(self, invocation: Invocation, watched: Watched, *, clear: bool) -> None:
        """clear: clear the terminal before each run"""
        world = invocation.world
        self._invocation = invocation
        self._arguments = without_flags(world.argv)
        self._watched = watched
        self._clear = clear and world.is_terminal(world.stdout)
        self._files = watched.files()
        roots = (world.cwd, watched.main if watched.main.is_dir() else watched.main.parent)
        self._roots = tuple(
            os.path.join(form(root), "")
            for root in roots
            for form in (os.path.abspath, os.path.realpath)
        )
        self._wakened, self._waker = os.pipe()
        for fd in (self._wakened, self._waker):
            os.set_blocking(fd, False)
        self._notifier = Notifier(lambda: self._wake(CHANGE))
        self._run: RunProcess | None = None
        self._count = 0
        self._pending: list[str] = []
        self._own: set[str] = set()
        self._missing = False
        self._ending = 0
        self._closed = False

    def watch(self) -> int:
        """Runs the spell again and again; returns the exit code once told to end."""
        before = {n: signal.getsignal(n) for n in ENDING}
        for number in ENDING:
            if before[number] is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        try:
            self._notifier.listen(self._files.folders())
            self._start()
            while not (self._ending or self._closed):
                self._look(self._wait())
            self._end_run()
        finally:
            self._notifier.stop()
            if self._run is not None:
                self._run.kill()
            for number, handler in before.items():
                signal.signal(number, handler)
        if self._closed:
            self._invocation.world.err("error: standard output was closed while watching")
            return 1
        return INTERRUPTED

    # -- waiting

    def _wake(self, why: bytes) -> None:
        try:
            os.write(self._waker, why)
        except BlockingIOError:
            pass  # it is awake enough

    def _on_signal(self, *_: object) -> None:
        self._ending += 1
        self._wake(SIGNAL)

    def _wait(self) -> bool:
        """Waits for a change, for news of the run, for a signal or for the reader to go away.

        Returns whether it is time to look at the files.
        """
        poll = select.poll()
        poll.register(self._wakened, select.POLLIN)
        stdout = _descriptor(self._invocation.world.stdout)
        if stdout is not None and not self._closed:
            poll.register(stdout, 0)
        seconds = None
        if self._run is not None:
            poll.register(self._run.fd, select.POLLIN)
            seconds = self._run.press()
        events = poll.poll(None if seconds is None else 1000 * seconds + 1)
        if any(fd == stdout and event & select.POLLERR for fd, event in events):
            self._closed = True
        try:
            return CHANGE in os.read(self._wakened, 4096)
        except BlockingIOError:
            return False

    # -- what has happened

    def _look(self, at_files: bool) -> None:
        if self._run is not None:
            self._take_reads(self._run)
            if self._run.has_ended():
                self._report(self._run)
        if at_files:
            changed = [path for path in self._files.changed() if path not in self._own]
            self._pending += [path for path in changed if path not in self._pending]
            self._notifier.listen(self._files.folders())
        if self._run is not None and self._pending:
            self._run.stop()
        elif self._run is None and (self._pending or self._missing):
            self._start()

    def _take_reads(self, run: RunProcess) -> None:
        for kind, path in run.take_reads():
            if kind == WRITTEN:
                self._own.add(path)
            elif self._is_part(path):
                self._files.add(path)

    def _is_part(self, path: str) -> bool:
        """Tells whether a file that was read is the user's, and no library's of the system."""
        return path.endswith(SOURCES) or path.startswith(self._roots)

    # -- runs

    def _start(self) -> None:
        if not self._watched.is_there():
            if not self._missing:
                self._say(f"{self._watched.written} is gone; waiting for it to come back")
            self._missing = True
            return
        self._missing = False
        why, self._pending = _names(self._pending), []
        self._count += 1
        if self._clear:
            self._invocation.world.stdout.write(CLEAR)
            self._invocation.world.stdout.flush()
        if why:
            self._say(f"{why} changed, running {self._watched.written} again")
        try:
            self._run = RunProcess(
                self._arguments, self._invocation.world.environ, self._count, why
            )
        except OSError as error:
            self._say(f"cannot start a process: {error.strerror}; waiting for a change")

    def _report(self, run: RunProcess) -> None:
        """Says how a run ended, in one line."""
        self._take_reads(run)
        run.close()
        self._run = None
        self._files.see(self._own)
        self._own.clear()
        assert run.code is not None
        how = f"exit code {run.code}" if run.code >= 0 else signal.Signals(-run.code).name
        if run.is_stopping:
            how = "stopped"
        cause = f" ({run.why} changed)" if run.why else ""
        rest = "" if run.is_stopping else f"; watching {len(self._files)} files"
        self._say(f"run {run.number}{cause}: {how} after {run.seconds:.2f} s{rest}")

    def _end_run(self) -> None:
        """Ends the run under way, if there is one; a second signal ends it at once."""
        run, asked = self._run, self._ending
        if run is None:
            return
        run.stop()
        while not run.has_ended():
            self._wait()
            run.take_reads()
            if self._ending > asked:
                run.kill()
        run.close()
        self._run = None

    def _say(self, text: str) -> None:
        world = self._invocation.world
        if world.is_terminal(world.stderr) and not world.environ.get("NO_COLOR"):
            self._invocation.note(f"\x1b[2mwatch: {clean(text)}\x1b[0m")
        else:
            self._invocation.note(f"watch: {clean(text)}")


def _names(paths: Iterable[str]) -> str:
    names = sorted({os.path.basename(path) for path in paths})
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _descriptor(stream: TextIO | Any) -> int | None:
    try:
        found: int = stream.fileno()
    except (OSError, ValueError):
        return None
    return found
