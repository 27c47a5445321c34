"""What the profile's table says, whatever it looks like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridges._timings import ScriptTimes, Timings
from llmspell_cli.terminal import clean

MOST = 25
"""Rows of one section."""
TITLES = {"host": "Host calls", "model": "Models", "tool": "Tools"}


@dataclass(frozen=True)
class Section:
    """A part of the table: the titles of its columns (the first is its own), and its rows."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    more: int = 0


def sections(timings: Timings) -> list[Section]:
    """Returns what there is to show, the longest first in each section."""
    found = []
    for kind, title in TITLES.items():
        rows = sorted(
            ((name, row) for (of, name), row in timings.rows.items() if of == kind),
            key=lambda pair: -pair[1].total,
        )
        written = [
            (
                clean(name),
                str(row.count),
                duration(row.total),
                duration(row.total / row.count),
                duration(row.longest),
            )
            for name, row in rows[:MOST]
        ]
        found.append(Section((title, "count", "total", "mean", "max"), written, len(rows) - MOST))
    found.append(_functions(timings.scripts))
    return [section for section in found if section.rows]


def _functions(scripts: Iterable[ScriptTimes]) -> Section:
    """Returns the script's functions: the time in them alone, and with all that they called."""
    own: dict[str, float] = {}
    total: dict[str, float] = {}
    for script in scripts:
        names = [
            f"{frame.name} ({frame.file}{f':{frame.line}' if frame.line else ''})"
            if frame.file
            else ""
            for frame in script.frames
        ]
        for stack, seconds in script.stacks:
            for name in {names[number] for number in stack} - {""}:
                total[name] = total.get(name, 0.0) + seconds
            own[names[stack[-1]]] = own.get(names[stack[-1]], 0.0) + seconds
    order = sorted(total, key=lambda name: (-own.get(name, 0.0), -total[name]))
    rows = [
        (clean(name), duration(own.get(name, 0.0)), duration(total[name])) for name in order[:MOST]
    ]
    return Section(("Script functions", "own", "total"), rows, len(order) - MOST)


def computing(scripts: Iterable[ScriptTimes]) -> float:
    """Returns the seconds in which scripts computed: not the waits, nor the engine's own work."""
    return sum(
        seconds
        for script in scripts
        for stack, seconds in script.stacks
        if script.frames[stack[-1]].file
    )


def duration(seconds: float) -> str:
    """Returns a time as people read it."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    if seconds >= 0.001:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds * 1e6:.0f} us" if seconds else "0"
