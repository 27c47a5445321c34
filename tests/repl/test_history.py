"""The history: by project, private, without what holds keys."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from bridges._secrets import has_key, secret_values
from bridges._settings import ModelSettings, Provider
from llmspell_cli.repl.project import history_of
from llmspell_cli.shell import history as module
from llmspell_cli.shell.history import ProjectHistory, history_file
from tests.cli.worlds import make_world

KEYS = [
    'key = "sk-ant-api03-abcdefghijklmnop"',
    'Http.get(url, { headers = { Authorization = "Bearer abcdefghij1234567890" } })',
    'local password = "hunter2hunter2"',
    "const apiKey = 'abcdefgh'",
    "token = [[abcdefgh]]",
    'Http.get("https://user:secret@example.org")',
    'Http.get("https://example.org/?api_key=abcdef12")',
    "AKIAABCDEFGHIJKLMNOP",
    "-----BEGIN RSA PRIVATE KEY-----",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
]
HARMLESS = [
    "max_tokens = 200000",
    "result.usage.input_tokens",
    'token = Env.get("TOKEN")',
    "if token == nil then",
    'print("https://example.org/a@b")',
    "tokens = count(words)",
]


@pytest.mark.parametrize("text", KEYS)
def test_what_holds_a_key(text: str) -> None:
    assert has_key(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_holds_none(text: str) -> None:
    assert not has_key(text)


def test_known_values_are_keys_however_they_look() -> None:
    environ = {"LAB_KEY": "plain-words", "CITY": "Amsterdam", "MY_TOKEN": "short"}
    known = secret_values(environ)
    assert has_key("x = 'plain-words'", known)
    assert not has_key("x = 'Amsterdam short'", known)


def test_entries_come_back_in_order_without_private_ones(tmp_path: Path) -> None:
    file = tmp_path / "data" / "h.lua"
    first = ProjectHistory(file, has_key)
    for entry in ("a", "two\nlines", KEYS[0], "z"):
        first.append_string(entry)
    assert first.get_strings() == ["a", "two\nlines", KEYS[0], "z"]
    assert "sk-ant" not in file.read_text()
    again = ProjectHistory(file, has_key)
    assert again.typed() == ["a", "two\nlines", "z"]

    async def load() -> list[str]:
        return [entry async for entry in ProjectHistory(file, has_key).load()]

    assert asyncio.run(load()) == ["z", "two\nlines", "a"]


def test_nobody_else_reads_the_file(tmp_path: Path) -> None:
    file = tmp_path / "data" / "h.lua"
    file.parent.mkdir(mode=0o755)
    file.write_text('"old"\n')
    file.chmod(0o644)
    ProjectHistory(file, has_key).append_string("new")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_long_history_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 10)
    file = tmp_path / "h.lua"
    file.write_text("".join(f'"{n}"\n' for n in range(25)) + "damaged\n")
    found = ProjectHistory(file, has_key).typed()
    assert found == [str(n) for n in range(16, 25)]
    assert len(file.read_text().splitlines()) == 10
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    history = ProjectHistory(tmp_path / "data" / "h.lua", has_key)
    history.append_string("x")
    assert history.get_strings() == ["x"]


def test_projects_have_histories_of_their_own(tmp_path: Path) -> None:
    files = {
        history_file(tmp_path, Path("/a/shop"), "lua"),
        history_file(tmp_path, Path("/b/shop"), "lua"),
        history_file(tmp_path, Path("/a/shop"), "javascript"),
    }
    assert len(files) == 3
    assert all(file.name.startswith("shop-") for file in files)


def test_a_folder_of_the_project_has_the_projects_history(tmp_path: Path) -> None:
    world = make_world(tmp_path, SOME_SECRET="value-of-mine")
    (world.cwd / "llmspell.toml").write_text("")
    inner = world.cwd / "inner"
    inner.mkdir()
    settings = ModelSettings(providers={"lab": Provider("openai", None, "lab-key-value")})
    history_of(world, settings, "lua").append_string("one")
    world.cwd = inner
    history = history_of(world, settings, "lua")
    history.append_string("'lab-key-value'")
    history.append_string("'value-of-mine'")
    history.append_string("two")
    assert history_of(world, settings, "lua").typed() == ["one", "two"]
