"""Where commands come from: those given with --command, then a terminal or a pipe."""

from __future__ import annotations

import asyncio
import codecs
import threading
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from llmspell_cli.shell.line import LinePrompt

LONGEST = 1 << 16
"""Bytes of one command."""


class Source(Protocol):
    """Gives commands, one at a time."""

    async def next(self) -> str | None:
        """Returns the next command, None at the end; KeyboardInterrupt where Ctrl-C came."""


class Lines:
    """The commands given with --command, then others."""

    def __init__(self, first: Iterable[str], rest: Source) -> None:
        self._first = deque(first)
        self._rest = rest

    async def next(self) -> str | None:
        """Returns the next command, None at the end; KeyboardInterrupt where Ctrl-C came."""
        return self._first.popleft() if self._first else await self._rest.next()


class Typed:
    """Commands that a person types; an empty one repeats the last."""

    def __init__(self, prompt: LinePrompt) -> None:
        self._prompt = prompt

    async def next(self) -> str | None:
        """Returns what was typed, None for Ctrl-D."""
        try:
            return await self._prompt.read()
        except EOFError:
            return None


class Piped:
    """Commands from a pipe or a file, which is read no further than asked."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._reading: asyncio.Future[str | None] | None = None

    async def next(self) -> str | None:
        """Returns the next line, None at the end; a wait that was given up goes on."""
        if self._reading is None:
            self._reading = self._begin()
        try:
            return await asyncio.shield(self._reading)
        finally:
            if self._reading.done():
                self._reading = None

    def _begin(self) -> asyncio.Future[str | None]:
        # A thread of its own: unlike an executor's, it may be left blocked at exit.
        loop = asyncio.get_running_loop()
        future: asyncio.Future[str | None] = loop.create_future()

        def settle(line: str | None) -> None:
            if not future.done():
                future.set_result(line)

        def work() -> None:
            try:
                data = self._stream.readline(LONGEST)
            except (OSError, ValueError):
                data = b""
            line = codecs.decode(data, "utf-8", "replace") if data else None
            try:
                loop.call_soon_threadsafe(settle, line)
            except RuntimeError:
                pass  # the loop is closed: nobody waits

        threading.Thread(target=work, daemon=True).start()
        return future
