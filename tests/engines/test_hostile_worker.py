"""A worker in a spell's hands: it asks for much, takes nothing, and the host stays small."""

from __future__ import annotations

import os
import socket
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgpack
import pytest

from bridges._errors import InvalidArgument
from bridges._session import Session
from engines import _calls
from engines import _protocol as protocol
from engines._codec import JsonCodec, MsgpackCodec
from engines._modules import Modules
from engines._output import Output
from engines._process import Worker
from engines._program import Outcome, Program
from engines._protocol import pack
from engines._run import Run
from tests.sessions import make_session

MEGABYTE = 1 << 20


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_calls, "FRAME_ROOM", MEGABYTE)


def session_of(folder: Path) -> Session:
    session = make_session(folder)
    session.limits = replace(session.limits, memory=2 * MEGABYTE, timeout=200)
    session.account.limit = 4 * MEGABYTE
    return session


def call(
    session: Session, name: str, *arguments: Any, kind: int = protocol.CALL, id: int = 1
) -> bytes:
    return pack(kind, id, msgpack.packb([session.door.number(name), list(arguments)]))


def attacked(session: Session, data: bytes) -> Outcome:
    """Runs the host against a worker that sends `data`, reads nothing and never ends."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            ours.close()
            theirs.sendall(data)
            time.sleep(600)
        finally:
            os._exit(0)
    theirs.close()
    ours.setblocking(False)
    folder = session.grants.base
    with (folder / "printed").open("wb") as printed:
        modules = Modules("lua", folder, session.grants)
        run = Run(Worker("lua", pid, ours.detach()), session, modules, Output(printed.fileno()))
        return run.execute(Program("", "spell.lua", "file"))


def code_of(outcome: Outcome) -> str:
    assert outcome.error is not None
    return outcome.error.code


def test_answers_that_nobody_takes_are_not_gathered(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    (tmp_path / "big").write_bytes(b"x" * MEGABYTE)
    asked = b"".join(call(session, "File.read", "big", id=i) for i in range(100))
    outcome = attacked(session, asked)
    assert code_of(outcome) == "limit_exceeded"
    assert session.used["calls"] < 20


def test_objects_that_keep_much_are_counted(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    fields = {"text": "x" * MEGABYTE}
    asked = b"".join(call(session, "Logger.with", fields, id=i) for i in range(50))
    outcome = attacked(session, asked)
    assert code_of(outcome) == "limit_exceeded"
    assert len(session._objects) < 20


def test_calls_that_wait_with_much_in_hand_are_counted(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    tool = {
        "name": "waits",
        "run": msgpack.ExtType(2, b"\0\0\0\1"),
        "parameters": {"type": "object"},
    }
    asked = call(session, "Tool.new", tool)
    body = {"text": "x" * MEGABYTE}
    asked += b"".join(call(session, "Tool.call", "waits", body, id=i) for i in range(2, 50))
    outcome = attacked(session, asked)
    assert code_of(outcome) == "limit_exceeded"
    assert session.used["calls"] < 20


def test_refused_notes_count_as_output(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    session.limits = replace(session.limits, output=10_000)
    outcome = attacked(session, pack(protocol.NOTE, 0, b"") * 50_000)
    assert code_of(outcome) == "limit_exceeded"
    assert len(session.lines) < 200  # type: ignore[attr-defined]


def test_nothing_is_begun_for_a_worker_that_is_being_stopped(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    session.limits = replace(session.limits, calls=3)
    asked = b"".join(call(session, "File.append", "log", "x", id=i) for i in range(100))
    asked += call(session, "Spell.write_error", "said", kind=protocol.NOTE)
    outcome = attacked(session, asked)
    assert code_of(outcome) == "limit_exceeded"
    assert (tmp_path / "log").read_text() == "xxx"
    assert session.errors == []  # type: ignore[attr-defined]


def test_a_value_printed_over_the_limit_is_no_success(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    session.limits = replace(session.limits, output=10)
    asked = pack(protocol.PRINT, 0, b"x" * 100) + pack(protocol.DONE, 0, msgpack.packb(1))
    assert code_of(attacked(session, asked)) == "limit_exceeded"
    assert (tmp_path / "printed").read_bytes() == b"x" * 10


async def never(_number: int, _arguments: list[Any]) -> Any:
    raise AssertionError("no callback was expected")


def extensions(depth: int, size: int) -> bytes:
    inner = b"x" * size
    for _ in range(depth):
        inner = b"\xc9" + len(inner).to_bytes(4, "big") + b"\x03" + inner
    return inner


@pytest.mark.parametrize(
    "payload",
    [
        b"\xdd" + (3_000_000).to_bytes(4, "big") + b"\x90" * 3_000_000,
        b"\x9f" * 15 + b"\xdd" + (3_000_000).to_bytes(4, "big") + b"\x01" * 3_000_000,
        (b"\xdd" + (900_000).to_bytes(4, "big")) * 60 + b"\x01" * 2_000_000,
        b"\x92" + 2 * (b"\xdd" + (600_000).to_bytes(4, "big") + b"\x90" * 600_000),
        extensions(300, 1_100_000),
    ],
)
def test_a_value_that_unpacks_to_much_more_is_refused(tmp_path: Path, payload: bytes) -> None:
    session = session_of(tmp_path)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidArgument):
            MsgpackCodec(session, never).decode(payload)
        assert tracemalloc.get_traced_memory()[1] < 150 * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("part", [b"[],", b"{},", b"1,"])
def test_json_of_more_parts_than_the_spell_could_hold_is_refused(
    tmp_path: Path, part: bytes
) -> None:
    session = session_of(tmp_path)
    with pytest.raises(InvalidArgument, match="more parts"):
        JsonCodec(session, never).decode(b"[" + part * 5_000_000 + b"1]")


def test_a_large_value_that_the_spell_can_hold_crosses(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    value = [["some text, with [brackets]", i] for i in range(100_000)]
    for codec in (MsgpackCodec(session, never), JsonCodec(session, never)):
        assert codec.decode(codec.encode(value)) == value
