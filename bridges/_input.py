"""A run's standard input, read piece by piece without ever holding up the host."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, BinaryIO

from bridges._errors import InvalidArgument, LimitExceeded

if TYPE_CHECKING:
    from bridges._session import Session

PIECE = 65536


class Reader:
    """A stream that is read piece by piece. Only one reads at a time; the others wait.

    limit: bytes that may be held at a time
    """

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._held = bytearray()
        self._ended = False
        self._turn = asyncio.Lock()
        self._coming: asyncio.Future[bytes] | None = None

    async def all(self) -> str:
        """Returns what has not been read yet."""
        async with self._turn:
            while not self._ended:
                await self._more()
            whole = bytes(self._held)
            self._held.clear()
        return _text(whole)

    async def line(self) -> str | None:
        """Returns the next line without its end, or None when there is none."""
        async with self._turn:
            searched = 0
            while (end := self._held.find(b"\n", searched)) < 0 and not self._ended:
                searched = len(self._held)
                await self._more()
            if end < 0:
                end = len(self._held)
                if not end:
                    return None
            line = bytes(self._held[:end])
            del self._held[: end + 1]
        return _text(line.removesuffix(b"\r"))

    def is_terminal(self) -> bool:
        """Tells whether somebody types the input."""
        try:
            return self._stream.isatty()
        except (OSError, ValueError):
            return False

    async def _more(self) -> None:
        # A reader that was cancelled leaves its read behind; the next one takes what it brings.
        if self._coming is None:
            self._coming = _read(self._stream)
        coming = self._coming
        try:
            piece = await asyncio.shield(coming)
        except (OSError, ValueError) as error:
            self._coming, self._ended = None, True
            reason = error.strerror if isinstance(error, OSError) else None
            raise InvalidArgument(
                f"standard input cannot be read: {reason or error}",
                hint="pipe something in, or redirect a file: llmspell run spell.lua < file",
            ) from None
        self._coming = None
        self._ended = not piece
        self._held += piece
        if len(self._held) > self._limit:
            raise LimitExceeded(
                f"standard input is larger than the {self._limit} bytes a spell's memory takes",
                hint="read it line by line, or raise the limit with --memory",
                details={"limit": "memory"},
            )


class Input(Reader):
    """Standard input of one run."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.stdin, session.limits.memory)


def _read(stream: BinaryIO) -> asyncio.Future[bytes]:
    """Reads one piece in a thread that the program may end without (unlike an executor's)."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[bytes] = loop.create_future()

    def give(piece: bytes | None, error: Exception | None) -> None:
        if future.done():
            return
        if error:
            future.set_exception(error)
        else:
            future.set_result(piece or b"")

    def run() -> None:
        piece: bytes | None = None
        failure: Exception | None = None
        try:
            piece = _read_piece(stream)
        except (OSError, ValueError) as error:
            failure = error
        try:
            loop.call_soon_threadsafe(give, piece, failure)
        except RuntimeError:
            return  # The run ended meanwhile: nobody waits.

    threading.Thread(target=run, daemon=True, name="stdin").start()
    return future


def _read_piece(stream: BinaryIO) -> bytes:
    # A buffered stream's own read keeps a lock that would abort Python if the run ended meanwhile.
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return stream.read(PIECE)
    return os.read(number, PIECE)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidArgument(
            "standard input is not UTF-8 text",
            hint="convert it first, for example with iconv -f latin1 -t utf-8",
        ) from None
