"""Values between host and wire, for both codecs; see docs/protocol.md for the forms.

Decoding trusts nothing: what arrives may come from a hostile worker.
"""

from __future__ import annotations

import binascii
import json
import math
from collections.abc import Callable
from typing import Any, Protocol

from bridges._declare import HostObject, name_of
from bridges._errors import InvalidArgument
from bridges._session import Session
from bridges._types import Callback, Text
from engines._protocol import MAX_FRAME
from engines.languages import LANGUAGES

MAX_DEPTH = 64
MARK = "\0"
SAFE_INTEGER = 2**53 - 1
SMALL = 1 << 20
"""Bytes of a payload that are too few for a bomb: what they unpack to is not counted."""
PART = 32
"""Bytes of a spell's memory that a part of a value takes at least: it can send no more of them."""


class Codec(Protocol):
    """Turns values into a payload and back."""

    def encode(self, value: Any, around: int = 0) -> bytes:
        """Returns the payload; raises InvalidArgument for a value that may not cross.

        around: levels of the protocol's own lists around the values
        """
        ...

    def decode(self, payload: bytes, around: int = 0) -> Any:
        """Returns the value; raises InvalidArgument for anything malformed.

        around: levels of the protocol's own lists around the script's values
        """
        ...


class ScriptFunction(Callback):
    """A script's function by its number."""

    def __init__(self, number: int, call: Callable[[int, list[Any]], Any]) -> None:
        self.number = number
        self._call = call

    async def __call__(self, *arguments: Any) -> Any:
        return await self._call(self.number, list(arguments))


CallFunction = Callable[[int, list[Any]], Any]


def codec_for(language: str, session: Session | None, call: CallFunction) -> Codec:
    """Returns a language's codec for a run: its objects, and how to call its functions."""
    if LANGUAGES[language].codec == "msgpack":
        return MsgpackCodec(session, call)
    return JsonCodec(session, call)


def plain(language: str) -> Codec:
    """Returns a language's codec for plain data: no objects, no functions."""

    async def nobody(_number: int, _arguments: list[Any]) -> Any:
        raise InvalidArgument("no spell is running")

    return codec_for(language, None, nobody)


def _too_deep() -> InvalidArgument:
    return InvalidArgument(f"a value is nested deeper than {MAX_DEPTH}")


def _number(value: int | float) -> None:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidArgument(f"{value} cannot cross to a script")
    elif not -(2**63) <= value < 2**63:
        raise InvalidArgument(f"{value} does not fit 64 bits")


