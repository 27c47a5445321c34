"""What a guardrail is, and what a rule of each sort gives."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridges._session import Session

SECONDS = 5.0
"""Time that the rules of one guardrail have for the texts of one value."""
MAX_SPANS = 10_000
"""Places found in one text; where there are more, all of the text is one."""
RETRIES = 2
"""How often a model tries again, unless the guardrail says otherwise."""


class Undecided(Exception):
    """A rule that could not come to a decision; its text says why, without the value."""


class Clock:
    """How long the texts of one value may still be looked at."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._until = time.monotonic() + seconds
        self._seconds = seconds

    def left(self) -> float:
        """Returns the seconds left; raises Undecided when there are none."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise self.out()
        return left

    def out(self) -> Undecided:
        """Returns the error for time that is used up."""
        return Undecided(f"the check took longer than {self._seconds:g} seconds")


@dataclass(frozen=True)
class Span:
    """A place in a text, in characters; `label` stands for it where it is redacted."""

    start: int
    end: int
    label: str
    message: str


Finder = Callable[[str, Clock], list[Span]]
"""Finds places in a text; raises Undecided. It runs in a thread."""


@dataclass(frozen=True)
class TextRule:
    """A rule for every text inside a value; what it finds can be redacted."""

    name: str
    kind: str
    find: Finder


@dataclass(frozen=True)
class Objection:
    """What a rule has against a whole value; `advice` is for models and may quote the value."""

    message: str
    path: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Opinion:
    """What a rule says of a whole value: its objections, and a value to use instead."""

    objections: tuple[Objection, ...] = ()
    has_value: bool = False
    value: Any = None


Judge = Callable[["Session", Any, str, dict[str, str]], Awaitable[Opinion]]
"""Looks at a whole value, given where it stands and more about it; raises Undecided."""


@dataclass(frozen=True)
class WholeRule:
    """A rule for a value as a whole."""

    name: str
    kind: str
    judge: Judge


@dataclass(frozen=True)
class GuardrailSpec:
    """One guardrail.

    on: the places it looks at; action: block, redact, warn or retry
    retries: how often a model may try again
    on_failure: block or warn, where a rule cannot decide
    replacement: what stands for redacted text; None is the label of what was found
    """

    name: str
    on: frozenset[str]
    rules: tuple[TextRule | WholeRule, ...]
    action: str = "block"
    retries: int = RETRIES
    on_failure: str = "block"
    replacement: str | None = None
