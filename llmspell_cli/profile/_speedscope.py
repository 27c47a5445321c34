"""The flame graph, as https://www.speedscope.app reads it."""

from __future__ import annotations

from typing import Any

from bridges._timings import Frame, ScriptTimes
from llmspell_cli import __version__
from llmspell_cli.terminal import clean

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def document(name: str, scripts: list[ScriptTimes]) -> dict[str, Any]:
    """Returns the file's content: one profile a script, the spell's own first.

    name: the spell's
    """
    frames: dict[Frame, int] = {}
    # They come in the order in which they ended: the spell that ran the others is the last.
    profiles = [_profile(script, frames) for script in reversed(scripts)]
    return {
        "$schema": SCHEMA,
        "name": clean(name),
        "exporter": f"llmspell@{__version__}",
        "activeProfileIndex": 0,
        "shared": {"frames": [_frame(frame) for frame in frames]},
        "profiles": profiles,
    }


def _profile(script: ScriptTimes, frames: dict[Frame, int]) -> dict[str, Any]:
    numbers = [frames.setdefault(frame, len(frames)) for frame in script.frames]
    # Beside each other where they share their beginning: the time order then reads as well.
    stacks = sorted(script.stacks)
    return {
        "type": "sampled",
        "name": clean(script.spell),
        "unit": "seconds",
        "startValue": 0,
        "endValue": sum(seconds for _, seconds in stacks),
        "samples": [[numbers[number] for number in stack] for stack, _ in stacks],
        "weights": [seconds for _, seconds in stacks],
    }


def _frame(frame: Frame) -> dict[str, Any]:
    found: dict[str, Any] = {"name": clean(frame.name)}
    if frame.file:
        found["file"] = clean(frame.file)
    if frame.line:
        found["line"] = frame.line
    return found
