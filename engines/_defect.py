"""Tells of a defect in the worker itself, where nothing can be imported any more."""

from __future__ import annotations

import sys


def describe_defect() -> bytes:
    """Returns the exception that is being handled as lines of text: its frames, then what it is.

    A hardened worker can open no file, so that `traceback` could not be imported, and importing it
    beforehand would cost every worker a fifth of its start.
    """
    _, error, frame = sys.exc_info()
    lines = []
    while frame is not None:
        code = frame.tb_frame.f_code
        lines.append(f"{code.co_filename}:{frame.tb_lineno} in {code.co_name}")
        frame = frame.tb_next
    lines.append(f"{type(error).__name__}: {error}")
    return "\n".join(lines).encode("utf-8", "replace")
