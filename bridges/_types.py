"""The types that may cross to a spell: how each is checked, converted, and described.

`shape_of` turns a Python annotation into a `Shape`. Reading goes from script to host (and is where
a permission is checked, because the type is the permission), writing from host to script.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NewType, TypeVar

from bridges._border import Border
from bridges._docs import split_doc
from bridges._durations import parse_duration
from bridges._errors import InvalidArgument
from bridges._names import check_parameter, did_you_mean
from bridges._permissions import Checked

TYPE_WORDS = {
    type(None): "nothing",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "text",
    bytes: "bytes",
    list: "a list",
    dict: "a map",
}

Duration = NewType("Duration", float)
"""Seconds; a script may also write text such as "30s", "5m" or "250ms"."""

T_co = TypeVar("T_co", covariant=True)
R_co = TypeVar("R_co", covariant=True)


class StreamOf(typing.Generic[T_co, R_co]):
    """Annotation of a function that gives a stream: of what, and the result when it has ended."""


class Text(dict[str, Any]):
    """A record on its way to a script that acts as text there (its field `text`)."""

    def __init__(self, record: str, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self.record = record

    @property
    def text(self) -> str:
        """The text it acts as."""
        return str(self.get("text", ""))


def text_record(kind: type) -> type:
    """Marks a TypedDict as a record that acts as the text in its field `text`."""
    TEXT_RECORDS.add(kind.__name__)
    return kind


TEXT_RECORDS: set[str] = set()
RECORDS: set[type] = set()  # the TypedDicts that have been read so far


@dataclass(frozen=True)
class Shape:
    """One type at the border.

    describe: its form in api.json (see docs/protocol.md)
    words: what an error message calls it
    read: checks and converts a script's value; raises InvalidArgument naming `where`
    write: converts a host's value for the script
    needs: the kinds of permission that reading it checks
    """

    describe: Any
    words: str
    read: Callable[[Any, str, Border], Any]
    write: Callable[[Any, Border], Any]
    needs: tuple[str, ...] = field(default=())


def wrong(where: str, words: str, value: Any) -> InvalidArgument:
    """Returns the error for a value of the wrong type."""
    got = TYPE_WORDS.get(type(value)) or getattr(value, "words", type(value).__name__)
    return InvalidArgument(f"{where} must be {words}, got {got}")


def _same(value: Any, _border: Border) -> Any:
    return value


def _scalar(kind: type, describe: str, words: str) -> Shape:
    def read(value: Any, where: str, _border: Border) -> Any:
        if kind is str and isinstance(value, Text):
            return value.text
        if kind is int and isinstance(value, float) and value.is_integer():
            return int(value)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if kind is bytes and isinstance(value, str):
            return value.encode()
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise _not_text(where, value) if kind is str else wrong(where, words, value)
        return value

    return Shape(describe, words, read, _same)


def _not_text(where: str, value: Any) -> InvalidArgument:
    if isinstance(value, bytes):
        return InvalidArgument(f"{where} must be text, and this is not valid UTF-8")
    return wrong(where, "text", value)


def _read_any(value: Any, _where: str, _border: Border) -> Any:
    return value


def _read_nothing(value: Any, where: str, _border: Border) -> None:
    if value is not None:
        raise wrong(where, "nothing", value)


def _read_duration(value: Any, where: str, border: Border) -> float:
    words = "seconds or text such as '30s'"
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except ValueError:
            raise InvalidArgument(f"{where} must be {words}, got {value!r}") from None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wrong(where, words, value)
    if value < 0:
        raise InvalidArgument(f"{where} must not be negative, got {value}")
    return float(value)


def _list_of(item: Shape) -> Shape:
    def read(value: Any, where: str, border: Border) -> list[Any]:
        if value == {}:  # an empty Lua table is a map until the declared type says list
            return []
        if not isinstance(value, list):
            raise wrong(where, "a list", value)
        return [item.read(part, f"{where}[{i}]", border) for i, part in enumerate(value, 1)]

    def write(value: Any, border: Border) -> Any:
        return [item.write(part, border) for part in value]

    return Shape(["list", item.describe], f"a list of {item.words}", read, write, item.needs)


def _map_of(item: Shape) -> Shape:
    def read(value: Any, where: str, border: Border) -> dict[str, Any]:
        if value == []:
            return {}
        if not isinstance(value, dict):
            raise wrong(where, "a map", value)
        return {key: item.read(part, f"{where}.{key}", border) for key, part in value.items()}

    def write(value: Any, border: Border) -> Any:
        return {key: item.write(part, border) for key, part in value.items()}

    return Shape(["map", item.describe], "a map", read, write, item.needs)


def _checked(kind: type[Checked]) -> Shape:
    named = _literal(kind.choices) if kind.choices else SCALARS[str]

    def read(value: Any, where: str, border: Border) -> Checked:
        return border.check(kind, named.read(value, where, border))

    return Shape(named.describe, named.words, read, _same, kind.kinds())


def _object(kind: type) -> Shape:
    name = kind.name  # type: ignore[attr-defined]

    def read(value: Any, where: str, _border: Border) -> Any:
        if not isinstance(value, kind):
            raise wrong(where, f"{_article(name)} {name}", value)
        return value

    return Shape(["object", name], f"{_article(name)} {name}", read, _same)


def _article(word: str) -> str:
    return "an" if word[0] in "AEIOU" else "a"


def _function(describe: Any) -> Shape:
    def read(value: Any, where: str, _border: Border) -> Any:
        if not isinstance(value, Callback):
            raise wrong(where, "a function", value)
        return value

    return Shape(describe, "a function", read, _same)


class Callback:
    """A script's function as the host sees it: awaiting it runs the function in the script."""

    words = "a function"

    async def __call__(self, *arguments: Any) -> Any:
        """Returns what the function returned; raises the SpellError it failed with."""
        raise TypeError("a callback is made by the engine")


