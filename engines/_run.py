"""Runs one spell in a worker: serves its calls, enforces its limits, reports its end.

The host treats every frame as hostile. It starts without an event loop, which a spell that makes
no asynchronous call never needs; the first such call moves the run onto one.
"""

from __future__ import annotations

import json
import math
import os
import select
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from bridges._errors import Cancelled, InvalidArgument, SpellError, WorkerCrashed, from_map
from bridges._session import Session
from engines import _ends
from engines import _protocol as protocol
from engines._calls import Calls
from engines._clock import Clock
from engines._closing import close_all
from engines._codec import codec_for
from engines._limits import time_limit
from engines._modules import Modules
from engines._output import Output, OutputClosed, Prints, output_failed
from engines._process import Worker
from engines._program import Outcome, Program
from engines._protocol import Decoder, Frame, ProtocolError, pack
from engines._signals import Signals
from engines._talk import Talk
from engines._watch import Watch

if TYPE_CHECKING:
    import asyncio

GRACE = 0.7
"""Seconds an interrupted worker usually has to answer."""
ENDING = 0.1
"""Seconds its host calls have to stop after that; as long again, and the process is ended."""
CLOSING = 1.0  # the same where a run has ended by itself
READ = 1 << 18
SPINS = 40
"""Reads tried before waiting, some 50 microseconds: it doubles the host calls a second."""


