"""A folder from somewhere else: what lies in it may not get out of the sandbox or the terminal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridges._errors import ConfigError
from llmspell_cli import manifest
from llmspell_cli.config_layers import parse_toml
from tests.cli.running import llmspell

ESCAPE = "\x1b]0;title\x07"


def test_log_lines_reach_a_terminal_without_its_control_characters(tmp_path: Path) -> None:
    code = "Logger.warn('a\\27[2Jb', {k = '\\27[2J'})"
    ended = llmspell(tmp_path, "eval", code)
    assert "\x1b" not in ended.err
    assert ended.err == "warn: a\\x1b[2Jb k=\\x1b[2J\n"


def test_descriptions_reach_a_terminal_without_its_control_characters(tmp_path: Path) -> None:
    (tmp_path / "spells").mkdir()
    text = '-- /// spell\n-- description = "a\\u001b[2Jb"\n-- ///\n'
    (tmp_path / "spells" / "a.lua").write_text(text)
    (tmp_path / "spells" / f"b{ESCAPE}.lua").write_text("-- b")
    for words in (["list"], ["check", "spells/a.lua"]):
        ended = llmspell(tmp_path, *words)
        assert ended.code == 0, ended.err
        assert "\x1b" not in ended.out + ended.err


def test_verbose_tracebacks_are_clean_as_well(tmp_path: Path) -> None:
    ended = llmspell(tmp_path, "--verbose", "eval", "error('a\\27[2Jb')")
    assert ended.code == 1
    assert "\x1b" not in ended.err


@pytest.mark.parametrize(
    "place", ["home/.local/share/llmspell/trust.json", "elsewhere/llmspell/trust.json"]
)
def test_no_spell_writes_what_is_trusted(tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(parents=True)
    data = tmp_path / place.partition("/")[0]
    shown = data if data.name == "elsewhere" else ""
    code = f"File.write('{place}', '{{}}')"
    ended = llmspell(tmp_path, "eval", code, XDG_DATA_HOME=str(shown))
    assert ended.code == 3, ended.err
    assert not (tmp_path / place).exists()


def test_a_manifest_that_is_a_device_or_a_pipe_holds_up_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "spell.toml").symlink_to("/dev/zero")
    assert manifest.load_folder(tmp_path / "a").name == "a"
    (tmp_path / "a" / "spell.toml").unlink()
    os.mkfifo(tmp_path / "a" / "spell.toml")
    assert manifest.load_folder(tmp_path / "a").name == "a"


def test_toml_nested_without_end_is_an_error() -> None:
    with pytest.raises(ConfigError, match="nested too deeply"):
        parse_toml("a = " + "[" * 10_000, "llmspell.toml")
