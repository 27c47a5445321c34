"""The process groups that are running for the program, so that none outlives a hurried end."""

from __future__ import annotations

import os
import signal
from time import monotonic, sleep

RUNNING: set[int] = set()
"""Process groups of workers and programs, from their start until they are buried."""
MOMENT = 0.1
"""Seconds for killed ones to end."""


def kill_all() -> None:
    """Kills every one of them, and waits a moment so that they leave nothing behind."""
    for group in list(RUNNING):
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            RUNNING.discard(group)
    last = monotonic() + MOMENT
    for group in list(RUNNING):
        while not _buried(group) and monotonic() < last:
            sleep(0.001)


def _buried(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True
