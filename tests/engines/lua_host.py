"""A small host for the Lua engine's tests: starts a worker and answers its calls."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lupa
import msgpack

from engines import _protocol as p
from tests.engines.early import interrupts_wait
from tests.engines.hearing import received

HERE = Path(__file__).resolve().parent
FOLDERS = [str(HERE.parent.parent), str(Path(lupa.__file__).parent.parent)]


def function(number: int, name: str, kind: str, params: str = "") -> dict[str, Any]:
    """Returns one function's declaration as in api.json, as far as the engine reads it."""
    return {
        "number": number,
        "name": name,
        "kind": kind,
        "params": [{"name": n} for n in params.split()],
    }


API: dict[str, Any] = {
    "globals": [
        {
            "name": "Host",
            "functions": [
                function(0, "same", "sync", "value"),
                function(1, "later", "async", "value seconds"),
                function(2, "fail", "sync", "code"),
                function(3, "fail_later", "async", "code"),
                function(4, "apply", "async", "action value"),
                function(5, "note", "note", "value"),
                function(6, "open", "sync", "options"),
                function(7, "never", "async", ""),
                function(8, "blob", "sync", "size"),
                function(9, "letters", "stream", "text"),
                function(10, "apply_briefly", "async", "action"),
            ],
        },
        {
            "name": "Async",
            "functions": [
                function(-1, name, "engine")
                for name in ("all", "map", "race", "sleep", "spawn", "timeout")
            ],
        },
        {
            "name": "Stdin",
            "functions": [function(20, "read_line", "async"), function(21, "read", "async")],
        },
        {"name": "Spell", "functions": [function(22, "write_error", "note", "text")]},
        {"name": "JSON", "functions": [function(23, "encode", "sync", "value")]},
    ],
    "objects": [
        {
            "name": "Agent",
            "functions": [
                function(30, "run", "async", "input options"),
                function(31, "letters", "stream", "text"),
            ],
        },
        {
            "name": "Stream",
            "functions": [
                function(40, "next", "async"),
                function(41, "result", "async"),
                function(42, "close", "async"),
            ],
        },
    ],
    "records": [{"name": "AgentResult", "text": True}, {"name": "Plain", "text": False}],
}


ENDS = {p.DONE: "done", p.FAIL: "fail", p.EXIT: "exit", p.BROKEN: "broken"}


class Failure(Exception):
    """An error of the host, as an error map."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(fields.get("message"))
        self.fields = fields


def ext(kind: int, value: Any) -> msgpack.ExtType:
    """Returns a host object (1) or a text record (3) for the wire."""
    return msgpack.ExtType(kind, msgpack.packb(value, default=None))


def unpack(data: bytes) -> Any:
    """Decodes a value; extension types stay as msgpack.ExtType, records become maps."""

    def hook(kind: int, body: bytes) -> Any:
        if kind == 2:
            return ("function", int.from_bytes(body, "big"))
        name, what = unpack(body)
        return ("object", name, what) if kind == 1 else {"record": name, **what}

    return msgpack.unpackb(data, ext_hook=hook, strict_map_key=False)


@dataclass
class Outcome:
    """How a run ended and what it did on the way."""

    end: str = "crash"
    value: Any = None
    exit_code: int = 0
    printed: bytes = b""
    notes: list[Any] = field(default_factory=list)
    calls: list[Any] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    errors: bytes = b""
    code: int = 0
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """What the spell printed."""
        return self.printed.decode("utf-8", "replace")

    @property
    def where(self) -> list[str]:
        """The error's traceback as `file:line` texts."""
        return [f"{f['file']}:{f['line']}" for f in self.value["traceback"]]


