"""Standard input and output as a stream of messages."""

from __future__ import annotations

import asyncio
import os
import queue
import threading

PIECE = 1 << 16
BEHIND = 1 << 20
"""Bytes unwritten from which `drain` waits."""
LAST_MOMENTS = 1.0
"""Seconds that a client has to read the rest."""


def read_in_thread(fd: int, loop: asyncio.AbstractEventLoop) -> asyncio.StreamReader:
    """Returns a stream of what a thread reads from a file descriptor of any kind."""
    reader = asyncio.StreamReader(limit=PIECE)
    room = threading.Semaphore(16)

    def feed(data: bytes) -> None:
        room.release()
        reader.feed_data(data)

    def work() -> None:
        while True:
            room.acquire()
            try:
                data = os.read(fd, PIECE)
            except OSError:
                data = b""
            try:
                loop.call_soon_threadsafe(*((feed, data) if data else (reader.feed_eof,)))
            except RuntimeError:  # the loop is closed
                return
            if not data:
                return

    threading.Thread(target=work, daemon=True).start()
    return reader


class Writer:
    """Writes to a file descriptor in a thread: a client that does not read blocks nobody."""

    def __init__(self, fd: int, loop: asyncio.AbstractEventLoop) -> None:
        self._fd = fd
        self._loop = loop
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._waiting = 0
        self._broken = False
        self._room = asyncio.Event()
        self._room.set()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def write(self, data: bytes, /) -> None:
        """Queues bytes."""
        self._waiting += len(data)
        if self._waiting > BEHIND:
            self._room.clear()
        self._queue.put(data)

    async def drain(self) -> None:
        """Waits while too much is unwritten."""
        await self._room.wait()

    def is_closing(self) -> bool:
        """Tells whether the client is gone."""
        return self._broken

    def close(self) -> None:
        """Gives the client a moment to read what is left."""
        self._queue.put(None)
        self._thread.join(LAST_MOMENTS)

    def _work(self) -> None:
        while (data := self._queue.get()) is not None:
            view = memoryview(b"" if self._broken else data)
            while view and not self._broken:
                try:
                    view = view[os.write(self._fd, view) :]
                except OSError:
                    self._broken = True
            try:
                self._loop.call_soon_threadsafe(self._written, len(data))
            except RuntimeError:  # the loop is closed
                return

    def _written(self, count: int) -> None:
        self._waiting -= count
        if self._waiting <= BEHIND:
            self._room.set()
