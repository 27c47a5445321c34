"""What a script waits for: answers of the host, callbacks it runs for the host, and timers."""

from __future__ import annotations

import json
from collections.abc import Iterator

from engines import _protocol as protocol
from engines._channel import Channel
from engines.javascript._timers import Timers

_FUNCTION = b'\\u0000":["f"'
"""What the codec writes of a function, and of nothing else: quotes in texts are escaped."""


class Work:
    """What is under way. False when nothing is.

    A promise's reactions run right after what settled it: all that the script does between two
    waits follows from one answer, callback or timer, and so does what that starts.

    calls: ids of the calls that the host has not answered, each with the callback in the course of
        which it was made (0: none)
    callbacks: ids of the host's calls that the script has not answered
    course: the callback in the course of which the script runs now
    courses: the same of timers; only of those that have one
    settling: the id under which the host was told that nothing else is under way; 0: it was not
    """

    def __init__(self) -> None:
        self.calls: dict[int, int] = {}
        self.callbacks: set[int] = set()
        self.course = 0
        self.courses: dict[int, int] = {}
        self.settling = 0
        self._told = 0
        self._gave = False
        self._is_settled = False
        self.timers = Timers()

    def __bool__(self) -> bool:
        return bool(self.calls or self.callbacks or self.timers or self.settling)

    def settles(self, channel: Channel, ids: Iterator[int]) -> bool:
        """Has the host call the handlers of events that still wait, unless there are none."""
        if not self._gave or self._is_settled:
            return False
        self.settling = next(ids)
        channel.send(protocol.SETTLE, self.settling, b"")
        return True

    def settled(self, is_over: bool) -> None:
        """Takes the answer; is_over: nothing was left to be called"""
        self.settling = 0
        self._is_settled = is_over

    def place(self, channel: Channel, payload: bytes) -> None:
        """Tells the host in the course of which callback the next call is made.

        payload: the call
        """
        self._gave = self._gave or _FUNCTION in payload
        if self.course != self._told:
            channel.send(protocol.WITHIN, self.course, b"")
            self._told = self.course

    def send(self, channel: Channel, kind: int, id: int, payload: bytes) -> None:
        """Sends a call that is not waited for here, after telling in whose course it is made."""
        self.place(channel, payload)
        if kind == protocol.CALL:
            self.calls[id] = self.course
        channel.send(kind, id, payload)

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
