"""The values of a state: plain data, checked copies, reached by dotted paths."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from bridges._errors import InvalidArgument, LimitExceeded
from bridges._types import TYPE_WORDS

MAX_VALUE = 1024 * 1024
"""Bytes of one value of a state, as JSON."""
MAX_KEY = 200
"""Characters of one part of a key."""
MAX_PARTS = 32
"""Parts of a key, one inside the other."""
MAX_DEPTH = 60
"""Maps and lists inside one another; with a state around it, it still crosses to every script."""


class Missing:
    """What a key has that is not set."""


MISSING: Final = Missing()
Path: TypeAlias = tuple[str, ...]
Values: TypeAlias = dict[str, Any]


def path_of(key: str | Sequence[str], where: str) -> Path:
    """Returns the parts of a key: `a.b` is `b` inside `a`, and so is the list of both."""
    parts = tuple(key.split(".")) if isinstance(key, str) else tuple(key)
    if not parts or not all(parts):
        raise InvalidArgument(
            f"{where}: {_shown(parts)!r} is no key: a part of it is empty",
            hint="a key is a name, names joined by dots, or a list of names",
        )
    if len(parts) > MAX_PARTS:
        raise InvalidArgument(f"{where}: the key has more than {MAX_PARTS} parts")
    for part in parts:
        check_name(part, where)
    return parts


def check_name(name: str, where: str) -> None:
    """Refuses what cannot be a key at the top of a state."""
    if not name:
        raise InvalidArgument(f"{where}: a key is empty")
    if len(name) > MAX_KEY:
        raise InvalidArgument(
            f"{where}: the key {name[:20] + '…'!r} is longer than {MAX_KEY} characters"
        )


def name_of(path: Path) -> str:
    """Returns a path as messages, hooks and events have it."""
    return ".".join(path)


def plain(value: Any, where: str, depth: int = 0) -> Any:
    """Returns a copy that is plain data; raises InvalidArgument for what is not."""
    if depth > MAX_DEPTH:
        raise InvalidArgument(f"{where} is nested more than {MAX_DEPTH} deep")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise InvalidArgument(f"{where} holds an integer of more than 64 bits")
        return value
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidArgument(f"{where} holds {value}, for which JSON has no word")
        return value
    if isinstance(value, Mapping):
        return {
            _text(key, where): plain(part, f"{where}.{key}", depth + 1)
            for key, part in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [plain(part, f"{where}[{i}]", depth + 1) for i, part in enumerate(value, 1)]
    word = TYPE_WORDS.get(type(value)) or getattr(value, "words", "an object")
    raise InvalidArgument(
        f"{where} holds {word}; a state keeps plain data",
        hint="keep text, numbers, booleans, lists and maps; bytes belong in a file",
    )


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise InvalidArgument(f"{where} holds a key that is not text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidArgument(f"{where} holds text that is not valid Unicode") from None
    return value


def plain_map(values: Any, where: str, *, nulls: bool = False) -> Values:
    """Returns a checked copy of a state's values.

    nulls: keeps those at the top, which else are keys that are not set
    """
    if values == []:
        return {}
    if not isinstance(values, Mapping):
        raise InvalidArgument(f"{where} must be a map of keys to values")
    found = {key: plain(value, f"{where}.{key}") for key, value in values.items()}
    for key in found:
        check_name(key, where)
    return {key: value for key, value in found.items() if nulls or value is not None}


def encode(value: Any, key: str) -> str:
    """Returns the JSON text of plain data; LimitExceeded for a value that is too large."""
    text = packed(value)
    if len(text) > MAX_VALUE or len(text) * 4 > MAX_VALUE and len(text.encode()) > MAX_VALUE:
        raise LimitExceeded(
            f"the value of {key!r} is larger than the {MAX_VALUE} bytes that a state takes",
            hint="keep large things in files, and their names in the state",
            details={"limit": "value"},
        )
    return text


def packed(value: Any) -> str:
    """Returns the JSON text of plain data, without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def length(text: str) -> int:
    """Returns the bytes of a text as it is stored."""
    return len(text) if text.isascii() else len(text.encode())


def equal(one: Any, other: Any) -> bool:
    """Tells whether two values are the same as JSON, where 1, 1.0 and true are three."""
    # Python takes all three for one, but what it takes for different is.
    return bool(one == other) and _sorted(one) == _sorted(other)


def _sorted(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def same(one: Any, other: Any) -> bool:
    """Tells whether two values are the same to a script: 1 is 1.0, and an empty table is both."""
    return bool(_canonical(one) == _canonical(other))


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _canonical(part) for key, part in value.items()} or ("list",)
    if isinstance(value, list):
        return ("list", *map(_canonical, value))
    if isinstance(value, bool):
        return ("boolean", value)
    return value


def look_up(values: Any, path: Path) -> Any:
    """Returns what a path leads to, or MISSING; it leads through maps only."""
    for part in path:
        if not isinstance(values, dict) or part not in values:
            return MISSING
        values = values[part]
    return values


def put(whole: Any, path: Path, value: Any, where: str) -> Any:
    """Returns a copy of a value with another one in the place a path leads to.

    whole: may be MISSING; value: MISSING takes what is there away
    """
    if not path:
        return value
    if whole is MISSING or whole == []:
        if value is MISSING:
            return whole
        whole = {}
    if not isinstance(whole, dict):
        if value is MISSING:
            return whole
        words = TYPE_WORDS.get(type(whole), "a value")
        raise InvalidArgument(
            f"{where}: {path[0]!r} would be a key inside {words}, which is no map",
            hint="a path leads through maps; set the whole value instead",
        )
    inner = put(whole.get(path[0], MISSING), path[1:], value, where)
    if inner is MISSING:
        return {key: part for key, part in whole.items() if key != path[0]}
    return {**whole, path[0]: inner}


def _shown(parts: Path) -> str:
    return name_of(parts)[:50]
