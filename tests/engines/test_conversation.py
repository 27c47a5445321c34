"""Conversations: pieces of code in one engine, interrupted at every moment there is."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from engines._conversation import Conversation, Evaluated
from engines._modules import Modules
from engines._output import Output
from engines._process import Worker
from llmspell_cli.compose import spelling
from tests.sessions import make_session

LOOPS = {"lua": "while true do end", "javascript": "for (;;);"}
STUCK = {
    "lua": "string.find(('a'):rep(40), ('a?'):rep(40) .. ('a'):rep(40))",
    "javascript": "[].indexOf.call({ length: 2 ** 53 - 1 }, 1)",
}
Work = Callable[[Conversation], Awaitable[Any]]


def conversing(language: str, folder: Path, work: Work) -> Any:
    async def run() -> Any:
        session = make_session(folder)
        session.spell_name = spelling(language)
        modules = Modules(language, folder, session.grants)
        with open(os.devnull, "wb") as null:
            talk = Conversation(Worker.start(language), session, modules, Output(null.fileno()))
            await talk.start()
            try:
                return await work(talk)
            finally:
                await talk.close()

    return asyncio.run(run())


async def evaluate(talk: Conversation, source: str, seconds: float = math.inf) -> Evaluated:
    return await talk.evaluate(source, seconds=seconds)


async def interrupted(talk: Conversation, source: str, after: float) -> Evaluated:
    piece = asyncio.ensure_future(evaluate(talk, source))
    await asyncio.sleep(after)
    talk.interrupt()
    return await piece


@pytest.mark.parametrize("language", LOOPS)
@pytest.mark.parametrize("after", [0.0, 0.001, 0.05])
def test_an_interrupt_ends_its_piece_and_no_other(
    after: float, language: str, tmp_path: Path
) -> None:
    async def work(talk: Conversation) -> None:
        await evaluate(talk, "kept = 5" if language == "lua" else "let kept = 5")
        for _ in range(8):
            found = await interrupted(talk, LOOPS[language], after)
            assert found.error is not None and found.error.code == "cancelled", found
            assert not found.lost
            # At once: what is left of the interrupt must not meet the next piece.
            assert (await evaluate(talk, "kept + 1")).text == "6"

    conversing(language, tmp_path, work)


@pytest.mark.parametrize("language", LOOPS)
def test_an_interrupt_between_two_pieces_hurts_neither(language: str, tmp_path: Path) -> None:
    async def work(talk: Conversation) -> None:
        await evaluate(talk, "1")
        for _ in range(8):
            await interrupted(talk, LOOPS[language], 0.01)
            talk.interrupt()
            assert (await evaluate(talk, "1 + 1")).text == "2"
            talk.interrupt()
            await asyncio.sleep(0.01)
            assert (await evaluate(talk, "1 + 1")).text == "2"

    conversing(language, tmp_path, work)


@pytest.mark.parametrize("language", LOOPS)
def test_a_piece_has_its_own_time_limit(language: str, tmp_path: Path) -> None:
    async def work(talk: Conversation) -> Evaluated:
        await evaluate(talk, "1")  # the engine has to be up: its start counts as well
        found = await evaluate(talk, LOOPS[language], seconds=0.2)
        assert (await evaluate(talk, "1 + 1", seconds=60)).text == "2"
        return found

    found = conversing(language, tmp_path, work)
    assert found.error.code == "timeout" and not found.lost


@pytest.mark.parametrize("language", STUCK)
def test_an_engine_that_is_stuck_is_killed(language: str, tmp_path: Path) -> None:
    async def work(talk: Conversation) -> tuple[Evaluated, bool, Evaluated]:
        await evaluate(talk, "1")
        found = await interrupted(talk, STUCK[language], 1.0)
        return found, talk.alive, await evaluate(talk, "1 + 1")

    found, alive, after = conversing(language, tmp_path, work)
    assert found.lost and not alive
    assert after.lost and after.error is not None


@pytest.mark.parametrize("language", LOOPS)
def test_a_piece_can_leave(language: str, tmp_path: Path) -> None:
    found = conversing(language, tmp_path, lambda talk: evaluate(talk, "exit(3)"))
    assert (found.exit_code, found.lost) == (3, True)
