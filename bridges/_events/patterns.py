"""Names of events and of what hooks watch, and the patterns that match them."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import lru_cache

from bridges._errors import InvalidArgument

EVENT = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
PATTERN = re.compile(r"[a-z0-9_*-]+(\.[a-z0-9_*-]+)*")
LONGEST = 200
"""Characters of a name or a pattern."""


def check_event(name: str, where: str) -> None:
    """Refuses what is no event's name."""
    if len(name) > LONGEST or not EVENT.fullmatch(name):
        raise InvalidArgument(
            f"{where}: {name[:LONGEST]!r} cannot be the name of an event",
            hint="use lower-case words joined by dots, such as 'report.written'",
        )


def check_pattern(pattern: str, where: str) -> None:
    """Refuses what no event's name can match."""
    if len(pattern) > LONGEST or not PATTERN.fullmatch(pattern):
        raise InvalidArgument(
            f"{where}: {pattern[:LONGEST]!r} is not a pattern of events",
            hint="such as 'model.ended', 'model.*' (one word) or '**' (every event)",
        )


@lru_cache(maxsize=4096)
def matches(pattern: str, name: str) -> bool:
    """Tells whether a pattern matches an event's name.

    `*` stands for any characters within one word, `**` as a word for any number of words, none
    included.
    """
    return _match(pattern.split("."), name.split("."), fnmatchcase)


def _match(pattern: list[str], words: list[str], same: Callable[[str, str], bool]) -> bool:
    # One row a word of the pattern: the counts of words that what came before can have matched.
    row = {0}
    for part in pattern:
        if part == "**":
            row = set(range(min(row), len(words) + 1)) if row else row
        else:
            row = {n + 1 for n in row if n < len(words) and same(words[n], part)}
    return len(words) in row


def fits(pattern: str, name: str) -> bool:
    """Tells whether a hook's pattern matches a name, in which `*` stands for any characters."""
    if pattern == "*":
        return True
    # Names hold any characters; those that mean something to fnmatch mean themselves here.
    return fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]"))
