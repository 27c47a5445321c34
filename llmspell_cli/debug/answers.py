"""What a debugged worker says, read into records. The worker is hostile: nothing is believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

MOST = 2**30 - 1
"""The largest number taken from a worker: the rest are the host's own (see `request`)."""
LONGEST = 100_000
"""Characters of one text."""
MANY = 100_000
"""Items of one list."""


@dataclass(frozen=True)
class Task:
    """A task of the spell: one flow of control, what an editor calls a thread."""

    id: int
    name: str


@dataclass(frozen=True)
class Frame:
    """A function under way; `waits` tells that it awaits the frame before it."""

    id: int
    name: str
    file: str
    line: int
    column: int
    waits: bool


@dataclass(frozen=True)
class Scope:
    """A group of variables of a frame, such as its locals; `ref` gets them."""

    name: str
    ref: int
    expensive: bool


@dataclass(frozen=True)
class Value:
    """A value as text; `ref` gets its parts, 0 where it has none."""

    text: str
    type: str
    ref: int


@dataclass(frozen=True)
class Variable(Value):
    """A value and its name; `named` and `indexed` count its parts, where that is known."""

    name: str
    named: int | None = None
    indexed: int | None = None
    path: str = ""
    fixed: bool = False


@dataclass(frozen=True)
class Member:
    """A name that can follow in an expression, and what it is."""

    name: str
    kind: str


def text(fields: dict[str, Any], key: str) -> str:
    """Returns a text, empty where there is none."""
    found = fields.get(key)
    return found[:LONGEST] if isinstance(found, str) else ""


def number(fields: dict[str, Any], key: str) -> int:
    """Returns a whole number from 0 to MOST, 0 where there is none."""
    found = fields.get(key)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= MOST:
        return 0
    return found


def records(
    fields: dict[str, Any], key: str, read: Callable[[dict[str, Any]], T], most: int = MANY
) -> list[T]:
    """Returns the maps of a list, read; anything else in it is left out."""
    found = fields.get(key)
    if not isinstance(found, list):
        return []
    return [read(part) for part in found[:most] if isinstance(part, dict)]


def numbers(fields: dict[str, Any], key: str) -> tuple[int, ...]:
    """Returns the whole numbers of a list."""
    found = fields.get(key)
    if not isinstance(found, list):
        return ()
    return tuple(n for n in found[:MANY] if isinstance(n, int) and not isinstance(n, bool))


def task(fields: dict[str, Any]) -> Task:
    """Reads a task."""
    id = number(fields, "id")
    return Task(id, text(fields, "name") or f"task {id}")


def frame(fields: dict[str, Any]) -> Frame:
    """Reads a frame."""
    return Frame(
        number(fields, "id"),
        text(fields, "name") or "?",
        text(fields, "file"),
        number(fields, "line"),
        number(fields, "column") or 1,
        fields.get("async") is True,
    )


def scope(fields: dict[str, Any]) -> Scope:
    """Reads a scope."""
    return Scope(
        text(fields, "name") or "?", number(fields, "ref"), fields.get("expensive") is True
    )


def value(fields: dict[str, Any]) -> Value:
    """Reads a value."""
    return Value(text(fields, "text"), text(fields, "type"), number(fields, "ref"))


def variable(fields: dict[str, Any]) -> Variable:
    """Reads a variable."""
    return Variable(
        text(fields, "text"),
        text(fields, "type"),
        number(fields, "ref"),
        text(fields, "name"),
        number(fields, "named") if "named" in fields else None,
        number(fields, "indexed") if "indexed" in fields else None,
    )


def member(fields: dict[str, Any]) -> Member:
    """Reads a member."""
    return Member(text(fields, "name"), text(fields, "kind"))
