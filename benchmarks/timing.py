"""Timing whole processes and reading their memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table: what, what was measured, its budget, and whether it is kept."""

    what: str
    measured: str
    budget: str
    kept: bool


def once(command: Sequence[str], env: Mapping[str, str] | None = None) -> float:
    """Returns the seconds one run of a command takes; it must succeed."""
    start = time.perf_counter()
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env
    )
    return time.perf_counter() - start


def best(measure: Callable[[], float], rounds: int) -> float:
    """Returns the least of several measurements: the one the machine disturbed least."""
    return min(measure() for _ in range(rounds))


def interleaved(measures: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Returns the best of each, measured in turn so that a noisy minute hits all alike."""
    found = {name: float("inf") for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name] = min(found[name], measure())
    return found


def resident(pid: int) -> float:
    """Returns a process's resident memory in MB (Linux)."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        pages = int(statm.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
