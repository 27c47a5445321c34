"""A debugged spell in the Lua engine for tests: stops, commands and the end, over a real socket."""

from __future__ import annotations

from functools import partial
from typing import Any

from engines._protocol import Frame
from tests.engines.lua_session import Ended, Session

NAME = "spell.lua"

ADDING = """local function add(a, b)
  local sum = a + b
  return sum
end

local total = 0
for i = 1, 3 do
  total = add(total, i)
end
print(total)
return total
"""


class Debugged(Session):
    """A worker that runs a spell under the debugger; a context manager.

    points: breakpoints of the spell itself, as lines or as maps without ids
    debug: the rest of the config's `debug`
    """

    def __init__(
        self,
        source: str,
        *points: int | dict[str, Any],
        modules: dict[str, str] | None = None,
        memory: int = 64 << 20,
        form: str = "file",
        **debug: Any,
    ) -> None:
        super().__init__(memory, modules)
        self.source, self.form = source, form
        self.debug = {"breakpoints": {}, **debug}
        if points:
            self.debug["breakpoints"][NAME] = numbered(*points)
        self.heard = 0
        self.over, self.taken = False, 0

    def __enter__(self) -> Debugged:
        super().__enter__()
        return self

    def config(self) -> dict[str, Any]:
        """Returns what START says."""
        config = {"name": NAME, "form": self.form, "source": self.source, "debug": self.debug}
        return {**super().config(), **config}

    def pump(self, done: Any) -> None:
        """Takes frames until done() is true; raises Ended when the spell ends before."""
        while not done():
            if self.over:
                raise Ended(self.outcome.end, self.outcome.value)
            super().pump(partial(self._took_more, self.taken))

    def _took_more(self, taken: int) -> bool:
        return self.taken > taken

    def _take(self, frame: Frame) -> bool:
        self.taken += 1
        try:
            return super()._take(frame)
        except Ended:
            self.over = True
            return True

    # -- what happens

    def event(self, name: str) -> dict[str, Any]:
        """Waits for the next event of that name; those before it are skipped."""
        while True:
            self.pump(lambda: len(self.events) > self.heard)
            self.heard += 1
            if self.events[self.heard - 1]["event"] == name:
                return self.events[self.heard - 1]

    def stop(self, reason: str, line: int | None = None, file: str = NAME) -> dict[str, Any]:
        """Waits for a stop and checks its reason and place; returns the event."""
        event = self.event("stopped")
        assert event["reason"] == reason, event
        if line is not None:
            assert self.where() == (file, line), self.stack()
        return event

    def end(self) -> Any:
        """Waits for the end of the spell; returns its value or error."""
        try:
            self.pump(lambda: False)
        except Ended:
            pass
        return self.outcome.value

    def go_on(self) -> Any:
        """Continues to the end of the spell."""
        self.ask("continue")
        return self.end()

    def step(self, how: str, line: int, file: str = NAME) -> dict[str, Any]:
        """Steps; checks where that ends."""
        self.ok("step", how=how)
        return self.stop("step", line, file)

    # -- looking

    def ok(self, op: str, **fields: Any) -> dict[str, Any]:
        """Sends a command that must not fail; returns its answer."""
        answer = self.ask(op, **fields)
        assert "error" not in answer, answer
        return answer

    def refused(self, op: str, **fields: Any) -> str:
        """Sends a command that must fail; returns the message."""
        answer = self.ask(op, **fields)
        assert "error" in answer, answer
        message: str = answer["error"]["message"]
        return message

    def stack(self, task: int | None = None) -> list[str]:
        """Returns the frames of a task (the stop's without one) as `file:line name`."""
        return [
            f"{'~' if f.get('async') else ''}{f['file']}:{f['line']} {f['name']}"
            for f in self.frames(task)
        ]

    def frames(self, task: int | None = None) -> list[dict[str, Any]]:
        """Returns the frames of a task as they are."""
        if task is None:
            task = [e for e in self.events if e["event"] == "stopped"][-1]["task"]
        frames: list[dict[str, Any]] = self.ok("stack", task=task)["frames"]
        return frames

    def where(self) -> tuple[str, int]:
        """Returns the innermost frame's place."""
        frame = self.frames()[0]
        return frame["file"], frame["line"]

    def scope(self, name: str, frame: int = 0) -> int:
        """Returns the reference of a scope of the frame at that depth."""
        scopes = self.ok("scopes", frame=self.frames()[frame]["id"])["scopes"]
        found: int = next(s["ref"] for s in scopes if s["name"] == name)
        return found

    def variables(self, name: str = "Locals", frame: int = 0) -> dict[str, str]:
        """Returns the texts of a scope's variables."""
        found = self.ok("variables", ref=self.scope(name, frame))["variables"]
        return {variable["name"]: variable["text"] for variable in found}

    def value(self, source: str, frame: int = 0) -> str:
        """Evaluates in the frame at that depth; returns the value's text."""
        text: str = self.ok("evaluate", source=source, frame=self.frames()[frame]["id"])["text"]
        return text


def numbered(*points: int | dict[str, Any]) -> list[dict[str, Any]]:
    """Returns breakpoints with ids from 1."""
    maps = [{"line": point} if isinstance(point, int) else point for point in points]
    return [{"id": i, **point} for i, point in enumerate(maps, 1)]