def _literal(choices: tuple[str, ...]) -> Shape:
    def read(value: Any, where: str, _border: Border) -> str:
        if value not in choices:
            listed = ", ".join(repr(choice) for choice in choices)
            raise InvalidArgument(f"{where} must be one of {listed}, got {value!r:.100}")
        return str(value)

    return Shape(["literal", *choices], "one of " + ", ".join(choices), read, _same)


def _union(members: list[Shape]) -> Shape:
    words = " or ".join(m.words for m in members if m.describe != "nothing")
    is_choice = any("literal" in m.describe[:1] for m in members)

    def read(value: Any, where: str, border: Border) -> Any:
        failures = []
        for member in members:
            try:
                return member.read(value, where, border)
            except InvalidArgument as error:
                failures.append(error)
        # A failure deeper inside the value says more than "must be A or B".
        inner = [e for e in failures if not e.message.startswith(f"{where} must be")]
        if is_choice and isinstance(value, str) and not inner:
            raise InvalidArgument(f"{where} must be {words}, got {value!r:.100}")
        raise inner[0] if inner else wrong(where, words, value)

    def write(value: Any, border: Border) -> Any:
        return _write_first(members, value, border)

    needs = tuple(need for member in members for need in member.needs)
    return Shape(["union", *(m.describe for m in members)], words, read, write, needs)


def _write_first(members: list[Shape], value: Any, border: Border) -> Any:
    if value is None:
        return None
    for member in members:
        if isinstance(value, dict) and isinstance(member.describe, list):
            if member.describe[0] in ("record", "map"):
                return member.write(value, border)
        elif isinstance(value, list) and isinstance(member.describe, list):
            if member.describe[0] == "list":
                return member.write(value, border)
    return value


@dataclass(frozen=True)
class Field:
    """One key of an options map or a record."""

    name: str
    doc: str
    shape: Shape
    required: bool


def fields_of(kind: Any) -> list[Field]:
    """Returns the fields of a TypedDict in order; refuses an undocumented or reserved one."""
    hints = typing.get_type_hints(kind, include_extras=True)
    docs = split_doc(inspect.getdoc(kind) or "")[1]
    found = []
    for name, hint in hints.items():
        trouble = check_parameter(name)
        if trouble and name not in ("default", "is"):
            raise TypeError(f"{kind.__name__}.{name} {trouble}")
        if name not in docs:
            raise TypeError(f"{kind.__name__}.{name} has no line in the docstring")
        found.append(Field(name, docs[name], shape_of(hint), _is_required(kind, name, hint)))
    return found


