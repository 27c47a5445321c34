"""Hooks that come with the program and change what passes: cache and redact."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

import regex

from bridges._errors import InvalidArgument, TimeLimit
from bridges._expressions import Expression, replaced
from bridges._hooks.passages import CHANGES
from bridges._plain import weight

if TYPE_CHECKING:
    from bridges._account import Share
    from bridges._hooks.passages import Shown
    from bridges._hooks.ready import Asked

MOST_KEPT = 10_000
MOST_BYTES = 16 * 1024 * 1024
"""Of the results that one cache keeps, about."""
USED = ("usage", "cost")
"""What a result that is given again has not used again."""
SECONDS = 5.0
"""That all patterns together may take over one request or result."""
MOST_PATTERNS = 50
MOST_WORDS = 1_000
LONGEST_MARK = 200
"""Characters of what stands for one thing that was taken out."""
LEFT = "settings"
"""What hooks can change in a request and has no text of the user's."""


class Cache:
    """Gives the result of an equal request again.

    room: what all caches of the run may hold together
    """

    def __init__(self, ttl: float | None, size: int, room: Share) -> None:
        if not 1 <= size <= MOST_KEPT:
            raise InvalidArgument(f"Hook.cache: size must be 1 to {MOST_KEPT}, got {size}")
        self._ttl = ttl
        self._size = size
        self._room = room
        self._kept: OrderedDict[str, tuple[float, Any, int]] = OrderedDict()
        self._bytes = 0
        self._hits = 0
        self._misses = 0

    def asked(self) -> Asked:
        """Returns what it does."""
        return {"before": self._before, "after": self._after}

    def stats(self) -> dict[str, Any]:
        """Returns what it knows."""
        return {"hits": self._hits, "misses": self._misses, "kept": len(self._kept)}

    async def _before(self, shown: Shown) -> dict[str, Any] | None:
        asked = [shown["point"], shown["name"], shown["request"]]
        text = json.dumps(asked, sort_keys=True, default=repr)
        key = hashlib.sha256(text.encode()).hexdigest()
        found = self._kept.get(key)
        if found is not None and self._ttl is not None and monotonic() - found[0] >= self._ttl:
            self._forget(key)
            found = None
        if found is None:
            self._misses += 1
            # Other hooks may change the request on its way: the end has to know this one.
            shown.notes[self] = key
            return None
        self._hits += 1
        self._kept.move_to_end(key)
        return {"result": found[1]}

    async def _after(self, shown: Shown) -> None:
        key = shown.notes.get(self)
        if key is None:
            return
        result = shown["result"]
        if isinstance(result, dict):
            result = {name: part for name, part in result.items() if name not in USED}
        size = len(key) + weight(result)
        if key in self._kept:
            self._forget(key)
        while self._kept and (len(self._kept) >= self._size or self._bytes + size > MOST_BYTES):
            self._forget(next(iter(self._kept)))
        if size <= MOST_BYTES and self._room.take(size):
            self._kept[key] = monotonic(), result, size
            self._bytes += size

    def _forget(self, key: str) -> None:
        size = self._kept.pop(key)[2]
        self._bytes -= size
        self._room.give(size)


class Redact:
    """Takes words and patterns out of requests and results."""

    def __init__(self, patterns: list[str], words: list[str], replacement: str) -> None:
        if not patterns and not words:
            raise InvalidArgument("Hook.redact: there is nothing to take out")
        if len(patterns) > MOST_PATTERNS or len(words) > MOST_WORDS:
            raise InvalidArgument(
                f"Hook.redact takes at most {MOST_PATTERNS} patterns and {MOST_WORDS:,} words"
            )
        if len(replacement) > LONGEST_MARK:
            raise InvalidArgument(
                f"Hook.redact: replacement has more than {LONGEST_MARK} characters"
            )
        if "" in words:
            raise InvalidArgument("Hook.redact: one of the words is empty")
        self._expressions = [Expression(pattern, "Hook.redact") for pattern in patterns]
        # The longest first: one word may be the beginning of another.
        listed = "|".join(regex.escape(word) for word in sorted(words, key=len, reverse=True))
        whole = rf"(?<!\w)(?:{listed})(?!\w)"
        self._words = regex.compile(whole, regex.V0 | regex.IGNORECASE) if words else None
        self._replacement = replacement
        self._count = 0

    def asked(self) -> Asked:
        """Returns what it does."""
        return {"before": self._before, "after": self._after}

    def stats(self) -> dict[str, Any]:
        """Returns what it knows."""
        return {"redacted": self._count}

    async def _before(self, shown: Shown) -> dict[str, Any] | None:
        asked = shown["request"]
        parts = {name: asked.get(name) for name in CHANGES[shown["point"]] if name != LEFT}
        cleaned = await self._cleaned(parts)
        changed = {name: part for name, part in cleaned.items() if part != parts[name]}
        return {"request": changed} if changed else None

    async def _after(self, shown: Shown) -> dict[str, Any] | None:
        result = await self._cleaned(shown["result"])
        return None if result == shown["result"] else {"result": result}

    async def _cleaned(self, value: Any) -> Any:
        until = monotonic() + SECONDS
        counts: list[int] = []

        def left() -> float:
            left = until - monotonic()
            if left <= 0:
                raise _too_long()
            return left

        cleaned = await asyncio.to_thread(self._clean, value, left, counts)
        self._count += sum(counts)
        return cleaned

    def _clean(self, value: Any, left: Callable[[], float], counts: list[int]) -> Any:
        if isinstance(value, str):
            return self._text(value, left, counts)
        if isinstance(value, list):
            return [self._clean(part, left, counts) for part in value]
        if isinstance(value, dict):
            return {key: self._clean(part, left, counts) for key, part in value.items()}
        return value

    def _text(self, text: str, left: Callable[[], float], counts: list[int]) -> str:
        for expression in self._expressions:
            text, count = expression.replace(text, self._replacement, left)
            counts.append(count)
        if self._words is not None:
            try:
                found = self._words.finditer(text, timeout=left(), concurrent=True)
                places = (match.span() for match in found if left())
                text, count = replaced(text, places, self._replacement)
            except TimeoutError:
                raise _too_long() from None
            counts.append(count)
        return text


def _too_long() -> TimeLimit:
    return TimeLimit(
        f"the patterns took longer than {SECONDS:g} seconds", hint="use simpler patterns"
    )
