"""Looks at a script's stack now and then, and wherever it calls the host."""

from __future__ import annotations

import re
from collections.abc import Callable

from engines._channel import Channel
from engines._profile import MAX_DEPTH, Profile, ProfiledChannel, host_functions
from engines.javascript._faults import OWN_FILES, UNNAMED
from engines.javascript._timers import Timers
from engines.javascript.names import to_js

TYPE_CHECKING = False  # importing typing would cost a worker a sixth of its start
if TYPE_CHECKING:
    from typing import Any

    from engines.javascript.worker import Engine

# A function that computes and has called nothing yet has no place: "(missing)". It gets the file
# of a function of the same name that was seen before.
FRAME = re.compile(r"^\s+at (.*?)(?: \((.*)\))?$")
PLACE = re.compile(r"^(.*):(\d+):\d+$")
SKIPPED = -1
MOST_LINES = 20_000


class Profiler:
    """The profile of one script.

    channel: the one that the worker has to use
    """

    def __init__(self, worker: Engine, channel: Channel, main: str) -> None:
        """main: the program's module id"""
        self._profile = Profile(host_functions(to_js))
        self._worker = worker
        self._main = main
        self._known: dict[str, int] = {}
        self._files: dict[str, str] = {}
        worker.work.timers = _Timers(self._sleep)
        self.channel: Any = ProfiledChannel(channel, self._profile, self._here, number_of)

    def look(self) -> None:
        """Gives the time since the last look to where the script computes; not too often."""
        if self._profile.is_due():
            self._profile.pass_to(self._here())

    def _sleep(self) -> None:
        self._profile.sleep(self._here())

    def _stack(self) -> str:
        worker = self._worker
        before, worker.trace = worker.trace, ""
        worker.note_place()
        found, worker.trace = worker.trace, before
        return found

    def _here(self) -> bytes:
        numbers: list[int] = []
        for line in self._stack().splitlines():
            number = self._known.get(line)
            if number is None:
                number = self._number(line)
                if len(self._known) < MOST_LINES:
                    self._known[line] = number
            if number != SKIPPED:
                numbers.append(number)
        numbers = numbers[:MAX_DEPTH]
        return b",".join(b"%d" % n for n in reversed(numbers)) or self._profile.engine

    def _number(self, line: str) -> int:
        match = FRAME.match(line)
        if match is None:
            return SKIPPED
        name, where = match[1], match[2]
        if where is None:
            name, where = "", name
        place = PLACE.match(where)
        if place is None and where != "missing" or place and place[1] in OWN_FILES:
            return SKIPPED
        name = "main" if name == "<eval>" else name
        file = place[1] if place else self._files.get(name, self._main)
        if name and name not in UNNAMED:
            self._files[name] = file
            # The engine tells the line that runs, not the one where the function begins.
            return self._profile.frame(name, file, 0)
        return self._profile.frame("function", file, int(place[2]) if place else 0)


class _Timers(Timers):
    """Timers that tell when one is started."""

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__()
        self._tell = tell

    def start(self, number: int, milliseconds: float) -> bool:
        """Starts or restarts a timer; returns False when there are too many."""
        self._tell()
        return super().start(number, milliseconds)


def number_of(payload: bytes) -> int:
    """Returns the number of the host function that a call's payload names (see calls.js)."""
    return int(payload[1 : payload.index(b",")])
