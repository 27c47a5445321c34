"""A small host for the JavaScript engine's tests: starts a worker and answers what it asks."""

from __future__ import annotations

import heapq
import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engines import _protocol as protocol
from tests.engines.early import interrupts_wait
from tests.engines.hearing import received

ROOT = Path(__file__).resolve().parent.parent.parent
WORKER = Path(__file__).with_name("javascript_worker.py")
MARK = "\0"


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
                function(0, "same", "sync", "value options"),
                function(1, "later", "async", "value options"),
                function(2, "fail", "sync", "code"),
                function(3, "fail_later", "async", "code"),
                function(4, "apply", "async", "action arguments"),
                function(5, "note", "note", "value"),
                function(6, "count", "stream", "to"),
                function(7, "never", "async", ""),
                function(16, "apply_briefly", "async", "action"),
            ],
        },
        {"name": "Agent", "functions": [function(8, "new", "sync", "options")]},
        {"name": "Spell", "functions": [function(9, "write_error", "note", "text")]},
        {"name": "JSON", "functions": [function(10, "parse", "sync", "text")]},
        {
            "name": "Async",
            "functions": [
                function(-1, name, "engine")
                for name in ("all", "map", "race", "sleep", "spawn", "timeout")
            ],
        },
    ],
    "objects": [
        {
            "name": "Agent",
            "functions": [
                function(11, "run", "async", "input options"),
                function(12, "get_name", "sync"),
            ],
        },
        {
            "name": "Stream",
            "functions": [
                function(13, "next", "async"),
                function(14, "result", "async"),
                function(15, "close", "async"),
            ],
        },
    ],
    "records": [{"name": "AgentResult", "text": True}],
}


@dataclass
class Outcome:
    """How a run ended. kind: the last frame's name, or `dead`."""

    kind: str = "dead"
    value: Any = None
    printed: str = ""
    errors: str = ""
    notes: list[Any] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    calls: int = 0
    calls_before_interrupt: int = 0
    seconds: float = 0.0
    code: int | None = None

    @property
    def message(self) -> str:
        """The error's message."""
        return str(self.value["message"])

    @property
    def lines(self) -> list[tuple[str, int]]:
        """The traceback's files and lines."""
        return [(frame["file"], frame["line"]) for frame in self.value["traceback"]]


