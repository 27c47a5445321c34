"""While a debugger holds a spell, nobody's time runs out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bridges import _pauses
from bridges._llm import tries
from bridges._llm.names import find
from bridges._pauses import Pauses
from bridges._session import Session
from bridges._tools import ToolSpec
from bridges._types import Callback
from tests.sessions import make_session

HOUR = 3600.0


def jump(seconds: float) -> None:
    """Moves the loop's clock on."""
    loop = asyncio.get_running_loop()
    time = loop.time
    loop.time = lambda: time() + seconds  # type: ignore[method-assign]


async def turns() -> None:
    """Gives every timer that is due its turn."""
    for _ in range(5):
        await asyncio.sleep(0)


def held(session: Session) -> Any:
    """Holds the spell for an hour."""

    async def work(*_: Any) -> str:
        pauses = session.shared(Pauses)
        pauses.hold()
        pauses.hold()
        jump(HOUR)
        await turns()
        pauses.go_on()
        pauses.go_on()
        await turns()
        return "done"

    return work


class Handler(Callback):
    """A tool's handler."""

    def __init__(self, work: Any) -> None:
        self._work = work

    async def __call__(self, *arguments: Any) -> Any:
        return await self._work(*arguments)


def test_a_limit_goes_on_from_where_it_stopped(tmp_path: Path) -> None:
    session = make_session(tmp_path)

    async def work() -> str:
        async with session.shared(Pauses).limit(100) as limit:
            await held(session)()
            assert not limit.expired()
            jump(101)
            await asyncio.sleep(HOUR)
        return "never"

    with pytest.raises(TimeoutError):
        asyncio.run(work())


def test_what_begins_during_a_stop_has_its_limit(tmp_path: Path) -> None:
    session = make_session(tmp_path)

    async def work() -> None:
        pauses = session.shared(Pauses)
        pauses.hold()
        async with pauses.limit(100):
            jump(HOUR)
            await asyncio.sleep(HOUR)

    with pytest.raises(TimeoutError):
        asyncio.run(work())


def test_limits_that_end_during_a_stop_are_forgotten(tmp_path: Path) -> None:
    session = make_session(tmp_path)

    async def work() -> None:
        pauses = session.shared(Pauses)
        async with pauses.limit(100), pauses.limit(None):
            pauses.hold()
        pauses.go_on()

    asyncio.run(work())


def test_a_tool_that_is_held_has_its_time(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    spec = ToolSpec("slow", "Waits", {}, held(session), timeout=100)
    assert asyncio.run(spec.call({}, session)) == "done"


def test_an_agent_whose_tool_is_held_has_its_time(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    (tmp_path / "steps.json").write_text('[{"tool_calls": [{"name": "slow"}]}, {"text": "over"}]')
    door = session.door

    async def work() -> Any:
        fields = {"name": "slow", "description": "Waits", "run": Handler(held(session))}
        tool = door.call(door.number("Tool.new"), [fields])
        given = {"model": f"test:{tmp_path / 'steps.json'}", "tools": [tool], "timeout": 100}
        agent = door.call(door.number("Agent.new"), [given])
        try:
            return await door.call_async(door.number("Agent:run"), [agent, "go"])
        finally:
            await session.close()

    assert asyncio.run(work()).text == "over"


def test_a_stream_that_nobody_takes_meanwhile_has_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = make_session(tmp_path)
    now = [0.0]
    monkeypatch.setattr(_pauses, "monotonic", lambda: now[0])

    async def work() -> float:
        policy = tries.Policy(timeout=100, first_byte=10, idle=10, retries=0)
        request = tries.Request(session, find(session, "test:echo"), policy)
        before = request.deadline
        session.shared(Pauses).hold()
        now[0] = 30.0
        assert request.deadline - before == pytest.approx(30)
        session.shared(Pauses).go_on()
        now[0] = 90.0
        return request.deadline - before

    assert asyncio.run(work()) == pytest.approx(30)
