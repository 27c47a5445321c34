"""What a script waits for: answers of the host, callbacks it runs for the host, and timers."""

from __future__ import annotations

import json

from engines import _protocol as protocol
from engines._channel import Channel
from engines.javascript._timers import Timers


class Work:
    """What is under way. False when nothing is.

    calls: ids of the calls that the host has not answered
    callbacks: ids of the host's calls that the script has not answered
    """

    def __init__(self) -> None:
        self.calls: set[int] = set()
        self.callbacks: set[int] = set()
        self.timers = Timers()

    def __bool__(self) -> bool:
        return bool(self.calls or self.callbacks or self.timers)

    def cancel(self, channel: Channel) -> None:
        """Cancels all of it and tells the host so."""
        for id in self.calls:
            channel.send(protocol.CANCEL, id, b"")
        error = json.dumps({"code": "cancelled", "message": "the spell was interrupted"})
        for id in self.callbacks:
            channel.send(protocol.RETURN, id, b"\1" + error.encode())
        self.calls.clear()
        self.callbacks.clear()
        self.timers = Timers()
