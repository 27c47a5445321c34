"""What a script waits for: answers of the host, callbacks it runs for the host, and timers."""

from __future__ import annotations

import json

from engines import _protocol as protocol
from engines._channel import Channel
from engines.javascript._timers import Timers


class Work:
    """What is under way. False when nothing is.

    A promise's reactions run right after what settled it: all that the script does between two
    waits follows from one answer, callback or timer, and so does what that starts.

    calls: ids of the calls that the host has not answered, each with the callback in the course of
        which it was made (0: none)
    callbacks: ids of the host's calls that the script has not answered
    course: the callback in the course of which the script runs now
    courses: the same of timers; only of those that have one
    """

    def __init__(self) -> None:
        self.calls: dict[int, int] = {}
        self.callbacks: set[int] = set()
        self.course = 0
        self.courses: dict[int, int] = {}
        self._told = 0
        self.timers = Timers()

    def __bool__(self) -> bool:
        return bool(self.calls or self.callbacks or self.timers)

    def place(self, channel: Channel) -> None:
        """Tells the host in the course of which callback the next call is made."""
        if self.course != self._told:
            channel.send(protocol.WITHIN, self.course, b"")
            self._told = self.course

    def start_timer(self, number: int, milliseconds: float) -> bool:
        """Starts or restarts a timer; returns False when there are too many."""
        started = self.timers.start(number, milliseconds)
        if started and self.course:
            self.courses[number] = self.course
        return started

    def stop_timer(self, number: int) -> None:
        """Forgets a timer."""
        self.timers.stop(number)
        self.courses.pop(number, None)

    def cancel(self, channel: Channel) -> None:
        """Cancels all of it and tells the host so."""
        for id in self.calls:
            channel.send(protocol.CANCEL, id, b"")
        error = json.dumps({"code": "cancelled", "message": "the spell was interrupted"})
        for id in self.callbacks:
            channel.send(protocol.RETURN, id, b"\1" + error.encode())
        self.calls.clear()
        self.callbacks.clear()
        self.courses.clear()
        self.timers = Timers()
