"""Starts, stops and buries worker processes. The only module that makes processes for engines.

Imported first thing by the command line, so that the worker boots while the host reads on:
nothing beyond what the interpreter has loaded already.
"""

from __future__ import annotations

import os
import signal
import sys

from bridges._processes import RUNNING
from engines._protocol import INTERRUPT_SIGNAL

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORKER = os.path.join(ROOT, "engines", "_worker.py")
LIBRARIES = {"lua": "lupa", "javascript": "dukpy"}
LAST_MOMENTS = 1.0
"""Seconds a worker that closed its socket has to end; one that lives on then is killed."""


class Worker:
    """A running worker: its process id and the host's end of the socket, not blocking."""

    def __init__(self, language: str, pid: int, fd: int) -> None:
        self.language = language
        self.pid = pid
        self.fd = fd
        self._status: int | None = None
        self.cpu = 0.0

    @classmethod
    def start(cls, language: str) -> Worker:
        """Starts a worker for a language; raises OSError when no process can be had."""
        ours, theirs = _socketpair()
        os.set_inheritable(theirs, True)
        arguments = [sys.executable, "-I", "-S", "-B", WORKER, str(theirs), language]
        arguments += _folders(LIBRARIES[language])
        null = os.devnull
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, null, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, null, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, null, os.O_WRONLY, 0),
        ]
        try:
            # A process group of its own: Ctrl-C goes to the host, which decides. An interrupt that
            # comes before the worker listens waits until it does; it would be its death.
            pid = os.posix_spawn(
                sys.executable,
                arguments,
                {},
                file_actions=actions,
                setpgroup=0,
                setsigmask=[INTERRUPT_SIGNAL],
            )
        except OSError:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        RUNNING.add(pid)
        os.set_blocking(ours, False)
        return cls(language, pid, ours)

    def interrupt(self) -> None:
        """Signals a worker that may be computing; the INTERRUPT frame is the caller's."""
        self._signal(INTERRUPT_SIGNAL)

    def kill(self) -> None:
        """Ends the worker at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self._status is None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def bury(self) -> int:
        """Waits for the end and returns the exit status (negative: the signal); notes `cpu`."""
        if self._status is None:
            self._status = self._await_end()
            RUNNING.discard(self.pid)
        return self._status

    def _await_end(self) -> int:
        from time import monotonic, sleep

        last = monotonic() + LAST_MOMENTS
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        while not pid:
            if monotonic() > last:
                self.kill()
                pid, status, usage = os.wait4(self.pid, 0)
            else:
                sleep(0.0005)
                pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        self.cpu = usage.ru_utime + usage.ru_stime
        return os.waitstatus_to_exitcode(status)

    def end(self) -> int:
        """Kills the worker where it still runs, buries it and closes the socket."""
        self.kill()
        status = self.bury()
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
        return status


def _socketpair() -> tuple[int, int]:
    # The C module: `socket` itself would cost the start several milliseconds.
    import _socket

    ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
    return ours.detach(), theirs.detach()


def _folders(library: str) -> list[str]:
    """Returns the folders the worker imports from: ours, and the engine library's."""
    for folder in sys.path:
        if folder and os.path.isdir(os.path.join(folder, library)):
            return [ROOT] if folder == ROOT else [ROOT, folder]
    return [ROOT]
