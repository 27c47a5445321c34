"""The Python side of the Lua engine: what it does when the worker itself is in trouble."""

from __future__ import annotations

import _ctypes
import os
from collections.abc import Callable
from typing import Any

import msgpack
import pytest

from engines._channel import HostGone
from engines._protocol import BROKEN, FAIL
from engines.lua._interrupt import stopper
from engines.lua.worker import Engine, describe
from tests.engines.lua_host import API


class Exited(Exception):
    """Stands for the end of the process."""


class Recorder:
    """A channel that keeps what is sent."""

    interrupted: str | None = None

    def __init__(self, trouble: BaseException | None = None) -> None:
        self.sent: list[tuple[int, bytes]] = []
        self.trouble = trouble

    def send(self, kind: int, id: int, payload: bytes) -> None:
        self.sent.append((kind, payload))

    def print(self, text: bytes) -> None:
        if self.trouble:
            raise self.trouble

    def flush(self) -> None:
        pass

    def watch_interrupts(self, wake: Callable[[], None] | None) -> None:
        pass


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        raise Exited

    monkeypatch.setattr(os, "_exit", leave)
    return codes


def run(channel: Any) -> None:
    config = {"source": "print('x')", "name": "spell.lua", "form": "file", "memory": 1 << 24}
    values = msgpack.packb({"params": {}, "args": []})
    try:
        Engine(channel, API).run(config, values)
    except Exited:
        pass


def test_a_gone_host_ends_the_worker(exits: list[int]) -> None:
    run(Recorder(HostGone()))
    assert exits[0] == 1


def test_a_defect_is_reported_and_ends_the_worker(exits: list[int]) -> None:
    channel = Recorder(ValueError("defect"))
    run(channel)
    assert exits[0] == 70
    assert channel.sent[0][0] == BROKEN
    assert b"ValueError: defect" in channel.sent[0][1]


def test_memory_that_python_lacks_is_the_spells_failure(exits: list[int]) -> None:
    channel = Recorder(MemoryError())
    run(channel)
    assert exits[0] == 0
    kind, payload = channel.sent[0]
    assert (kind, msgpack.unpackb(payload)["code"]) == (FAIL, "limit_exceeded")
    assert msgpack.unpackb(payload)["details"] == {"limit": "memory"}


def test_a_library_without_luas_interface_cannot_stop_it() -> None:
    assert stopper(_ctypes.__file__) is None
    assert stopper("/no/such/library") is None


def test_an_engine_function_that_the_runtime_lacks_is_a_defect() -> None:
    function = {"number": 1, "name": "absent", "kind": "engine", "params": []}
    api = {"globals": [{"name": "Async", "functions": [function]}], "objects": [], "records": []}
    with pytest.raises(Exception, match=r"the engine provides no Async\.absent"):
        Engine(Recorder(), api)  # type: ignore[arg-type]


def test_the_description_is_lines_of_fields() -> None:
    lines = describe(API).splitlines()
    assert lines[:2] == ["R\tAgentResult", "G\tHost"]
    assert "F\t1\tlater\tasync\tvalue,seconds" in lines
    assert "O\tAgent" in lines
