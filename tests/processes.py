"""What tests ask of processes: which were started, and whether they have ended. Needs /proc."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

PATIENCE = 60.0
"""Seconds that processes are given to end."""


def children(pid: int) -> list[int]:
    """Returns the processes that a process has started."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            continue  # the thread has ended meanwhile
    return found


def descendants(pid: int) -> set[int]:
    """Returns the processes that a process has started, and those they have."""
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        inner = set(children(waiting.pop())) - found
        waiting += inner
        found |= inner
    return found


def is_alive(pid: int) -> bool:
    """Tells whether a process is there and no zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def vanish(pids: Iterable[int]) -> bool:
    """Waits until none of these processes lives; tells whether that came."""
    waited = set(pids)
    end = time.monotonic() + PATIENCE
    while any(is_alive(pid) for pid in waited):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
