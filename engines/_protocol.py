"""The frames between host and worker: kinds, layout, and the limits a reader enforces.

A frame is `length u32, kind u8, id u32` (little endian) and `length` bytes of payload.
The host treats every frame as hostile; see docs/protocol.md for who sends what.
"""

from __future__ import annotations

import signal
import struct
from collections import namedtuple

TYPE_CHECKING = False  # importing typing would cost a worker a sixth of its start
if TYPE_CHECKING:
    from typing import NamedTuple

INTERRUPT_SIGNAL = getattr(signal, "SIGRTMIN", signal.SIGUSR1)
"""A real-time signal where there are any: two of them never become one."""
HEADER = struct.Struct("<IBI")
MAX_FRAME = 64 * 1024 * 1024
"""Largest payload in bytes; a longer one ends the run."""

# Host to worker.
START = 0  # JSON config (length u32 first), then the codec's {params, args, spell}
RESULT = 1  # answer to CALL or MODULE `id`: status byte (0 value, 1 error), then the value
CALLBACK = 2  # call a script function: codec [callback id, [arguments]]
INTERRUPT = 3  # stop the spell now; INTERRUPT_SIGNAL follows it, for a worker that is busy
ABANDON = 4  # nobody waits for CALLBACK `id` any more: cancel its task
COMMAND = 5  # JSON {op, …}: of a REPL or a debugger; answered with ANSWER `id`

# Worker to host.
READY = 16  # JSON {engine, version, hardening}
CALL = 17  # codec [function number, [arguments]]
PRINT = 18  # UTF-8 text for the spell's standard output
NOTE = 19  # like CALL, one way
RETURN = 20  # answer to CALLBACK `id`: status byte, then the value or the error
CANCEL = 21  # the script lost interest in CALL `id`
DONE = 22  # the spell's value
FAIL = 23  # the spell's error, as a map
EXIT = 24  # exit(id)
MODULE = 25  # UTF-8 `importing module NUL wanted name`; answered with `module id NUL source`
BROKEN = 26  # a defect in the worker itself: its Python traceback, UTF-8
ANSWER = 27  # answer to COMMAND `id`: JSON, {error: error map} where it failed
EVENT = 28  # JSON {event, …}: what a REPL or a debugger hears unasked
WITHIN = 29  # the calls that follow are made in the course of CALLBACK `id`; 0: of none
SETTLE = 30  # nothing is under way here; RESULT `id` tells whether handlers were left to run


if TYPE_CHECKING:

    class Frame(NamedTuple):
        """One message: its kind, the id it belongs to, and its payload."""

        kind: int
        id: int
        payload: bytes
else:
    Frame = namedtuple("Frame", "kind id payload")


class ProtocolError(Exception):
    """The other side sent something that is not a frame."""


def pack(kind: int, id: int, payload: bytes) -> bytes:
    """Returns the bytes of one frame."""
    return HEADER.pack(len(payload), kind, id) + payload


class Decoder:
    """Cuts a byte stream into frames."""

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self._buffer = bytearray()
        self._max = max_frame

    def feed(self, data: bytes) -> list[Frame]:
        """Returns the frames that are complete now; raises ProtocolError on an oversized one."""
        buffer = self._buffer
        buffer += data
        frames = []
        at, end = 0, len(buffer)
        while end - at >= 9:
            length, kind, id = HEADER.unpack_from(buffer, at)
            if length > self._max:
                raise ProtocolError(f"frame of {length} bytes")
            if end - at - 9 < length:
                break
            frames.append(Frame(kind, id, bytes(buffer[at + 9 : at + 9 + length])))
            at += 9 + length
        if at:
            del buffer[:at]
        return frames
