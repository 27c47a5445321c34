"""Runs the real program in a process of its own, in a temporary home."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROGRAM = [sys.executable, "-m", "llmspell_cli"]


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    out: str
    err: str


def environment(home: Path, **more: str) -> dict[str, str]:
    """Returns an environment with nothing of the developer's in it but PATH."""
    found = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home / "home"),
        "LANG": "C.UTF-8",
        **more,
    }
    return found


def llmspell(
    cwd: Path, *arguments: str, stdin: str | None = None, timeout: float = 180, **env: str
) -> Ended:
    """Runs `llmspell` with arguments in a folder; standard input is empty unless given."""
    done = subprocess.run(
        [*PROGRAM, *arguments],
        cwd=cwd,
        input=(stdin or "").encode(),
        capture_output=True,
        timeout=timeout,
        env=environment(cwd, **env),
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
