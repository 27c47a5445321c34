"""Texts as people read them: compatibility forms unified, invisible characters left out."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import lru_cache

import regex

from bridges._guardrails.spec import Clock

_INVISIBLE = regex.compile(r"\p{Cf}")
_CHUNK = 50_000


class Seen:
    """A text in the form in which it is searched, and where its characters come from.

    form: the Unicode normalization form of `text`
    """

    def __init__(self, text: str, clock: Clock, *, fold: bool = False) -> None:
        self.form = "NFKC"
        self.text = text.casefold() if fold else text
        self._from: list[int] = []
        self._at: list[int] = []
        if text.isascii():
            return
        # As many characters as before: each became exactly one, and positions are the same.
        plain = len(self.text) == len(text) and unicodedata.is_normalized("NFKC", text)
        if not plain or _INVISIBLE.search(text):
            self.form = "NFKD"
            self._take_apart(text, clock, fold)

    def _take_apart(self, text: str, clock: Clock, fold: bool) -> None:
        pieces, length = [], 0
        for index, character in enumerate(text):
            if index % _CHUNK == 0:
                clock.left()
            piece = _plain(character, fold)
            if piece:
                self._from.append(length)
                self._at.append(index)
                pieces.append(piece)
                length += len(piece)
        self.text = "".join(pieces)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Returns where in the original text a place of `text` is."""
        if self.form == "NFKC":
            return start, end
        if not self._at:
            return 0, 0
        first = self._at[max(0, bisect_right(self._from, start) - 1)]
        last = self._at[max(0, bisect_right(self._from, max(start, end - 1)) - 1)]
        return first, last + 1 if end > start else first


@lru_cache(maxsize=4096)
def _plain(character: str, fold: bool) -> str:
    if character.isascii():
        return character.lower() if fold else character
    if unicodedata.category(character) == "Cf":
        return ""
    plain = unicodedata.normalize("NFKD", character)
    return unicodedata.normalize("NFKD", plain.casefold()) if fold else plain
