"""Takes the profile that a worker sends, which may be anything: the worker is hostile."""

from __future__ import annotations

import math
from typing import Any

from bridges._errors import InvalidArgument
from bridges._timings import Frame, ScriptTimes, Timings

MAX_SCRIPTS = 1_000
MAX_STACKS, MAX_FRAMES, MAX_DEPTH, MAX_NAME = 10_000, 10_000, 65, 100
LONGEST = 1e9
"""Seconds in one stack."""


class Listener:
    """Hears a worker's events and keeps the profile among them."""

    def __init__(self, timings: Timings, spell: str) -> None:
        self._timings = timings
        self._spell = spell
        self._has_come = False

    def __call__(self, event: dict[str, Any]) -> None:
        """Takes one event; InvalidArgument means that the worker broke the rules."""
        if event["event"] != "profile":
            return
        if self._has_come:
            raise InvalidArgument("a second profile")
        self._has_come = True
        found = read(event, self._spell)
        if len(self._timings.scripts) < MAX_SCRIPTS:
            self._timings.scripts.append(found)


def read(event: dict[str, Any], spell: str) -> ScriptTimes:
    """Returns the times that an event tells; InvalidArgument if it is not what one may be."""
    frames, stacks = event.get("frames"), event.get("stacks")
    if not isinstance(frames, list) or len(frames) > MAX_FRAMES:
        raise InvalidArgument("a profile without frames")
    if not isinstance(stacks, list) or len(stacks) > MAX_STACKS:
        raise InvalidArgument("a profile without stacks")
    return ScriptTimes(
        spell, [_frame(frame) for frame in frames], [_stack(s, len(frames)) for s in stacks]
    )


def _frame(found: Any) -> Frame:
    match found:
        case [str(name), str(file), int(line)]:
            if len(name) <= MAX_NAME and len(file) <= MAX_NAME and 0 <= line < 1 << 31:
                return Frame(name, file, line)
    raise InvalidArgument("a frame that is none")


def _stack(found: Any, frames: int) -> tuple[tuple[int, ...], float]:
    match found:
        case [list(numbers), (int() | float()) as seconds]:
            if (
                0 < len(numbers) <= MAX_DEPTH
                and all(type(number) is int and 0 <= number < frames for number in numbers)
                and math.isfinite(seconds)
                and 0 <= seconds <= LONGEST
            ):
                return tuple(numbers), float(seconds)
    raise InvalidArgument("a stack that is none")
