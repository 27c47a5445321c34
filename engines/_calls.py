"""Serves what a spell asks for: host functions, modules, and callbacks the other way."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from bridges._declare import HostObject
from bridges._errors import Cancelled, InvalidArgument, LimitExceeded, SpellError, from_map
from bridges._gate import current_call
from bridges._session import Session
from engines import _protocol as protocol
from engines._codec import Codec
from engines._courses import Courses
from engines._modules import Modules
from engines._protocol import Frame

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine

    from bridges._events.bus import Bus


ASKING = (protocol.CALL, protocol.NOTE, protocol.MODULE, protocol.SETTLE)
STOPPED = "the spell was stopped"
FRAME_ROOM = protocol.MAX_FRAME
REFUSED_NOTE = 100
"""Bytes of output that the line about a refused one-way call counts as."""


class Calls:
    """The calls of one run.

    wants_loop: an asynchronous function was called while there is no event loop; nothing more is
    handled until `begin`
    is_conversation: whether the spell lives on after an interrupt
    """

    def __init__(
        self,
        session: Session,
        codec: Codec,
        modules: Modules,
        send: Callable[[int, int, bytes], None],
        stop: Callable[[SpellError], None],
    ) -> None:
        self._session = session
        self._codec = codec
        self._modules = modules
        self._send = send
        self._stop = stop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._held: tuple[int, Callable[[], Coroutine[Any, Any, None]]] | None = None
        self._sizes: dict[int, int] = {}
        self._account = session.account
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._cancelled: set[asyncio.Task[None]] = set()
        self._returns: dict[int, asyncio.Future[Any]] = {}
        self._callbacks = 0
        self._is_deaf = False
        self._courses = Courses()
        self.wants_loop = False
        self.is_conversation = False

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Goes on inside an event loop, starting with the call that wanted one."""
        self._loop = loop
        self._courses.begin()
        self.wants_loop = False
        if self._held is not None:
            held, self._held = self._held, None
            self._start(*held)

    @property
    def most_held(self) -> int:
        """Bytes of answers that may wait for the spell."""
        return FRAME_ROOM + 2 * self._session.limits.memory

    def check_unsent(self, size: int) -> None:
        """Stops a spell that does not take its answers; size: bytes that wait for it."""
        if size > self.most_held:
            self._stop(
                LimitExceeded(
                    "the spell does not take the answers to its calls",
                    hint="await some before starting more",
                    details={"limit": "memory"},
                )
            )

    def handle(self, frame: Frame, stop: SpellError | None = None) -> None:
        """Serves one frame; InvalidArgument means that the worker broke the protocol.

        stop: why the run is being stopped: then nothing new is begun
        """
        if stop is not None and frame.kind in ASKING:
            if frame.kind != protocol.NOTE:
                self._refuse(frame.id, stop)
        elif frame.kind in (protocol.CALL, protocol.NOTE):
            self._call(frame)
        elif frame.kind == protocol.MODULE:
            self._module(frame)
        elif frame.kind == protocol.RETURN:
            self._return(frame)
        elif frame.kind == protocol.WITHIN:
            self._courses.enter(frame.id)
        elif frame.kind == protocol.SETTLE:
            self._settle(frame.id)
        elif frame.kind == protocol.CANCEL:
            task = self._tasks.pop(frame.id, None)
            if task:
                task.cancel()
        else:
            raise InvalidArgument(f"frame of kind {frame.kind}")

    # -- calls

    def _call(self, frame: Frame) -> None:
        note = frame.kind == protocol.NOTE
        if not note and not self._allowed():
            return
        try:
            number, arguments = self._open(frame.payload)
            kind = self._session.door.kind(number)
            if (kind == "note") != note or kind == "engine":
                raise InvalidArgument("this function is not called so")
            if kind in ("sync", "note"):
                value = self._courses.run(self._session.door.call, number, arguments)
                if not note:
                    self._answer(frame.id, value)
                    self._keep(value, len(frame.payload))
            else:
                self._take(frame)
                self._start(frame.id, partial(self._serve, frame.id, number, arguments))
        except SpellError as error:
            if note:
                self._session.use("output", REFUSED_NOTE)
                self._session.log.write("warn", f"a one-way call was refused: {error.message}")
            else:
                self._refuse(frame.id, error)

    def _open(self, payload: bytes) -> tuple[int, list[Any]]:
        call = self._codec.decode(payload, around=2)
        if not isinstance(call, list) or len(call) != 2 or not isinstance(call[1], list):
            raise InvalidArgument("a call is a function's number and its arguments")
        return call[0], call[1]

    def _allowed(self) -> bool:
        limits = self._session.limits
        limit = self._session.use("calls", 1)
        if limit is not None:
            self._stop(
                LimitExceeded(
                    f"the spell made more than its limit of {limit} host calls",
                    hint="raise calls under [limits], or pass --calls",
                )
            )
            return False
        if len(self._tasks) >= limits.in_flight:
            self._stop(
                LimitExceeded(
                    f"the spell has more than {limits.in_flight} host calls waiting",
                    hint="await some before starting more, or use Async.map with a limit",
                )
            )
            return False
        excess = self._account.excess()
        if excess is not None:
            self._stop(excess)
            return False
        return True

    def _keep(self, value: Any, size: int) -> None:
        # An object may keep everything it was made of until the run ends.
        if isinstance(value, HostObject):
            self._account.add("objects", size)

    def _take(self, frame: Frame) -> None:
        if frame.id not in self._sizes:
            self._sizes[frame.id] = len(frame.payload)
            self._account.add("waiting calls", len(frame.payload))

    def _start(self, id: int, serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._loop is None:
            self._held = id, serve
            self.wants_loop = True
            return
        if id in self._tasks:
            raise InvalidArgument("a call's id is in use")
        self._tasks[id] = self._loop.create_task(serve(), context=self._courses.context())

    def _settle(self, id: int) -> None:
        bus = self._session.bus
        if bus is None or not bus.finish():
            self._answer(id, False)
        else:
            self._start(id, partial(self._settled, id, bus))

    async def _settled(self, id: int, bus: Bus) -> None:
        """Answers when no event waits for a handler any more."""
        try:
            await bus.settle()
            self._answer(id, True)
        finally:
            self._tasks.pop(id, None)

    async def _serve(self, id: int, number: int, arguments: list[Any]) -> None:
        import asyncio

        current_call.set(id)
        try:
            value = await self._called(number, arguments)
            self._answer(id, value)
            self._keep(value, self._sizes.get(id, 0))
        except SpellError as error:
            self._refuse(id, error)
        except asyncio.CancelledError:
            self._refuse(id, Cancelled("the call was cancelled"))
            raise
        finally:
            task = self._tasks.pop(id, None)
            if task is not None:
                self._cancelled.discard(task)
            self._account.add("waiting calls", -self._sizes.pop(id, 0))

    async def _called(self, number: int, arguments: list[Any]) -> Any:
        """Returns what a function gave when the handlers of what it caused have run."""
        session = self._session
        try:
            value = await session.door.call_async(number, arguments)
        except SpellError:
            if session.bus is not None and session.bus.is_waiting:
                await session.bus.drain()
            raise
        if session.bus is not None and session.bus.is_waiting:
            await session.bus.drain()
        return value

    def _answer(self, id: int, value: Any) -> None:
        self._send(protocol.RESULT, id, b"\0" + self._codec.encode(value))

    def _refuse(self, id: int, error: SpellError) -> None:
        try:
            payload = self._codec.encode(error.as_answer())
        except InvalidArgument:
            error.details = {}
            payload = self._codec.encode(error.as_answer())
        self._send(protocol.RESULT, id, b"\x01" + payload)

    # -- modules

    def _module(self, frame: Frame) -> None:
        if not self._allowed():
            return
        try:
            importer, mark, name = frame.payload.decode("utf-8", "replace").partition("\0")
            if not mark:
                raise InvalidArgument("a module request names who asks and what for")
            id, source = self._modules.load(importer, name)
            self._send(protocol.RESULT, frame.id, b"\0" + f"{id}\0{source}".encode())
        except SpellError as error:
            self._refuse(frame.id, error)

    # -- callbacks

    async def call_back(self, number: int, arguments: list[Any]) -> Any:
        """Calls a script function and returns its value; raises the SpellError it failed with."""
        import asyncio

        assert self._loop is not None
        if self._is_deaf:
            raise Cancelled(STOPPED)
        self._callbacks += 1
        id = self._callbacks
        future = self._returns[id] = self._loop.create_future()
        self._courses.open(id)
        try:
            self._send(protocol.CALLBACK, id, self._codec.encode([number, arguments], around=2))
            return await future
        except asyncio.CancelledError:
            self._send(protocol.ABANDON, id, b"")
            raise
        finally:
            self._returns.pop(id, None)
            self._courses.close(id)

    def _return(self, frame: Frame) -> None:
        future = self._returns.get(frame.id)
        if future is None or future.done():
            return
        try:
            value = self._codec.decode(frame.payload[1:])
        except InvalidArgument as error:
            future.set_exception(error)
            return
        if frame.payload[:1] == b"\0":
            future.set_result(value)
        else:
            future.set_exception(from_map(value))

    # -- the end

    def interrupt(self) -> None:
        """Cancels every call under way in a run that is being stopped.

        An interrupted spell serves no callback any more: those fail at once, so that what undoes
        something goes on with what needs no script.
        """
        self.cancel()
        if self.is_conversation:
            return
        self._is_deaf = True
        for future in self._returns.values():
            if not future.done():
                future.set_exception(Cancelled(STOPPED))

    def cancel(self) -> None:
        """Cancels every call under way, and the delivery of events."""
        if self._session.bus is not None:
            self._session.bus.interrupt()
        # Once each: a second time would break off the cleaning up that the first began.
        for task in set(self._tasks.values()) - self._cancelled:
            self._cancelled.add(task)
            task.cancel()

    async def end(self, timeout: float) -> None:
        """Cancels every call and waits, in seconds: one that will not end is left behind."""
        import asyncio

        tasks = list(self._tasks.values())
        self.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=timeout)
