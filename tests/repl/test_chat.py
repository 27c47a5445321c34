"""`llmspell chat`: one message piped, conversations kept, tools, and the terminal."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import stat
import sys
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bridges import _database
from bridges._conversations.kept import Kept
from bridges._database import NAME, Database
from bridges._errors import ConfigError, NotFound
from llmspell_cli import main
from llmspell_cli.repl.chats import Chats
from tests.cli.running import Ended, llmspell
from tests.cli.worlds import make_world
from tests.models import servers
from tests.repl.tmux import Terminal


def chat(tmp_path: Path, text: str, *flags: str) -> Ended:
    return llmspell(tmp_path, "chat", "--model", "test:echo", *flags, stdin=text)


def on(data: Path, work: Callable[[Chats], Awaitable[Any]]) -> Any:
    """Returns what work with the conversations of a data folder gives."""

    async def run() -> Any:
        chats = Chats(data)
        try:
            return await work(chats)
        finally:
            await chats.close()

    return asyncio.run(run())


def data_of(tmp_path: Path) -> Path:
    return tmp_path / "home" / ".local/share/llmspell"


def test_a_message_is_answered(tmp_path: Path) -> None:
    assert chat(tmp_path, "hello there\n") == Ended(0, "hello there\n", "")
    assert not (data_of(tmp_path) / NAME).exists()


def test_a_reader_that_is_gone_leaves_nothing_open(tmp_path: Path) -> None:
    words = ("chat", "--model", "test:echo", "--session", "trip")
    world = make_world(tmp_path, *words, stdin=b"hello")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as world.stdout:
        assert main.run(world) == 1
    assert not _database._OPEN


def test_no_message_is_an_error(tmp_path: Path) -> None:
    ended = chat(tmp_path, "  \n")
    assert (ended.code, ended.out) == (2, "")
    assert "there is no message" in ended.err


def test_a_conversation_goes_on_under_its_name(tmp_path: Path) -> None:
    assert chat(tmp_path, "one", "--session", "trip", "--system", "Be brief.").code == 0
    assert chat(tmp_path, "two", "--continue").code == 0
    assert stat.S_IMODE((data_of(tmp_path) / NAME).stat().st_mode) == 0o600
    kept = on(data_of(tmp_path), lambda chats: chats.load("trip"))
    said = [(m["role"], m["content"]) for m in kept.messages if m["role"] != "system"]
    assert said == [("user", "one"), ("assistant", "one"), ("user", "two"), ("assistant", "two")]
    assert kept.system_prompt == "Be brief."
    assert kept.usage["turns"] == 2
    assert [m["role"] for m in kept.messages].count("system") <= 1


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--session", "../x"), "cannot be a name"),
        (("--session", "a", "--continue"), "exclude each other"),
        (("--tools", "nothing"), "there is no tool 'nothing'"),
        (("--max-requests", "0"), "budget"),
    ],
)
def test_what_is_wrong_is_said(flags: tuple[str, ...], said: str, tmp_path: Path) -> None:
    ended = chat(tmp_path, "hello", *flags)
    assert ended.code != 0
    assert said in ended.err


def test_tools_are_called_with_the_spells_permissions(tmp_path: Path) -> None:
    steps = [
        {"tool_calls": [{"name": "file_read", "arguments": {"path": "/etc/passwd"}}]},
        {"text": "refused"},
    ]
    (tmp_path / "steps.json").write_text(json.dumps(steps))
    ended = llmspell(
        tmp_path, "chat", "-m", "test:steps.json", "--tools", "file_read", stdin="read it"
    )
    assert 'file_read(path: "/etc/passwd")' in ended.err
    assert "root:" not in ended.out + ended.err


def _execute(statement: str, values: tuple[str, ...], c: sqlite3.Connection) -> None:
    c.execute(statement, values)


def test_a_damaged_conversation_is_named_and_can_be_deleted(tmp_path: Path) -> None:
    async def work(chats: Chats) -> None:
        await chats.save(Kept("a"))
        kept = Database.at(tmp_path)
        wrong = "UPDATE conversations SET document = ?"
        for text in ("{", "[]", '{"version": 1, "model": 3}', '{"version": 9}'):
            await kept.write(partial(_execute, wrong, (text,)))
            with pytest.raises(ConfigError, match="'a' is damaged"):
                await chats.load("a")
        await kept.close()
        with pytest.raises(NotFound, match="no conversation 'b'"):
            await chats.load("b")
        await chats.delete("a")
        assert await chats.names() == []
        with pytest.raises(NotFound, match="no conversation 'a'"):
            await chats.delete("a")

    on(tmp_path, work)


def test_two_chats_with_one_name_are_both_kept(tmp_path: Path) -> None:
    async def work(one: Chats) -> None:
        two = Chats(tmp_path)
        await one.save(Kept("trip"))
        first, second = await one.load("trip"), await two.load("trip")
        first.system_prompt, second.system_prompt = "1", "2"
        await one.save(first)
        await two.save(second)
        await one.save(first)
        await two.save(second)
        assert (first.name, second.name) == ("trip", "trip-2")
        kept = [(await one.load(name)).system_prompt for name in ("trip", "trip-2")]
        assert kept == ["1", "2"]
        fresh = Chats(tmp_path)
        begun = Kept("trip")  # it began when there was none
        await fresh.save(begun)
        assert begun.name == "trip-3"
        await two.close()
        await fresh.close()

    on(tmp_path, work)


def test_new_names_are_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(time, "strftime", lambda *_: "2030-01-01-000000")

    async def work(chats: Chats) -> None:
        for wanted in ("2030-01-01-000000", "2030-01-01-000000-2", "2030-01-01-000000-3"):
            assert await chats.new_name() == wanted
            await chats.save(Kept(wanted))

    on(tmp_path, work)


def test_the_chat_goes_on_with_a_conversation_of_a_spell(tmp_path: Path) -> None:
    (tmp_path / "a.lua").write_text(
        """
        local own = Tool.new{name = "look", run = function() return 1 end}
        local talk = Conversation.new{model = "test:echo", system_prompt = "Be kind.",
          tools = {own, "calculator"}}
        talk:say("one")
        talk:save("plan")"""
    )
    assert llmspell(tmp_path, "run", "--session", "trip", "a.lua").code == 0
    ended = chat(tmp_path, "two", "--session", "trip/plan")
    assert (ended.code, ended.out) == (0, "two\n")
    assert "look is a tool of the spell" in ended.err
    (tmp_path / "b.lua").write_text(
        'local talk = Conversation.load("plan")\n'
        "return #talk:messages() .. talk:usage().turns .. #Conversation.list()"
    )
    assert llmspell(tmp_path, "run", "--session", "trip", "b.lua").out == "421\n"
    missing = chat(tmp_path, "x", "--session", "nowhere/plan")
    assert (missing.code, "no session 'nowhere'" in missing.err) == (1, True)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    file = tmp_path_factory.mktemp("config") / "lab.toml"
    with servers.start() as lab:
        file.write_text(
            f'default_model = "lab:echo"\n[providers.lab]\nkind = "openai"\n'
            f'base_url = "{lab.openai_url}"\n'
        )
        yield file


def is_idle(screen: str) -> bool:
    lines = [line.rstrip() for line in screen.splitlines() if line.strip()]
    return len(lines) > 1 and lines[-2] == ">"


def test_a_conversation_at_the_terminal(tmp_path: Path, config: Path) -> None:
    command = f"{sys.executable} -m llmspell_cli chat --config {config} --session trip"
    with Terminal(tmp_path, command) as terminal:
        terminal.wait(is_idle)
        terminal.enter("hello", "echo: hello")
        terminal.wait("tokens, $")
        terminal.wait(is_idle)
        terminal.enter(".model lab:drip-30", "\nlab:drip-30\n")
        terminal.wait(is_idle)
        terminal.enter("a long story", "> a long story\necho:")
        terminal.stop("error: interrupted")
        terminal.wait(is_idle)
        terminal.enter(".history", "assistant: echo: hello")
        terminal.wait(is_idle)
        terminal.enter(".new other", "a new conversation, other")
        terminal.wait(is_idle)
        terminal.enter(".sessions", "trip")
        terminal.wait(is_idle)
        terminal.enter(".resume trip", "2 questions so far")
        terminal.wait(is_idle)
        terminal.enter(".delete trip", "trip is deleted")
        terminal.wait(is_idle)
        terminal.enter(".sesions", "did you mean '.sessions'?")
        terminal.wait(is_idle)
        terminal.press("C-d")
        terminal.wait("ended with 0")


def test_a_conversation_that_another_chat_changed_gets_another_name(
    tmp_path: Path, config: Path
) -> None:
    command = f"{sys.executable} -m llmspell_cli chat --config {config} --session trip"
    with Terminal(tmp_path, command) as terminal:
        terminal.wait(is_idle)
        on(data_of(tmp_path), lambda chats: chats.save(Kept("trip")))
        terminal.enter("hello", "trip was changed by another chat; this one is now trip-2")
