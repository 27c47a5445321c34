"""Spells that run spells: nobody gets more than the first one was given."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from llmspell_cli import compose
from tests.cli.running import llmspell

ALL = """
local jobs = {}
for i = 1, 20 do jobs[i] = function() return Spell.run("child.lua") end end
return Async.all(jobs)
"""

STEP = "Workflow.new{name = 'w', steps = {{name = 's', spell = 'child.lua'}}}:run()"


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.lua").write_text(text)


def test_what_a_spell_prints_counts_for_its_callers(tmp_path: Path) -> None:
    write(tmp_path, main=ALL, child="print(('x'):rep(999))")
    ended = llmspell(tmp_path, "run", "--output-limit", "5000", "main.lua")
    assert ended.code == 125 and len(ended.out) <= 5000
    assert "output" in ended.err


def test_what_a_spell_calls_counts_for_its_callers(tmp_path: Path) -> None:
    child = "for i = 1, 20 do File.exists('x') end"
    write(tmp_path, main=ALL, child=child)
    ended = llmspell(tmp_path, "run", "--calls", "100", "main.lua")
    assert ended.code == 125 and "100 host calls" in ended.err


def test_what_a_spell_computes_counts_for_its_callers(tmp_path: Path) -> None:
    main = "for i = 1, 9 do Spell.run('child.lua') end"
    write(tmp_path, main=main, child="local x = 0 for i = 1, 6e7 do x = x + i end")
    ended = llmspell(tmp_path, "run", "--cpu", "1s", "main.lua")
    assert ended.code == 124, ended.err


def test_only_some_run_at_a_time(tmp_path: Path) -> None:
    child = """
    File.append("log", "+") Async.sleep(0.5) File.append("log", "-")
    """
    write(tmp_path, main=ALL, child=child)
    assert llmspell(tmp_path, "main.lua").code == 0
    running = most = 0
    for mark in (tmp_path / "log").read_text():
        running += 1 if mark == "+" else -1
        most = max(most, running)
    assert most <= compose.MAX_BESIDE


def test_a_spell_in_a_spell_in_a_spell_waits_for_nobody_above(tmp_path: Path) -> None:
    write(tmp_path, main=ALL, child="return Spell.run('leaf.lua')", leaf="return 1")
    ended = llmspell(tmp_path, "main.lua")
    assert ended.code == 0, ended.err


@pytest.mark.parametrize("trap", ["pipe", "link"])
def test_a_pipe_or_a_link_to_elsewhere_is_not_run(tmp_path: Path, trap: str) -> None:
    work = tmp_path / "work"
    (work / "inner").mkdir(parents=True)
    (tmp_path / "outside.lua").write_text("return 'read'")
    if trap == "pipe":
        os.mkfifo(work / "child.lua")
    else:
        (work / "inner" / "main.lua").symlink_to(tmp_path / "outside.lua")
    name = "child.lua" if trap == "pipe" else "inner"
    write(work, main=f"return select(2, pcall(Spell.run, '{name}')).code")
    ended = llmspell(work, "main.lua")
    assert ended.out.strip() in ("invalid_argument", "permission_denied"), ended


@pytest.mark.parametrize("way", ["Spell.run('child.lua')", STEP])
def test_a_spell_that_ends_with_a_code_of_failure_has_failed(way: str, tmp_path: Path) -> None:
    write(tmp_path, main=f"print({way})", child="exit(7)")
    ended = llmspell(tmp_path, "run", "main.lua")
    assert ended.code == 1
    assert "the spell 'child' ended with exit code 7" in ended.err


def test_a_spell_that_ends_by_itself_gives_nothing(tmp_path: Path) -> None:
    write(tmp_path, main="print(Spell.run('child.lua'))", child="exit(0)")
    ended = llmspell(tmp_path, "run", "main.lua")
    assert (ended.code, ended.out) == (0, "nil\n"), ended.err


def test_a_spell_that_fails_tells_its_line_as_its_caller_sees_the_file(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "main.lua").write_text("\nerror('broke')")
    write(tmp_path, main='local _ = Spell.run("inner/main.lua")')
    ended = llmspell(tmp_path, "run", "main.lua")
    assert ended.code == 1
    assert ended.err.splitlines() == [
        "error: broke",
        "  2 | error('broke')",
        "  at main chunk (inner/main.lua:2)",
        "  at main chunk (main.lua:1)",
    ]
