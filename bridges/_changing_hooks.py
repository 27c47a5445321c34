"""Hooks that come with the program and change what passes: cache and redact."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING, Any

import regex

from bridges._errors import InvalidArgument, TimeLimit
from bridges._passages import CHANGES
from bridges._plain import weight

if TYPE_CHECKING:
    from bridges._passages import Shown
    from bridges._queues import Room
    from bridges._ready_hooks import Asked

MOST_KEPT = 10_000
MOST_BYTES = 16 * 1024 * 1024
"""Of the results that one cache keeps, about."""
USED = ("usage", "cost")
"""What a result that is given again has not used again."""
SECONDS = 1.0
"""That all patterns together may take over one request or result."""
MOST_PATTERNS = 1_000
LEFT = "settings"
"""What hooks can change in a request and has no text of the user's."""


class Cache:
    """Gives the result of an equal request again.

    room: what all caches of the run may hold together
    """

    def __init__(self, ttl: float | None, size: int, room: Room) -> None:
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
        if len(patterns) + len(words) > MOST_PATTERNS:
            raise InvalidArgument(f"Hook.redact takes at most {MOST_PATTERNS} patterns and words")
        if "" in words:
            raise InvalidArgument("Hook.redact: one of the words is empty")
        self._patterns = [_compiled(pattern, 0) for pattern in patterns]
        if words:
            # The longest first: one word may be the beginning of another.
            listed = "|".join(regex.escape(word) for word in sorted(words, key=len, reverse=True))
            self._patterns.append(_compiled(rf"(?<!\w)(?:{listed})(?!\w)", regex.IGNORECASE))
        self._replacement = replacement
        self._count = 0

    def asked(self) -> Asked:
        """Returns what it does."""
        return {"before": self._before, "after": self._after}

    def stats(self) -> dict[str, Any]:
        """Returns what it knows."""
        return {"redacted": self._count}

    async def _before(self, shown: Shown) -> dict[str, Any] | None:
        asked, until = shown["request"], monotonic() + SECONDS
        changed = {}
        for name in CHANGES[shown["point"]]:
            part = asked.get(name)
            if name != LEFT and (new := self._clean(part, until)) != part:
                changed[name] = new
        return {"request": changed} if changed else None

    async def _after(self, shown: Shown) -> dict[str, Any] | None:
        result = self._clean(shown["result"], monotonic() + SECONDS)
        return None if result == shown["result"] else {"result": result}

    def _clean(self, value: Any, until: float) -> Any:
        if isinstance(value, str):
            return self._cleaned(value, until)
        if isinstance(value, list):
            return [self._clean(part, until) for part in value]
        if isinstance(value, dict):
            return {key: self._clean(part, until) for key, part in value.items()}
        return value

    def _cleaned(self, text: str, until: float) -> str:
        for pattern in self._patterns:
            left = until - monotonic()
            try:
                if left <= 0:
                    raise TimeoutError
                text, count = pattern.subn(lambda _match: self._replacement, text, timeout=left)
            except (TimeoutError, MemoryError):
                raise TimeLimit(
                    f"the patterns took longer than {SECONDS:g} seconds",
                    hint="use simpler patterns",
                ) from None
            self._count += count
        return text


def _compiled(pattern: str, flags: int) -> Any:
    try:
        return regex.compile(pattern, regex.V0 | flags)
    except (regex.error, RecursionError, ValueError, OverflowError) as error:
        raise InvalidArgument(
            f"Hook.redact: {pattern!r} is not a regular expression: {error}"
        ) from None