class Run:
    """One worker and its conversation."""

    def __init__(self, modules: dict[str, str], interrupt_after: float | None, quiet: bool) -> None:
        self.environment: dict[str, str] = {}
        self.modules = modules
        self.interrupt_after = interrupt_after
        self.quiet = quiet
        self.outcome = Outcome()
        self.lock = threading.Lock()
        self.callbacks: dict[int, Callable[[int, bytes], None]] = {}
        self.next_callback = 0
        self.streams: dict[int, list[str]] = {}
        self.closed: list[int] = []
        self.applied: dict[int, int] = {}
        self.lines = ["first", "second 2 0x10", "", "last"]
        self.stopped = False

    # -- the conversation

    def play(self, source: str, config: dict[str, Any], params: Any, hardened: bool) -> Outcome:
        """Runs a spell to its end."""
        ours, theirs = socket.socketpair()
        with tempfile.NamedTemporaryFile("w", suffix=".json") as api:
            json.dump(API, api)
            api.flush()
            with interrupts_wait():
                process = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-B", str(HERE / "lua_worker.py")]
                    + [str(theirs.fileno()), api.name, "yes" if hardened else "no", *FOLDERS],
                    pass_fds=[theirs.fileno()],
                    env=self.environment,
                    stderr=subprocess.PIPE,
                    stdin=subprocess.DEVNULL,
                )
            theirs.close()
            self.socket, self.process = ours, process
            try:
                self._converse(source, config, params)
            finally:
                ours.close()
                process.kill()
                _, self.outcome.errors = process.communicate()
                self.outcome.code = process.returncode
        return self.outcome

    def send(self, kind: int, id: int, payload: bytes) -> None:
        """Sends a frame; used by the threads that answer late."""
        with self.lock:
            try:
                self.socket.sendall(p.pack(kind, id, payload))
            except OSError:
                self.stopped = True

    def _converse(self, source: str, config: dict[str, Any], params: Any) -> None:
        decoder = p.Decoder()
        deadline = time.monotonic() + config.pop("deadline")
        started = time.monotonic()
        while True:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = received(self.socket)
            except TimeoutError:
                break
            if not data:
                break
            for frame in decoder.feed(data):
                if frame.kind == p.READY:
                    started = time.monotonic()
                    self._start(source, config, params)
                elif self._take(frame):
                    self.outcome.seconds = time.monotonic() - started
                    return
        self.outcome.seconds = time.monotonic() - started
        self.stopped = True

    def _start(self, source: str, config: dict[str, Any], params: Any) -> None:
        head = json.dumps({"source": source, **config}).encode()
        values = msgpack.packb({"params": params, "args": ["one", "two"], "spell": {}})
        self.send(p.START, 0, len(head).to_bytes(4, "little") + head + values)
        if self.interrupt_after == 0:
            self.interrupt()
        elif self.interrupt_after is not None:
            threading.Timer(self.interrupt_after, self.interrupt).start()

    def interrupt(self) -> None:
        """Stops the spell as the host does: a frame and a signal."""
        if not self.stopped:
            if not self.quiet:
                self.send(p.INTERRUPT, 0, b"")
            self.process.send_signal(p.INTERRUPT_SIGNAL)

    def _take(self, frame: p.Frame) -> bool:
        out, kind, id, payload = self.outcome, *frame
        if kind == p.PRINT:
            out.printed = (out.printed + payload)[-1_000_000:]
        elif kind in (p.CALL, p.NOTE):
            self._called(kind, id, payload)
        elif kind == p.CANCEL:
            out.cancelled.append(id)
            if id in self.applied:
                self.send(p.ABANDON, self.applied[id], b"")
        elif kind == p.RETURN:
            self.callbacks.pop(id)(payload[0], payload[1:])
        elif kind == p.MODULE:
            self._module(id, payload.decode())
        elif kind == p.SETTLE:
            self._value(id, False)
        elif kind != p.WITHIN:
            out.end = ENDS[kind]
            out.value = payload if kind in (p.EXIT, p.BROKEN) else unpack(payload)
            out.exit_code = id
            return True
        return False

    def _module(self, id: int, wanted: str) -> None:
        self.outcome.calls.append(("module", *wanted.split("\0")))
        name = wanted.split("\0")[1]
        if name in self.modules:
            path = name.replace(".", "/") + ".lua"
            self.send(p.RESULT, id, b"\0" + f"{path}\0{self.modules[name]}".encode())
        else:
            self._error(id, {"code": "not_found", "message": f"no module {name!r}"})

    def _error(self, id: int, fields: dict[str, Any]) -> None:
        self.send(p.RESULT, id, b"\1" + msgpack.packb(fields))

    def _value(self, id: int, value: Any) -> None:
        self.send(p.RESULT, id, b"\0" + msgpack.packb(value))

    def call_back(self, ref: Any, arguments: list[Any], done: Callable[[int, bytes], None]) -> int:
        """Calls a script function; `done` gets the status and the answer."""
        self.next_callback += 1
        self.callbacks[self.next_callback] = done
        self.send(p.CALLBACK, self.next_callback, msgpack.packb([ref[1], arguments]))
        return self.next_callback

    # -- the functions

    def _called(self, kind: int, id: int, payload: bytes) -> None:
        number, arguments = unpack(payload)
        self.outcome.calls.append((number, arguments))
        if kind == p.NOTE:
            self.outcome.notes.append(arguments[0])
            return
        try:
            self.answers[number](self, id, *arguments)
        except Failure as failure:
            self._error(id, failure.fields)

    def _same(self, id: int, value: Any = None) -> None:
        self.send(p.RESULT, id, b"\0" + repack(value))

    def _later(self, id: int, value: Any = None, seconds: float = 0.0) -> None:
        if seconds:
            threading.Timer(seconds, self._same, (id, value)).start()
        else:
            self._same(id, value)

    def _fail(self, id: int, code: str = "internal") -> None:
        raise Failure(code=code, message="it failed", hint="try", retryable=True, details={"n": 1})

    def _apply(self, id: int, action: Any, value: Any = None) -> None:
        def done(status: int, payload: bytes) -> None:
            self.send(p.RESULT, id, bytes([status]) + payload)

        if not isinstance(action, tuple):
            raise Failure(code="invalid_argument", message="action must be a function")
        self.applied[id] = self.call_back(action, [value], done)

    def _apply_briefly(self, id: int, action: Any) -> None:
        callback = self.call_back(action, [], lambda status, payload: None)

        def give_up() -> None:
            self.send(p.ABANDON, callback, b"")
            self._error(id, {"code": "timeout", "message": "given up"})

        threading.Timer(0.5, give_up).start()

    def _open(self, id: int, options: Any = None) -> None:
        self.send(p.RESULT, id, b"\0" + msgpack.packb(ext(1, ["Agent", 7])))

    def _never(self, id: int) -> None:
        pass

    def _blob(self, id: int, size: int) -> None:
        self._value(id, "x" * size)

    def _letters(self, id: int, text: str) -> None:
        self.streams[id] = list(text)
        self.send(p.RESULT, id, b"\0" + msgpack.packb(ext(1, ["Stream", id])))

    def _read_line(self, id: int) -> None:
        self._value(id, self.lines.pop(0) if self.lines else None)

    def _read(self, id: int) -> None:
        rest, self.lines = "".join(line + "\n" for line in self.lines), []
        self._value(id, rest)

    def _encode(self, id: int, value: Any = None) -> None:
        self._value(id, json.dumps(value))

    def _agent_run(self, id: int, agent: Any, input: Any, options: Any = None) -> None:
        fields = {"text": f"re: {input}", "steps": 1, "me": list(agent)}
        self.send(p.RESULT, id, b"\0" + msgpack.packb(ext(3, ["AgentResult", fields])))

    def _agent_letters(self, id: int, agent: Any, text: str) -> None:
        self._letters(id, text)

    def _next(self, id: int, stream: Any) -> None:
        items = self.streams[stream[2]]
        batch = [items.pop(0) for _ in range(min(2, len(items)))]
        if "!" in batch:
            raise Failure(code="provider_error", message="the stream broke")
        self._value(id, {"items": batch, "done": not batch})

    def _result(self, id: int, stream: Any) -> None:
        self._value(id, {"whole": True})

    def _close(self, id: int, stream: Any) -> None:
        self.closed.append(stream[2])
        self._value(id, None)

    answers: dict[int, Callable[..., None]] = {
        **{0: _same, 1: _later, 2: _fail, 3: _fail, 4: _apply, 6: _open, 7: _never, 8: _blob},
        10: _apply_briefly,
        **{9: _letters, 20: _read_line, 21: _read, 23: _encode, 30: _agent_run},
        **{31: _agent_letters, 40: _next, 41: _result, 42: _close},
    }


