"""What is not needed is not imported; what lies in the working directory never is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import environment

SDKS = ("pydantic_ai", "openai", "anthropic", "google.genai", "httpx2", "pydantic")
WORKBENCH = ("prompt_toolkit", "pygments", "llmspell_cli.repl", "llmspell_cli.shell")
COMMANDS = {
    "run a spell in Lua": ("run", "hello.lua"),
    "run a spell in JavaScript": ("run", "hello.js"),
    "help": ("--help",),
    "help of run": ("run", "--help"),
    "list": ("list",),
}


def imported(cwd: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "llmspell_cli", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=environment(cwd),
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_sdk_is_imported(name: str, tmp_path: Path) -> None:
    (tmp_path / "hello.lua").write_text("print('hello') return File.exists('x')")
    (tmp_path / "hello.js").write_text("console.log('hello'); File.exists('x')")
    found = imported(tmp_path, *COMMANDS[name])
    assert not found & {*SDKS, *WORKBENCH}


def test_a_spell_without_asynchronous_calls_needs_no_event_loop(tmp_path: Path) -> None:
    (tmp_path / "hello.lua").write_text("print('hello')")
    assert "asyncio" not in imported(tmp_path, "run", "hello.lua")


@pytest.mark.parametrize("words", [("run", "hello.lua"), ("hello.js", "a word")])
def test_a_run_without_flags_needs_no_typer(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "hello.lua").write_text("print('hello')")
    (tmp_path / "hello.js").write_text("console.log('hello')")
    assert not imported(tmp_path, *words) & {"typer", "difflib", "shutil", "traceback"}
    assert "typer" in imported(tmp_path, "run", "hello.lua", "--quiet")


@pytest.mark.parametrize("way", ["console script", "python -m"])
def test_decoys_in_the_working_directory_are_not_imported(way: str, tmp_path: Path) -> None:
    names = {"engines", "bridges", "stdlib", "typer", "json", "lupa", "msgpack", "subprocess"}
    command = [sys.executable, "-m", "llmspell_cli"]
    if way == "console script":
        # Python itself looks for `-m llmspell_cli` in the working directory; the script does not.
        names.add("llmspell_cli")
        command = [str(Path(sys.executable).with_name("llmspell"))]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('HIJACKED')")
    (tmp_path / "hello.lua").write_text("print('safe')")
    done = subprocess.run(
        [*command, "run", "hello.lua"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=environment(tmp_path),
    )
    assert (done.returncode, done.stdout) == (0, "safe\n"), done.stderr


@pytest.mark.parametrize("language", ["lua", "javascript"])
def test_a_worker_imports_little(language: str) -> None:
    code = (
        "import sys; sys.path.extend(sys.argv[1:])\n"
        f"import engines._channel, engines._defect, engines.{language}.worker\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, *sys.path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not set(done.stdout.split()) & {"typing", "traceback", "dataclasses", "inspect"}