def _is_required(kind: Any, name: str, hint: Any) -> bool:
    # __required_keys__ misses Required[…] in a module whose annotations are texts.
    origin = typing.get_origin(hint)
    if origin in (typing.Required, typing.NotRequired):
        return origin is typing.Required
    return name in kind.__required_keys__


def _record(kind: Any) -> Shape:
    RECORDS.add(kind)
    fields = fields_of(kind)
    by_name = {f.name: f for f in fields}
    name = kind.__name__
    as_text = name in TEXT_RECORDS

    def read(value: Any, where: str, border: Border) -> dict[str, Any]:
        if value == []:
            value = {}
        if not isinstance(value, dict):
            raise wrong(where, "a map", value)
        spelled = {border.spell_name(f.name): f for f in fields}
        found = {}
        for key, part in value.items():
            known = spelled.get(key)
            if known is None:
                hint = did_you_mean(key, spelled)
                raise InvalidArgument(f"{where}: {key!r} is not an option", hint=hint)
            if part is not None:
                found[known.name] = known.shape.read(part, f"{where}.{key}", border)
        for f in fields:
            if f.required and f.name not in found:
                raise InvalidArgument(f"{where}: {border.spell_name(f.name)!r} is missing")
        return found

    def write(value: Any, border: Border) -> Any:
        written = {
            border.spell_name(key): by_name[key].shape.write(part, border)
            for key, part in value.items()
            if part is not None
        }
        return Text(name, written) if as_text else written

    needs = tuple(need for f in fields for need in f.shape.needs)
    return Shape(["record", name], "a map", read, write, needs)


_SHAPES: dict[Any, Shape] = {}


def shape_of(annotation: Any) -> Shape:
    """Returns the shape of an annotation; a type that cannot cross is a TypeError."""
    try:
        if annotation in _SHAPES:
            return _SHAPES[annotation]
    except TypeError:
        return _build(annotation)
    shape = _SHAPES[annotation] = _build(annotation)
    return shape


def _build(annotation: Any) -> Shape:
    if annotation is None or annotation in SCALARS:
        return SCALARS[type(None) if annotation is None else annotation]
    if isinstance(annotation, type):
        if issubclass(annotation, Checked):
            return _checked(annotation)
        if getattr(annotation, "is_host_object", False):
            return _object(annotation)
    return _record(annotation) if typing.is_typeddict(annotation) else _generic(annotation)


def _generic(annotation: Any) -> Shape:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return _literal(arguments)
    if origin is dict and arguments[0] is not str:
        raise TypeError(f"{annotation!r} cannot cross: a map's keys are text")
    if origin not in _GENERIC:
        raise TypeError(f"{annotation!r} cannot cross to a spell")
    return _GENERIC[origin]([shape_of(a) for a in arguments])


def _stream_of(parts: list[Shape]) -> Shape:
    def write(value: Any, border: Border) -> Any:
        value.whole_for_script = lambda whole: parts[1].write(whole, border)
        return value

    return Shape(["stream", *(p.describe for p in parts)], "a stream", _read_any, write)


SCALARS: dict[Any, Shape] = {
    Any: Shape("any", "any value", _read_any, _same),
    bool: _scalar(bool, "boolean", "a boolean"),
    int: _scalar(int, "integer", "an integer"),
    float: _scalar(float, "number", "a number"),
    str: _scalar(str, "text", "text"),
    bytes: _scalar(bytes, "bytes", "bytes"),
    type(None): Shape("nothing", "nothing", _read_nothing, _same),
    Duration: Shape(["union", "number", "text"], "a duration", _read_duration, _same),
    Callback: _function("function"),
}
_GENERIC: dict[Any, Callable[[list[Shape]], Shape]] = {
    list: lambda parts: _list_of(parts[0]),
    dict: lambda parts: _map_of(parts[1]),
    types.UnionType: _union,
    typing.Union: _union,
    typing.Required: lambda parts: parts[0],
    typing.NotRequired: lambda parts: parts[0],
    StreamOf: _stream_of,
}
