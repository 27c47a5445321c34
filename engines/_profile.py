"""Where a script's time goes, as its worker sees it: stacks, and the seconds spent in each.

Runs inside the worker, and only where a run is profiled. Every moment belongs to some stack: what
has passed since the last one is the running code's, a wait is that of the call it waits for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from time import monotonic

from engines._channel import Channel
from engines._protocol import CALL, CANCEL, DONE, EVENT, EXIT, FAIL, RESULT, Frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What the host takes is in _profiled.py; a few stacks are added at the end.
MAX_STACKS = 9_990
MAX_FRAMES = 10_000
MAX_DEPTH = 64
MAX_NAME = 100
INTERVAL = 0.001
"""Seconds between two looks at a script that computes."""
ENGINE, WAITING, OTHER = "(engine)", "(waiting)", "(other)"
ENDS = (DONE, FAIL, EXIT)


class Profile:
    """The times of one run. A stack is the numbers of its frames as text, outermost first."""

    def __init__(self, functions: dict[int, str]) -> None:
        """functions: the names of the host functions by number, as the script's language writes"""
        self._functions = functions
        self._frames: dict[tuple[str, str, int], int] = {}
        self._stacks: dict[bytes, float] = {}
        self._waits: dict[int, bytes] = {}
        self.engine = self._only(ENGINE)
        self._other = self._only(OTHER)
        self.timer = self._only(WAITING)
        self._last = monotonic()

    def frame(self, name: str, file: str, line: int) -> int:
        """Returns the number of a function; file empty or line 0: unknown."""
        key = _printable(name), _printable(file), line
        number = self._frames.get(key)
        if number is None:
            if len(self._frames) >= MAX_FRAMES:
                return int(self._other)
            number = self._frames[key] = len(self._frames)
        return number

    def _only(self, name: str) -> bytes:
        return b"%d" % self.frame(name, "", 0)

    def pass_to(self, stack: bytes) -> None:
        """Gives a stack the time since the last moment; one without frames is the engine."""
        stack = stack or self.engine
        now = monotonic()
        seconds, self._last = now - self._last, now
        if stack not in self._stacks and len(self._stacks) >= MAX_STACKS:
            stack = self._other
        self._stacks[stack] = self._stacks.get(stack, 0.0) + seconds

    def is_due(self) -> bool:
        """Tells whether it is time to look at a script that computes."""
        return monotonic() - self._last >= INTERVAL

    def calling(self, stack: bytes, number: int | None) -> bytes:
        """Returns the stack of a call to a host function made in a stack; None loads a module."""
        name = "module" if number is None else self._functions.get(number, "?")
        leaf = b"%d" % self.frame(f"{name} (host)", "", 0)
        return stack + b"," + leaf if stack else leaf

    def sleep(self, stack: bytes) -> None:
        """Notes that a timer was started in a stack."""
        leaf = b"%d" % self.frame("sleep (host)", "", 0)
        self.timer = stack + b"," + leaf if stack else leaf

    def await_call(self, id: int, stack: bytes) -> None:
        """Notes that a call is waited for."""
        self._waits[id] = stack

    def end_wait(self, id: int) -> None:
        """Notes that a call is answered, or given up."""
        self._waits.pop(id, None)

    @property
    def waiting(self) -> bytes:
        """The stack that the script waits in: of its oldest call, or else of its last timer."""
        return next(iter(self._waits.values()), self.timer)

    def event(self) -> bytes:
        """Returns the event for the host."""
        self.pass_to(self.engine)
        stacks = [
            ([int(number) for number in stack.split(b",")], round(seconds, 6))
            for stack, seconds in self._stacks.items()
        ]
        event = {"event": "profile", "frames": list(self._frames), "stacks": stacks}
        return json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")


def _printable(text: str) -> str:
    text = text[:MAX_NAME]
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


class ProfiledChannel:
    """A channel whose waits are timed, and which sends the profile before the run's last word.

    here: returns the stack of the code that is calling
    number_of: returns the number of the host function in a call's payload
    """

    def __init__(
        self,
        channel: Channel,
        profile: Profile,
        here: Callable[[], bytes],
        number_of: Callable[[bytes], int],
    ) -> None:
        self._channel = channel
        self._profile = profile
        self._here = here
        self._number_of = number_of

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def send(self, kind: int, id: int, payload: bytes) -> None:
        """As the channel's."""
        profile = self._profile
        if kind == CALL:
            here = self._here()
            profile.pass_to(here)
            profile.await_call(id, profile.calling(here, self._number_of(payload)))
        elif kind == CANCEL:
            profile.end_wait(id)
        elif kind in ENDS:
            self._channel.send(EVENT, 0, profile.event())
        self._channel.send(kind, id, payload)

    def ask(self, kind: int, id: int, payload: bytes) -> bytes:
        """As the channel's; the wait is the call's."""
        here = self._here()
        self._profile.pass_to(here)
        answer = self._channel.ask(kind, id, payload)
        number = self._number_of(payload) if kind == CALL else None
        self._profile.pass_to(self._profile.calling(here, number))
        return answer

    def receive(self, timeout: float | None = None) -> Frame | None:
        """As the channel's; the wait is that of the oldest call."""
        self._profile.pass_to(self._profile.engine)
        frame = self._channel.receive(timeout)
        self._profile.pass_to(self._profile.waiting)
        if frame is not None and frame.kind == RESULT:
            self._profile.end_wait(frame.id)
        return frame

    def receive_all(self, timeout: float | None = None) -> list[Frame]:
        """As the channel's; the wait is that of the oldest call."""
        self._profile.pass_to(self._profile.engine)
        frames = self._channel.receive_all(timeout)
        self._profile.pass_to(self._profile.waiting)
        for frame in frames:
            if frame.kind == RESULT:
                self._profile.end_wait(frame.id)
        return frames


def host_functions(spelled: Callable[[str], str]) -> dict[int, str]:
    """Returns the names of the host functions by number, from stdlib/bindings.json.

    spelled: how the language writes a declared name
    """
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with open(os.path.join(folder, "stdlib", "bindings.json"), encoding="utf-8") as file:
        api = json.load(file)
    return {
        function["number"]: f"{noun['name']}.{spelled(function['name'])}"
        for group in ("globals", "objects")
        for noun in api[group]
        for function in noun["functions"]
    }
