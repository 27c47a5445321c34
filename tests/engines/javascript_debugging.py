"""A small debugger's host for the JavaScript engine's tests: runs a spell, reads events, asks."""

from __future__ import annotations

import json
import select
import time
from typing import Any

from engines import _protocol as protocol
from tests.engines.hearing import received
from tests.engines.javascript_host import Host, Outcome

PATIENCE = 100.0
"""Seconds a test waits for what has to come."""


WORK = """let total = 0;
async function work(n) {
  const twice = n * 2;
  await Host.later(n, {seconds: 0.01});
  total += twice;
  return twice;
}
function outer(a) {
  const inner = (b) => {
    let c = a + b;
    return c;
  };
  return inner(10) + 1;
}
const first = outer(1);
const second = await work(first);
const third = second + 1;
third;
"""


def at(*lines: int, **more: Any) -> dict[str, list[dict[str, Any]]]:
    """Breakpoints in the spell, numbered from 1."""
    return {"spell.js": [{"id": i + 1, "line": line, **more} for i, line in enumerate(lines)]}


class Debugged(Host):
    """A spell that is debugged. Used as a context manager, which ends its worker.

    events: what has come and was not looked at yet
    """

    def __init__(self, source: str, modules: dict[str, str] | None = None, **debug: Any) -> None:
        known = {name: (name.removeprefix("./"), text) for name, text in (modules or {}).items()}
        super().__init__(known)
        self.source = source
        self.debug = debug
        self.events: list[dict[str, Any]] = []
        self.answers: dict[int, dict[str, Any]] = {}
        self.commands = 0
        self.ended = False
        self.decoder = protocol.Decoder()
        self.form = debug.pop("form", "file")

    def __enter__(self) -> Debugged:
        self.start()
        config = {"source": self.source, "name": "spell.js", "form": self.form, "cpu": 120}
        config |= {"memory": 128 * 1024 * 1024, "debug": self.debug}
        head = json.dumps(config).encode()
        given = {"params": {}, "args": [], "spell": {"name": "spell.js"}}
        payload = len(head).to_bytes(4, "little") + head + json.dumps(given).encode()
        self.send(protocol.START, 0, payload)
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        _, errors = self.process.communicate()
        self.outcome.errors += errors.decode()
        self.outcome.code = self.process.returncode
        self.socket.close()

    def take(self, frame: protocol.Frame) -> None:
        """Handles one frame."""
        if frame.kind == protocol.EVENT:
            self.events.append(json.loads(frame.payload))
        elif frame.kind == protocol.ANSWER:
            self.answers[frame.id] = json.loads(frame.payload)
        else:
            super().take(frame)

    def turn(self) -> None:
        """Serves for a moment; fails when the worker has gone."""
        while self.due and self.due[0][0] <= time.monotonic():
            self.due.pop(0)[2]()
        if not select.select([self.socket], [], [], 0.02)[0]:
            return
        data = received(self.socket)
        self.ended = self.ended or not data
        for frame in self.decoder.feed(data):
            self.take(frame)

    def wait(self, name: str) -> dict[str, Any]:
        """Returns the next event of a name, and forgets those before it."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            while self.events:
                event = self.events.pop(0)
                if event["event"] == name:
                    return event
            assert not self.ended, self.told()
            self.turn()
        raise AssertionError(f"no event {name!r} came; {self.told()}")

    def told(self) -> str:
        """What the worker said at its end."""
        return f"{self.outcome.kind}: {self.outcome.value} {self.outcome.printed}"

    def stopped(self) -> tuple[str, int]:
        """Waits for a stop; returns its reason and the line of its innermost frame."""
        self.stop = self.wait("stopped")
        frames = self.stack()
        return self.stop["reason"], frames[0]["line"] if frames else 0

    def post(self, op: str, **fields: Any) -> int:
        """Sends a command and does not wait for its answer; returns its id."""
        self.commands += 1
        request = json.dumps({"op": op, **fields})
        self.send(protocol.COMMAND, self.commands, request.encode())
        return self.commands

    def answer_to(self, id: int) -> dict[str, Any]:
        """Waits for the answer to a command."""
        limit = time.monotonic() + PATIENCE
        while id not in self.answers and time.monotonic() < limit:
            assert not self.ended, self.told()
            self.turn()
        return self.answers.pop(id)

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Sends a command and returns the answer."""
        return self.answer_to(self.post(op, **fields))

    def stack(self) -> list[dict[str, Any]]:
        """Returns the frames of the stopped task."""
        if not self.stop["task"]:
            return []
        frames: list[dict[str, Any]] = self.ask("stack", task=self.stop["task"])["frames"]
        return frames

    def places(self) -> list[tuple[str, int]]:
        """Returns the names and lines of the stopped task's frames."""
        return [(frame["name"], frame["line"]) for frame in self.stack()]

    def evaluate(self, source: str, depth: int | None = 0) -> str:
        """Evaluates in a frame of the stopped task, counted from the innermost; None: globally."""
        frame = None if depth is None else self.stack()[depth]["id"]
        found = self.ask("evaluate", frame=frame, source=source)
        return str(found["error"]["message"] if "error" in found else found["text"])

    def scope(self, name: str, depth: int = 0) -> dict[str, str]:
        """Returns the variables of a frame's scope as texts."""
        return {one["name"]: one["text"] for one in self.variables(name, depth)}

    def variables(self, name: str, depth: int = 0) -> list[dict[str, Any]]:
        """Returns the variables of a frame's scope."""
        self.ref = 0
        for scope in self.ask("scopes", frame=self.stack()[depth]["id"])["scopes"]:
            if scope["name"] == name:
                self.ref = scope["ref"]
                found: list[dict[str, Any]] = self.ask("variables", ref=self.ref)["variables"]
                return found
        return []

    def go(self, how: str = "continue") -> None:
        """Lets the spell go on: `continue`, or a step `in`, `over` or `out`."""
        answer = self.ask("continue") if how == "continue" else self.ask("step", how=how)
        assert answer == {}, answer

    def step(self, how: str = "over") -> tuple[str, int]:
        """Steps and returns the next stop."""
        self.go(how)
        return self.stopped()

    def finish(self) -> Outcome:
        """Serves to the spell's end."""
        limit = time.monotonic() + PATIENCE
        while not self.ended and time.monotonic() < limit:
            self.turn()
        return self.outcome
