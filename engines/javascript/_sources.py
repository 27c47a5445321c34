"""The engine's own JavaScript, as it lies beside this module."""

from __future__ import annotations

import os

BOOT = (
    "intrinsics inbox promises errors base64 codec calls streams nouns timers modules program "
    "lockdown"
).split()
PARTS = "abort async clone console show syntax text values".split()
DEBUG_PARTS = "breakpoints debugger inspect members steps".split()
REPL_PARTS = "members repl".split()


def read(*names: str) -> bytes:
    """Returns the content of a file: folder and name below this one."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), *names), "rb") as file:
        return file.read()


def part(name: str) -> bytes:
    """Returns one of the parts that are compiled when they are needed."""
    return read("parts", f"{name}.js")