class Host:
    """One worker and what it is told.

    modules: name an import says, and (id, source)
    """

    def __init__(self, modules: dict[str, tuple[str, str]]) -> None:
        self.modules = modules
        self.outcome = Outcome()
        self.due: list[tuple[float, int, Callable[[], None]]] = []
        self.order = 0
        self.streams: dict[int, list[int]] = {}
        self.waiting: dict[int, int] = {}
        self.next_callback = 0
        self.started = time.monotonic()
        self.when_ready: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Starts the worker."""
        ours, theirs = socket.socketpair()
        self.socket = ours
        found = find_spec("dukpy")
        assert found is not None and found.submodule_search_locations is not None
        packages = str(Path(found.submodule_search_locations[0]).parent)
        with interrupts_wait():
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    "-B",
                    str(WORKER),
                    str(theirs.fileno()),
                    json.dumps(API),
                ]
                + [str(ROOT), packages],
                pass_fds=[theirs.fileno()],
                env={},
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        theirs.close()

    def send(self, kind: int, id: int, payload: bytes) -> None:
        """Sends one frame."""
        try:
            self.socket.sendall(protocol.pack(kind, id, payload))
        except OSError:
            pass  # the worker has gone; what it said before tells

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Does something after a while."""
        self.order += 1
        heapq.heappush(self.due, (time.monotonic() + seconds, self.order, action))

    def interrupt(self) -> None:
        """Tells the worker to stop, as the real host does."""
        self.outcome.calls_before_interrupt = self.outcome.calls
        self.send(protocol.INTERRUPT, 0, b"")
        if self.process.poll() is None:
            self.process.send_signal(protocol.INTERRUPT_SIGNAL)

    def serve(self, patience: float) -> Outcome:
        """Answers until the worker has ended or `patience` seconds have passed."""
        self.started = time.monotonic()
        decoder = protocol.Decoder()
        while time.monotonic() - self.started < patience:
            while self.due and self.due[0][0] <= time.monotonic():
                heapq.heappop(self.due)[2]()
            wait = min(self.due[0][0] - time.monotonic() if self.due else patience, 0.5)
            if not select.select([self.socket], [], [], max(wait, 0))[0]:
                continue
            data = received(self.socket)
            if not data:
                break
            for frame in decoder.feed(data):
                if frame.kind == protocol.READY:
                    # Timed is the spell, not how long a busy machine takes to start a worker.
                    self.started = time.monotonic()
                    self.when_ready()
                else:
                    self.take(frame)
        self.outcome.seconds = time.monotonic() - self.started
        self.process.kill()
        _, errors = self.process.communicate()
        self.outcome.errors += errors.decode()
        self.outcome.code = self.process.returncode
        self.socket.close()
        return self.outcome

    def take(self, frame: protocol.Frame) -> None:
        """Handles one frame."""
        kind, id, payload = frame
        outcome = self.outcome
        if kind == protocol.PRINT:
            outcome.printed += payload.decode()
        elif kind == protocol.CALL:
            outcome.calls += 1
            self.called(id, *json.loads(payload))
        elif kind == protocol.NOTE:
            outcome.notes.append(json.loads(payload))
        elif kind == protocol.MODULE:
            self.module(id, *payload.decode().split("\0"))
        elif kind == protocol.SETTLE:
            self.answer(id, False)
        elif kind == protocol.CANCEL:
            outcome.cancelled.append(id)
        elif kind == protocol.RETURN:
            self.send(protocol.RESULT, self.waiting.pop(id), payload)
        else:
            self.end(frame)

    def end(self, frame: protocol.Frame) -> None:
        """Notes how the run ended."""
        kind, id, payload = frame
        outcome = self.outcome
        if kind == protocol.EXIT:
            outcome.kind, outcome.value = "EXIT", id
        elif kind == protocol.BROKEN:
            outcome.kind, outcome.value = "BROKEN", payload.decode()
        elif kind in (protocol.DONE, protocol.FAIL):
            outcome.kind = "DONE" if kind == protocol.DONE else "FAIL"
            outcome.value = json.loads(payload)

    def answer(self, id: int, value: Any) -> None:
        """Answers a call with a value."""
        self.send(protocol.RESULT, id, b"\0" + json.dumps(value).encode())

    def refuse(self, id: int, **error: Any) -> None:
        """Answers a call or an import with an error."""
        self.send(protocol.RESULT, id, b"\1" + json.dumps(error).encode())

    def called(self, id: int, number: int, args: list[Any]) -> None:
        """Answers one call."""
        first = args[0] if args else None
        if number in (0, 10):
            self.answer(id, first)
        elif number == 1:
            self.later_answer(id, first, args[1] if len(args) > 1 else None)
        elif number in (2, 3):
            self.fail(id, str(first))
        elif number == 4:
            self.call_back(id, first, args[1] if len(args) > 1 else [])
        elif number == 16:
            self.call_back_briefly(id, first)
        elif number in (6, 8, 11, 12):
            self.make(id, number, args)
        elif number in (13, 14, 15) and first is not None:
            self.stream(id, number, first[MARK][2])

    def later_answer(self, id: int, value: Any, options: Any) -> None:
        """Answers at once, or after `options.seconds`."""
        seconds = (options or {}).get("seconds", 0)
        if seconds:
            self.later(seconds, lambda: self.answer(id, value))
        else:
            self.answer(id, value)

    def fail(self, id: int, code: str) -> None:
        """Answers with an error that has all its fields."""
        details = {"status": 429}
        self.refuse(
            id, code=code, message="it failed", hint="try again", retryable=True, details=details
        )

    def call_back(self, id: int, script_function: Any, arguments: list[Any]) -> None:
        """Calls a script's function; its answer becomes the call's."""
        self.next_callback += 1
        self.waiting[self.next_callback] = id
        request = json.dumps([script_function[MARK][1], arguments])
        self.send(protocol.CALLBACK, self.next_callback, request.encode())

    def call_back_briefly(self, id: int, script_function: Any) -> None:
        """Calls a script's function and soon gives it up."""
        self.call_back(id, script_function, [])
        callback = self.next_callback

        def give_up() -> None:
            del self.waiting[callback]
            self.send(protocol.ABANDON, callback, b"")
            self.refuse(id, code="timeout", message="given up")

        self.later(0.5, give_up)

    def make(self, id: int, number: int, args: list[Any]) -> None:
        """Answers with objects and records."""
        if number == 6:
            # A negative count stands for a stream that breaks there.
            self.streams[id] = list(range(args[0])) if args[0] >= 0 else [0, 1, -1]
            self.answer(id, {MARK: ["o", "Stream", id]})
        elif number == 8:
            self.answer(id, {MARK: ["o", "Agent", 70 + len(args[0] if args else {})]})
        elif number == 11:
            record = {"text": f"heard {args[1]}", "agent": args[0]}
            self.answer(id, {MARK: ["r", "AgentResult", record]})
        else:
            self.answer(id, "agent")

    def stream(self, id: int, number: int, stream: int) -> None:
        """Answers Stream's next, result and close."""
        left = self.streams[stream]
        if number == 13 and -1 in left[:2]:
            self.refuse(id, code="provider_error", message="the stream broke")
        elif number == 13:
            items, self.streams[stream] = left[:2], left[2:]
            self.later(0.001, lambda: self.answer(id, {"items": items, "done": not items}))
        elif number == 14:
            self.answer(id, "the whole")
        else:
            self.outcome.closed.append(stream)
            self.answer(id, None)

    def module(self, id: int, importer: str, name: str) -> None:
        """Answers an import."""
        found = self.modules.get(name)
        if found is None:
            self.refuse(
                id,
                code="not_found",
                message=f"no module {name!r} (from {importer})",
                hint="modules are ./files and llmspell/*",
            )
            return
        self.send(protocol.RESULT, id, b"\0" + "\0".join(found).encode())


