"""A state's content held whole in memory: what the memory store keeps and the file store reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bridges._state.content import Entry, Head
from bridges._state.values import MISSING, Values, length, packed

ENTRY = 1_000
"""About what one remembered change holds beside the values."""
PART, MAP = 64, 96
"""About what a part of a list or a map, and what a map, holds beside its text."""


class Whole:
    """A state as plain objects, which nobody changes in place.

    changed: it was saved; weight: about how many bytes all of it holds
    """

    def __init__(
        self, head: Head | None = None, values: Values | None = None, entries: Sequence[Entry] = ()
    ) -> None:
        self.head = head or Head()
        self.changed = False
        self._values = values or {}
        self._sizes = {key: length(packed(value)) for key, value in self._values.items()}
        self._entries = [(e, length(packed(e.as_data())), 0) for e in entries]
        self.head.size = sum(self._sizes.values())
        self.head.count = len(self._values)
        self._weights: dict[str, int] = {}
        self._gone = 0
        self.weight = 0

    def copy(self) -> Whole:
        """Returns one that can be changed while this one stays as it is."""
        found = Whole(replace(self.head))
        found._values, found._sizes = dict(self._values), dict(self._sizes)
        found._entries = list(self._entries)
        found._weights, found.weight = dict(self._weights), self.weight
        found.head = replace(self.head)
        return found

    @property
    def history_size(self) -> int:
        """Bytes of what is remembered."""
        return sum(size for _, size, _ in self._entries)

    def get(self, key: str) -> Any:
        return self._values.get(key, MISSING)

    def all(self) -> Values:
        return dict(self._values)

    def size_of(self, key: str) -> int:
        return self._sizes.get(key, 0)

    def replace(self, key: str, value: Any, text: str | None) -> None:
        # What it had may be remembered: `remember` says so.
        had = self._weights.pop(key, 0)
        self._gone += had
        self.weight -= had
        if text is None:
            self._values.pop(key, None)
            self._sizes.pop(key, None)
        else:
            self._values[key] = value
            self._sizes[key] = len(text.encode())
            self._weights[key] = _weight(text)
            self.weight += self._weights[key]

    def entries(self, most: int) -> list[Entry]:
        return [entry for entry, _, _ in self._entries[: -most - 1 : -1]]

    def remember(self, entry: Entry, size: int) -> None:
        self._entries.append((entry, size, self._gone + ENTRY))
        self.weight += self._gone + ENTRY
        self._gone = 0

    def forget(self, *, most: int, size: int) -> None:
        self._cut(0, len(self._entries) - most)
        while self._entries and self.history_size > size:
            self._cut(0, 1)

    def take_back(self, steps: int) -> None:
        self._cut(len(self._entries) - steps, len(self._entries))

    def _cut(self, start: int, end: int) -> None:
        for _, _, held in self._entries[max(start, 0) : max(end, 0)]:
            self.weight -= held
        del self._entries[max(start, 0) : max(end, 0)]

    def save(self) -> None:
        self.changed = True


def _weight(text: str) -> int:
    """Returns about how many bytes a value holds, by its JSON: never much fewer."""
    parts = text.count(",") + text.count("[")
    return 100 + len(text) + PART * parts + MAP * text.count("{")
