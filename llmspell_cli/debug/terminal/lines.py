"""Where commands come from: those given with --command, then a terminal or a pipe."""

from __future__ import annotations

import asyncio
import codecs
import threading
from collections import deque
from collections.abc import Iterable
from typing import BinaryIO

LONGEST = 1 << 16
"""Bytes of one command."""


class Lines:
    """Commands, one at a time; a pipe is read no further than asked."""

    def __init__(self, first: Iterable[str], stream: BinaryIO) -> None:
        self._first = deque(first)
        self._stream = stream
        self._reading: asyncio.Future[str | None] | None = None

    @property
    def has_given(self) -> bool:
        """Tells whether commands of the command line are left."""
        return bool(self._first)

    async def next(self) -> str | None:
        """Returns the next command, None at the end; a wait that was given up goes on."""
        if self._first:
            return self._first.popleft()
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
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, line)

        threading.Thread(target=work, daemon=True).start()
        return future
