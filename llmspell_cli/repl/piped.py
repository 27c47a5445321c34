"""A REPL whose input is no terminal: chunk by chunk, without prompt, banner or colour."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import BinaryIO

from bridges._errors import InvalidArgument, SpellError
from llmspell_cli.repl import dots
from llmspell_cli.repl.bench import Bench

NAME = "stdin"
"""What tracebacks call the input."""
PIECE = 65536
MAX_CHUNK = 16 * 1024 * 1024
"""Bytes of one piece of code."""


async def serve(bench: Bench, stdin: BinaryIO) -> int:
    """Evaluates the chunks of standard input and returns the exit code.

    That is the code of the last error; an error does not end the session, but `exit` does.
    """
    chunk: list[str] = []
    first = number = 0
    lines = Lines(stdin)
    while bench.left is None and (line := await lines.next()) is not None:
        number += 1
        if not chunk and not line.strip():
            continue
        if not chunk:
            first = number
            if dots.is_command(line):
                await dots.run(bench, line)
                continue
        chunk.append(line)
        if not _goes_on(line) and await _is_complete(bench, "\n".join(chunk)):
            await _evaluate(bench, chunk, first)
            chunk = []
    if chunk and bench.left is None:
        await _evaluate(bench, chunk, first)
    return bench.failures if bench.left is None else bench.left


def _goes_on(line: str) -> bool:
    """Tells of a line that no piece ends with; asking the engine at each would be quadratic."""
    return line.rstrip().endswith((",", "(", "[", "{")) and not any(
        mark in line for mark in ("//", "/*", "*/", "--")
    )


async def _is_complete(bench: Bench, source: str) -> bool:
    """Tells whether code can be evaluated; code that is wrong can, and fails."""
    if len(source) > MAX_CHUNK:
        raise InvalidArgument(f"a piece of code is larger than {MAX_CHUNK} bytes")
    try:
        found = await bench.engine.conversation.ask("check", source=source)
    except SpellError:
        return True  # the engine is gone: evaluating says so
    return found.get("state") != "incomplete"


async def _evaluate(bench: Bench, chunk: list[str], first: int) -> None:
    await bench.evaluate("\n".join(chunk), NAME, first=first)


class Lines:
    """The lines of a stream, read in a thread that the program may end without."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._held = bytearray()
        self._ended = False

    async def next(self) -> str | None:
        """Returns the next line without its end, or None after the last."""
        searched = 0
        while (end := self._held.find(b"\n", searched)) < 0 and not self._ended:
            searched = len(self._held)
            piece = await _read(self._stream)
            self._ended = not piece
            self._held += piece
        if end < 0:
            end = len(self._held)
            if not end:
                return None
        line = bytes(self._held[:end])
        del self._held[: end + 1]
        return _text(line.removesuffix(b"\r"))


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidArgument("standard input is not UTF-8 text") from None


async def _read(stream: BinaryIO) -> bytes:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[bytes] = loop.create_future()

    def give(piece: bytes, error: OSError | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(piece)
        else:
            future.set_exception(
                InvalidArgument(f"standard input cannot be read: {error.strerror}")
            )

    def work() -> None:
        piece, failure = b"", None
        try:
            piece = _piece(stream)
        except OSError as error:
            failure = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(give, piece, failure)

    threading.Thread(target=work, daemon=True, name="stdin").start()
    return await future


def _piece(stream: BinaryIO) -> bytes:
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return stream.read(PIECE)
    return os.read(number, PIECE)