class Run:
    """One spell in one worker.

    talk: how a REPL or a debugger speaks to it; clock: its time limit
    outcome: how it ended; None until then
    on_interrupt: told when it is being stopped
    grace: seconds an interrupted worker has to answer with its traceback before it is killed
    """

    def __init__(self, worker: Worker, session: Session, modules: Modules, output: Output) -> None:
        self._worker = worker
        self._session = session
        self._output = output
        self._codec = codec_for(
            worker.language, session, lambda *call: self._calls.call_back(*call)
        )
        self._decoder = Decoder(max(protocol.MAX_FRAME, session.limits.memory))
        self._frames: deque[Frame] = deque()
        self._sending = bytearray()
        self._awaits_room = False
        self.outcome: Outcome | None = None
        self.on_interrupt: Callable[[], None] | None = None
        self.grace = GRACE
        self.talk = Talk(self._send)
        self._stop: SpellError | None = None
        self._kill_at: float | None = None
        self._signals = Signals(self._on_signal)
        self._watch: Watch | None = None
        self.clock = Clock(session.limits.timeout)
        self._calls = Calls(session, self._codec, modules, self._send, self.interrupt)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._prints = Prints(output, session, self.interrupt, self._output_failed)
        session.write = self._prints.write
        self._wakened: asyncio.Event | None = None
        self._is_debugged = False

    # -- the two ways to run

    def execute(self, program: Program, watch: Watch | None = None) -> Outcome:
        """Runs the spell to its end from plain code; SIGINT, SIGTERM and SIGHUP interrupt it.

        watch: told when the process must have ended, should the run be unable to
        """
        self._watch = watch
        if watch:
            self._watch_until(self.clock.deadline + GRACE, time_limit(self._session.limits))
        try:
            with self._signals:
                self._start(program)
                while self.outcome is None and not self._calls.wants_loop:
                    self._turn()
                if self.outcome is None:
                    self._run_loop()
                assert self.outcome is not None
                return self.outcome
        finally:
            self._worker.end()
            self._output.deadline = None

    async def execute_async(self, program: Program) -> Outcome:
        """Runs the spell inside a running event loop (a spell started by a spell)."""
        import asyncio

        try:
            self._loop = asyncio.get_running_loop()
            self._start(program)
            return await self._serve()
        finally:
            self._worker.end()

    def interrupt(self, reason: SpellError) -> None:
        """Stops the spell: asks for a traceback, then kills; the run ends with `reason`."""
        if self._stop is not None or self.outcome is not None:
            return
        self._stop = reason
        self._kill_at = (self._signals.at or monotonic()) + self.grace
        self._output.deadline = self._kill_at
        self._watch_until(self._kill_at, reason)
        self._send(protocol.INTERRUPT, 0, b"")
        self._worker.interrupt()
        self._calls.interrupt()
        self._wake()  # to wait no longer than until it is killed
        if self.on_interrupt is not None:
            self.on_interrupt()

    @property
    def is_stopping(self) -> bool:
        """Whether an interrupt is under way."""
        return self._stop is not None

    def settle(self, error: SpellError) -> SpellError:
        """Returns what an interrupted piece of a conversation was interrupted for."""
        return _ends.failure(error, self._session, self._stop)

    async def printed(self) -> None:
        """Waits until what the spell has printed so far is written."""
        await self._prints.finish()

    def renew(self, seconds: float) -> None:
        """Goes on after a piece of a conversation: a stop that was answered is past.

        seconds: until the next time limit; infinity is none
        """
        if self.outcome is None:
            self._stop = self._kill_at = None
            self.clock.set(seconds)
            self._output.deadline = None
            self._wake()

    def _start(self, program: Program) -> None:
        limits, spell = self._session.limits, self._session.spell
        self._output.deadline = self.clock.deadline
        config = json.dumps(
            {
                "source": program.source,
                "name": program.name,
                "form": program.form,
                "memory": limits.memory,
                "cpu": min(limits.cpu, self._session.left("cpu")),
                **program.options,
            }
        ).encode()
        self._is_debugged = "debug" in program.options
        self._calls.is_conversation = program.form == "repl"
        values = self._codec.encode(
            {
                "params": self._session.params,
                "args": list(program.args),
                "spell": {"name": spell.name, "description": spell.description},
            }
        )
        self._send(protocol.START, 0, len(config).to_bytes(4, "little") + config + values)

    # -- without an event loop

    def _turn(self) -> None:
        """Waits for the socket, handles what came, and looks at the clock."""
        fd = self._worker.fd
        # A spell in a loop of calls asks again within microseconds: sooner than a sleep would end.
        if not self._sending and any(self._read() for _ in range(SPINS)):
            self._handle_frames()
            self._look_at_clock()
            return
        # A signal is only noted: come back often enough to act on it.
        wait = min(self._until_next(), 0.05)
        readable, writable, _ = select.select([fd], [fd] if self._sending else [], [], wait)
        if writable:
            self._flush()
        if readable:
            self._read()
        self._handle_frames()
        self._look_at_clock()

    def _run_loop(self) -> None:
        import asyncio

        # Not asyncio.run: it waits for threads, and one may be blocked on a terminal for ever.
        self._loop = loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(self._serve())
        finally:
            loop.run_until_complete(close_all(self._session, self._time_to_close))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def _on_signal(self, now: float) -> None:
        # The run may be anywhere, even in a write that waits: this only notes things.
        self._output.deadline = now + GRACE
        self._watch_until(now + GRACE, Cancelled("interrupted"))
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _watch_until(self, at: float, error: SpellError) -> None:
        if self._watch is not None:
            self._watch.set(at + 2 * ENDING, error)

    def _time_to_close(self) -> float:
        if self._kill_at is None:
            return CLOSING
        return max(0.0, self._kill_at + ENDING - monotonic())

    # -- with an event loop

    async def _serve(self) -> Outcome:
        import asyncio

        assert self._loop is not None
        self._wakened = asyncio.Event()
        self._listen(True)
        try:
            self._calls.begin(self._loop)
            self._prints.begin(self._loop, self._listen)
            self._handle_frames()
            self._flush()
            while self.outcome is None:
                self._wakened.clear()
                self._look_at_clock()  # first: a signal may have come before there was a loop
                left = self._until_next()
                try:
                    await asyncio.wait_for(self._wakened.wait(), None if left == math.inf else left)
                except TimeoutError:
                    pass
            await self._prints.finish()
            return self.outcome
        finally:
            self._listen(False)
            self._await_room(False)
            await self._calls.end(self._time_to_close())

    def _listen(self, on: bool) -> None:
        """Starts or stops reading: a worker whose prints nobody takes has to wait."""
        assert self._loop is not None
        if on and self.outcome is None:
            self._loop.add_reader(self._worker.fd, self._on_readable)
        elif not on:
            self._loop.remove_reader(self._worker.fd)

    def _on_readable(self) -> None:
        self._read()
        self._handle_frames()
        self._flush()

    def _wake(self) -> None:
        if self._wakened is not None:
            self._wakened.set()

    # -- the socket

    def _send(self, kind: int, id: int, payload: bytes) -> None:
        self._sending += pack(kind, id, payload)
        self._flush()
        self._calls.check_unsent(len(self._sending))

    def _flush(self) -> None:
        while self._sending:
            try:
                count = os.write(self._worker.fd, self._sending[:READ])
            except BlockingIOError:
                break
            except OSError:
                # The worker is gone; reading tells how.
                self._sending.clear()
                break
            del self._sending[:count]
        self._await_room(bool(self._sending))

    def _await_room(self, wanted: bool) -> None:
        """Starts or stops waiting until the socket takes more."""
        if wanted == self._awaits_room or self._loop is None or self._loop.is_closed():
            return
        self._awaits_room = wanted
        if wanted:
            self._loop.add_writer(self._worker.fd, self._flush)
        else:
            self._loop.remove_writer(self._worker.fd)

    def _read(self) -> bool:
        """Takes what the worker sent; tells whether there was anything, its end included."""
        try:
            data = os.read(self._worker.fd, READ)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._handle_frames()
            self._finish(_ends.death(self._worker, self._session, self._stop))
            return True
        try:
            self._frames.extend(self._decoder.feed(data))
        except ProtocolError as error:
            self._finish(Outcome(error=WorkerCrashed(f"the worker sent a broken frame: {error}")))
        return True

    # -- the clock

    def _until_next(self) -> float:
        at = self.clock.deadline if self._kill_at is None else self._kill_at
        return max(0.0, at - monotonic())

    def _look_at_clock(self) -> None:
        now = monotonic()
        if self._kill_at is not None and now >= self._kill_at:
            self._worker.kill()
            self._finish(Outcome(error=self._stop))
        elif self._signals.at is not None:
            self.interrupt(Cancelled("interrupted"))
        elif self._stop is None and now >= self.clock.deadline:
            self.interrupt(time_limit(self._session.limits))

    # -- frames

    def _handle_frames(self) -> None:
        try:
            while self._frames and self.outcome is None and not self._calls.wants_loop:
                self._handle(self._frames.popleft())
        except InvalidArgument as error:
            self._finish(Outcome(error=WorkerCrashed(f"the worker broke the rules: {error}")))
        except OutputClosed as closed:
            self._output_failed(closed)

    def _handle(self, frame: Frame) -> None:
        kind, payload = frame.kind, frame.payload
        if kind == protocol.PRINT:
            self._prints.print(payload)
        elif kind == protocol.DONE:
            value = None if self._stop else self._codec.decode(payload)
            self._finish(Outcome(value=value, error=self._stop))
        elif kind == protocol.FAIL:
            self._finish(Outcome(error=self.settle(from_map(self._codec.decode(payload)))))
        elif kind == protocol.EXIT:
            self._finish(Outcome(exit_code=min(frame.id, 255)))
        elif kind == protocol.BROKEN:
            trace = payload.decode("utf-8", "replace")
            self._finish(Outcome(error=_ends.broken(trace, self._session)))
        elif kind == protocol.ANSWER:
            self.talk.answered(frame.id, payload)
        elif kind == protocol.EVENT:
            self._happened(self.talk.happened(payload))
        elif kind != protocol.READY:
            if kind == protocol.NOTE:
                self._prints.count(len(payload))
            self._calls.handle(frame, self._stop)

    def _happened(self, event: dict[str, Any]) -> None:
        if not self._is_debugged:
            return
        from bridges._pauses import Pauses

        pauses: Pauses = self._session.shared(Pauses)
        if event["event"] == "stopped":
            self.clock.pause()
            pauses.hold()
            self._output.deadline = None
        elif event["event"] == "continued":
            self.clock.go_on()
            pauses.go_on()
            self._output.deadline = self._kill_at or self.clock.deadline
        self._wake()

    def _output_failed(self, closed: OutputClosed) -> None:
        self._finish(Outcome(error=output_failed(closed)))

    def _finish(self, outcome: Outcome) -> None:
        if self.outcome is None:
            self.outcome = outcome
            error = outcome.error
            self._session.failure = error
            usual = 0 if error is None else error.exit_code
            self._session.exit_code = usual if outcome.exit_code is None else outcome.exit_code
            self.talk.end(outcome.error)
        self._wake()
