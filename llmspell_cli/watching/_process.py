"""One run under watch: the program in a process of its own, and how it is stopped."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from time import monotonic

CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "child.py")
PATIENCE = (2.0, 1.0)
"""Seconds until a run that was asked to end is asked again, and then until it is killed."""


class RunProcess:
    """A started run.

    fd: where it tells what it reads; its end is the end of the run
    number, why: which run this is, and the names that had changed
    """

    def __init__(
        self, arguments: list[str], environ: Mapping[str, str], number: int, why: str
    ) -> None:
        """arguments: those of the program; raises OSError when no process can be had"""
        self.number = number
        self.why = why
        self.fd, theirs = os.pipe()
        os.set_inheritable(theirs, True)
        os.set_blocking(self.fd, False)
        command = [sys.executable, "-P", CHILD, str(theirs), str(os.getpid()), *arguments]
        # Until the child ignores it: there is no moment at which a Ctrl-C could strike it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self.pid = os.posix_spawn(sys.executable, command, environ)
        except OSError:
            os.close(self.fd)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(theirs)
        self.began = monotonic()
        self.seconds = 0.0
        self.code: int | None = None
        self._asked = 0
        self._next_at: float | None = None
        self._rest = b""

    @property
    def is_stopping(self) -> bool:
        """Whether it has been asked to end."""
        return self._asked > 0

    def take_reads(self) -> list[tuple[str, str]]:
        """Returns what it has told since the last time: (READ, MODULE or WRITTEN, path)."""
        found = []
        while True:
            try:
                data = os.read(self.fd, 1 << 16)
            except BlockingIOError:
                break
            if not data:
                break
            found.append(data)
        *whole, self._rest = (self._rest + b"".join(found)).split(b"\0")
        records = (os.fsdecode(record) for record in whole)
        return [(record[:1], record[1:]) for record in records]

    def has_ended(self) -> bool:
        """Tells whether it has ended; `code` (negative: the signal) and `seconds` hold then."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
                self.seconds = monotonic() - self.began
        return self.code is not None

    def stop(self) -> None:
        """Asks it to end as Ctrl-C would; `press` does the rest."""
        if not self._asked:
            self._escalate()

    def kill(self) -> None:
        """Ends it at once."""
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)

    def press(self) -> float | None:
        """Asks again, or kills, when its time is over; returns the seconds to the next step."""
        if self._next_at is None:
            return None
        if self._next_at <= monotonic() and not self.has_ended():
            self._escalate()
        return None if self._next_at is None else max(0.0, self._next_at - monotonic())

    def close(self) -> None:
        """Closes the pipe of a run that has ended."""
        os.close(self.fd)

    def _escalate(self) -> None:
        if self._asked < len(PATIENCE):
            self._next_at = monotonic() + PATIENCE[self._asked]
            # A second one makes the program end at once, with what it has started.
            os.kill(self.pid, signal.SIGTERM)
        else:
            self._next_at = None
            self.kill()
        self._asked += 1
