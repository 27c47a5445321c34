"""Streams: what a function gives when its answer comes piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, TypedDict

from bridges._declare import NOTHING, HostObject, host_function
from bridges._errors import Cancelled

AHEAD = 256
"""Items held for a script that reads slowly, unless it is said; then the source waits."""


class StreamItems(TypedDict):
    """What has arrived since the last call.

    items: The pieces, in order; at least one unless the stream has ended
    done: Whether the stream has ended
    """

    items: list[Any]
    done: bool


class Stream(HostObject):
    """Pieces of an answer as they arrive, and the whole once it has ended."""

    def __init__(self, source: AsyncIterator[Any], ahead: int = AHEAD) -> None:
        """source: yields the pieces and, last, a `Final` holding the whole

        ahead: items held for a script that reads slowly
        """
        self._queue: asyncio.Queue[Any] = asyncio.Queue(ahead)
        self._result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        # A script may never ask for the result: a failure it saw in next() is no lost exception.
        self._result.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._task = asyncio.ensure_future(self._pump(source))
        self._ended = False
        self.whole_for_script: Callable[[Any], Any] = lambda whole: whole
        """Converts the whole for the script; set by the type that declares the stream."""

    async def _pump(self, source: AsyncIterator[Any]) -> None:
        whole = None
        try:
            async for piece in source:
                if isinstance(piece, Final):
                    whole = piece.whole
                else:
                    await self._queue.put(piece)
            self._result.set_result(whole)
        except BaseException as error:
            cancelled = isinstance(error, asyncio.CancelledError)
            self._result.set_exception(Cancelled("the stream was closed") if cancelled else error)
            if not isinstance(error, Exception):
                raise
        finally:
            # A source left half-way must clean up in this task, not whenever it is collected.
            if isinstance(source, AsyncGenerator):
                await source.aclose()
            while self._task.cancelling() and not self._queue.empty():
                self._queue.get_nowait()
            await self._queue.put(END)

    @host_function(needs=NOTHING, since=1)
    async def next(self) -> StreamItems:
        """Waits for pieces and returns all that are there.

        returns: The pieces and whether the stream has ended
        """
        items: list[Any] = []
        if not self._ended:
            items.append(await self._queue.get())
            while not self._queue.empty():
                items.append(self._queue.get_nowait())
            if items[-1] is END:
                items.pop()
                self._ended = True
        if self._ended and not items and not self._result.cancelled():
            await self._result
        return {"items": items, "done": self._ended and not items}

    @host_function(needs=NOTHING, since=1)
    async def result(self) -> Any:
        """Returns what the whole stream gave, waiting for its end.

        returns: The whole, the same as the function without streaming gives
        """
        while not self._ended:
            self._ended = await self._queue.get() is END
        return self.whole_for_script(await self._result)

    @host_function(needs=NOTHING, since=1)
    async def close(self) -> None:
        """Stops the stream; what has not arrived is given up."""
        await asyncio.sleep(0)  # a source that has not begun would not clean up
        self._task.cancel()
        self._ended = True


class Final:
    """The last thing a source yields: the whole."""

    def __init__(self, whole: Any) -> None:
        self.whole = whole


async def with_end(pieces: AsyncGenerator[str | dict[str, Any]]) -> AsyncGenerator[Any]:
    """Yields the text of pieces and, last, the map that ends them as the whole."""
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece if isinstance(piece, str) else Final(piece)


END = object()
