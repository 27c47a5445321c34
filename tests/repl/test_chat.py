"""`llmspell chat`: one message piped, conversations kept, tools, and the terminal."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridges._errors import ConfigError, NotFound
from llmspell_cli.repl.chats import Chat, Chats
from tests.cli.running import Ended, llmspell
from tests.models import servers
from tests.repl.tmux import Terminal


def chat(tmp_path: Path, text: str, *flags: str) -> Ended:
    return llmspell(tmp_path, "chat", "--model", "test:echo", *flags, stdin=text)


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "home" / ".local/share/llmspell/chats").glob("*"))


def test_a_message_is_answered(tmp_path: Path) -> None:
    assert chat(tmp_path, "hello there\n") == Ended(0, "hello there\n", "")
    assert files(tmp_path) == []


def test_no_message_is_an_error(tmp_path: Path) -> None:
    ended = chat(tmp_path, "  \n")
    assert (ended.code, ended.out) == (2, "")
    assert "there is no message" in ended.err


def test_a_conversation_goes_on_under_its_name(tmp_path: Path) -> None:
    assert chat(tmp_path, "one", "--session", "trip", "--system", "Be brief.").code == 0
    assert chat(tmp_path, "two", "--continue").code == 0
    (file,) = files(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = json.loads(file.read_text())
    said = [(m["role"], m["content"]) for m in kept["messages"] if m["role"] != "system"]
    assert said == [("user", "one"), ("assistant", "one"), ("user", "two"), ("assistant", "two")]
    assert kept["system"] == "Be brief."
    assert [m["role"] for m in kept["messages"]].count("system") <= 1


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--session", "../x"), "cannot be the name"),
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


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    chats = Chats(tmp_path)
    chats.save(Chat("a"))
    good = json.loads((tmp_path / "chats" / "a.json").read_text())
    wrong = [json.dumps({**good, **change}) for change in ({"messages": [1]}, {"tools": [1]})]
    for text in ("{", "[]", '{"version": 1, "model": 3}', '{"version": 9}', *wrong):
        (tmp_path / "chats" / "a.json").write_text(text)
        with pytest.raises(ConfigError, match=r"a\.json"):
            chats.load("a")
    (tmp_path / "chats" / "a.json").write_text(json.dumps({**good, "cost": 10**400}))
    assert chats.load("a").cost == 0
    with pytest.raises(NotFound, match="no conversation 'b'"):
        chats.load("b")


def test_a_damaged_conversation_can_be_deleted(tmp_path: Path) -> None:
    chats = Chats(tmp_path)
    chats.save(Chat("a"))
    (tmp_path / "chats" / "a.json").write_text("{")
    chats.delete("a")
    assert chats.names() == []
    with pytest.raises(NotFound, match="no conversation 'a'"):
        chats.delete("a")


def test_a_copied_file_is_a_conversation_of_its_own(tmp_path: Path) -> None:
    chats = Chats(tmp_path)
    chats.save(Chat("a"))
    (tmp_path / "chats" / "b.json").write_bytes((tmp_path / "chats" / "a.json").read_bytes())
    assert chats.load("b").name == "b"


def test_two_chats_with_one_name_are_both_kept(tmp_path: Path) -> None:
    one, two = Chats(tmp_path), Chats(tmp_path)
    one.save(Chat("trip"))
    first, second = one.load("trip"), two.load("trip")
    first.system, second.system = "1", "2"
    one.save(first)
    two.save(second)
    one.save(first)
    two.save(second)
    assert (first.name, second.name) == ("trip", "trip-2")
    assert [Chats(tmp_path).load(name).system for name in ("trip", "trip-2")] == ["1", "2"]
    new = Chat("trip")
    Chats(tmp_path).save(new)  # it began when there was none
    assert new.name == "trip-3"


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    chats = Chats(tmp_path)
    chats.save(Chat("a", system="old"))

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(ConfigError, match="No space left"):
        chats.save(Chat("a", system="new"))
    assert chats.load("a").system == "old"
    assert [path.name for path in (tmp_path / "chats").iterdir()] == ["a.json"]


def test_new_names_are_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(time, "strftime", lambda *_: "2030-01-01-000000")
    chats = Chats(tmp_path)
    for wanted in ("2030-01-01-000000", "2030-01-01-000000-2", "2030-01-01-000000-3"):
        assert chats.new_name() == wanted
        chats.save(Chat(wanted))


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
        Chats(tmp_path / "home" / ".local/share/llmspell").save(Chat("trip"))
        terminal.enter("hello", "trip was changed by another chat; this one is now trip-2")
