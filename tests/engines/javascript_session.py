"""A host that talks to a JavaScript worker of the form `repl`: commands, answers, events."""

from __future__ import annotations

import heapq
import json
import select
import time
from types import TracebackType
from typing import Any, Self

from engines import _protocol as protocol
from tests.engines.hearing import received
from tests.engines.javascript_host import Host

MODULES = {
    "./math.js": (
        "math.js",
        "export default 7; export const two = 2; export let none;"
        "export function twice(x) { return 2 * x }",
    ),
    "./data.json": ("data.json", '{"a": [1]}'),
    "./spin.js": ("spin.js", "for (;;) Math.abs(1);"),
    "./half.js": (
        "half.js",
        "exports.a = 1;\nif (params.wait !== false) for (;;) Math.abs(1);\nexports.b = 2;",
    ),
}
PATIENCE = 100.0
"""Seconds within which anything that is waited for has come."""


class ReplHost(Host):
    """One session; a context manager, which ends the worker.

    events: what the worker told unasked
    ended: the payload of the frame that ended it, None while it lives
    """

    def __init__(
        self, *, memory: int = 64 << 20, modules: dict[str, tuple[str, str]] | None = None
    ) -> None:
        super().__init__(modules or {})
        self.events: list[dict[str, Any]] = []
        self.answers: dict[int, dict[str, Any]] = {}
        self.ended: bytes | None = None
        self.memory = memory
        self.last = 0
        self.decoder = protocol.Decoder()

    def __enter__(self) -> Self:
        self.start()
        config = {"source": "", "name": "repl", "form": "repl", "memory": self.memory, "cpu": 600}
        head = json.dumps(config).encode()
        values = json.dumps({"params": {}, "args": [], "spell": {"name": "repl"}}).encode()
        self.send(protocol.START, 0, len(head).to_bytes(4, "little") + head + values)
        self.ask("check", source="")  # until then a signal would end it
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()
        self.socket.close()

    def take(self, frame: protocol.Frame) -> None:
        """Handles one frame."""
        if frame.kind == protocol.ANSWER:
            self.answers[frame.id] = json.loads(frame.payload)
        elif frame.kind == protocol.EVENT:
            self.events.append(json.loads(frame.payload))
        else:
            if frame.kind in (protocol.FAIL, protocol.EXIT, protocol.BROKEN):
                self.ended = frame.payload
            super().take(frame)

    def step(self, wait: float = 0.2) -> bool:
        """Handles what comes within `wait` seconds; returns whether the worker is still there."""
        while self.due and self.due[0][0] <= time.monotonic():
            heapq.heappop(self.due)[2]()
        until = self.due[0][0] - time.monotonic() if self.due else wait
        if not select.select([self.socket], [], [], max(0, min(wait, until)))[0]:
            return True
        data = received(self.socket)
        for frame in self.decoder.feed(data):
            self.take(frame)
        return data != b""

    def wait_for(self, happened: Any) -> None:
        """Serves until `happened()`; fails when the worker ends or it takes too long."""
        until = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < until, (self.outcome, self.events)
            assert self.step(), (self.outcome, self.ended)

    def begin(self, op: str, **fields: Any) -> int:
        """Sends a command and returns its id."""
        self.last += 1
        self.send(protocol.COMMAND, self.last, json.dumps({"op": op, **fields}).encode())
        return self.last

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Sends a command and returns its answer."""
        return self.answer_to(self.begin(op, **fields))

    def answer_to(self, id: int) -> dict[str, Any]:
        """Returns the answer to a command, serving until it is there."""
        self.wait_for(lambda: id in self.answers)
        return self.answers.pop(id)

    def members(self, *path: str) -> dict[str, str]:
        """Returns the kinds of what a path leads to, by name."""
        found = self.ask("members", path=list(path))["members"]
        return {member["name"]: member["kind"] for member in found}

    def begin_piece(self, source: str, **fields: Any) -> int:
        """Begins an evaluation and returns its id."""
        return self.begin(
            "evaluate", source=source, **{"name": "repl", "depth": 4, "width": 80} | fields
        )

    def evaluate(self, source: str, **fields: Any) -> dict[str, Any]:
        """Returns the answer to an evaluation."""
        return self.answer_to(self.begin_piece(source, **fields))

    def text(self, source: str, **fields: Any) -> str | None:
        """Returns the text of a piece's value, None without one; fails with its error."""
        answer = self.evaluate(source, **fields)
        assert "error" not in answer, answer
        return answer["value"]["text"] if "value" in answer else None

    def error(self, source: str, **fields: Any) -> dict[str, Any]:
        """Returns the error of a piece that fails."""
        found: dict[str, Any] = self.evaluate(source, **fields)["error"]
        return found

    def stop(self, source: str, after: float = 0.3) -> dict[str, Any]:
        """Returns the error of a piece that is interrupted after some seconds."""
        id = self.begin_piece(source)
        self.later(after, self.interrupt)
        return dict(self.answer_to(id)["error"])
