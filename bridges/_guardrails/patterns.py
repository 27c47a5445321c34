"""Rules of a spell's own: regular expressions and lists of words, searched in bounded time."""

from __future__ import annotations

import unicodedata
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import regex

from bridges._errors import InvalidArgument, LimitExceeded
from bridges._expressions import Expression
from bridges._guardrails.seen import Seen
from bridges._guardrails.spec import MAX_SPANS, Clock, Finder, Span, Undecided

MAX_WORDS = 10_000
_OFTEN = 100


def matches(pattern: Any, text: str, clock: Clock, **how: Any) -> Generator[Any]:
    """Yields the matches of a compiled pattern; raises Undecided when the time is used up."""
    places = pattern.finditer(text, timeout=clock.left(), concurrent=True, **how)
    try:
        for number, match in enumerate(places):
            if number % _OFTEN == 0:  # the engine's own time begins anew with each match
                clock.left()
            yield match
    except (TimeoutError, MemoryError):
        raise clock.out() from None


def bounded(spans: Iterator[Span], text: str) -> list[Span]:
    """Returns places as a list; when they are too many, one for all of the text."""
    found: list[Span] = []
    for span in spans:
        found.append(span)
        if len(found) > MAX_SPANS:
            return [Span(0, len(text), span.label, span.message)]
    return found


def by_pattern(pattern: str, ignore_case: bool, is_required: bool, where: str) -> Finder:
    """Returns what finds a regular expression, or a text that does not hold it."""
    expression = Expression(pattern, where, ignore_case=ignore_case)

    def find(text: str, clock: Clock) -> list[Span]:
        places = expression.places(text, clock.left)
        try:
            if is_required:
                missing = Span(0, len(text), "REDACTED", "does not match the pattern")
                return [missing] if next(places, None) is None else []
            spans = (Span(*place, "REDACTED", "matches the pattern") for place in places)
            return bounded(spans, text)
        except LimitExceeded as error:
            raise Undecided(error.message) from None

    return find


def by_words(words: Sequence[str], where: str) -> Finder:
    """Returns what finds whole words and phrases, whatever their case and form."""
    if not words or len(words) > MAX_WORDS:
        raise InvalidArgument(f"{where}: words must be a list of 1 to {MAX_WORDS:,} texts")
    if not all(_folded(word, "NFKC").strip() for word in words):
        raise InvalidArgument(f"{where}: a word is empty")
    patterns = {form: _word_pattern(words, form) for form in ("NFKC", "NFKD")}

    def find(text: str, clock: Clock) -> list[Span]:
        seen = Seen(text, clock, fold=True)
        places = matches(patterns[seen.form], seen.text, clock)
        spans = (
            Span(*seen.span(m.start(), m.end()), "REDACTED", "holds a word of the list")
            for m in places
        )
        return bounded(spans, text)

    return find


def _folded(word: str, form: Any) -> str:
    folded = unicodedata.normalize(form, unicodedata.normalize("NFKD", word).casefold())
    return "".join(c for c in folded if unicodedata.category(c) != "Cf")


def _word_pattern(words: Sequence[str], form: str) -> Any:
    folded = [_folded(word, form).split() for word in words]
    single = [parts[0] for parts in folded if len(parts) == 1]
    phrases = [r"\s+".join(map(regex.escape, parts)) for parts in folded if len(parts) > 1]
    # Longest first, so that "new york" is not taken for "new".
    either = "|".join([*sorted(phrases, key=len, reverse=True), r"\L<single>"])
    return regex.compile(rf"(?<!\w)(?:{either})(?!\w)", regex.V0, single=single or ["\0"])
