"""The JavaScript engine inside a worker: boot, the event loop, and what scripts ask of it."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable

from engines import _protocol as protocol
from engines._channel import CPU, STOP, Channel, HostGone
from engines.javascript import _faults
from engines.javascript._errors import Errors
from engines.javascript._modules import Modules
from engines.javascript._nouns import read_nouns
from engines.javascript._program import Program, compile_program, has_value
from engines.javascript._quickjs import QuickJS, Thrown, load_extension, stack_size
from engines.javascript._sources import BOOT, DEBUG_PARTS, PARTS, REPL_PARTS, part, read
from engines.javascript._syntax import Parser
from engines.javascript._work import Work
from engines.javascript.operations import Message, Op, constants

TYPE_CHECKING = False  # importing typing would cost a worker a sixth of its start
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from engines.javascript._debugger import Debugger
    from engines.javascript._profiler import Profiler
    from engines.javascript._repl import Session

_PRINT = b"[%d]" % Op.PRINT
_LAST_WORDS = frozenset((b"[%d]" % Op.FAIL, b"[%d]" % Op.TRACE))
FIRST_BLOCKING_ID = 1 << 31
"""Calls that block are numbered by Python from here, the others by the boot code from 1."""


class Engine:
    """One QuickJS context running one spell.

    version: what `llmspell info` shows
    work: what the spell waits for
    trace: the stack of where it was last seen to compute or wait
    """

    def __init__(self, channel: Channel, api: dict[str, Any]) -> None:
        self._channel = channel
        self._parts = {name: part(name) for name in PARTS}
        extension = load_extension()
        acorn = read("vendor", "acorn", "acorn.min.js")
        self._parser = Parser(extension, acorn, self._parts["syntax"])
        self._ids = itertools.count(FIRST_BLOCKING_ID)
        self._modules = Modules(channel, self._ids.__next__)
        self.errors = Errors(self._modules, self._parser, lambda: self._engine.has_been_full)
        self.work = Work()
        self._nouns = read_nouns(api)
        self._program: Program | None = None
        self._config: dict[str, Any] = {}
        self._values = b""
        self._value: bytes | None = None
        self.trace = ""
        self._session: Session | None = None
        self._debugger: Debugger | None = None
        self._profiler: Profiler | None = None
        self._defect: BaseException | None = None
        self._stopping = False
        self._ctx: Any = None
        self.loader = self._modules
        self._ops: dict[int, Callable[..., bytes | None]] = {
            op: getattr(self, name) for op in Op if hasattr(self, name := f"_on_{op.name.lower()}")
        }
        self._stack = stack_size()
        self._engine = QuickJS(extension, self)
        self.version = f"QuickJS-NG {self._engine.version}"
        self._boot()

    def _boot(self) -> None:
        source = b"".join(read("boot", f"{name}.js") for name in BOOT)
        error_writer = next(
            (f["number"] for f in self._describe("Spell")["functions"] if f["key"] == "writeError"),
            None,
        )
        setup = {"names": list(self._nouns), "writeError": error_writer}
        code = b"(function () { 'use strict'; %s\n%s\n})()" % (constants().encode(), source)
        engine = self._engine
        engine.limit(1 << 30, self._stack)
        engine.evaluate(code, json.dumps(setup).encode())
        self._receive = engine.take_global(b"receive")
        self._where = engine.take_global(b"whereNow")

    def prepare(self, config: dict[str, Any]) -> None:
        """Reads what only some runs need, while files can be read; comes before `run`.

        config: see docs/protocol.md
        """
        if config["form"] == "repl":
            from engines.javascript._pieces import Reader
            from engines.javascript._repl import Session

            self._parts.update((name, part(name)) for name in REPL_PARTS)
            reader = Reader(self._parser, part("rewrite"), self._modules)
            self._session = Session(self, self._channel, self._engine, reader)
            self._ops.update(self._session.ops)
        if "debug" in config:
            from engines.javascript._debugger import Debugger

            self._parts.update((name, part(name)) for name in DEBUG_PARTS)
            ends = self._channel, self._engine, self._parser
            self._debugger = Debugger(self, *ends, part("instrument"))
            self._modules.write = self._debugger.write
            self._ops[Op.DEBUG] = self._debugger.asked
        if "profile" in config:
            from engines.javascript._profiler import Profiler

            self._profiler = Profiler(self, self._channel, config["name"])
            self._channel = self._profiler.channel

    # -- the run

    def run(self, config: dict[str, Any], values: bytes) -> None:
        """Runs the spell to its end, which ends the process.

        config: see docs/protocol.md
        values: the codec's {params, args, spell}
        """
        self._config = config
        self._values = values
        self._modules.main = config["name"]
        self._engine.limit(config["memory"], self._stack)
        self._engine.on_poll(self._turn)
        self._engine.track_rejections()
        # The whole run is one evaluation: at both ends of each the C code collects the whole heap.
        names = "receive", "whereNow", "serve"
        forget = "".join(f"delete globalThis.{name};" for name in names)
        try:
            self._engine.evaluate(b"{ const start = serve; %s start() }" % forget.encode(), b"null")
        except self._engine.error as error:
            if self._defect is None:  # no memory to start with
                self.fail(_faults.from_text(str(error)))
        raise self._defect or RuntimeError("the script engine gave up")

    def _on_serve(self, payload: bytes) -> NoReturn:
        if self._debugger is not None:
            self.tell(Message.DEBUGGED)
            self._debugger.begin(self._config, self._stack)
        self.tell(Message.START, 0, self._values)
        if self._session is not None:
            self._session.serve(self._config["memory"], self._stack)
        while True:
            self._turn()
            if self._debugger is not None:
                self._debugger.rest()
            if not self.work:
                self._finish()
            for frame in self._channel.receive_all(self.work.timers.wait()):
                self.take(frame)
            for number in self.work.timers.take_due():
                self.work.course = self.work.courses.pop(number, 0)
                self.tell(Message.TIMER_DUE, number)

    def take(self, frame: protocol.Frame) -> None:
        """Handles a frame from the host."""
        kind, id, body = frame
        self.work.course = id if kind == protocol.CALLBACK else 0
        if kind == protocol.INTERRUPT:
            self._stopping = True
            self.tell(Message.WAITING)
            self.stop(self.trace)
        elif kind == protocol.RESULT and id == self.work.settling:
            self.work.settled(body[1:] == b"false")
        elif kind == protocol.RESULT and id in self.work.calls:
            self.work.course = self.work.calls.pop(id)
            self.tell(Message.RESULT, id, body[1:], body[0])
        elif kind == protocol.CALLBACK:
            self.work.callbacks.add(id)
            self.tell(Message.CALLBACK, id, body)
        elif kind == protocol.ABANDON:
            self.work.callbacks.discard(id)
            self.tell(Message.ABANDON, id)
        elif kind == protocol.COMMAND and self._debugger is not None:
            self._debugger.take(frame)

    def tell(self, kind: Message, id: int = 0, body: bytes = b"", status: int = 0) -> None:
        """Calls the boot code and then runs what that made ready."""
        numbers = (kind, id, int(b"\\u0000" in body), status)
        try:
            self._engine.call(self._receive, numbers, body)
            self._engine.run_jobs()
        except Thrown:
            if self._session is not None:
                self._session.lose()
                return
            if self._stopping:
                self.stop(self.trace)
            # Everything a script can throw is caught nearer: this is the engine without memory.
            self.fail(_faults.out_of_memory())

    def _finish(self) -> None:
        if self._engine.has_rejections:
            self.tell(Message.REJECTED)
        if self.work.settles(self._channel, self._ids):
            return
        if self._value is None:
            self.fail(_faults.endless_wait())
        self._end(protocol.DONE, 0, self._value)

    def _end(self, kind: int, id: int, payload: bytes) -> NoReturn:
        # Destroying a suspended context corrupts its heap: the process ends here.
        try:
            self._channel.send(kind, id, payload)
            self._channel.flush()
        except HostGone:
            os._exit(1)
        os._exit(0)

    def fail(self, error: dict[str, Any]) -> NoReturn:
        """Ends the run, and the process, with an error map."""
        text = json.dumps(error, ensure_ascii=False)
        self._end(protocol.FAIL, 0, text.encode("utf-8", "replace"))

    # -- interrupts

    def _turn(self) -> bool:
        """Called now and then while a script computes; sends on what it has printed.

        Returns whether the engine shall throw: that tells the line of a loop that calls nothing.
        """
        try:
            if self._session is not None and self._channel.interrupted != CPU:
                self._channel.flush()
                return self._session.must_throw(self._channel.interrupted == STOP)
            if self._channel.interrupted:
                if self._stopping or not self._must_throw():
                    self.stop(self.trace)
                return True
            self._channel.flush()
            if self._profiler is not None:
                self._profiler.look()
            return self._debugger is not None and self._debugger.poll()
        except HostGone:
            os._exit(1)

    def _must_throw(self) -> bool:
        self._stopping = True
        self.note_place()
        return _faults.NO_LINE in self.trace

    def note_place(self) -> None:
        """Has `trace` say where the script computes."""
        try:
            self._engine.call(self._where)
        except Thrown:
            pass  # no stack or memory left to say where

    def stop(self, stack: str) -> NoReturn:
        """Ends the run of an interrupted spell; nothing of the script runs any more."""
        reason = self._channel.interrupted or "stop"
        self.fail(_faults.interrupted(reason, stack))

    # -- what the C code calls

    def _check_exported_function_exists(self, name: bytes) -> bool:
        return True

    def _normalize_module(self, importer: str, name: str) -> str:
        try:
            return self._modules.name_for_engine(importer, name)
        except BaseException as defect:  # noqa: BLE001 - the C code would tell the script of it
            self._keep(defect)
            return "?"

    def _call_python(self, payload: bytes, arguments: bytes) -> bytes | None:
        if self._defect is not None:
            return None
        try:
            if self._stopping and arguments not in _LAST_WORDS:
                self.stop(self.trace)
            if arguments == _PRINT:
                self._channel.print(payload)
                return None
            op, *rest = json.loads(arguments)
            answer: bytes | None = self._ops[op](payload, *rest)
            return answer
        except BaseException as defect:  # noqa: BLE001 - the C code would tell the script of it
            self._keep(defect)
            return None

    def _keep(self, defect: BaseException) -> None:
        if isinstance(defect, HostGone):
            os._exit(1)
        if isinstance(defect, MemoryError):
            self.fail(_faults.out_of_memory())
        self._defect = self._defect or defect

    # -- operations of the boot code, named as in `Op`

    def _on_call_now(self, payload: bytes) -> bytes:
        self.work.place(self._channel, payload)
        answer = self._channel.ask(protocol.CALL, next(self._ids), payload)
        value = answer[1:]
        is_marked = b"true" if b"\\u0000" in value else b"false"
        return b"[%d,%s,%s]" % (answer[0], is_marked, value)

    def _on_call_later(self, payload: bytes, id: int) -> None:
        self.work.send(self._channel, protocol.CALL, id, payload)

    def _on_call_note(self, payload: bytes) -> None:
        self.work.send(self._channel, protocol.NOTE, 0, payload)

    def _on_print(self, payload: bytes, text: str | None = None) -> None:
        self._channel.print(payload if text is None else text.encode("utf-8", "replace"))

    def _on_cancel(self, payload: bytes, id: int) -> None:
        self.work.calls.pop(id, None)
        self._channel.send(protocol.CANCEL, id, b"")

    def _on_return(self, payload: bytes, id: int, status: int) -> None:
        self.work.callbacks.discard(id)
        if status:
            payload = json.dumps(self.errors.map(payload), ensure_ascii=False).encode()
        self._channel.send(protocol.RETURN, id, bytes((status,)) + payload)

    def _on_timer(self, payload: bytes, id: int, milliseconds: float) -> bytes:
        return b"true" if self.work.start_timer(id, milliseconds) else b"false"

    def _on_stop_timer(self, payload: bytes, id: int) -> None:
        self.work.stop_timer(id)

    def _on_done(self, payload: bytes) -> None:
        program = self._program
        assert program is not None
        if program.kind == "script" and payload != b"null":
            payload = payload if has_value(self._parser, program.source) else b"null"
        self._value = payload

    def _on_fail(self, payload: bytes) -> None:
        if self._stopping:
            self.stop(json.loads(payload).get("stack") or self.trace)
        error = self.errors.map(payload)
        if self._session is None:
            self.fail(error)
        self._session.tell_failure(error)

    def _on_exit(self, payload: bytes, code: int) -> None:
        self._end(protocol.EXIT, code, b"")

    def _on_program(self, payload: bytes) -> bytes:
        if self._session is not None:
            return b'{"kind":"session","id":"repl"}'
        name = self._config["name"]
        program = compile_program(
            self._engine, self._parser, self._config["source"], name, self._config["form"]
        )
        self._program = program
        self._modules.add(name, program.source)
        if self._config["form"] == "check" and program.kind != "error":
            self._end_check(program)
        if self._debugger is not None:
            program = self._debugger.program(program, name)
        if program.compiled is None:
            return json.dumps({"kind": "module", "id": name}).encode()
        try:
            if program.kind == "error":
                raise Thrown(program.compiled)
            self._engine.give(self._engine.run(program.compiled))
            return json.dumps({"kind": program.kind}).encode()
        except Thrown as thrown:
            self._engine.give(thrown.value)
            return b'{"kind":"thrown"}'

    def _end_check(self, program: Program) -> NoReturn:
        """Ends a run that looks for syntax errors only."""
        # Compiling a module would load what it imports, and nobody answers that here.
        is_module = program.kind == "module"
        if is_module and (fault := self._parser.fault(program.source, module=True)) is not None:
            self.fail(_faults.syntax_error(fault, self._config["name"]))
        self._end(protocol.DONE, 0, b"null")

    def _on_require(self, payload: bytes, importer: str) -> bytes:
        found = self._modules.require(self._engine, payload.decode("utf-8", "replace"), importer)
        return json.dumps(found).encode()

    def _on_part(self, payload: bytes) -> None:
        source = self._parts[payload.decode()]
        self._engine.give(self._engine.run(self._engine.compile(source, "<llmspell>", 0)))

    def _on_noun(self, payload: bytes) -> bytes:
        return json.dumps(self._describe(payload.decode())).encode()

    def _on_reason(self, payload: bytes) -> None:
        self._engine.give(self._engine.take_rejection())

    def _on_look(self, payload: bytes) -> bytes:
        return b"%d" % self._engine.look(b"dukpy")

    def _on_trace(self, payload: bytes) -> None:
        self.trace = payload.decode("utf-8", "replace")

    def _describe(self, noun: str) -> dict[str, Any]:
        return self._nouns.get(noun) or {"functions": [], "methods": [], "engine": False}
