"""Regular expressions of spells: where they match, and what they may cost."""

from __future__ import annotations

import subprocess
import sys
from itertools import count
from typing import Any

import pytest

from bridges._errors import InvalidArgument, LimitExceeded
from bridges._expressions import Expression

MEMORY = """
import random, resource, sys
from bridges._expressions import Expression

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / UNIT

UNIT = 2**20 if sys.platform == "darwin" else 2**10
text = "".join(random.choice("ab") for _ in range(6_000))
before, kept = peak(), []
for i in range(250):
    kept.append(Expression("[ab]*a[ab]{14}c%d" % i))
    kept[-1].is_in(text)
print(peak() - before)
"""
"""Prints by how many megabytes its memory has grown at most."""


def never() -> None:
    """Never stops a search."""


def found(pattern: str, text: str, **how: Any) -> list[str]:
    return [text[a:b] for a, b in Expression(pattern, **how).places(text, never)]


def test_places_are_in_characters() -> None:
    assert list(Expression("é+").places("aéé\U0001f600é", never)) == [(1, 3), (4, 5)]
    assert found("É", "é", ignore_case=True) == ["é"]
    assert found(r"\p{L}+", "naïve 日本 x1") == ["naïve", "日本", "x"]
    assert found("a.", "ab a.", literal=True) == ["a."]
    assert list(Expression("").places("ab", never)) == [(0, 0), (1, 1), (2, 2)]


def test_half_characters_are_passed_over() -> None:
    assert list(Expression("b").places("\ud800ab\udfff", never)) == [(2, 3)]
    with pytest.raises(InvalidArgument):
        Expression("\ud800")


def test_marks_replace_what_is_found() -> None:
    assert Expression("[0-9]+").replace("a12b3", r"\0", never) == (r"a\0b\0", 2)
    assert Expression("x").replace("abc", "#", never) == ("abc", 0)
    with pytest.raises(LimitExceeded, match="more than 16,000,000 characters"):
        Expression("a").replace("a" * 20, "#" * 1_000_000, never)


@pytest.mark.parametrize(
    "pattern",
    ["(", r"(a)\1", "(?=a)", "(?<!a)b", "(?R)", "(?>a)", "a{2000}", "((a{99}){99}){99}"]
    + [r"\p{L}{1000}", "a" * 4_001],
)  # fmt: skip
def test_what_the_engine_cannot_have_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidArgument, match="^here: "):
        Expression(pattern, "here")


@pytest.mark.parametrize("pattern", ["(a|aa)+$", "(a*)*b", "(.*)*(.*)*(.*)*b", "(a?){500}a{500}$"])
def test_no_pattern_runs_away(pattern: str) -> None:
    assert not Expression(pattern).is_in("a" * 20_000 + "!")


def test_too_much_work_is_refused_before_it_begins() -> None:
    expression = Expression("(?:a?){900}b")
    assert not expression.is_in("a" * 1_000)
    with pytest.raises(LimitExceeded, match="too large for a text of 1,000,000 characters"):
        expression.is_in("a" * 1_000_000)


def test_a_search_can_be_ended_at_every_match() -> None:
    looked = count(1)

    def check() -> None:
        if next(looked) == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        list(Expression("a").places("aaaa", check))


def test_patterns_take_bounded_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True, timeout=100
    )
    assert float(done.stdout) < 80
