"""The last of a run: what it opened is closed, and nothing holds it up for long."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridges._errors import ConfigError
from engines import _closing
from tests.sessions import make_session


def test_what_hangs_is_left_and_the_rest_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_closing, "PAUSE", 0.01)
    session = make_session(tmp_path)
    closed: list[str] = []

    async def hang() -> None:
        closed.append("hangs")
        await asyncio.Event().wait()

    async def close() -> None:
        closed.append("closed")

    for closer in (close, hang, hang, close):
        session.on_close(closer)

    async def run() -> None:
        hanging = asyncio.ensure_future(asyncio.Event().wait())
        await asyncio.sleep(0)
        await _closing.close_all(session, lambda: 0.01)
        assert hanging.cancelled()

    asyncio.run(run())
    assert closed == ["closed", "hangs", "hangs", "closed"]


def test_what_fails_to_close_is_told(tmp_path: Path) -> None:
    session = make_session(tmp_path)

    async def fail() -> None:
        raise ConfigError("the disk is gone")

    session.on_close(fail)
    with pytest.raises(ConfigError, match="the disk is gone"):
        asyncio.run(_closing.close_all(session, lambda: 1.0))