def repack(value: Any) -> bytes:
    """Encodes a decoded value again; what `unpack` made of extension types goes back as such."""

    def restored(found: Any) -> Any:
        if isinstance(found, tuple) and found[0] == "function":
            return msgpack.ExtType(2, found[1].to_bytes(4, "big"))
        if isinstance(found, tuple):
            return ext(1, list(found[1:]))
        if isinstance(found, dict):
            return {key: restored(item) for key, item in found.items()}
        return [restored(item) for item in found] if isinstance(found, list) else found

    return bytes(msgpack.packb(restored(value)))


def cast(
    source: str,
    *,
    params: Any = None,
    modules: dict[str, str] | None = None,
    interrupt_after: float | None = None,
    quiet: bool = False,
    hardened: bool = False,
    environment: dict[str, str] | None = None,
    **config: Any,
) -> Outcome:
    """Runs a spell in a worker of its own.

    interrupt_after: seconds until the host interrupts it; at 0 it has not begun yet
    quiet: interrupt by signal only
    config: `name`, `form`, `memory`, `cpu`, `deadline` (seconds until it is killed)
    """
    settings = {"name": "spell.lua", "form": "file", "memory": 64 << 20, "cpu": 20, "deadline": 100}
    run = Run(modules or {}, interrupt_after, quiet)
    run.environment = environment or {}
    return run.play(source, {**settings, **config}, params or {}, hardened)
