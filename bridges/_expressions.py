"""Regular expressions of spells, matched in linear time and bounded memory.

The only importer of re2. Look-around and back-references are what such an engine cannot have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import re2

from bridges._errors import InvalidArgument, LimitExceeded

MAX_PATTERN = 4_000
"""Characters of a pattern."""
MAX_MEMORY = 2 * 1024 * 1024
"""Bytes that one pattern takes at most, its notes on the texts it has seen included."""
MAX_WORK = 400_000_000
"""Characters of text times steps of the pattern, in one match: ten seconds at the very worst."""
MAX_MARKS = 16_000_000
"""Characters that stand for what was taken out of one text."""
MOST_READY = 64
"""Patterns that are held ready for the next text, of all spells together."""


class Expression:
    """A regular expression; raises InvalidArgument where it is none.

    where: how the error begins
    literal: the pattern is the text itself
    """

    def __init__(
        self, pattern: str, where: str = "", *, ignore_case: bool = False, literal: bool = False
    ) -> None:
        self._asked = (pattern, ignore_case, literal)
        said = f"{where}: " if where else ""
        if len(pattern) > MAX_PATTERN:
            raise InvalidArgument(f"{said}the pattern is longer than {MAX_PATTERN:,} characters")
        try:
            _ready(*self._asked)
        except (re2.error, UnicodeEncodeError) as error:
            raise InvalidArgument(
                f"{said}{pattern!r} is not a regular expression: {_reason(error)}",
                hint="look-around and back-references are not supported",
            ) from None

    def places(self, text: str, check: Callable[[], Any]) -> Iterator[tuple[int, int]]:
        """Yields where the matches in a text are: first character, and the one after the last.

        check: called before each is looked for; ends the search by raising
        Raises LimitExceeded where text and pattern together are too much work. For a thread.
        """
        if not text.isascii():  # half a character is no character: one of any kind stands for it
            text = text.encode(errors="replace").decode()
        if self.work(text) > MAX_WORK:
            raise LimitExceeded(
                f"the pattern is too large for a text of {len(text):,} characters",
                hint="use a simpler pattern, or shorter texts",
                details={"limit": "work"},
            )
        check()
        for match in _ready(*self._asked).finditer(text):
            yield match.span()
            check()

    def work(self, text: str) -> int:
        """Returns what one match in a text takes at most, where 40 million are about a second."""
        steps: int = _ready(*self._asked).programsize
        return len(text) * steps

    def is_in(self, text: str) -> bool:
        """Tells whether a text holds a match; raises LimitExceeded."""
        return next(self.places(text, _never), None) is not None

    def replace(self, text: str, mark: str, check: Callable[[], Any]) -> tuple[str, int]:
        """Returns a text with a mark for every match, and how many there were; as `places`."""
        return replaced(text, self.places(text, check), mark)


def replaced(text: str, places: Iterable[tuple[int, int]], mark: str) -> tuple[str, int]:
    """Returns a text with a mark for every place, and how many there were.

    places: in order, none inside another
    Raises LimitExceeded where marks would be most of a very long text.
    """
    pieces, at, count = [], 0, 0
    for start, end in places:
        pieces += [text[at:start], mark]
        at, count = end, count + 1
        if count * len(mark) > MAX_MARKS:
            raise LimitExceeded(
                f"replacing what was found makes more than {MAX_MARKS:,} characters",
                hint="use a shorter replacement, or shorter texts",
                details={"limit": "memory"},
            )
    return "".join([*pieces, text[at:]]) if count else text, count


@lru_cache(maxsize=MOST_READY)
def _ready(pattern: str, ignore_case: bool, literal: bool) -> Any:
    options = re2.Options()
    options.literal = literal
    options.max_mem = MAX_MEMORY
    options.case_sensitive = not ignore_case
    options.log_errors = False
    found = re2.compile(pattern, options)
    re2.purge()  # the library holds on to more of them than this, all of which may have grown
    return found


def _reason(error: Exception) -> str:
    said = error.args[0]
    return said.decode(errors="replace") if isinstance(said, bytes) else str(error)


def _never() -> None:
    """Lets a search go on."""