def run(
    source: str,
    *,
    form: str = "file",
    name: str = "spell.js",
    params: Any = None,
    modules: dict[str, tuple[str, str]] | None = None,
    memory: int = 64 * 1024 * 1024,
    cpu: float = 60,
    interrupt: float | None = None,
    patience: float = 100,
    prepare: Callable[[Host], None] | None = None,
) -> Outcome:
    """Runs a spell to its end.

    interrupt: seconds until the host tells it to stop
    patience: seconds until it is killed
    prepare: does something to the host once the worker is ready
    """
    host = Host(modules or {})
    host.start()
    config = {"source": source, "name": name, "form": form, "memory": memory, "cpu": cpu}
    head = json.dumps(config).encode()
    values = {"params": params or {}, "args": ["one", "two"], "spell": {"name": name}}
    payload = len(head).to_bytes(4, "little") + head + json.dumps(values).encode()
    host.send(protocol.START, 0, payload)

    def ready() -> None:
        if interrupt is not None:
            host.later(interrupt, host.interrupt)
        if prepare:
            prepare(host)

    host.when_ready = ready
    return host.serve(patience)


def value_of(source: str, **options: Any) -> Any:
    """Returns the value a spell gives; fails with its error when it gives none."""
    outcome = run(source, **options)
    assert outcome.kind == "DONE", (outcome.kind, outcome.value, outcome.errors)
    return outcome.value
