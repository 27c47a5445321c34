"""Regular expressions of spells: one at a time, whoever has them matched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bridges import _search
from bridges._alone import alone
from bridges._errors import TimeLimit
from bridges._guarding.patterns import by_pattern
from bridges._guarding.spec import Clock, Undecided
from bridges._search import Search
from bridges._state import masking
from bridges._state.masking import Mask

RECURSIVE = "(?R)?a(?R)?b"
"""Has the engine give up for want of memory."""


def guard(pattern: str) -> Any:
    return by_pattern(pattern, False, False, "here")("ab" * 100_000, Clock(20))


def mask(pattern: str) -> Any:
    return Mask([], [pattern]).apply({"text": "ab" * 100_000})


def search(pattern: str) -> Any:
    found = Search(pattern, is_regex=True, ignore_case=False, limit=10)
    found.add("file", "ab" * 100_000)
    return found.matches


ALL = pytest.mark.parametrize("match", [guard, mask, search])


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "SECONDS", 0.01)
    monkeypatch.setattr(_search, "SECONDS", 0.01)
    with alone(1):
        with pytest.raises(Undecided):
            by_pattern("b", False, False, "here")("ab", Clock(0.01))
        with pytest.raises(TimeLimit):
            mask("b")
        with pytest.raises(TimeLimit):
            search("b")


@ALL
def test_a_pattern_that_wants_too_much_memory_is_one_that_takes_too_long(
    match: Callable[[str], Any],
) -> None:
    with pytest.raises((Undecided, TimeLimit)):
        match(RECURSIVE)
    with alone(0):
        pass
