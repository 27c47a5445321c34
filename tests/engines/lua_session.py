"""A session in the Lua engine for tests: commands and answers over a real worker's socket."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

import msgpack

from engines import _protocol as p
from tests.engines.early import interrupts_wait
from tests.engines.hearing import received
from tests.engines.lua_host import API, FOLDERS, HERE, Run

PATIENCE = 100.0
"""Seconds an answer may take on a busy machine."""


class Ended(Exception):
    """The worker sent an end instead of an answer."""


class Session(Run):
    """A worker in the form "repl"; a context manager."""

    def __init__(self, memory: int = 64 << 20, modules: dict[str, str] | None = None) -> None:
        super().__init__(modules or {}, None, False)
        self.memory = memory
        self.events: list[dict[str, Any]] = []
        self.answers_by_id: dict[int, dict[str, Any]] = {}
        self.last = 0

    def __enter__(self) -> Session:
        ours, theirs = socket.socketpair()
        with tempfile.NamedTemporaryFile("w", suffix=".json") as api:
            json.dump(API, api)
            api.flush()
            with interrupts_wait():
                self.process = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-B", str(HERE / "lua_worker.py")]
                    + [str(theirs.fileno()), api.name, "yes", *FOLDERS],
                    pass_fds=[theirs.fileno()],
                    env={},
                    stderr=subprocess.PIPE,
                    stdin=subprocess.DEVNULL,
                )
            theirs.close()
            self.socket, self.decoder = ours, p.Decoder()
            self.pump(lambda: self.outcome.end == "ready")
        head = json.dumps(self.config()).encode()
        values = msgpack.packb({"params": {}, "args": [], "spell": {}})
        self.send(p.START, 0, len(head).to_bytes(4, "little") + head + values)
        return self

    def config(self) -> dict[str, Any]:
        """Returns what START says."""
        return {"source": "", "name": "repl", "form": "repl", "memory": self.memory, "cpu": 60}

    def __exit__(self, *_: object) -> None:
        self.stopped = True
        self.socket.close()
        self.process.kill()
        self.process.communicate()

    # -- talking

    def pump(self, done: Any) -> None:
        """Takes frames until done() is true."""
        until = time.monotonic() + PATIENCE
        while not done():
            left = until - time.monotonic()
            assert left > 0, "the worker talks, but does not come to an end"
            self.socket.settimeout(left)
            data = received(self.socket)
            if not data:
                raise Ended(self.outcome.end)
            for frame in self.decoder.feed(data):
                self._take(frame)

    def _take(self, frame: p.Frame) -> bool:
        if frame.kind == p.READY:
            self.outcome.end = "ready"
        elif frame.kind == p.ANSWER:
            self.answers_by_id[frame.id] = json.loads(frame.payload)
        elif frame.kind == p.EVENT:
            self.events.append(json.loads(frame.payload))
        elif super()._take(frame):
            raise Ended(self.outcome.end, self.outcome.exit_code, self.outcome.value)
        return False

    def begin(self, op: str, **fields: Any) -> int:
        """Sends a command and returns its id."""
        self.last += 1
        self.send(p.COMMAND, self.last, json.dumps({"op": op, **fields}).encode())
        return self.last

    def answer(self, id: int) -> dict[str, Any]:
        """Waits for the answer to a command."""
        self.pump(lambda: id in self.answers_by_id)
        return self.answers_by_id.pop(id)

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Sends a command and returns its answer."""
        return self.answer(self.begin(op, **fields))

    def evaluate(self, source: str, depth: int = 4, width: int = 80) -> dict[str, Any]:
        """Evaluates a chunk; returns the whole answer."""
        return self.ask("evaluate", source=source, name="repl", depth=depth, width=width)

    def echo(self, source: str, **options: int) -> str | None:
        """Evaluates a chunk that must not fail; returns the text of its value."""
        answer = self.evaluate(source, **options)
        assert "error" not in answer, answer
        return answer["value"]["text"] if "value" in answer else None

    def fail(self, source: str) -> dict[str, Any]:
        """Evaluates a chunk that must fail; returns the error."""
        answer = self.evaluate(source)
        assert "error" in answer, answer
        error: dict[str, Any] = answer["error"]
        return error

    def interrupted(self, source: str, mark: str = "on\n") -> dict[str, Any]:
        """Evaluates a chunk and interrupts it once it has printed `mark`; returns its answer."""
        id = self.begin("evaluate", source=source, name="repl", depth=4, width=80)
        seen = self.outcome.text.count(mark)
        self.pump(lambda: self.outcome.text.count(mark) > seen or id in self.answers_by_id)
        timer = threading.Timer(0.02, self.interrupt)
        timer.start()
        answer = self.answer(id)
        timer.join()  # the frame may be answered before its signal is sent; a next one would merge
        return answer
