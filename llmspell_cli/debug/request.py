"""A request that is held at the gate: its parts as variables, which can be changed."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

from bridges._errors import InvalidArgument
from llmspell_cli.debug.answers import MOST, Value, Variable

FIRST = MOST + 2
"""The least reference and frame id of the host's own; a worker's are below."""
NAME = "request"
"""What the held request is called in expressions."""
OPEN = {
    "model": ("messages", "settings"),
    "tool": ("arguments",),
    "step": ("input", "params", "prompt"),
    "handoff": ("arguments", "reason", "state"),
}
"""The parts of a request that may be changed."""
TITLES = {
    "model": "model call",
    "tool": "tool call",
    "step": "workflow step",
    "handoff": "handoff",
}
"""What people call each kind of request."""
STEP = re.compile(r"\s*(?:\.\s*([A-Za-z_$][\w$]*)|\[\s*(\d+|\"(?:[^\"\\]|\\.)*\"|'[^'\\]*')\s*\])")
START = re.compile(rf"\s*{NAME}(?![\w$])")
ASSIGNED = re.compile(r"\s*=(?!=)(?P<value>.*)", re.S)
SHORT = 200


class Held:
    """A request that waits at the gate.

    kind, name: one of TITLES, and the name of what is called; data: the request, as it will go
    """

    def __init__(self, kind: str, name: str, data: dict[str, Any]) -> None:
        self.kind = kind
        self.name = name
        self.data = copy.deepcopy(data)
        self._parts: list[tuple[str | int, ...]] = [()]

    @property
    def title(self) -> str:
        """What is held, for people."""
        return f"{self.what} {self.name}"

    @property
    def what(self) -> str:
        """What people call this kind of request, and why the spell stands still."""
        return TITLES[self.kind]

    def owns(self, ref: int) -> bool:
        """Tells whether a reference is one of the request's."""
        return 0 <= ref - FIRST < len(self._parts)

    def variables(self, ref: int) -> list[Variable]:
        """Returns the parts of a part."""
        place = self._parts[ref - FIRST]
        return [self._variable((*place, key)) for key, _ in _items(self._at(place))]

    def evaluate(self, source: str) -> Value | None:
        """Evaluates an expression about the request, or assigns to a part of it.

        Returns None for one that is not about it: `request`, `request.messages[0].content`, or
        either with `= JSON` behind it. InvalidArgument says what is wrong.
        """
        parsed = parse(source)
        if parsed is None:
            return None
        place, new = parsed
        if new is not None:
            self.assign(place, new)
        return self._variable(place)

    def assign_part(self, ref: int, name: str, written: str) -> Value:
        """Changes a part of a part, by the name under which it is shown."""
        place = self._parts[ref - FIRST]
        for key, _ in _items(self._at(place)):
            if _shown(key) == name:
                self.assign((*place, key), written)
                return self._variable((*place, key))
        raise InvalidArgument(f"{_path(place)} has no {name!r}")

    def assign(self, place: tuple[str | int, ...], written: str) -> None:
        """Changes a part, or adds one to a map or behind a list's end; written: JSON."""
        if len(place) == 0 or place[0] not in OPEN[self.kind]:
            names = " and ".join(self.open_parts())
            raise InvalidArgument(f"of a {self.what}, only {names} can be changed")
        owner, key = self._at(place[:-1]), place[-1]
        if isinstance(owner, dict) and isinstance(key, str):
            owner[key] = _read(written, owner.get(key))
        elif isinstance(owner, list) and isinstance(key, int) and key < len(owner):
            owner[key] = _read(written, owner[key])
        elif isinstance(owner, list) and key == len(owner):
            owner.append(_read(written, None))
        else:
            raise InvalidArgument(f"there is no {_path(place)}")

    def open_parts(self) -> dict[str, Any]:
        """Returns the parts that may be changed."""
        return {name: self.data[name] for name in OPEN[self.kind] if name in self.data}

    def replace(self, parts: Any) -> None:
        """Puts edited parts in place of those that `open_parts` gave."""
        if not isinstance(parts, dict) or set(parts) != set(self.open_parts()):
            raise InvalidArgument(f"the edited text must be a map of {', '.join(OPEN[self.kind])}")
        self.data.update(parts)
        self._parts = [()]

    def names(self, path: list[str]) -> list[str]:
        """Returns the keys of the part at a path of keys, for completion."""
        try:
            return [str(key) for key, _ in _items(self._at(tuple(path)))]
        except InvalidArgument:
            return []

    def _at(self, place: tuple[str | int, ...]) -> Any:
        found: Any = self.data
        for count, key in enumerate(place, 1):
            if isinstance(found, dict) and isinstance(key, str) and key in found:
                found = found[key]
            elif isinstance(found, list) and isinstance(key, int) and key < len(found):
                found = found[key]
            else:
                raise InvalidArgument(f"there is no {_path(place[:count])}")
        return found

    def _variable(self, place: tuple[str | int, ...]) -> Variable:
        value = self._at(place)
        indexed = len(value) if isinstance(value, list) else None
        named = len(value) if isinstance(value, dict) else None
        fixed = not place or place[0] not in OPEN[self.kind]
        kind, ref = _kind(value), 0
        if named or indexed:
            ref = self._ref(place)
        name = _shown(place[-1]) if place else NAME
        return Variable(_brief(value), kind, ref, name, named, indexed, _path(place), fixed)

    def _ref(self, place: tuple[str | int, ...]) -> int:
        if place not in self._parts:
            self._parts.append(place)
        return FIRST + self._parts.index(place)


def parse(source: str) -> tuple[tuple[str | int, ...], str | None] | None:
    """Returns the place that an expression about the request names, and what it assigns to it.

    None where the expression is not about the request, or does more than name a part of it.
    """
    start = START.match(source)
    if start is None:
        return None
    at, place = start.end(), []
    while step := STEP.match(source, at):
        word = step[1] or step[2]
        if step[1] is None:
            place.append(int(word) if word.isdigit() else _unquoted(word))
        else:
            place.append(word)
        at = step.end()
    rest = source[at:]
    if not rest.strip():
        return tuple(place), None
    assigned = ASSIGNED.fullmatch(rest)
    return None if assigned is None else (tuple(place), assigned["value"])


def _items(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _shown(key: str | int) -> str:
    return f"[{key}]" if isinstance(key, int) else key


def _path(place: tuple[str | int, ...]) -> str:
    found = NAME
    for key in place:
        if isinstance(key, str) and re.fullmatch(r"[A-Za-z_$][\w$]*", key):
            found += f".{key}"
        else:
            found += f"[{json.dumps(key, ensure_ascii=False)}]"
    return found


def _unquoted(word: str) -> str:
    if word[0] == "'":
        return word[1:-1]
    try:
        return str(json.loads(word))
    except ValueError:
        raise InvalidArgument(f"{word} is not a text") from None


def _read(written: str, old: Any) -> Any:
    """Reads a new value: JSON, or, where text stood before, any text as it is."""
    try:
        found = json.loads(written)
    except ValueError:
        found = None
        if not isinstance(old, str):
            raise InvalidArgument(f"write JSON, not {written.strip()[:SHORT]!r}") from None
    if isinstance(old, str) and not isinstance(found, str):
        return written.strip()
    return found


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds = {dict: "map", list: "list", str: "text", int: "number", float: "number"}
    return kinds.get(type(value), "null")


def _brief(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"
