"""DAP messages on a stream: headers, then JSON."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Protocol

from bridges._errors import InvalidArgument

LARGEST = 16 * 1024 * 1024
"""Bytes of one message of a client."""
HEADERS = {"content-length", "content-type"}
"""The only headers taken. A web page that posts to our port sends others, and gets no further."""
MAX_HEADERS = 8


class Pipe(Protocol):
    """What messages are written to; an `asyncio.StreamWriter` is one."""

    def write(self, data: bytes, /) -> None:
        """Takes bytes, now or later."""

    async def drain(self) -> None:
        """Waits while too much is unwritten."""

    def is_closing(self) -> bool:
        """Tells whether the other end is gone."""

    def close(self) -> None:
        """Writes what is left, and closes."""


class Wire:
    """One client's connection.

    closed: the client is gone, or everything was said
    """

    def __init__(self, reader: asyncio.StreamReader, writer: Pipe) -> None:
        self._reader = reader
        self._writer = writer
        self._last = 0
        self.closed = False

    async def receive(self) -> dict[str, Any] | None:
        """Returns the next message, None at the end; raises InvalidArgument for what is none."""
        try:
            length = await self._headers()
            if length is None:
                return None
            body = await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        except ValueError:
            raise InvalidArgument("the client sent a header that does not end") from None
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            raise InvalidArgument("the client sent a message that is not JSON") from None
        if not isinstance(found, dict) or not _is_number(found.get("seq")):
            raise InvalidArgument("the client sent a message without a number")
        if found.get("type") == "request" and not isinstance(found.get("command"), str):
            raise InvalidArgument("the client sent a request without a command")
        return found

    async def _headers(self) -> int | None:
        length = None
        for _ in range(MAX_HEADERS):
            line = await self._reader.readline()
            if not line.endswith(b"\n"):  # the end
                return None
            if line in (b"\r\n", b"\n"):
                if length is None:
                    raise InvalidArgument("the client sent a message without Content-Length")
                return length
            name, mark, value = line.decode("latin-1").partition(":")
            if not mark or name.strip().lower() not in HEADERS:
                raise InvalidArgument("the client does not speak the Debug Adapter Protocol")
            if name.strip().lower() == "content-length":
                length = _length(value.strip())
        raise InvalidArgument("the client sent too many headers")

    def send(self, kind: str, **fields: Any) -> None:
        """Sends a message; nothing where the client is gone."""
        if self.closed or self._writer.is_closing():
            return
        self._last += 1
        body = json.dumps({"seq": self._last, "type": kind, **fields}).encode()
        self._writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    async def drain(self) -> None:
        """Waits while the client is behind in reading."""
        if not self.closed:
            try:
                await self._writer.drain()
            except ConnectionError:
                self.closed = True

    def close(self) -> None:
        """Sends what is left, and closes."""
        self.closed = True
        self._writer.close()


def _length(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > LARGEST:
        raise InvalidArgument(
            f"the client announced a message of {text[:20]!r} bytes; the most is {LARGEST}"
        )
    return int(text)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
