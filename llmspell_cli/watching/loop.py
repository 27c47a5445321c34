"""The watcher: starts the program again for every change, and ends with Ctrl-C."""

from __future__ import annotations

import os
import select
import signal

from llmspell_cli.watching._changes import Changes
from llmspell_cli.watching._process import RunProcess
from llmspell_cli.watching._watched import ENDING, Watched, descriptor, watching
from llmspell_cli.watching.notify import Notifier

FLAGS = frozenset(("--watch", "--watch-clear"))
CHANGE, SIGNAL = b"c", b"s"


def without_flags(words: list[str]) -> list[str]:
    """Returns a command line's words without those that ask for watching."""
    end = words.index("--") if "--" in words else len(words)
    return [word for word in words[:end] if word not in FLAGS] + words[end:]


class Watcher:
    """Watches one spell; every run is a process of its own."""

    def __init__(self, watched: Watched) -> None:
        self._world = watched.invocation.world
        self._arguments = without_flags(self._world.argv)
        self._watched = watched
        self._changes = Changes(watched)
        self._wakened, self._waker = os.pipe()
        for fd in (self._wakened, self._waker):
            os.set_blocking(fd, False)
        self._notifier = Notifier(lambda: self._wake(CHANGE))
        self._run: RunProcess | None = None
        self._count = 0
        self._ending = 0
        self._closed = False

    def watch(self) -> int:
        """Runs the spell again and again; returns the exit code once told to end."""
        before = {n: signal.getsignal(n) for n in ENDING}
        for number in ENDING:
            if before[number] is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        try:
            self._notifier.listen(self._changes.files.folders())
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
        return self._watched.end(closed=self._closed)

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
        stdout = descriptor(self._world.stdout)
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
            self._changes.look()
            self._notifier.listen(self._changes.files.folders())
        if self._run is not None and self._changes.pending:
            self._run.stop()
        elif self._run is None and self._changes.call_for_a_run:
            self._start()

    def _take_reads(self, run: RunProcess) -> None:
        for kind, path in run.take_reads():
            self._changes.note(kind, path)

    # -- runs

    def _start(self) -> None:
        changed = self._changes.begin()
        if changed is None:
            return
        self._count += 1
        why = self._watched.begin(changed)
        try:
            self._run = RunProcess(self._arguments, self._world.environ, self._count, why)
        except OSError as error:
            self._watched.say(f"cannot start a process: {error.strerror}; waiting for a change")

    def _report(self, run: RunProcess) -> None:
        self._take_reads(run)
        run.close()
        self._run = None
        self._changes.end()
        assert run.code is not None
        how = f"exit code {run.code}" if run.code >= 0 else signal.Signals(-run.code).name
        how = "stopped …" if run.is_stopping else f"{how} …; {watching(self._changes.files)}"
        self._watched.ended(run.number, run.why, how, run.seconds)

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
