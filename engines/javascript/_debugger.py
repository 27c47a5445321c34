"""The debugger in a worker: has sources instrumented, takes commands, waits while stopped."""

from __future__ import annotations

import json
from time import monotonic

from engines import _protocol as protocol
from engines.javascript._modules import STANDARD
from engines.javascript._program import Program
from engines.javascript._quickjs import AWAITS, STRICT, Thrown, Value
from engines.javascript.operations import Debug, Enter

TYPE_CHECKING = False  # importing typing would cost a worker a sixth of its start
if TYPE_CHECKING:
    from typing import Any

    from engines._channel import Channel
    from engines.javascript._quickjs import QuickJS
    from engines.javascript._syntax import Parser
    from engines.javascript.worker import Engine

PATIENCE = 5.0
"""Seconds that a condition or an expression of the user's may run."""
POLLS = 3
"""How often the host is looked to before a spell that shall pause is stopped between statements."""
MAX_TEXT = 20_000
"""Characters of an error's message, and of its details."""
ROOM = 16 * 1024 * 1024
"""Bytes of memory that a spell gets on top while it is stopped."""
_SHAPES = {"script": "script", "value": "script", "function": "body", "module": "module"}


class Debugger:
    """Debugs one run. The rules are in parts/debugger.js; this is what blocks and what talks.

    worker: what runs the spell; engine: its QuickJS; parser: acorn
    instrumenter: parts/instrument.js
    """

    def __init__(
        self, worker: Engine, channel: Channel, engine: QuickJS, parser: Parser, instrumenter: bytes
    ) -> None:
        self._worker = worker
        self._channel = channel
        self._engine = engine
        self._parser = parser
        self._instrumenter = instrumenter
        self._files: dict[str, str | None] = {}
        self._points = 0
        self._functions = 0
        self._held: list[protocol.Frame] = []
        self._until: float | None = None
        self._pausing = 0
        self._answering = 0
        self._resumed = False
        self._stopped = False

    def begin(self, config: dict[str, Any], stack: int) -> None:
        """Takes over when parts/debugger.js has run.

        config: START's; stack: bytes that the spell may use
        """
        self._memory, self._stack = config["memory"], stack
        self._enter_function = self._engine.take_global(b"enterDebugger")
        self._enter(Enter.CONFIGURE, json.dumps(config["debug"]).encode())

    # -- sources

    def program(self, program: Program, name: str) -> Program:
        """Returns the program instrumented; as it is where that cannot be."""
        if program.kind == "error":
            return program
        if program.kind == "value" and program.source.lstrip().startswith("{"):
            sources = [f"({program.source}\n)", program.source]
        else:
            sources = [program.source]
        for source in sources:
            written = self.write(name, source, _SHAPES[program.kind])
            if written is not None:
                return self._compiled(program, written, name)
        return program

    def _compiled(self, program: Program, written: str, name: str) -> Program:
        compiled: Value | None = None
        if program.kind == "function":
            written = f"(async () => {{{written}\n}})"
        if program.kind != "module":
            flags = STRICT if program.kind == "function" else AWAITS | STRICT
            compiled = self._engine.compile(written.encode(), name, flags)
        return Program(program.kind, compiled, program.source)

    def write(self, name: str, source: str, shape: str) -> str | None:
        """Returns a source instrumented; None where it shall not or cannot be.

        shape: see parts/instrument.js
        """
        if name.startswith(STANDARD):
            return None
        if self._files.get(name) is None:
            self._files[name] = self._instrument(name, source, shape)
        return self._files[name]

    def _instrument(self, name: str, source: str, shape: str) -> str | None:
        number = len(self._files)
        numbers = {"base": self._points, "first": self._functions}
        request = {"source": source, "shape": shape, **numbers}
        found = self._parser.ask(self._instrumenter, request)
        if found is None:
            found = {"error": "the file is nested too deeply for the debugger"}
        written: str | None = found.pop("source", None)
        file = {"points": [], "functions": [], **found, **numbers, "name": name, "number": number}
        file["text"] = source if written is not None else ""
        self._points += len(file["points"])
        self._functions += len(file["functions"])
        self._enter(Enter.LOAD, json.dumps(file).encode())
        return written

    # -- commands while the spell runs

    def take(self, frame: protocol.Frame) -> None:
        """Obeys a command that came while the spell waits."""
        self._obey(frame)
        self._engine.run_jobs()

    def poll(self) -> bool:
        """Looks for commands while something computes; returns whether that shall be ended."""
        if self._until is not None:
            return self._ends_evaluation(self._channel.take_command(wait=False))
        frame = self._held.pop(0) if self._held else self._channel.take_command(wait=False)
        if frame is not None:
            self._obey(frame)
        elif self._pausing:
            self._pausing -= 1
            if not self._pausing:
                self._enter(Enter.STOP)
        return False

    def _ends_evaluation(self, frame: protocol.Frame | None) -> bool:
        if frame is not None and json.loads(frame.payload).get("op") == "stop_evaluating":
            self._channel.send(protocol.ANSWER, frame.id, b"{}")
            self._until = 0.0
        elif frame is not None:
            self._held.append(frame)
        return self._until is not None and monotonic() >= self._until

    def rest(self) -> None:
        """Stops a spell that shall pause and has nothing to compute."""
        if self._pausing:
            self._pausing = 0
            self._enter(Enter.STOP)
            self._engine.run_jobs()

    def _obey(self, frame: protocol.Frame) -> None:
        self._answering, outer = frame.id, self._answering
        command = json.loads(frame.payload)
        if command.get("op") == "pause" and not self._stopped:
            self._pausing = 1 if "call" in command else POLLS
        if not self._guarded(Enter.COMMAND, frame.payload):
            self._answer({"error": _TOO_LONG})
        self._answering = outer

    def _guarded(self, kind: Enter, body: bytes = b"") -> bool:
        """Has something of the user's run, for PATIENCE seconds at most; tells whether it ended."""
        outer, self._until = self._until, monotonic() + PATIENCE
        try:
            self._enter(kind, body)
        except Thrown as thrown:
            self._engine.free(thrown.value)
            return False
        finally:
            self._until = outer
        return True

    def _enter(self, kind: Enter, body: bytes = b"") -> None:
        self._engine.call(self._enter_function, (kind,), body)

    def _answer(self, answer: dict[str, Any]) -> None:
        text = json.dumps(answer, ensure_ascii=False)
        self._channel.send(protocol.ANSWER, self._answering, text.encode("utf-8", "replace"))

    # -- what parts/debugger.js asks

    def asked(self, payload: bytes, what: int, goes_on: bool = False) -> None:
        """Does what the spell's side asks; see operations.Debug."""
        if what == Debug.DEBUG_EVENT:
            self._channel.send(protocol.EVENT, 0, payload)
        elif what == Debug.DEBUG_STOPPED:
            self._stay(json.loads(payload))
        elif what == Debug.DEBUG_ANSWER:
            self._resumed = goes_on
            self._channel.send(protocol.ANSWER, self._answering, payload)
        elif what == Debug.DEBUG_FAILED:
            self._answer({"error": self._error(payload)})
        else:
            self._guarded(Enter.ACTION)
            # Commands that came meanwhile: a loop that does little else is hardly ever polled.
            while self._held and self._until is None and not self._stopped:
                self._obey(self._held.pop(0))

    def _stay(self, event: dict[str, Any]) -> None:
        """Obeys commands until one lets the spell go on."""
        if "error" in event:
            event["error"] = self._error(json.dumps(event["error"]).encode())
        outer, self._until = self._until, None
        self._pausing = 0
        self._stopped, self._resumed = True, False
        # A spell that stops because nothing is left can still be looked at.
        self._engine.limit(self._memory + ROOM, self._stack + self._stack // 2)
        self._tell(event)
        while not self._resumed:
            frame = self._held.pop(0) if self._held else self._channel.take_command(wait=True)
            if frame is None:
                self._worker.note_place()
                self._worker.stop(self._worker.trace)
            else:
                self._obey(frame)
        self._engine.limit(self._memory, self._stack)
        self._stopped, self._resumed = False, False
        self._until = outer
        self._tell({"event": "continued"})

    def _error(self, payload: bytes) -> dict[str, Any]:
        """Returns the error map of a thrown value, of a size that the host takes."""
        found = self._worker.errors.map(payload)
        found["message"] = found["message"][:MAX_TEXT]
        if len(json.dumps(found.get("details"))) > MAX_TEXT:
            del found["details"]
        return found

    def _tell(self, event: dict[str, Any]) -> None:
        text = json.dumps(event, ensure_ascii=False)
        self._channel.send(protocol.EVENT, 0, text.encode("utf-8", "replace"))


_TOO_LONG = {
    "code": "limit_exceeded",
    "message": "the evaluation was ended: it ran too long or was stopped",
    "retryable": False,
}