class _Writer:
    """What both codecs do to a value on its way to a script; subclasses know the wire's forms."""

    def __init__(self, session: Session | None, call: CallFunction) -> None:
        self._session = session
        self._call = call
        memory = session.limits.memory if session else 8 * MAX_FRAME
        self._most_parts = max(SMALL, memory // PART)

    def _plain(self, value: Any, depth: int) -> Any:
        """Returns the value in terms of the wire; raises InvalidArgument naming its type."""
        kind = type(value)
        if kind is str or kind is bool or value is None:
            return value
        if kind is int or kind is float:
            self._number(value)
            return value
        if depth >= MAX_DEPTH:
            raise _too_deep()
        if isinstance(value, dict):
            fields = {str(k): self._plain(v, depth + 1) for k, v in value.items()}
            return (
                self._record(value.record, fields) if isinstance(value, Text) else self._map(fields)
            )
        if isinstance(value, (list, tuple)):
            return [self._plain(v, depth + 1) for v in value]
        return self._special(value)

    def _handle(self, thing: HostObject) -> list[Any]:
        if self._session is None:
            raise InvalidArgument("an object crosses within a run only")
        return [name_of(type(thing)), self._session.handle(thing)]

    def _thing(self, number: Any) -> HostObject:
        if self._session is None:
            raise InvalidArgument("an object crosses within a run only")
        return self._session.thing(number)

    def _number(self, value: int | float) -> None:
        _number(value)

    def _map(self, fields: dict[str, Any]) -> Any:
        return fields

    def _record(self, name: str, fields: dict[str, Any]) -> Any:
        raise TypeError("each codec has its own form")

    def _special(self, value: Any) -> Any:
        raise InvalidArgument(f"a {type(value).__name__} cannot cross to a script")


class MsgpackCodec(_Writer):
    """Lua's codec."""

    def __init__(self, session: Session | None, call: CallFunction) -> None:
        super().__init__(session, call)
        self._parts = self._unpacked = 0
        import msgpack

        self._packb, self._unpackb, self._ext = msgpack.packb, msgpack.unpackb, msgpack.ExtType
        self._unpack_error = (
            msgpack.exceptions.UnpackException,
            msgpack.exceptions.ExtraData,
            ValueError,
            RecursionError,
        )

    def encode(self, value: Any, around: int = 0) -> bytes:
        try:
            packed: bytes = self._packb(self._plain(value, -around))
        except UnicodeEncodeError:
            raise InvalidArgument("a text holds half a character") from None
        return packed

    def _record(self, name: str, fields: dict[str, Any]) -> Any:
        return self._ext(3, self._packb([name, fields]))

    def _special(self, value: Any) -> Any:
        if isinstance(value, bytes):
            return value
        if isinstance(value, HostObject):
            return self._ext(1, self._packb(self._handle(value)))
        if isinstance(value, ScriptFunction):
            return self._ext(2, value.number.to_bytes(4, "big"))
        return super()._special(value)

    def decode(self, payload: bytes, around: int = 0) -> Any:
        self._parts, self._unpacked = 0, -4 * len(payload)
        try:
            value = self._unpack(payload)
        except self._unpack_error as error:
            raise _damaged() from error
        check(value, MAX_DEPTH + around)
        return value

    def _unpack(self, data: bytes) -> Any:
        if len(data) <= SMALL:
            return self._unpackb(
                data,
                ext_hook=self._extension,
                object_pairs_hook=_in_order,
                strict_map_key=True,
                raw=False,
            )
        return self._unpackb(
            data,
            ext_hook=self._extension,
            list_hook=self._counted,
            object_pairs_hook=lambda pairs: _in_order(self._counted(pairs)),
            strict_map_key=True,
            raw=False,
            max_array_len=self._most_parts,
            max_map_len=self._most_parts,
        )

    def _counted(self, parts: list[Any]) -> list[Any]:
        self._parts += 1 + len(parts)
        if self._parts > self._most_parts:
            raise _too_many()
        return parts

    def _extension(self, code: int, data: bytes) -> Any:
        # Extensions within extensions are each a copy of what is inside.
        self._unpacked += len(data)
        if self._unpacked > 0:
            raise _damaged()
        if code == 2 and len(data) == 4:
            return ScriptFunction(int.from_bytes(data, "big"), self._call)
        inner = self._unpack(data)
        if not isinstance(inner, list) or len(inner) != 2:
            raise _damaged()
        if code == 1:
            return self._thing(inner[1])
        if code == 3 and isinstance(inner[0], str) and isinstance(inner[1], dict):
            return Text(inner[0], inner[1])
        raise _damaged()


def _in_order(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Sorts a map's keys: a Lua table has no order, and a run must be the same every time."""
    return dict(sorted(pairs, key=lambda pair: pair[0]))


class JsonCodec(_Writer):
    """JavaScript's codec."""

    def encode(self, value: Any, around: int = 0) -> bytes:
        text = json.dumps(self._plain(value, -around), ensure_ascii=False, separators=(",", ":"))
        try:
            return text.encode()
        except UnicodeEncodeError:
            raise InvalidArgument("a text holds half a character") from None

    def _number(self, value: int | float) -> None:
        _number(value)
        if isinstance(value, int) and abs(value) > SAFE_INTEGER:
            raise InvalidArgument(f"{value} is more than JavaScript can hold exactly")

    def _map(self, fields: dict[str, Any]) -> Any:
        return {MARK: ["m", list(map(list, fields.items()))]} if MARK in fields else fields

    def _record(self, name: str, fields: dict[str, Any]) -> Any:
        return {MARK: ["r", name, fields]}

    def _special(self, value: Any) -> Any:
        if isinstance(value, bytes):
            return {MARK: ["b", binascii.b2a_base64(value, newline=False).decode()]}
        if isinstance(value, HostObject):
            return {MARK: ["o", *self._handle(value)]}
        if isinstance(value, ScriptFunction):
            return {MARK: ["f", value.number]}
        return super()._special(value)

    def decode(self, payload: bytes, around: int = 0) -> Any:
        self._count(payload)
        marked = b"\\u0000" in payload
        try:
            value = json.loads(
                payload,
                object_hook=self._revive if marked else None,
                parse_constant=_refuse_constant,
                parse_int=_parse_int,
            )
        except (ValueError, RecursionError) as error:
            raise _damaged() from error
        if b"\\ud" in payload:
            _refuse_surrogates(value)
        check(value, MAX_DEPTH + around)
        return value

    def _count(self, payload: bytes) -> None:
        # Text may hold these as well, commas most of all.
        if len(payload) > SMALL:
            containers = payload.count(b"[") + payload.count(b"{")
            if containers > self._most_parts or payload.count(b",") > 4 * self._most_parts:
                raise _too_many()

    def _revive(self, found: dict[str, Any]) -> Any:
        if len(found) != 1 or MARK not in found:
            return found
        match found[MARK]:
            case ["f", int(number)]:
                revived: Any = ScriptFunction(number, self._call)
            case ["o", _, number]:
                revived = self._thing(number)
            case ["b", str(text)]:
                revived = _from_base64(text)
            case ["i", str(digits)] if digits.lstrip("-").isdecimal() and len(digits) < 21:
                revived = int(digits)
            case ["r", str(name), dict(fields)]:
                revived = Text(name, fields)
            case ["m", list(pairs)] if all(_is_pair(pair) for pair in pairs):
                revived = dict(pairs)
            case _:
                raise _damaged()
        return revived


def _damaged() -> InvalidArgument:
    return InvalidArgument("the worker sent a damaged value")


def _too_many() -> InvalidArgument:
    return InvalidArgument("a value has more parts than the spell's memory holds")


def _from_base64(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error, or text that is not ASCII
        raise _damaged() from None


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)


def _refuse_constant(name: str) -> Any:
    raise InvalidArgument(f"{name} cannot cross from a script")


def _parse_int(digits: str) -> int | float:
    # JavaScript has one number type: a whole number it cannot hold exactly is a float.
    if len(digits) > 25:
        return float(digits)
    number = int(digits)
    return number if abs(number) <= SAFE_INTEGER else float(number)


def _refuse_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise InvalidArgument("a text holds half a character (a lone surrogate)") from None


def check(value: Any, depth: int) -> None:
    """Refuses what no engine may send: too deep, not finite, an integer beyond 64 bits."""
    level: list[Any] = [value]
    for _ in range(depth + 1):
        containers: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is dict or kind is Text:
                containers.append(item.values())
            elif kind is list:
                containers.append(item)
            elif kind is float or kind is int:
                _number(item)
        if not containers:
            return
        level = [item for container in containers for item in container]
    raise _too_deep()
