"""The form `repl`: a session that evaluates pieces and lives on after errors and interrupts."""

from __future__ import annotations

import json
from collections.abc import Callable

from engines import _protocol as protocol
from engines._channel import Channel
from engines.javascript import _faults
from engines.javascript._pieces import Piece, Reader
from engines.javascript._quickjs import QuickJS, Thrown
from engines.javascript._syntax import SyntaxFault
from engines.javascript.operations import Message, Op

TYPE_CHECKING = False  # importing typing would cost a worker a sixth of its start
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from engines.javascript.worker import Engine

ROOM = 2 * 1024 * 1024
"""Bytes that a session whose memory ran out gets on top, so that it can give up what fills it."""
MAX_ROOM = 16 * 1024 * 1024
NO_STACK = 1
"""Bytes of stack with which a script can call nothing."""
MAX_FAILURES = 20
"""Failures of background tasks that are told at a time."""


class Session:
    """Answers commands until the host is gone.

    ops: what the boot code may ask it for
    """

    def __init__(self, engine: Engine, channel: Channel, quickjs: QuickJS, reader: Reader) -> None:
        self._engine = engine
        self._channel = channel
        self._quickjs = quickjs
        self._reader = reader
        self._work = engine.work
        self.ops: dict[int, Callable[..., bytes | None]] = {
            Op.RUN: self._run,
            Op.ANSWER: self._pass_on,
            Op.ANSWER_ERROR: self._answer_error,
        }
        self._memory = self._stack = self._room = 0
        self._piece: Piece | None = None
        self._evaluating: int | None = None
        self._asked: int | None = None
        self._cause: dict[str, Any] | None = None
        self._stopping = False
        self._is_full = False
        self._is_lost = False

    # -- the loop

    def serve(self, memory: int, stack: int) -> NoReturn:
        """Serves commands, frames and timers until the host is gone."""
        self._memory, self._stack = memory, stack
        while True:
            self._settle()
            # One by one: an interrupt that is obeyed takes its frame out of the channel.
            frame = self._channel.receive(self._work.timers.wait())
            if frame is not None:
                self._take(frame)
            for number in self._work.timers.take_due():
                self._engine.tell(Message.TIMER_DUE, number)

    def _take(self, frame: protocol.Frame) -> None:
        kind, id, body = frame
        if kind == protocol.COMMAND:
            self._command(id, json.loads(body))
        elif kind == protocol.INTERRUPT:
            self._obey()
        else:
            self._engine.take(frame)

    def _settle(self) -> None:
        """Sees to what the last step has left behind."""
        if self._stopping:
            self._obey()
        elif self._is_lost:
            self._lose()
        elif self._evaluating is not None and not self._work:
            self._end_wait()
        elif self._evaluating is None:
            self._tell_failures()
        if self._is_full:
            self._make_room()

    def _end_wait(self) -> None:
        """Ends an evaluation that waits for nothing, with the error that may be why."""
        # A full heap has no room even for the promise to be rejected.
        is_full = self._quickjs.is_full(self._memory + self._room)
        self._cause = _faults.out_of_memory() if is_full else _faults.endless_wait()
        if self._quickjs.has_rejections:
            self._engine.tell(Message.REJECTED)
        if self._evaluating is not None:
            self._note_fullness(self._cause)
            self._drop(self._cause)
        self._cause = None

    def _tell_failures(self) -> None:
        for _ in range(MAX_FAILURES):
            if not self._quickjs.has_rejections:
                return
            self._engine.tell(Message.REJECTED)
        self._quickjs.forget_rejections()

    # -- commands

    def _command(self, id: int, request: dict[str, Any]) -> None:
        op = request.get("op")
        if op == "evaluate":
            self._evaluate(id, request)
        elif op == "check":
            self._answer(id, self._reader.check(request["source"]))
        elif op in ("members", "variables"):
            self._asked = id
            self._ask(id, request)
            if self._asked is not None:  # interrupted, or without memory
                self._refuse(id, "the engine has no answer")
        else:
            self._refuse(id, f"a REPL has no command {op!r}")

    def _evaluate(self, id: int, request: dict[str, Any]) -> None:
        if self._evaluating is not None:
            self._refuse(id, "a piece is being evaluated")
            return
        name = request["name"]
        piece = self._reader.read(request["source"], name)
        if isinstance(piece, SyntaxFault):
            self._answer(id, {"error": _faults.syntax_error(piece, name)})
            return
        self._piece, self._evaluating = piece, id
        self._engine.trace = ""
        how = {key: request[key] for key in ("depth", "width")}
        expected = {"names": piece.names, "isExpression": piece.is_expression}
        self._ask(id, {"op": "evaluate", **how, **expected})

    def _ask(self, id: int, request: dict[str, Any]) -> None:
        self._engine.tell(Message.COMMAND, id, json.dumps(request).encode())

    def _refuse(self, id: int, message: str) -> None:
        self._answer(id, {"error": {"code": "invalid_argument", "message": message}})

    def _answer(self, id: int, answer: dict[str, Any]) -> None:
        text = json.dumps(answer, ensure_ascii=False)
        self._channel.send(protocol.ANSWER, id, text.encode("utf-8", "replace"))

    # -- what parts/repl.js asks for

    def _run(self, payload: bytes) -> bytes:
        """Runs the piece and gives its promise, or what it threw; says which as JSON."""
        assert self._piece is not None
        piece, self._piece = self._piece, None
        try:
            self._quickjs.give(piece.run(self._quickjs))
            return b"true"
        except Thrown as thrown:
            self._quickjs.give(thrown.value)
            return b"false"

    def _pass_on(self, answer: bytes, id: int) -> None:
        self._note_end(id)
        self._channel.send(protocol.ANSWER, id, answer)

    def _answer_error(self, thrown: bytes, id: int) -> None:
        self._note_end(id)
        error = self._engine.errors.map(thrown)
        self._note_fullness(error)
        self._answer(id, {"error": error})

    def _note_end(self, id: int) -> None:
        self._asked = None
        if id == self._evaluating:
            self._evaluating = None

    def tell_failure(self, error: dict[str, Any]) -> None:
        """Tells of an error that nobody caught in the background."""
        if self._cause is not None:
            self._cause = error
            return
        self._note_fullness(error)
        event = json.dumps({"event": "failed", "error": error}, ensure_ascii=False)
        self._channel.send(protocol.EVENT, 0, event.encode("utf-8", "replace"))

    # -- interrupts and exhaustion

    def _note_fullness(self, error: dict[str, Any]) -> None:
        self._is_full = self._is_full or error.get("details") == {"limit": "memory"}

    def must_throw(self, interrupted: bool) -> bool:
        """Called now and then while a script computes; returns whether it shall throw.

        A script that is stopped throws what it cannot catch, and whatever it calls then fails.
        """
        if interrupted and not self._stopping:
            self._engine.note_place()
            self._stop()
        return self._stopping

    def _stop(self) -> None:
        self._stopping = True
        self._quickjs.limit(self._memory + self._room, NO_STACK)

    def lose(self) -> None:
        """Notes that the boot code itself failed: interrupted, or without memory."""
        self._is_lost = not self._stopping

    def _obey(self) -> None:
        """Does what an interrupt asks for."""
        # First, so that the next one, which is meant for what comes after, is not taken for this.
        self._channel.forget_interrupt()
        if not self._stopping:
            self._engine.tell(Message.WAITING)
        self._drop(_faults.interrupted("stop", self._engine.trace))

    def _drop(self, error: dict[str, Any]) -> None:
        """Ends the evaluation, if there is one, with an error; cancels all that is waited for."""
        if self._evaluating is not None:
            self._answer(self._evaluating, {"error": error})
            self._evaluating = None
        self._work.cancel(self._channel)
        self._channel.flush()
        self._stop()
        self._quickjs.drop_jobs()
        self._quickjs.forget_rejections()
        self._restore()
        self._ask(0, {"op": "drop"})
        if self._is_lost:  # not even that
            self._engine.fail(_faults.out_of_memory())

    def _lose(self) -> None:
        self._is_lost = False
        self._make_room()
        self._drop(_faults.out_of_memory())

    def _restore(self) -> None:
        self._stopping = False
        self._quickjs.limit(self._memory + self._room, self._stack)

    def _make_room(self) -> None:
        self._is_full = False
        self._room = min(self._room + ROOM, MAX_ROOM)
        self._restore()
        self._quickjs.forget_rejections()  # what else failed for want of memory
        self._quickjs.collect()
