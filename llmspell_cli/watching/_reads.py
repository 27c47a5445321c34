"""Tells which files this process opens, by Python's own auditing: see `sys.addaudithook`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

READ, MODULE, WRITTEN = "r", "m", "w"
EVENTS = {"llmspell.read": READ, "llmspell.module": MODULE, "llmspell.write": WRITTEN}
"""What bridges/_io.py and engines/_modules.py raise."""
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OWN = tuple(os.path.join(ROOT, name, "") for name in ("llmspell_cli", "bridges", "engines"))
# What belongs to Python and the system is no part of a spell.
ELSEWHERE = ("/proc/", "/sys/", "/dev/", "/etc/", *OWN)
CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def listen(tell: Callable[[str, str], None]) -> None:
    """Has `tell(READ, MODULE or WRITTEN, absolute path)` called for each file, for good.

    A module that a spell looked for and that is not there counts as read.
    """
    prefixes = {os.path.join(path, "") for path in (sys.prefix, sys.base_prefix)}
    skipped = (*ELSEWHERE, *(path for path in prefixes if path != "/"))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            # One that is not absolute is a part of a path that bridges._io opens step by step.
            if isinstance(path, str) and os.path.isabs(path) and not path.startswith(skipped):
                tell(WRITTEN if flags & CHANGING else READ, path)
        elif event in EVENTS:
            tell(EVENTS[event], arguments[0])

    sys.addaudithook(hook)


def listen_into(fd: int) -> None:
    """As `listen`, into a pipe: records of one letter and the path, each ended by NUL."""
    known: set[tuple[str, str]] = set()

    def tell(kind: str, path: str) -> None:
        if (kind, path) in known:
            return
        known.add((kind, path))
        try:
            os.write(fd, f"{kind}{path}\0".encode("utf-8", "surrogateescape"))
        except OSError:
            pass  # nobody watches any more

    listen(tell)
