"""Error maps: from what the boot code tells of a thrown value to what the host gets."""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False  # importing typing would cost a worker a sixth of its start
if TYPE_CHECKING:
    from typing import Any

    from engines.javascript._syntax import SyntaxFault

FRAME = re.compile(r"^\s+at (?:(.*?) \()?(?:native|(.*?):(\d+)(?::\d+)?)\)?$")
"""A line of a stack; one of a function that failed inside a host call has no column."""
OWN_FILES = frozenset(("<dukpy>", "<llmspell>", "<input>", "<evalScript>"))
UNNAMED = frozenset(("<eval>", "<anonymous>", "<null>"))
NO_LINE = "(missing)"
"""What a stack says of a function that computes and has called nothing yet."""
MEMORY = "the spell needs more memory than it may use"


def frames(stack: str) -> list[dict[str, Any]]:
    """Returns the spell's frames of a stack text, innermost first: file, line, function."""
    found: list[dict[str, Any]] = []
    for line in stack.splitlines():
        match = FRAME.match(line)
        if not match or match[2] is None or match[2] in OWN_FILES:
            continue
        name = match[1] or ""
        function = "" if name in UNNAMED else name
        found.append({"file": match[2], "line": int(match[3]), "function": function})
    return found


def out_of_memory() -> dict[str, Any]:
    """Returns the error map of a spell at its memory limit."""
    return {
        "code": "limit_exceeded",
        "message": MEMORY,
        "hint": "raise the memory limit, or keep less at a time",
        "details": {"limit": "memory"},
    }


def interrupted(reason: str, stack: str) -> dict[str, Any]:
    """Returns the error map of a spell that had to stop."""
    return {
        "code": "interrupted",
        "message": "the spell was stopped",
        "details": {"reason": reason},
        "traceback": frames(stack),
    }


def endless_wait() -> dict[str, Any]:
    """Returns the error map of a spell that waits for what can never come."""
    return {
        "code": "spell_error",
        "message": "the spell waits for a promise that nothing will settle",
        "hint": "no call, timer or callback is pending; look for a promise that is never resolved",
    }


def syntax_error(fault: SyntaxFault, file: str) -> dict[str, Any]:
    """Returns the error map of a source that is no program."""
    place = {"file": file, "line": fault.line, "column": fault.column, "function": ""}
    return {
        "code": "spell_error",
        "name": "SyntaxError",
        "message": fault.message,
        "traceback": [place],
    }


def error_map(told: dict[str, Any], has_been_full: bool) -> dict[str, Any]:
    """Returns the error map of a thrown value as boot/errors.js describes it.

    has_been_full: whether the heap has ever been, so that a thrown null may be the engine's
    """
    name, message = told.get("name", ""), told.get("message", "")
    # Without the memory even for its own message, the engine's error has none.
    engine_has_none = name == "InternalError" and (not message or "out of memory" in message)
    if (told.get("empty") and has_been_full) or engine_has_none:
        found = out_of_memory()
    else:
        found = {key: told[key] for key in ("code", "message", "name", "hint") if key in told}
        found["retryable"] = bool(told.get("retryable"))
        details = told.get("details")
        if "encodedDetails" in told:
            details = json.loads(told["encodedDetails"])
        if details:
            found["details"] = details
    found["traceback"] = frames(told.get("stack", ""))
    return found


def from_text(text: str) -> dict[str, Any]:
    """Returns the error map of an error that the engine itself reports as text."""
    title, _, stack = text.partition("\n")
    if title in ("null", "") or "out of memory" in title:
        return out_of_memory()
    name, colon, message = title.partition(": ")
    told = {"code": "spell_error", "message": message or name, "stack": stack}
    if colon:
        told["name"] = name
    return error_map(told, True)
