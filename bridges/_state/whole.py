"""A state's content held whole in memory: what the memory store keeps and the file store reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bridges._state.content import Entry, Head
from bridges._state.values import MISSING, Values, length, packed


class Whole:
    """A state as plain objects, which nobody changes in place. `changed`: it was saved."""

    def __init__(
        self, head: Head | None = None, values: Values | None = None, entries: Sequence[Entry] = ()
    ) -> None:
        self.head = head or Head()
        self.changed = False
        self._values = values or {}
        self._sizes = {key: length(packed(value)) for key, value in self._values.items()}
        self._entries = [(entry, length(packed(entry.as_data()))) for entry in entries]
        self.head.size = sum(self._sizes.values())
        self.head.count = len(self._values)

    def copy(self) -> Whole:
        """Returns one that can be changed while this one stays as it is."""
        found = Whole(replace(self.head))
        found._values, found._sizes = dict(self._values), dict(self._sizes)
        found._entries = list(self._entries)
        found.head = replace(self.head)
        return found

    @property
    def history_size(self) -> int:
        """Bytes of what is remembered."""
        return sum(size for _, size in self._entries)

    def get(self, key: str) -> Any:
        return self._values.get(key, MISSING)

    def all(self) -> Values:
        return dict(self._values)

    def size_of(self, key: str) -> int:
        return self._sizes.get(key, 0)

    def replace(self, key: str, value: Any, text: str | None) -> None:
        if text is None:
            self._values.pop(key, None)
            self._sizes.pop(key, None)
        else:
            self._values[key] = value
            self._sizes[key] = len(text.encode())

    def entries(self, most: int) -> list[Entry]:
        return [entry for entry, _ in self._entries[: -most - 1 : -1]]

    def remember(self, entry: Entry, size: int) -> None:
        self._entries.append((entry, size))

    def forget(self, *, most: int, size: int) -> None:
        self._entries = self._entries[-most:] if most else []
        while self._entries and self.history_size > size:
            del self._entries[0]

    def take_back(self, steps: int) -> None:
        del self._entries[-steps:]

    def save(self) -> None:
        self.changed = True
