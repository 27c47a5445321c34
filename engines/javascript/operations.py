"""The numbers that boot code and worker call each other by."""

from __future__ import annotations

from enum import IntEnum


class Op(IntEnum):
    """What the boot code asks of Python: `raw(payload, op, …)`."""

    CALL_NOW = 0
    CALL_LATER = 1
    CALL_NOTE = 2
    PRINT = 3
    CANCEL = 4
    RETURN = 5
    TIMER = 6
    STOP_TIMER = 7
    DONE = 8
    FAIL = 9
    EXIT = 10
    PROGRAM = 11
    REQUIRE = 12
    PART = 13
    NOUN = 14
    REASON = 15
    TRACE = 16
    SERVE = 17
    LOOK = 18
    RUN = 19
    ANSWER = 20
    ANSWER_ERROR = 21
    DEBUG = 22


class Message(IntEnum):
    """What Python tells the boot code: `receive(kind, id, is marked, status, value)`."""

    RESULT = 0
    CALLBACK = 1
    TIMER_DUE = 2
    START = 3
    ABANDON = 4
    REJECTED = 5
    WAITING = 6
    COMMAND = 7
    DEBUGGED = 8


class Look(IntEnum):
    """What the answer to `Op.LOOK` says of an object."""

    LOOK_PLAIN = 0
    LOOK_PENDING = 1
    LOOK_FULFILLED = 2
    LOOK_REJECTED = 3
    LOOK_PROXY = 4


class Debug(IntEnum):
    """What the debugger asks of Python: `raw(payload, DEBUG, …)`."""

    DEBUG_EVENT = 0
    DEBUG_STOPPED = 1
    DEBUG_ANSWER = 2
    DEBUG_FAILED = 3
    DEBUG_GUARD = 4


class Enter(IntEnum):
    """What Python calls the debugger for; its functions stand in this order."""

    COMMAND = 0
    ACTION = 1
    LOAD = 2
    STOP = 3
    CONFIGURE = 4


def constants() -> str:
    """Returns them all as JavaScript declarations, on one line."""
    return "".join(f"const {m.name}={m.value};" for m in (*Op, *Message, *Look, *Debug))
