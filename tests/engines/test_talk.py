"""The host's end of a conversation: answers, events, the clock; a hostile worker breaks nothing."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridges._errors import InvalidArgument, SpellError, WorkerCrashed
from engines import _clock, _talk
from engines import _protocol as protocol
from engines._clock import Clock
from engines._protocol import pack
from engines._talk import Talk
from tests.engines.test_hostile_worker import attacked, code_of, session_of


def talking(work: Callable[[Talk, list[tuple[int, int, bytes]]], Any]) -> Any:
    sent: list[tuple[int, int, bytes]] = []
    talk = Talk(lambda *frame: sent.append(frame))

    async def run() -> Any:
        return await work(talk, sent)

    return asyncio.run(run())


async def answer(talk: Talk, payload: bytes, op: str = "check", **fields: Any) -> Any:
    question = asyncio.ensure_future(talk.ask(op, **fields))
    await asyncio.sleep(0)
    talk.answered(1, payload)
    return await question


def test_a_command_gets_its_answer() -> None:
    async def work(talk: Talk, sent: list[tuple[int, int, bytes]]) -> Any:
        found = await answer(talk, b'{"state": "complete"}', source="x")
        assert [(kind, id, json.loads(body)) for kind, id, body in sent] == [
            (protocol.COMMAND, 1, {"op": "check", "source": "x"})
        ]
        return found

    assert talking(work) == {"state": "complete"}


def test_an_error_is_raised_as_what_it_is() -> None:
    async def work(talk: Talk, _sent: Any) -> None:
        await answer(talk, b'{"error": {"code": "limit_exceeded", "message": "m"}}')

    with pytest.raises(SpellError) as caught:
        talking(work)
    assert caught.value.code == "limit_exceeded"


def test_the_end_of_the_worker_answers_everything() -> None:
    async def work(talk: Talk, _sent: Any) -> list[Any]:
        questions = [asyncio.ensure_future(talk.ask("check")) for _ in range(3)]
        await asyncio.sleep(0)
        talk.end(WorkerCrashed("gone"))
        later = asyncio.ensure_future(talk.ask("check"))
        return await asyncio.gather(*questions, later, return_exceptions=True)

    assert [str(error) for error in talking(work)] == ["gone"] * 4


@pytest.mark.parametrize(
    "payload", [b"", b"nonsense", b"[1]", b"\xff\xfe", b"[" * 100_000, b'"' + b"x" * 100 + b'"']
)
def test_nonsense_breaks_the_protocol(payload: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_talk, "LARGEST", 200_000)

    async def work(talk: Talk, _sent: Any) -> None:
        for take in (lambda: talk.answered(1, payload), lambda: talk.happened(payload)):
            with pytest.raises(InvalidArgument):
                take()

    talking(work)


def test_a_message_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_talk, "LARGEST", 100)

    async def work(talk: Talk, _sent: Any) -> None:
        with pytest.raises(InvalidArgument, match="bytes"):
            talk.answered(1, json.dumps({"text": "x" * 200}).encode())

    talking(work)


def test_answers_to_nothing_are_dropped(tmp_path: Path) -> None:
    frames = pack(protocol.ANSWER, 99, b"{}") + pack(protocol.EVENT, 0, b'{"event": "x"}')
    done = pack(protocol.DONE, 0, b"\x01")
    assert attacked(session_of(tmp_path), frames + done).value == 1


@pytest.mark.parametrize("kind", [protocol.ANSWER, protocol.EVENT])
def test_a_worker_that_talks_nonsense_is_ended(kind: int, tmp_path: Path) -> None:
    assert code_of(attacked(session_of(tmp_path), pack(kind, 0, b"{}x"))) == "worker_crashed"


def test_a_spell_cannot_stop_its_own_clock(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    object.__setattr__(session.limits, "timeout", 0.3)
    outcome = attacked(session, pack(protocol.EVENT, 0, b'{"event": "stopped"}'))
    assert code_of(outcome) == "timeout"


def test_the_clock_stands_still_while_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(_clock, "monotonic", lambda: now)
    clock = Clock(10)
    now = 104.0
    clock.pause()
    now = 1000.0
    clock.pause()
    assert clock.deadline == math.inf
    clock.go_on()
    clock.go_on()
    assert clock.deadline == 1006.0
    clock.set(1)
    assert clock.deadline == 1001.0
