"""Frames and values: whatever a worker sends, the host answers with an error and lives on."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridges._errors import InvalidArgument, WorkerCrashed
from engines import _protocol as protocol
from engines._codec import Codec, JsonCodec, MsgpackCodec
from engines._modules import Modules
from engines._output import Output
from engines._process import Worker
from engines._program import Outcome, Program
from engines._protocol import Decoder, ProtocolError, pack
from engines._run import Run
from tests.sessions import make_session

FRAMES = st.lists(st.tuples(st.integers(0, 255), st.integers(0, 2**32 - 1), st.binary(max_size=99)))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=20,
)
quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


async def never(_number: int, _arguments: list[Any]) -> Any:
    raise AssertionError("no callback was expected")


def codecs(tmp_path: Path) -> list[Codec]:
    session = make_session(tmp_path)
    return [MsgpackCodec(session, never), JsonCodec(session, never)]


@given(FRAMES, st.integers(1, 50))
@quick
def test_frames_survive_any_cut(frames: list[tuple[int, int, bytes]], size: int) -> None:
    data = b"".join(pack(*frame) for frame in frames)
    decoder = Decoder()
    found = []
    for start in range(0, len(data), size):
        found += decoder.feed(data[start : start + size])
    assert [tuple(frame) for frame in found] == frames


def test_an_oversized_frame_is_refused_before_it_is_read() -> None:
    with pytest.raises(ProtocolError):
        Decoder(max_frame=10).feed(pack(protocol.PRINT, 0, b"x" * 11)[:9])


@given(value=VALUES)
@quick
def test_values_round_trip_in_both_codecs(value: Any, tmp_path: Path) -> None:
    for codec in codecs(tmp_path):
        assert codec.decode(codec.encode(value)) == value


@given(data=st.binary(max_size=200))
@quick
def test_damaged_values_are_refused_not_fatal(data: bytes, tmp_path: Path) -> None:
    for codec in codecs(tmp_path):
        try:
            codec.decode(data)
        except InvalidArgument:
            pass


@pytest.mark.parametrize("text", ["é", "A", "AAA", "AA=A", "A A=", "===="])
def test_damaged_bytes_are_refused(text: str, tmp_path: Path) -> None:
    _, javascript = codecs(tmp_path)
    with pytest.raises(InvalidArgument):
        javascript.decode(json.dumps({"\0": ["b", text]}).encode())


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**63, -(2**63) - 1, {1, 2}, object()]
)
def test_what_cannot_cross_is_refused(value: Any, tmp_path: Path) -> None:
    for codec in codecs(tmp_path):
        with pytest.raises(InvalidArgument):
            codec.encode([value])


def test_javascript_is_not_given_an_integer_it_would_change(tmp_path: Path) -> None:
    lua, javascript = codecs(tmp_path)
    assert lua.decode(lua.encode(2**53 + 1)) == 2**53 + 1
    with pytest.raises(InvalidArgument):
        javascript.encode(2**53 + 1)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_depth_is_limited_both_ways(tmp_path: Path) -> None:
    import json

    import msgpack

    lua, javascript = codecs(tmp_path)
    for codec in (lua, javascript):
        assert codec.decode(codec.encode(nested(64))) == nested(64)
        with pytest.raises(InvalidArgument):
            codec.encode(nested(65))
    for depth in (65, 600, 100_000):
        with pytest.raises(InvalidArgument):
            javascript.decode(("[" * depth + "]" * depth).encode())
        with pytest.raises(InvalidArgument):
            lua.decode(b"\x91" * depth + b"\x01")
    assert json.loads(javascript.encode({"a": 1})) == msgpack.unpackb(lua.encode({"a": 1}))


def test_a_forged_object_or_function_is_refused(tmp_path: Path) -> None:
    lua, javascript = codecs(tmp_path)
    for forged in (b'{"\\u0000":["o","Agent",7]}', b'{"\\u0000":["x"]}', b'{"\\u0000":["b","?"]}'):
        with pytest.raises(InvalidArgument):
            javascript.decode(forged)
    for forged in (b"\xd4\x01\x00", b"\xd6\x01\x92\xa1A\x07", b"\xd4\x63\x00"):
        with pytest.raises(InvalidArgument):
            lua.decode(forged)


def hostile(tmp_path: Path, data: bytes, language: str = "lua") -> Outcome:
    """Runs the host against a worker that sends `data` and goes away."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            theirs.sendall(data)
            theirs.recv(1 << 20)
        finally:
            os._exit(0)
    theirs.close()
    ours.setblocking(False)
    worker = Worker(language, pid, ours.detach())
    session = make_session(tmp_path)
    with (tmp_path / "printed").open("wb") as printed:
        modules = Modules(language, tmp_path, session.grants)
        run = Run(worker, session, modules, Output(printed.fileno()))
        return run.execute(Program("", "spell.lua", "file"))


@pytest.mark.parametrize("language", ["lua", "javascript"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 64,
        pack(protocol.START, 0, b""),
        pack(protocol.RESULT, 1, b"\0"),
        pack(99, 0, b""),
        pack(protocol.DONE, 0, b"\xff\xff"),
        pack(protocol.DONE, 0, b"[" * 70_000),
        pack(protocol.FAIL, 0, b"{"),
        pack(protocol.BROKEN, 0, b"\xff"),
        pack(protocol.CALL, 1, b"\xc1") * 3,
        pack(protocol.RETURN, 77, b"\0"),
        pack(protocol.CANCEL, 77, b""),
        pack(protocol.NOTE, 0, b"[0,[]]"),
        pack(protocol.MODULE, 5, b"no separator"),
        pack(protocol.MODULE, 5, b"spell\0../../etc/passwd"),
    ],
)
def test_a_hostile_worker_ends_only_itself(data: bytes, language: str, tmp_path: Path) -> None:
    outcome = hostile(tmp_path, data, language)
    assert outcome.error is not None
    assert outcome.error.code in ("worker_crashed", "internal", "spell_error"), outcome.error


def test_a_worker_that_lives_on_behind_a_closed_socket_is_killed(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        theirs.shutdown(socket.SHUT_RDWR)
        time.sleep(60)
        os._exit(0)
    theirs.close()
    ours.setblocking(False)
    began = time.monotonic()
    worker = Worker("lua", pid, ours.detach())
    session = make_session(tmp_path)
    run = Run(worker, session, Modules("lua", tmp_path, session.grants), Output(-1))
    outcome = run.execute(Program("", "spell.lua", "file"))
    assert time.monotonic() - began < 30
    assert isinstance(outcome.error, WorkerCrashed)


def test_a_worker_keeps_nothing_that_was_open_where_it_started(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    opened = os.open(secret, os.O_RDONLY)
    number = fcntl.fcntl(opened, fcntl.F_DUPFD, 300)
    os.set_inheritable(number, True)
    worker = Worker.start("lua")
    try:
        os.set_blocking(worker.fd, True)
        os.read(worker.fd, 9)  # READY
        folder = Path(f"/proc/{worker.pid}/fd")  # where the system has it
        kept = [os.readlink(entry) for entry in folder.iterdir()] if folder.is_dir() else []
        assert str(secret) not in kept
    finally:
        worker.end()
        os.close(number)
        os.close(opened)


def test_a_worker_that_vanishes_is_a_crash(tmp_path: Path) -> None:
    assert isinstance(hostile(tmp_path, b"").error, WorkerCrashed)
