"""Breakpoints: what was asked for, and what the worker made of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from llmspell_cli.debug import answers

HIT = re.compile(r"\s*(>=|>|==|=|%)?\s*([1-9]\d{0,8})\s*")
WAITING = "the file is not loaded yet"


@dataclass(frozen=True)
class Wanted:
    """A breakpoint as somebody asks for it.

    hit: stop only on some of the hits: `3`, `>= 3`, `> 3` or `% 3`
    log: print this text, in which {expressions} are filled in, and do not stop
    once: the breakpoint goes when it was hit
    """

    line: int
    condition: str = ""
    hit: str = ""
    log: str = ""
    once: bool = False


@dataclass
class Point:
    """A breakpoint as it stands; `message` says why it is not verified."""

    id: int
    file: str
    wanted: Wanted
    line: int
    verified: bool = False
    message: str = WAITING


class Points:
    """The breakpoints of a run, by file."""

    def __init__(self) -> None:
        self._files: dict[str, list[Point]] = {}
        self._last = 0

    def all(self) -> list[Point]:
        """Returns every breakpoint, the oldest first."""
        return sorted((p for points in self._files.values() for p in points), key=lambda p: p.id)

    def of(self, file: str) -> list[Point]:
        """Returns the breakpoints of a file."""
        return self._files.get(file, [])

    def replace(self, file: str, wanted: Iterable[Wanted]) -> list[Point]:
        """Puts these in place of a file's breakpoints; one that was there keeps its number."""
        before = {point.wanted: point for point in self.of(file)}
        found = []
        for each in wanted:
            point = before.pop(each, None)
            if point is None:
                self._last += 1
                point = Point(self._last, file, each, each.line, message=_fault(each) or WAITING)
            found.append(point)
        self._files[file] = found
        return found

    def find(self, id: int) -> Point | None:
        """Returns a breakpoint by its number."""
        return next((point for point in self.all() if point.id == id), None)

    def fields(self, file: str) -> list[dict[str, Any]]:
        """Returns what the worker is told of a file's breakpoints."""
        return [_fields(point) for point in self.of(file) if not _fault(point.wanted)]

    def start(self) -> dict[str, list[dict[str, Any]]]:
        """Returns what a worker is told of all breakpoints when it starts."""
        return {file: self.fields(file) for file in self._files if self._files[file]}

    def update(self, fields: dict[str, Any]) -> Point | None:
        """Takes what the worker says of a breakpoint; returns it, or None for one that is gone."""
        point = self.find(answers.number(fields, "id"))
        if point is None:
            return None
        point.verified = fields.get("verified") is True
        point.line = answers.number(fields, "line") or point.wanted.line
        point.message = "" if point.verified else answers.text(fields, "message") or "not set"
        return point


def hit_rule(text: str) -> str | None:
    """Returns a rule about hits as workers know it, None for one that is none."""
    match = HIT.fullmatch(text)
    if match is None:
        return None
    sign, number = match[1] or "=", int(match[2])
    if sign == ">":
        sign, number = ">=", number + 1
    return str(number) if sign in ("=", "==") else f"{sign} {number}"


def _fault(wanted: Wanted) -> str:
    if wanted.hit and hit_rule(wanted.hit) is None:
        return f"{wanted.hit!r} is no rule about hits; write 3, >= 3, > 3 or % 3"
    return ""


def _fields(point: Point) -> dict[str, Any]:
    wanted = point.wanted
    found: dict[str, Any] = {"id": point.id, "line": wanted.line}
    if wanted.condition.strip():
        found["condition"] = wanted.condition
    if wanted.hit.strip():
        found["hit"] = hit_rule(wanted.hit)
    if wanted.log:
        found["log"] = wanted.log
    return found
