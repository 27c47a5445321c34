"""What took how long in a run that is profiled: host calls, model requests, tool calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["host", "model", "tool"]
MOST_NAMES = 2_000
"""Names of one kind that are told apart: a model may call tools by any name."""
OTHERS = "(others)"


@dataclass
class Row:
    """How often something was done, and the seconds it took in all and at most."""

    count: int = 0
    total: float = 0.0
    longest: float = 0.0


class Frame(NamedTuple):
    """A function of a script, or (file empty) something else that takes time; line 0: unknown."""

    name: str
    file: str
    line: int


@dataclass(frozen=True)
class ScriptTimes:
    """Where one script's time went.

    spell: its name
    stacks: numbers of frames, outermost first, and the seconds spent in them
    """

    spell: str
    frames: list[Frame]
    stacks: list[tuple[tuple[int, ...], float]]


@dataclass
class Timings:
    """The times of one run and of the spells it runs.

    rows: by kind and name
    scripts: what each worker told of its script, in the order in which they ended
    """

    rows: dict[tuple[Kind, str], Row] = field(default_factory=dict)
    scripts: list[ScriptTimes] = field(default_factory=list)

    def add(self, kind: Kind, name: str, began: float) -> None:
        """Counts something that began at a time (monotonic seconds) and has ended now."""
        seconds = monotonic() - began
        row = self.rows.get((kind, name))
        if row is None:
            if len(self.rows) >= MOST_NAMES:
                name = OTHERS
            row = self.rows.setdefault((kind, name), Row())
        row.count += 1
        row.total += seconds
        row.longest = max(row.longest, seconds)


@contextmanager
def timed(timings: Timings | None, kind: Kind, name: str) -> Iterator[None]:
    """Counts the body, whether it fails or not; does nothing without timings."""
    if timings is None:
        yield
        return
    began = monotonic()
    try:
        yield
    finally:
        timings.add(kind, name, began)
