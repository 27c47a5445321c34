"""Workflow files: TOML or YAML to the options of a workflow, with the line of each problem."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time
from math import isfinite
from typing import TYPE_CHECKING, Any

from bridges import _io
from bridges._errors import InvalidArgument
from bridges._permissions import ModulePath
from bridges._types import shape_of
from bridges._workflow.reading import Problem, Reader
from bridges._workflow.records import WorkflowOptions
from bridges._workflow.specs import MAX_DEPTH, Spec

if TYPE_CHECKING:
    from bridges._session import Session

MAX_BYTES = 512 * 1024
YAML = (".yaml", ".yml")
SUFFIXES = (".toml", *YAML)
API = "Workflow.load"


@dataclass(frozen=True)
class Found:
    """What a file holds.

    lines: by place, such as `steps[2].tool`
    """

    path: str
    shown: str
    data: Any
    lines: dict[str, int]

    def at(self, place: str) -> str:
        """Returns the file and, as nearly as is known, the line of a place."""
        while place not in self.lines and place:
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        line = self.lines.get(place)
        return f"{self.shown}:{line}" if line else self.shown

    def told(self, problem: Problem) -> Problem:
        """Returns a problem with its line."""
        message = f"{problem.where}: {problem.message}" if problem.where else problem.message
        key = re.match(r"'([\w-]+)' is not an option", problem.message)
        place = f"{problem.where}.{key[1]}".lstrip(".") if key else problem.where
        return Problem(self.at(place), message)


def read(session: Session, path: ModulePath, above: tuple[str, ...] = ()) -> Spec:
    """Returns the workflow in a file; raises InvalidArgument with all that is wrong with it.

    above: the files that lead to this one, each a step of the one before
    """
    shown = os.path.relpath(path.value, session.grants.base)
    if path.value in above:
        names = [os.path.basename(one) for one in (*above[above.index(path.value) :], path.value)]
        raise InvalidArgument(f"workflow files contain one another: {' → '.join(names)}")
    if len(above) >= MAX_DEPTH:
        raise InvalidArgument(f"workflow files lie more than {MAX_DEPTH} deep")
    found = parse(_io.read_bytes(path, session.limits.memory, shown), path.value, shown)
    folder = os.path.dirname(path.value)

    def load(name: str) -> Spec:
        inner = session.door.border(API).check(ModulePath, os.path.join(folder, name))
        return read(session, inner, (*above, path.value))

    reader = Reader(session, API, str, folder, load)
    return _made(session, reader, found)


def _made(session: Session, reader: Reader, found: Found) -> Spec:
    border = replace(session.door.border(API), spell_name=str)
    try:
        options = shape_of(WorkflowOptions).read(found.data, "flow", border)
    except InvalidArgument as error:
        place, _, words = _placed(error.message)
        problem = found.told(Problem(place, words + (f" ({error.hint})" if error.hint else "")))
        raise _failure([problem]) from None
    spec = reader.read(options)
    if reader.problems:
        raise _failure([found.told(problem) for problem in reader.problems])
    return reader.finished(spec)


def _failure(problems: list[Problem]) -> InvalidArgument:
    listed = "; ".join(map(str, problems))
    found = [{"where": p.where, "message": p.message} for p in problems]
    return InvalidArgument(listed, details={"problems": found})


def _placed(message: str) -> tuple[str, str, str]:
    """Splits a message that begins with the place it is about."""
    match = re.match(r"flow((?:\.[\w-]+|\[\d+\])*)(:? )", message)
    if not match:
        return "", "", message
    return match[1].lstrip("."), match[2], message[match.end() :]


def parse(data: bytes, path: str, shown: str) -> Found:
    """Reads a workflow file; its ending says in which form it is written."""
    found = _parse(data, path, shown)
    return replace(found, data=_crossing(found.data, "", found))


def _crossing(value: Any, place: str, found: Found) -> Any:
    """Returns data as it may cross to a spell: dates as text; numbers that cannot are refused."""
    if isinstance(value, dict):
        inside = f"{place}." if place else ""
        return {key: _crossing(part, inside + key, found) for key, part in value.items()}
    if isinstance(value, list):
        return [_crossing(part, f"{place}[{i}]", found) for i, part in enumerate(value, 1)]
    if isinstance(value, (date, time)):
        return value.isoformat()
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and not (isfinite(value) and -(2**63) <= value < 2**63):
        raise InvalidArgument(f"{found.at(place)}: {place}: this number is too large")
    return value


def _parse(data: bytes, path: str, shown: str) -> Found:
    if not path.endswith(SUFFIXES):
        raise InvalidArgument(
            f"{shown!r} is no workflow file", hint=f"its name ends in {', '.join(SUFFIXES)}"
        )
    if len(data) > MAX_BYTES:
        raise InvalidArgument(f"{shown!r} is too large for a workflow: more than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidArgument(f"{shown}:{line}: this is not UTF-8 text") from None
    if path.endswith(YAML):
        from bridges._yaml import parse as parse_yaml

        return Found(path, shown, *parse_yaml(text, shown))
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        told = re.search(r"line (\d+)", str(error))
        place = f"{shown}:{told[1]}" if told else shown
        raise InvalidArgument(f"{place}: this is not TOML: {error}") from None
    except RecursionError:
        raise InvalidArgument(f"{shown} is nested too deep") from None
    return Found(path, shown, found, dict(_toml_lines(text)))


_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\"' -]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([\w-]+)(?:\s*\.\s*[\w-]+)*\s*=")


def _toml_lines(text: str) -> Iterator[tuple[str, int]]:
    """Yields places of a TOML text and their lines: tables, and the keys in them.

    The parser tells no lines. A line inside a long text that looks like a table is taken for one.
    """
    counts: dict[str, int] = {}
    table = ""
    yield "", 1
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header:
            table = _table(header[2], header[1] == "[[", counts)
            yield table, number
        elif key := _KEY.match(line):
            yield (f"{table}.{key[1]}" if table else key[1]), number


def _table(written: str, is_list: bool, counts: dict[str, int]) -> str:
    """Returns the place of a table from its header, in which lists have no numbers."""
    parts = [part.strip(" \"'") for part in written.split(".")]
    place = ""
    for i, part in enumerate(parts):
        place = f"{place}.{part}" if place else part
        if is_list and i == len(parts) - 1:
            counts[place] = counts.get(place, 0) + 1
        if place in counts:
            place = f"{place}[{counts[place]}]"
    return place
