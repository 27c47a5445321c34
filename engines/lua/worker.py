"""Runs one spell in Lua 5.4: a thin layer of Python between lupa and the channel.

The runtime is Lua (`runtime/*.lua`). Only byte strings, numbers, booleans and None cross between
the two: a table, function or exception that crosses can crash the process or leak into the spell.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from time import monotonic

from lupa import lua54

from engines._channel import Channel, HostGone
from engines._defect import describe_defect
from engines._protocol import BROKEN, COMMAND, EXIT, FAIL, MAX_FRAME
from engines.lua._interrupt import stopper

TYPE_CHECKING = False  # importing typing would cost a worker a sixth of its start
if TYPE_CHECKING:
    from typing import Any, NoReturn

_RUNTIME = os.path.join(os.path.dirname(os.path.abspath(__file__)), "runtime")
_NO_MEMORY = b"the spell used up its memory"
# The parts of the runtime that only a debugged spell needs.
_DEBUGGER = (
    *("literals", "show", "members", "lines", "follow", "frames", "evaluation", "breakpoints"),
    *("stepping", "stops", "exceptions", "inspect", "commands", "debugger"),
)
# Those that only a session needs.
_SESSION = ("literals", "show", "locals", "members", "scope", "repl")
# Bytes that a session's command may take, however full the memory is: `x = nil` needs some.
_ROOM = 1 << 20
# The error map for when there is no memory to make one.
_OUT_OF_MEMORY = (
    b"\x83\xa4code\xaelimit_exceeded\xa7message"
    + bytes([0xA0 + len(_NO_MEMORY)])
    + _NO_MEMORY
    + b"\xa7details\x81\xa5limit\xa6memory"
)


class Engine:
    """Lua behind a channel."""

    version = "5.4"

    def __init__(self, channel: Channel, api: dict[str, Any]) -> None:
        """Boots the runtime and builds the bindings.

        api: the declarations, as in stdlib/bindings.json
        """
        self._channel = channel
        # The spell's memory limit, and what it may take now.
        self._memory = self._allowed = 0
        self._current = 0
        self._sources: dict[bytes, bytes] = {}
        self._profiling: list[Callable[..., Any]] = []
        self._runtime = lua54.LuaRuntime(
            encoding=None,
            register_eval=False,
            register_builtins=False,
            unpack_returned_tuples=True,
            attribute_handlers=(_deny, _deny),
            max_memory=0,
        )
        self._limit = self._runtime.set_max_memory
        self._run = self._runtime.execute(
            _source(b"init"),
            self._safe(self._source),
            describe(api).encode(),
            MAX_FRAME - 1024,
            *self._host_functions(),
            name="=[engine]init",
        )

    def prepare(self, config: dict[str, Any]) -> None:
        """Reads what this run needs beyond the runtime's core, while files can be read.

        config: the START frame's (see docs/protocol.md)
        """
        # What a hardened worker could not import any more.
        from engines.lua import _wire

        self._wire = _wire
        names: tuple[str, ...] = _SESSION if config["form"] == "repl" else ()
        names += _DEBUGGER if "debug" in config else ()
        if "profile" in config:
            from engines.lua._profiler import Profiler

            names += ("profiler",)
            profiler = Profiler(self._channel)
            self._channel = profiler.channel
            self._profiling = [self._safe(function) for function in profiler.functions()]
        self._sources.update({name.encode(): _source(name.encode()) for name in names})

    def run(self, config: dict[str, Any], values: bytes) -> None:
        """Runs the spell and sends DONE, FAIL or EXIT.

        config: the START frame's (see docs/protocol.md)
        values: the codec's {params, args, spell}
        """
        self._memory = self._allowed = config["memory"]
        stop = stopper(lua54.__file__)
        self._channel.watch_interrupts(self._waker(stop) if stop else None)
        self._run(
            config["source"].encode(),
            config["name"].encode(),
            config["form"].encode(),
            values,
            self._wire.pack(config["debug"]) if "debug" in config else None,
            *self._profiling,
        )

    # -- what Lua calls

    def _source(self, name: bytes) -> bytes:
        return self._sources.pop(name, None) or _source(name)

    def _host_functions(self) -> list[Callable[..., Any]]:
        """Returns the functions in the order in which init.lua names them."""
        talk: list[Callable[..., Any]] = [self._send, self._channel.print, self._ask, self._receive]
        session: list[Callable[..., Any]]
        session = [self._command, self._answer, self._make_room, self._forget_interrupt]
        session += [self._take, self._take_room]
        return [
            self._switch,
            self._poll,
            self._arm,
            self._disarm,
            *(self._safe(function) for function in talk),
            monotonic,
            self._safe(self._exit),
            *(self._safe(function) for function in session),
        ]

    def _switch(self, state: int) -> None:
        self._current = state

    def _poll(self) -> bytes | None:
        reason = self._channel.interrupted
        return reason.encode() if reason else None

    def _arm(self) -> None:
        self._limit(self._allowed)

    def _disarm(self) -> None:
        self._limit(0)

    def _send(self, kind: int, id: int, payload: bytes) -> None:
        self._channel.send(kind, id, payload)

    def _ask(self, kind: int, id: int, payload: bytes) -> bytes | bool | None:
        """Returns the answer's payload, False when it is too large, None after an interrupt."""
        self._limit(0)
        answer = self._channel.ask(kind, id, payload)
        if self._channel.interrupted:
            return None
        return answer if self._fits(answer) else False

    def _receive(self, timeout: float) -> tuple[int, int, bytes | bool] | None:
        frame = self._channel.receive(None if timeout < 0 else timeout)
        if frame is None:
            return None
        fits = frame.kind == COMMAND or self._fits(frame.payload)
        return frame.kind, frame.id, frame.payload if fits else False

    def _command(self, payload: bytes) -> bytes:
        return self._wire.from_json(payload)

    def _answer(self, kind: int, id: int, payload: bytes) -> None:
        self._channel.send(kind, id, self._wire.to_json(payload))
        # At once: what comes next, a __close that never ends, say, must not keep it.
        self._channel.flush()

    def _make_room(self) -> None:
        """Leaves a session's next command some memory, even where the last ones took it all."""
        used = self._runtime.get_memory_used()
        if used + _ROOM > self._memory:
            self._runtime.gccollect()
            used = self._runtime.get_memory_used()
        self._allowed = max(self._memory, used + _ROOM)

    def _take_room(self) -> None:
        """Ends what `_make_room` allowed."""
        self._allowed = self._memory

    def _forget_interrupt(self) -> None:
        self._channel.forget_interrupt()

    def _take(self, wait: bool) -> tuple[int, bytes] | None:
        """Returns a debugger's command out of turn, None if there is none or at an interrupt."""
        frame = self._channel.take_command(wait=wait)
        return (frame.id, self._wire.from_json(frame.payload)) if frame else None

    def _exit(self, code: int) -> NoReturn:
        self._channel.send(EXIT, code, b"")
        self._channel.flush()
        os._exit(0)

    def _fits(self, payload: bytes) -> bool:
        """Tells whether bytes and what becomes of them have room in the spell's memory."""
        needed = 2 * len(payload) + 65536
        if not self._memory or self._runtime.get_memory_used() + needed <= self._memory:
            return True
        self._runtime.gccollect()
        return bool(self._runtime.get_memory_used() + needed <= self._memory)

    # -- stopping

    def _waker(self, stop: Callable[[int], None]) -> Callable[[], None]:
        def wake() -> None:
            # The main state, 0 here, runs only the engine's own code.
            if self._current:
                stop(self._current)

        return wake

    def _safe(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wraps a function so that no exception reaches Lua: the worker ends instead."""

        def call(*arguments: Any) -> Any:
            try:
                return function(*arguments)
            except HostGone:
                os._exit(1)
            except MemoryError:
                self._end(FAIL, _OUT_OF_MEMORY)
            except BaseException:  # noqa: BLE001 - a defect; the host hears of it
                self._end(BROKEN, describe_defect())

        return call

    def _end(self, kind: int, payload: bytes) -> NoReturn:
        try:
            self._channel.send(kind, 0, payload)
            self._channel.flush()
        finally:
            os._exit(0 if kind == FAIL else 70)


def describe(api: dict[str, Any]) -> str:
    """Returns what the bindings need of the declarations, as lines of tab-separated fields.

    `G name` and `O name` begin a global and an object class, `F number name kind parameters` is a
    function of the last begun, `R name` a record that acts as text.
    """
    lines = [f"R\t{record['name']}" for record in api["records"] if record["text"]]
    for letter, group in (("G", "globals"), ("O", "objects")):
        for noun in api[group]:
            lines.append(f"{letter}\t{noun['name']}")
            for f in noun["functions"]:
                names = ",".join(p["name"] for p in f["params"])
                lines.append(f"F\t{f['number']}\t{f['name']}\t{f['kind']}\t{names}")
    return "\n".join(lines)


def _source(name: bytes) -> bytes:
    with open(os.path.join(_RUNTIME, name.decode() + ".lua"), "rb") as file:
        return file.read()


def _deny(*_arguments: object) -> NoReturn:
    raise AttributeError("not accessible")
