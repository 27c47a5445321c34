"""Commands, answers and events between their JSON and the runtime's msgpack.

Runs inside the worker, for a REPL or a debugger only.
"""

from __future__ import annotations

import json
import struct
from typing import Any

_NAMES = {2: "a function", 3: "a record"}


def from_json(payload: bytes) -> bytes:
    """Returns JSON as the runtime's codec reads it; nulls in objects are left out."""
    return pack(json.loads(payload))


def pack(value: Any) -> bytes:
    """Returns a plain value as the runtime's codec reads it; nulls in maps are left out."""
    out = bytearray()
    _write(value, out)
    return bytes(out)


def to_json(payload: bytes) -> bytes:
    """Returns what the runtime's codec wrote as JSON; what JSON has no word for becomes text."""
    return json.dumps(read(payload), ensure_ascii=False, separators=(",", ":")).encode()


def read(payload: bytes) -> Any:
    """Returns the value that the runtime's codec wrote."""
    return _read(payload, 0)[0]


def _write(value: Any, out: bytearray) -> None:
    if isinstance(value, dict):
        items = [(key, item) for key, item in value.items() if item is not None]
        out += struct.pack(">BI", 0xDF, len(items))
        for key, item in items:
            _write(key, out)
            _write(item, out)
    elif isinstance(value, list):
        out += struct.pack(">BI", 0xDD, len(value))
        for item in value:
            _write(item, out)
    elif isinstance(value, str):
        text = value.encode("utf-8", "replace")
        out += struct.pack(">BI", 0xDB, len(text)) + text
    else:
        out += _scalar(value)


def _scalar(value: float | bool | None) -> bytes:
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return struct.pack(">Bq", 0xD3, value)
    return struct.pack(">Bd", 0xCB, value)


def _read(data: bytes, at: int) -> tuple[Any, int]:
    """Reads the value at a place; returns it and the place after it."""
    tag = data[at]
    at += 1
    if tag < 0x80:
        return tag, at
    if 0x90 <= tag < 0xA0:
        return _items(data, at, tag & 15)
    if 0xA0 <= tag < 0xC0:
        return _text(data, at, tag & 31)
    if tag in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[tag], at
    if tag in (0xD3, 0xCB):
        return struct.unpack_from(">q" if tag == 0xD3 else ">d", data, at)[0], at + 8
    return _long(data, at, tag)


def _long(data: bytes, at: int, tag: int) -> tuple[Any, int]:
    if tag == 0xD6:
        return _NAMES[data[at]], at + 5
    (size,) = struct.unpack_from(">I", data, at)
    at += 4
    if tag == 0xDD:
        return _items(data, at, size)
    if tag == 0xDF:
        pairs = {}
        for _ in range(size):
            key, at = _read(data, at)
            pairs[str(key)], at = _read(data, at)
        return pairs, at
    if tag == 0xC9:
        what = _read(data, at + 1)[0]
        return what[1] if data[at] == 3 else what[0], at + 1 + size
    return _text(data, at, size)


def _items(data: bytes, at: int, count: int) -> tuple[list[Any], int]:
    items = []
    for _ in range(count):
        item, at = _read(data, at)
        items.append(item)
    return items, at


def _text(data: bytes, at: int, size: int) -> tuple[str, int]:
    return data[at : at + size].decode("utf-8", "replace"), at + size
