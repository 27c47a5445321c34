"""`llmspell types`: what it writes, and what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmspell_cli import main
from llmspell_cli.commands import types
from llmspell_cli.debug.dap.options import OPTIONS
from llmspell_cli.editors import FILES, text
from tests.cli.worlds import make_world, written

STUB = ".llmspell/types/llmspell.meta.lua"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_second_run_changes_nothing_and_says_so(tmp_path: Path) -> None:
    world = make_world(tmp_path, "types")
    assert main.run(world) == 0
    before = contents(world.cwd)
    assert {STUB, ".llmspell/types/llmspell/text.lua", *FILES} <= before.keys()
    stub = (world.cwd / STUB).stat()
    world = make_world(tmp_path, "types")
    assert main.run(world) == 0
    assert written(world) == ("", "everything is up to date\n")
    assert contents(world.cwd) == before
    assert (world.cwd / STUB).stat().st_ino == stub.st_ino


def test_stubs_of_an_older_version_are_replaced(tmp_path: Path) -> None:
    world = make_world(tmp_path, "types")
    assert main.run(world) == 0
    current = (world.cwd / STUB).read_text()
    (world.cwd / STUB).write_text("---@meta\n")
    world = make_world(tmp_path, "types")
    assert main.run(world) == 0
    assert written(world)[0] == f"{STUB}\n"
    assert (world.cwd / STUB).read_text() == current


@pytest.mark.parametrize("name", FILES)
def test_settings_that_are_there_are_left_alone(name: str, tmp_path: Path) -> None:
    world = make_world(tmp_path, "types")
    own = world.cwd / name
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("{}\n")
    assert main.run(world) == 0
    assert own.read_text() == "{}\n"
    told = written(world)[1]
    assert f"{own} exists and is left alone" in told and text(FILES[name][0]) in told


def test_settings_that_know_us_are_not_spoken_of(tmp_path: Path) -> None:
    world = make_world(tmp_path, "types")
    own = world.cwd / ".vscode" / "launch.json"
    own.parent.mkdir()
    own.write_text('{"configurations": [{"type": "llmspell"}, {"type": "node"}]}')
    assert main.run(world) == 0
    assert written(world)[1] == ""


def test_a_link_that_leads_nowhere_is_the_users(tmp_path: Path) -> None:
    world = make_world(tmp_path, "types")
    elsewhere = tmp_path / "elsewhere.json"
    (world.cwd / "jsconfig.json").symlink_to(elsewhere)
    assert main.run(world) == 2
    assert not elsewhere.exists()


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path, "types")
    own = world.cwd / ".luarc.json"

    def appears(path: Path, content: str) -> Path:
        if path == own:
            own.write_text("{}")
        return beside(path, content)

    beside = types._beside
    monkeypatch.setattr(types, "_beside", appears)
    assert main.run(world) == 0
    assert own.read_text() == "{}"
    assert [p.name for p in world.cwd.iterdir() if p.name.startswith("..")] == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    world = make_world(tmp_path, "types")
    (world.cwd / ".llmspell").write_text("a file in the way")
    assert main.run(world) == 2
    assert "cannot be written" in written(world)[1]


def test_the_debugger_is_started_by_the_extension_as_the_launch_names_it(tmp_path: Path) -> None:
    world = make_world(tmp_path, "types")
    assert main.run(world) == 0
    launch = json.loads((world.cwd / ".vscode/launch.json").read_text())["configurations"][0]
    package = world.cwd / ".vscode/extensions/llmspell/package.json"
    debugger = json.loads(package.read_text())["contributes"]["debuggers"][0]
    assert debugger["type"] == launch["type"]
    assert [debugger["runtime"], *debugger["runtimeArgs"]] == ["llmspell", "debug", "--dap"]
    known = debugger["configurationAttributes"]["launch"]["properties"]
    assert set(known) <= set(OPTIONS)
    assert set(launch) <= {"name", "type", "request", *known}


def test_new_speaks_of_the_stubs_until_they_are_there(tmp_path: Path) -> None:
    world = make_world(tmp_path, "new", "first")
    assert main.run(world) == 0
    assert "llmspell types" in written(world)[1]
    assert main.run(make_world(tmp_path, "types")) == 0
    world = make_world(tmp_path, "new", "second")
    assert main.run(world) == 0
    assert "llmspell types" not in written(world)[1]
