"""JSON text and the values of the border: strict, and the same as JavaScript's where they meet."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from bridges._errors import InvalidArgument

MAX_DEPTH = 64
MAX_INDENT = 10


def parse(text: str | bytes, what: str) -> Any:
    """Returns the value of a JSON text; raises InvalidArgument starting with `what`."""
    try:
        return json.loads(text, parse_int=_integer, parse_constant=_refuse, parse_float=_number)
    except json.JSONDecodeError as error:
        raise InvalidArgument(
            f"{what} is not JSON: {error.msg.lower()} at line {error.lineno} column {error.colno}"
        ) from None
    except UnicodeDecodeError:
        raise InvalidArgument(f"{what} is not JSON: it is not UTF-8 text") from None
    except ValueError as error:
        raise InvalidArgument(f"{what} is not JSON: {error}") from None
    except RecursionError:
        raise InvalidArgument(f"{what} is nested too deeply") from None


def render(value: Any, what: str, indent: int = 0) -> str:
    """Returns the JSON text of a value, keys sorted; raises InvalidArgument starting with `what`.

    indent: spaces per level; 0 writes it on one line
    """
    if not 0 <= indent <= MAX_INDENT:
        raise InvalidArgument(f"{what}: indent must be 0 to {MAX_INDENT}, got {indent}")
    # Sorted, because a Lua table has no order: the same value must give the same text.
    return json.dumps(
        _plain(value, what, 0),
        ensure_ascii=False,
        sort_keys=True,
        indent=indent or None,
        separators=(",", ": ") if indent else (",", ":"),
    )


def _plain(value: Any, what: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise InvalidArgument(f"{what}: the value is nested more than {MAX_DEPTH} deep")
    if isinstance(value, dict):
        return {key: _plain(part, what, depth + 1) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part, what, depth + 1) for part in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidArgument(f"{what}: JSON has no word for {value}")
        # JavaScript, which has one kind of number, writes 5 for 5.0.
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if value is None or isinstance(value, (str, int)):
        return value
    word = "bytes" if isinstance(value, bytes) else getattr(value, "words", type(value).__name__)
    raise InvalidArgument(f"{what}: JSON has no word for {word}")


def _integer(text: str) -> int | float:
    # Beyond 64 bits no language holds an integer; JavaScript makes it a float, so all do.
    if len(text) <= 20 and -(2**63) <= (value := int(text)) < 2**63:
        return value
    return _number(text)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"it has no number {text}")
