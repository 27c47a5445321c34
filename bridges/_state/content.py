"""What a store holds of a state, and the one way to change it: whole, checked, remembered."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from bridges._errors import InvalidArgument, LimitExceeded
from bridges._state.turns import Turns
from bridges._state.values import MISSING, Missing, Values, encode, equal, length, packed

T = TypeVar("T")
StoreName: TypeAlias = Literal["memory", "file", "sqlite"]
Changes: TypeAlias = Mapping[str, Any]
"""New values by key at the top; MISSING for one that goes."""

MAX_STATE = 16 * 1024 * 1024
"""Bytes of a state's values."""
MAX_KEYS = 10_000
"""Keys at the top of a state."""
MAX_HISTORY = 1_000
"""Changes that a state remembers at most, however many it is asked to."""
MAX_HISTORY_SIZE = 4 * 1024 * 1024
"""Bytes of what the remembered changes replaced; the oldest go first."""


NEW = "new"
"""The action that gives a state its first values, which cannot be taken back."""


@dataclass
class Head:
    """What is known of a state without its values.

    version: of its schema; revision: counts its changes, 0 is a state that is not there yet
    size: bytes of its values; count: of its keys; updated: seconds since 1970
    """

    version: int = 0
    revision: int = 0
    size: int = 0
    count: int = 0
    updated: float = 0.0


@dataclass(frozen=True)
class Entry:
    """One change that is remembered.

    revision: what it led to; base: what it began from; before: what the changed keys had
    """

    revision: int
    base: int
    time: float
    action: str
    before: Changes

    def as_data(self) -> dict[str, Any]:
        """Returns it as plain data."""
        return {
            "revision": self.revision,
            "base": self.base,
            "time": self.time,
            "action": self.action,
            "before": {k: v for k, v in self.before.items() if not isinstance(v, Missing)},
            "new": [k for k, v in self.before.items() if isinstance(v, Missing)],
        }

    @classmethod
    def from_data(cls, data: Any) -> Entry:
        """Reads what `as_data` gave; raises ValueError, TypeError or KeyError for anything else."""
        before = {**dict(data["before"]), **dict.fromkeys(map(str, data["new"]), MISSING)}
        return cls(
            int(data["revision"]),
            int(data["base"]),
            float(data["time"]),
            str(data["action"]),
            before,
        )


class Content(Protocol):
    """A state inside one transaction of its store."""

    head: Head

    def get(self, key: str) -> Any:
        """Returns the value of a key at the top, or MISSING."""

    def all(self) -> Values:
        """Returns every value."""

    def size_of(self, key: str) -> int:
        """Returns the bytes of a key's value; 0 where there is none."""

    def replace(self, key: str, value: Any, text: str | None) -> None:
        """Puts a value in place, or (text None) takes it away; text: the value as JSON."""

    def entries(self, most: int) -> list[Entry]:
        """Returns the remembered changes, newest first."""

    def remember(self, entry: Entry, size: int) -> None:
        """Adds a change to what is remembered; size: bytes of what it holds."""

    def forget(self, *, most: int, size: int) -> None:
        """Leaves no more than the newest changes, in number and bytes."""

    def take_back(self, steps: int) -> None:
        """Forgets the newest changes."""

    def save(self) -> None:
        """Writes the head."""


class Store(Protocol):
    """Where a state is kept. What is read is consistent, what is written whole or not at all."""

    name: StoreName
    turns: Turns

    async def read(self, look: Callable[[Content], T]) -> T:
        """Returns what `look` finds; it may run in a thread."""

    async def write(self, edit: Callable[[Content], T]) -> T:
        """Returns what `edit` gives when nobody else writes; an error undoes all of it."""

    async def remove(self) -> bool:
        """Removes the state; tells whether it was there."""


@dataclass(frozen=True)
class Rules:
    """What a state's values have to keep to.

    check: returns what is wrong with all values, a sentence each; None where anything goes
    history: changes that are remembered
    version: of the schema they belong to
    """

    check: Callable[[Values], list[str]] | None = None
    history: int = 20
    version: int = 1


@dataclass(frozen=True)
class Written:
    """What a write came to: the revision, and the keys at the top that changed."""

    revision: int
    keys: tuple[str, ...] = field(default=())


def apply(
    content: Content, changes: Changes, action: str, rules: Rules, *, undone: int = 0
) -> Written:
    """Changes a state inside a transaction; raises InvalidArgument or LimitExceeded.

    undone: remembered changes that this takes back, and so is none itself
    """
    head = content.head
    before: dict[str, Any] = {}
    for key, value in changes.items():
        old = content.get(key)
        text = None if value is MISSING else encode(value, key)
        if old is value or (MISSING not in (old, value) and equal(old, value)):
            continue
        before[key] = old
        head.size += (0 if text is None else length(text)) - content.size_of(key)
        head.count += (text is not None) - (old is not MISSING)
        content.replace(key, value, text)
    moved = head.version != rules.version
    if not before and not moved and not undone:
        return Written(head.revision)
    _check_limits(head)
    if rules.check:
        wrong = rules.check(content.all())
        if wrong:
            raise InvalidArgument(f"this does not fit the state's schema: {'; '.join(wrong)}")
    base, head.revision = head.revision, head.revision + 1
    head.version = rules.version
    head.updated = time.time()
    if moved and base:
        # What came before belongs to another version of the schema.
        content.forget(most=0, size=0)
    elif undone:
        content.take_back(undone)
    elif action != NEW:
        _remember(content, Entry(head.revision, base, head.updated, action, before), rules.history)
    content.save()
    return Written(head.revision, tuple(sorted(before)))


def _remember(content: Content, entry: Entry, most: int) -> None:
    size = length(packed(entry.as_data()))
    if most and size <= MAX_HISTORY_SIZE:
        content.remember(entry, size)
        content.forget(most=min(most, MAX_HISTORY), size=MAX_HISTORY_SIZE)
    else:
        # With a gap in it, what is remembered would be wrong.
        content.forget(most=0, size=0)


def _check_limits(head: Head) -> None:
    if head.count > MAX_KEYS:
        raise LimitExceeded(
            f"a state takes no more than {MAX_KEYS} keys",
            hint="keep lists and maps under one key, or use several states",
            details={"limit": "keys"},
        )
    if head.size > MAX_STATE:
        raise LimitExceeded(
            f"a state takes no more than {MAX_STATE} bytes",
            hint="keep large things in files, and their names in the state",
            details={"limit": "state"},
        )


def values_at(content: Content, revision: int) -> Values | None:
    """Returns the values that a state had at a revision, or None where that is not remembered."""
    values = content.all()
    if revision == content.head.revision:
        return values
    for entry in content.entries(MAX_HISTORY):
        if entry.revision == revision:
            return values
        step_back(values, entry)
        if entry.base == revision:
            return values
    return None


def step_back(values: Values, entry: Entry) -> None:
    """Takes a remembered change back from values."""
    for key, old in entry.before.items():
        if old is MISSING:
            values.pop(key, None)
        else:
            values[key] = old
