"""Completion comes from the declarations."""

from __future__ import annotations

from pathlib import Path

from llmspell_cli.completion import complete_code, names
from tests.cli.running import llmspell


def test_names_are_spelled_as_the_language_spells_them() -> None:
    lua, javascript = names("lua"), names("javascript")
    assert len(lua) == len(javascript)
    assert "Agent:as_tool" in [name.name for name in lua]
    assert "Agent.asTool" in [name.name for name in javascript]


def test_a_name_carries_its_signature_and_what_it_does() -> None:
    read = next(name for name in names("lua") if name.name == "File.read")
    assert read.signature.startswith("File.read(path")
    assert read.doc


def test_code_is_completed_at_its_last_word() -> None:
    found = dict(complete_code("print(File.rea"))
    assert "print(File.read" in found
    assert all(code.startswith("print(File.rea") for code in found)
    assert list(complete_code("1 + ")) == []


def test_the_shell_completes_code(tmp_path: Path) -> None:
    ended = llmspell(
        tmp_path,
        _LLMSPELL_COMPLETE="complete_bash",
        COMP_WORDS="llmspell eval File.rea",
        COMP_CWORD="2",
    )
    assert "File.read" in ended.out.split()
