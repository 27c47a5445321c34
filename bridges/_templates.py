"""Texts with `{{names}}` in them: strict, without expressions, filled in one pass.

The only importer of Jinja2, whose sandboxed environment reads the text; nothing it reads is ever
compiled or run, and what is filled in is never read as a template again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from bridges._errors import InvalidArgument, LimitExceeded
from bridges._names import nearest
from bridges._tools import as_data, as_text
from bridges._types import Text

Path = tuple[str | int, ...]
"""A dotted name: the variable, then keys of maps and positions in lists, which count from 0."""

MAX_TEMPLATE = 200_000
MAX_NAMES = 20_000
MAX_FILLED = 16_000_000
"""Characters of a template, of what stands in its braces, and of all that filling it in makes."""
MAX_KEPT = 4_000
"""Characters of a template that is remembered, so that the next time it need not be read."""
MAX_LISTED = 20

_BRACES = re.compile(r"\{\{.*?(?:\}\}|\Z)", re.DOTALL)
_PLAIN_HINT = "only names such as {{input}} can be filled in; {% raw %}{{text}}{% endraw %} stays"


class Room:
    """How many characters filling in may still make.

    most: where there is room for less than `MAX_FILLED`
    """

    def __init__(self, most: int = MAX_FILLED) -> None:
        self._most = self._left = min(most, MAX_FILLED)

    def take(self, text: str, where: str) -> None:
        """Takes what a text needs; raises LimitExceeded when that is too much."""
        self._left -= len(text)
        if self._left < 0:
            raise LimitExceeded(
                f"{where}: the text with everything filled in is longer than the {self._most} "
                "characters there is room for",
                hint="fill in less, or run fewer steps at a time",
                details={"limit": "memory"},
            )


def render(text: str, values: dict[str, Any], where: str) -> str:
    """Returns a text with its names filled in; maps and lists appear as JSON.

    values: what the names stand for
    where: what messages name
    An unknown name is InvalidArgument and lists what there is.
    """
    return _render(parts_of(text, where), values, where, Room())


def fill(value: Any, values: dict[str, Any], where: str, room: Room | None = None) -> Any:
    """Returns a value with every text in its maps and lists filled in; keys stay as they are.

    A text that is exactly one `{{name}}` becomes the value itself.
    room: for what is made
    """
    return _fill(value, values, where, room or Room())


def names_in(value: Any, where: str) -> Iterator[Path]:
    """Yields the names that filling in a value looks up; raises InvalidArgument as it would."""
    if isinstance(value, str):
        yield from (part for part in parts_of(value, where) if not isinstance(part, str))
    elif isinstance(value, dict) and not isinstance(value, Text):
        for key, part in value.items():
            yield from names_in(part, f"{where}.{key}")
    elif isinstance(value, list):
        for i, part in enumerate(value, 1):
            yield from names_in(part, f"{where}[{i}]")


def read_path(text: str, where: str) -> Path:
    """Returns a dotted name written without braces, such as `steps.a.output`."""
    parts = parts_of("{{" + text + "}}", where)
    if len(parts) != 1 or isinstance(parts[0], str):
        raise InvalidArgument(f"{where}: {text!r} is not a name such as steps.a.output")
    return parts[0]


def look_up(path: Path, values: dict[str, Any], where: str) -> Any:
    """Returns what a dotted name stands for; an unknown one is InvalidArgument."""
    found: Any = values
    for i, key in enumerate(path):
        try:
            found = _part(found, key)
        except KeyError:
            raise _unknown(path, i, found, where) from None
    return found


def written(path: Path) -> str:
    """Returns a dotted name as people write it."""
    text = str(path[0])
    for key in path[1:]:
        plain = isinstance(key, str) and key.isidentifier()
        text += f".{key}" if plain else f"[{_quoted(key)}]"
    return text


def parts_of(text: str, where: str) -> tuple[str | Path, ...]:
    """Returns the texts and the names of a template; InvalidArgument tells what is wrong."""
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return (text,) if text else ()
    if len(text) > MAX_TEMPLATE:
        raise InvalidArgument(f"{where} is a template of more than {MAX_TEMPLATE} characters")
    if sum(len(name) for name in _BRACES.findall(text)) > MAX_NAMES:
        raise InvalidArgument(f"{where} has more than {MAX_NAMES} characters in {{{{braces}}}}")
    try:
        return _parse_again(text) if len(text) <= MAX_KEPT else _parse(text)
    except _Unfit as error:
        raise InvalidArgument(f"{where}: {error}", hint=_PLAIN_HINT) from None


class _Unfit(Exception):
    """What is wrong with a template."""


@cache
def _environment() -> Any:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(keep_trailing_newline=True)


@lru_cache(maxsize=512)
def _parse_again(text: str) -> tuple[str | Path, ...]:
    return _parse(text)


def _parse(text: str) -> tuple[str | Path, ...]:
    from jinja2 import TemplateError

    environment = _environment()
    try:
        for line, kind, value in environment.lex(text):
            if kind in ("block_begin", "comment_begin"):
                raise _Unfit(f"line {line}: {value.strip()!r} is not possible in a template")
        body = environment.parse(text).body
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        place = f"line {line}: " if line else ""
        raise _Unfit(f"{place}the template cannot be read: {error.message}") from None
    except RecursionError:
        raise _Unfit("the template is nested too deep") from None
    except ValueError:  # of Python, which reads no number of thousands of digits
        raise _Unfit("the template has a number that is too long") from None
    return tuple(_joined(_part_of(node) for output in body for node in output.nodes))


def _joined(parts: Iterator[str | Path]) -> Iterator[str | Path]:
    """Puts neighbouring texts together."""
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield text
        text = ""
        yield part
    if text:
        yield text


def _part_of(node: Any) -> str | Path:
    from jinja2 import nodes

    if isinstance(node, nodes.TemplateData):
        return str(node.data)
    keys: list[str | int] = []
    place = node
    while isinstance(place, (nodes.Getattr, nodes.Getitem)):
        if isinstance(place, nodes.Getattr):
            keys.append(place.attr)
        elif isinstance(place.arg, nodes.Const) and isinstance(place.arg.value, (str, int)):
            keys.append(place.arg.value)
        else:
            break
        place = place.node
    if not isinstance(place, nodes.Name):
        raise _Unfit(f"line {node.lineno}: an expression is not possible in a template")
    return (place.name, *reversed(keys))


def _fill(value: Any, values: dict[str, Any], where: str, room: Room) -> Any:
    if isinstance(value, str):
        parts = parts_of(value, where)
        if len(parts) == 1 and not isinstance(parts[0], str):
            return look_up(parts[0], values, where)
        return _render(parts, values, where, room)
    if isinstance(value, dict) and not isinstance(value, Text):
        return {key: _fill(part, values, f"{where}.{key}", room) for key, part in value.items()}
    if isinstance(value, list):
        return [_fill(part, values, f"{where}[{i}]", room) for i, part in enumerate(value, 1)]
    return value


def _render(parts: tuple[str | Path, ...], values: dict[str, Any], where: str, room: Room) -> str:
    made = []
    for part in parts:
        if isinstance(part, str):
            text = part
        else:
            name = f"{where}: {written(part)}"
            text = as_text(as_data(look_up(part, values, where), name))
        room.take(text, where)
        made.append(text)
    return "".join(made)


def _part(value: Any, key: str | int) -> Any:
    if isinstance(value, dict):
        return value[str(key)]
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    raise KeyError(key)


def _unknown(path: Path, at: int, inside: Any, where: str) -> InvalidArgument:
    shown = "{{" + written(path) + "}}"
    key = path[at]
    owner = written(path[:at]) if at else ""
    if isinstance(inside, dict):
        names = [str(name) for name in inside]
        near = nearest(str(key), names)
        listed = ", ".join(names[:MAX_LISTED]) + (", …" if len(names) > MAX_LISTED else "")
        there = f"{'there is' if not owner else f'{owner} has'} {listed or 'nothing'}"
        hint = f"did you mean {near!r}?" if near else ""
        if path[:1] == ("steps",) and at == 2 and key == "output":
            hint = "a step that was skipped, has failed or gave nothing has no output"
        what = f"there is no {_quoted(key)}" + (f" in {owner}" if owner else "")
        return InvalidArgument(f"{where}: {shown}: {what}; {there}", hint=hint)
    if isinstance(inside, list):
        what = f"{owner} is a list of {len(inside)}, and has no {_quoted(key)}"
        return InvalidArgument(f"{where}: {shown}: {what}", hint="positions count from 0")
    return InvalidArgument(f"{where}: {shown}: {owner} has no parts")


def _quoted(key: str | int) -> str:
    return repr(key) if isinstance(key, str) else str(key)
