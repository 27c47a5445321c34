"""Where a debugged spell's output goes when an editor shows it."""

from __future__ import annotations

import asyncio
import codecs
import io
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from time import monotonic
from typing import TextIO, cast

from engines._output import CLOSED, Output

MOMENT = 0.1
"""Seconds between looks at the deadline while the editor does not read."""


class Outlet(Output):
    """Hands what a spell prints to a coroutine of the event loop, and waits for it.

    It is written to from threads: a spell that prints faster than the editor reads has to wait.
    instead: where it goes once the editor has let go of the spell
    """

    def __init__(
        self,
        emit: Callable[[str], Awaitable[None]],
        loop: asyncio.AbstractEventLoop,
        outer: Outlet | None = None,
    ) -> None:
        super().__init__(CLOSED)
        self.instead: Output | None = None
        self._outer = outer or self
        self._emit = emit
        self._loop = loop
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def nested(self) -> Output:
        """Returns an outlet of its own for a spell within the spell."""
        return Outlet(self._emit, self._loop, self._outer)

    def write(self, data: bytes) -> None:
        """Hands the text on, which may end within a character; gives up at the deadline."""
        instead = self._outer.instead
        if instead is not None:
            instead.write(data)
            return
        text = self._decoder.decode(data)
        if not text or self._loop.is_closed():
            return
        future = asyncio.run_coroutine_threadsafe(self._pass_on(text), self._loop)
        while True:
            try:
                future.result(MOMENT)
                return
            except TimeoutError:
                if self.deadline is not None and monotonic() > self.deadline:
                    future.cancel()
            except CancelledError:
                return

    async def _pass_on(self, text: str) -> None:
        await self._emit(text)


def messages(emit: Callable[[str], None], loop: asyncio.AbstractEventLoop) -> TextIO:
    """Returns a text stream in place of standard error; each piece is handed to a function."""
    return cast("TextIO", _Messages(emit, loop))


class _Messages(io.TextIOBase):
    def __init__(self, emit: Callable[[str], None], loop: asyncio.AbstractEventLoop) -> None:
        self._emit = emit
        self._loop = loop

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        # From any thread.
        try:
            self._loop.call_soon_threadsafe(self._emit, text)
        except RuntimeError:
            pass  # the loop is closed: nobody listens
        return len(text)
