"""Writes a spell's standard output so that a slow or closed reader cannot hang or crash the run."""

from __future__ import annotations

import errno
import os
import select
import threading
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from bridges._errors import InternalError, LimitExceeded, SpellError

if TYPE_CHECKING:
    import asyncio

    from bridges._session import Session

T = TypeVar("T")

# A pipe that select calls writable takes this much without blocking (POSIX PIPE_BUF).
SLICE = 4096
CLOSED = -1
"""Stands for the file descriptor of a stream that was closed before the program started."""
BACKLOG = 1 << 20
"""Bytes printed but not yet taken, at which the worker has to wait."""


class OutputClosed(Exception):
    """Standard output cannot take more: the reader went away, or the disk is full."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class Output:
    """Bytes to one file descriptor.

    fd: the file descriptor
    deadline: monotonic seconds after which a write that cannot proceed gives up silently; the
    run ends by its time limit then
    """

    def __init__(self, fd: int, turn: threading.Lock | None = None) -> None:
        """turn: of another output to the same file descriptor, for writes that do not mix"""
        self.fd = fd
        self.turn = turn or threading.Lock()
        self.deadline: float | None = None
        self.written = 0

    def write(self, data: bytes) -> None:
        """Writes all of `data` in one piece, waiting for a slow reader; raises OutputClosed."""
        if self.fd == CLOSED and data:
            raise OutputClosed(OSError(errno.EBADF, "it is closed"))
        with self.turn:
            self._write(memoryview(data))

    def nested(self) -> Output:
        """Returns the same output for a spell within the spell, with a deadline of its own."""
        return Output(self.fd, self.turn)

    def _write(self, view: memoryview) -> None:
        while view:
            if not self._wait():
                return
            try:
                count = os.write(self.fd, view[:SLICE])
            except BlockingIOError:
                continue
            except OSError as error:
                raise OutputClosed(error) from error
            self.written += count
            view = view[count:]

    def _wait(self) -> bool:
        while self.deadline is not None:
            left = self.deadline - monotonic()
            # An interrupt moves the deadline: look again soon.
            if select.select([], [self.fd], [], min(max(0.0, left), 0.1))[1]:
                return True
            if left <= 0:
                return False
        return True


class Prints:
    """What a spell prints, counted against its limit, on its way to the output."""

    def __init__(
        self,
        output: Output,
        session: Session,
        stop: Callable[[SpellError], None],
        failed: Callable[[OutputClosed], None],
    ) -> None:
        """session: has the limit; stop: interrupts the run; failed: told when the output breaks."""
        self._output = output
        self._session = session
        self._stop = stop
        self._failed = failed
        self._waiting = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listen: Callable[[bool], None] | None = None

    def begin(self, loop: asyncio.AbstractEventLoop, listen: Callable[[bool], None]) -> None:
        """Writes in the background from now on; `listen` starts and stops reading."""
        self._loop, self._listen = loop, listen

    def count(self, size: int) -> None:
        """Counts bytes that leave by another way (log lines)."""
        limit = self._session.use("output", size)
        if limit is not None:
            self._stop(
                LimitExceeded(
                    f"the spell printed more than its limit of {limit} bytes",
                    hint="raise output under [limits], or pass --output-limit",
                )
            )

    def print(self, text: bytes) -> None:
        """Writes text, or queues it where an event loop runs; raises OutputClosed."""
        left = int(self._session.left("output"))
        self.count(len(text))
        self._put(text[:left])

    def write(self, text: bytes) -> None:
        """Writes text that was counted on its way here; told to `failed` when the output breaks."""
        try:
            self._put(text)
        except OutputClosed as closed:
            self._failed(closed)

    def _put(self, text: bytes) -> None:
        if self._loop is None:
            self._output.write(text)
            return
        self._waiting += text
        if self._task is None and self._waiting:
            self._task = self._loop.create_task(self._drain(self._loop))
        if len(self._waiting) > BACKLOG and self._listen:
            self._listen(False)

    async def _drain(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            text, self._waiting = bytes(self._waiting), bytearray()
            try:
                await in_thread(loop, self._output.write, text)
            except OutputClosed as closed:
                self._waiting.clear()
                self._failed(closed)
            if self._listen:
                self._listen(True)
        self._task = None

    async def finish(self) -> None:
        """Waits until everything is written, or the output's deadline has passed."""
        if self._task is not None:
            await self._task


def output_failed(closed: OutputClosed) -> SpellError:
    """Returns the error of a run whose standard output broke."""
    if isinstance(closed.error, BrokenPipeError):
        return InternalError("standard output was closed before the spell had finished")
    return InternalError(
        f"cannot write to standard output: {closed.error.strerror}",
        hint="free some space, or send the output elsewhere",
    )


async def in_thread(
    loop: asyncio.AbstractEventLoop, function: Callable[[bytes], T], argument: bytes
) -> T:
    """Runs a function in a daemon thread: unlike an executor's, it may be left blocked at exit."""
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if not future.done():
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

    def work() -> None:
        result, error = None, None
        try:
            result = function(argument)
        except BaseException as caught:  # noqa: BLE001 - handed on to the loop, whatever it is
            error = caught
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:
            pass  # the loop is closed: nobody waits

    threading.Thread(target=work, daemon=True).start()
    return await future
