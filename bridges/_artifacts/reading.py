"""Reads what an artifact holds: checked against its SHA-256 before anything of it is given out."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import BinaryIO

from bridges._artifacts.blobs import CHUNK, Pending
from bridges._artifacts.store import Artifacts, Row
from bridges._errors import InvalidArgument, LimitExceeded
from bridges._threads import in_thread

LONGEST_LINE = 64 * 1024


async def whole(store: Artifacts, row: Row, limit: int) -> bytes:
    """Returns the content; LimitExceeded for more than `limit` bytes."""
    if row.size > limit:
        raise LimitExceeded(
            f"the artifact {row.name!r} is larger than the {limit} bytes a spell's memory takes",
            hint="take it piece by piece with stream, or raise the limit with --memory",
            details={"limit": "memory"},
        )
    async with store.opened(row) as file:
        data = await in_thread(lambda: _all(file, row.size))
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise store.blobs.damaged(row.sha256)
    return data


def _all(file: BinaryIO, size: int) -> bytes:
    parts = []
    while size > 0 and (part := file.read(min(size, CHUNK))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def text_of(data: bytes, row: Row) -> str:
    """Returns a content as text; InvalidArgument for one that is none."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise _no_text(row) from None


def _no_text(row: Row) -> InvalidArgument:
    return InvalidArgument(f"the artifact {row.name!r} is not UTF-8 text", hint="read its bytes")


async def pieces(store: Artifacts, row: Row, size: int) -> AsyncGenerator[bytes]:
    """Yields the content in pieces of `size` bytes; only the last may be shorter."""
    async with store.opened(row) as file:
        checksum = hashlib.sha256()
        while await in_thread(lambda: _hashed(file, checksum)):
            pass
        if checksum.hexdigest() != row.sha256:
            raise store.blobs.damaged(row.sha256)
        file.seek(0)
        while data := await in_thread(lambda: _all(file, size)):
            yield data


async def lines(store: Artifacts, row: Row) -> AsyncGenerator[str]:
    """Yields the content line by line, without line ends."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    try:
        async with aclosing(pieces(store, row, CHUNK)) as parts:
            async for part in parts:
                *ended, rest = (rest + decoder.decode(part)).split("\n")
                for line in ended:
                    yield _line(line, row)
                _line(rest, row)
        rest += decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise _no_text(row) from None
    if rest:
        yield _line(rest, row)


def _line(text: str, row: Row) -> str:
    if len(text) > LONGEST_LINE:
        raise LimitExceeded(
            f"a line of the artifact {row.name!r} is longer than {LONGEST_LINE} characters",
            hint="take it in pieces of bytes with stream",
        )
    return text.removesuffix("\r")


async def copy(store: Artifacts, row: Row, target: BinaryIO) -> None:
    """Writes the content to a file, and raises after the last byte if it is damaged."""
    checksum = hashlib.sha256()
    async with store.opened(row) as file:
        while await in_thread(lambda: _copied(file, target, checksum)):
            pass
    if checksum.hexdigest() != row.sha256:
        raise store.blobs.damaged(row.sha256)


def _hashed(file: BinaryIO, checksum: hashlib._Hash) -> int:
    data = file.read(CHUNK)
    checksum.update(data)
    return len(data)


def _copied(file: BinaryIO, target: BinaryIO, checksum: hashlib._Hash) -> int:
    data = file.read(CHUNK)
    checksum.update(data)
    target.write(data)
    return len(data)


async def fill(pending: Pending, source: BinaryIO) -> None:
    """Writes what a file holds into a content, piece by piece."""
    while await in_thread(lambda: _moved(source, pending)):
        pass


def _moved(source: BinaryIO, pending: Pending) -> int:
    data = source.read(CHUNK)
    pending.write(data)
    return len(data)
