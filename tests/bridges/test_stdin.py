from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path
from typing import Any

import pytest

from bridges._errors import InvalidArgument, LimitExceeded
from bridges._session import Limits
from tests.doors import ask, call
from tests.sessions import make_session


def with_input(tmp_path: Path, data: bytes, **overrides: Any) -> Any:
    return make_session(tmp_path, stdin=io.BytesIO(data), **overrides)


def test_read_gives_all_once(tmp_path: Path) -> None:
    session = with_input(tmp_path, "häuser\n".encode() * 20_000)
    assert call(session, "Stdin.read") == "häuser\n" * 20_000
    assert call(session, "Stdin.read") == ""


def test_lines_end_at_any_line_end(tmp_path: Path) -> None:
    session = with_input(tmp_path, b"a\r\n\nc")

    async def run() -> list[Any]:
        return [await ask(session, "Stdin.read_line") for _ in range(5)]

    assert asyncio.run(run()) == ["a", "", "c", None, None]


def test_a_line_then_the_rest(tmp_path: Path) -> None:
    session = with_input(tmp_path, b"head\nb\nc\n")

    async def run() -> tuple[Any, Any]:
        return await ask(session, "Stdin.read_line"), await ask(session, "Stdin.read")

    assert asyncio.run(run()) == ("head", "b\nc\n")


def test_lines_are_a_stream(tmp_path: Path) -> None:
    session = with_input(tmp_path, b"a\nb\n")

    async def run() -> list[str]:
        stream = await ask(session, "Stdin.lines")
        found: list[str] = []
        while not (step := await ask(session, "Stream:next", stream))["done"]:
            found += step["items"]
        assert await ask(session, "Stream:result", stream) is None
        return found

    assert asyncio.run(run()) == ["a", "b"]


def test_json(tmp_path: Path) -> None:
    assert call(with_input(tmp_path, b'{"a": [1]}'), "Stdin.json") == {"a": [1]}
    with pytest.raises(InvalidArgument, match="standard input is not JSON: .* line 1 column 2"):
        call(with_input(tmp_path, b"{a"), "Stdin.json")


def test_input_that_is_not_text_says_what_to_do(tmp_path: Path) -> None:
    for name in ("Stdin.read", "Stdin.read_line"):
        with pytest.raises(InvalidArgument, match="not UTF-8") as caught:
            call(with_input(tmp_path, b"\xff\n"), name)
        assert "iconv" in caught.value.hint


def test_input_larger_than_the_memory_is_refused(tmp_path: Path) -> None:
    limits = Limits(memory=1000)
    for name in ("Stdin.read", "Stdin.read_line"):
        with pytest.raises(LimitExceeded, match="1000 bytes"):
            call(with_input(tmp_path, b"x" * 1001, limits=limits), name)
    session = with_input(tmp_path, b"x" * 999, limits=limits)
    assert len(call(session, "Stdin.read")) == 999


class Folder(io.RawIOBase):
    """Standard input redirected from a folder."""

    def read(self, _size: int = -1) -> bytes:
        raise IsADirectoryError(21, "Is a directory")


def test_input_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    closed = io.BytesIO()
    closed.close()
    for stdin, reason in ((closed, "closed"), (Folder(), "Is a directory")):
        with pytest.raises(InvalidArgument, match=f"cannot be read: .*{reason}") as caught:
            call(make_session(tmp_path, stdin=stdin), "Stdin.read")
        assert "< file" in caught.value.hint


def test_a_reader_that_gave_up_loses_nothing_and_holds_nobody_up(tmp_path: Path) -> None:
    source, sink = os.pipe()

    async def run() -> str:
        with open(source, "rb") as stdin:
            session = make_session(tmp_path, stdin=stdin)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await ask(session, "Stdin.read_line")
            os.write(sink, b"late\n")
            found = await ask(session, "Stdin.read_line")
            os.close(sink)
            assert await ask(session, "Stdin.read_line") is None
            return str(found)

    assert asyncio.run(run()) == "late"


def test_a_line_is_there_before_the_input_ends(tmp_path: Path) -> None:
    source, sink = os.pipe()

    async def run() -> None:
        with open(source, "rb") as stdin:
            session = make_session(tmp_path, stdin=stdin)
            os.write(sink, b"one\ntw")
            assert await ask(session, "Stdin.read_line") == "one"
            os.close(sink)
            assert await ask(session, "Stdin.read_line") == "tw"

    asyncio.run(run())


def test_is_terminal(tmp_path: Path) -> None:
    assert call(with_input(tmp_path, b""), "Stdin.is_terminal") is False
    closed = io.BytesIO()
    closed.close()
    assert call(make_session(tmp_path, stdin=closed), "Stdin.is_terminal") is False
    master, slave = os.openpty()
    with open(slave, "rb", buffering=0) as terminal:
        assert call(make_session(tmp_path, stdin=terminal), "Stdin.is_terminal") is True
    os.close(master)
