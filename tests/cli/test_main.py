"""The command line's frame: finding the command, exit codes, output that cannot be written."""

from __future__ import annotations

import errno
import importlib
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from bridges._errors import BY_CODE, ConfigError, SpellError
from llmspell_cli import __version__, cast, main, program
from llmspell_cli.commands import COMMANDS
from llmspell_cli.invocation import Invocation
from llmspell_cli.request import Request
from llmspell_cli.world import World
from tests.cli.running import PROGRAM, environment, llmspell
from tests.cli.worlds import make_world, written


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def dispatch(_call: object) -> int:
        raise error

    monkeypatch.setattr(main, "_dispatch", dispatch)


@pytest.mark.parametrize(
    ("words", "arranged"),
    [
        ([], ([], None)),
        (["--help"], (["--help"], None)),
        (["list", "x.lua"], (["list", "x.lua"], "list")),
        (["x.lua", "a"], (["run", "x.lua", "a"], "run")),
        (["x.mjs", "--help"], (["run", "x.mjs", "--help"], "run")),
        (["there", "-x"], (["run", "there", "-x"], "run")),
        (["-v", "--config", "c", "x.js"], (["-v", "--config", "c", "run", "x.js"], "run")),
        (["--config", "list"], (["--config", "list"], None)),
    ],
)
def test_a_bare_file_is_run(
    words: list[str], arranged: tuple[list[str], str | None], tmp_path: Path
) -> None:
    world = make_world(tmp_path)
    (world.cwd / "there").write_text("")
    assert main.arrange(words, world) == arranged


@pytest.mark.parametrize("words", [["run", "x.lua"], ["x.js", "a", "", "b c"], ["run", "run"]])
def test_a_run_without_flags_is_what_typer_reads(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Invocation, str, Request]] = []

    def cast_file(invocation: Invocation, file: str, request: Request) -> int:
        asked.append((invocation, file, request))
        return 7

    monkeypatch.setattr(cast, "cast_file", cast_file)
    world = make_world(tmp_path, *words)
    assert main.run(world) == 7
    monkeypatch.setattr(main, "_is_plain", lambda _words: False)
    assert main.run(world) == 7
    assert asked[0] == asked[1]


def test_a_command_wins_over_a_file_of_its_name(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    (world.cwd / "info").write_text("")
    assert main.arrange(["info"], world) == (["info"], "info")


def test_a_word_that_is_nothing_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'chek' is neither") as caught:
        main.arrange(["chek"], make_world(tmp_path))
    assert caught.value.hint == "did you mean 'llmspell check'?"


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_every_error_ends_with_the_exit_code_of_its_class(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path)
    error: SpellError = BY_CODE[code]("it failed", hint="do this")
    failing(monkeypatch, error)
    assert main.run(world) == error.exit_code != 0
    assert written(world) == ("", "error: it failed\nhint: do this\n")


def test_a_defect_is_one_paragraph_and_a_traceback_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path)
    failing(monkeypatch, ZeroDivisionError("division"))
    assert main.run(world) == 1
    assert "this is a defect" in written(world)[1] and "Traceback" not in written(world)[1]

    def dispatch(call: Any) -> int:
        call.set(verbose=True)
        raise ZeroDivisionError("division")

    monkeypatch.setattr(main, "_dispatch", dispatch)
    assert main.run(world) == 1
    assert "Traceback" in written(world)[1]


def test_interrupts_and_aborts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, KeyboardInterrupt())
    assert main.run(make_world(tmp_path)) == 130
    failing(monkeypatch, typer.Abort())
    assert main.run(make_world(tmp_path)) == 1


def test_an_operating_system_error_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path)
    failing(monkeypatch, PermissionError(errno.EACCES, "Permission denied", "/x/y"))
    assert main.run(world) == 1
    assert written(world)[1] == "error: /x/y: Permission denied\n"


def test_what_was_printed_comes_before_the_error(tmp_path: Path) -> None:
    (tmp_path / "good.lua").write_text("return 1")
    done = subprocess.run(
        [*PROGRAM, "check", "good.lua", "bad.lua"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(tmp_path),
    )
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "good.lua: sound (lua)" and lines[2].startswith("error:")


def test_output_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*PROGRAM, "list", "--json"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(tmp_path),
        )
    assert done.returncode == 1
    assert done.stderr == b"error: standard output cannot be written: No space left on device\n"


def test_a_closed_pipe_ends_it_quietly(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", 'exec 3>&2; "$@" 2>&3 | true; exit ${PIPESTATUS[0]}', "-", *PROGRAM, "list"],
        cwd=tmp_path,
        capture_output=True,
        env=environment(tmp_path),
    )
    assert done.stderr == b""


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
def test_a_stream_that_is_closed_from_the_start(stream: str, tmp_path: Path) -> None:
    sign = {"stdin": "<&-", "stdout": ">&-", "stderr": "2>&-"}[stream]
    done = subprocess.run(
        ["bash", "-c", f'"$@" {sign}', "-", *PROGRAM, "list", "--json"],
        cwd=tmp_path,
        capture_output=True,
        env=environment(tmp_path),
    )
    assert done.returncode == (1 if stream == "stdout" else 0)
    assert b"Traceback" not in done.stderr and b"Exception" not in done.stderr


def test_the_version_needs_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *PROGRAM[1:], "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=environment(tmp_path),
    )
    assert done.stdout == f"llmspell {__version__}\n"
    assert "typer" not in done.stderr
    assert llmspell(tmp_path, "--quiet", "--version").out == f"llmspell {__version__}\n"


def test_every_command_is_there_and_has_a_help_within_80_columns(tmp_path: Path) -> None:
    for name, entry in COMMANDS.items():
        module = importlib.import_module(f"llmspell_cli.commands.{entry.module}")
        assert hasattr(module, entry.attribute)
        assert not entry.summary.endswith("...")
        world = make_world(tmp_path, name, "--help")
        assert main.run(world) == 0
    done = llmspell(tmp_path, "--help")
    width = max(map(len, COMMANDS))
    for name, entry in COMMANDS.items():
        assert f"  {name:<{width}}  {entry.summary}\n" in done.out
    assert all(len(line) <= 80 for line in done.out.splitlines())


def test_the_options_of_a_run_stand_in_groups(tmp_path: Path) -> None:
    done = llmspell(tmp_path, "run", "--help")
    text = done.out
    assert text.startswith("Usage: llmspell run [OPTIONS] FILE [ARGS]...\n")
    titles = re.findall(r"^(\w+):\n", text, re.MULTILINE)
    assert titles == ["Arguments", "Options", "Limits", "Budget", "Permissions"]
    limits = text.partition("Limits:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in limits.splitlines()] == [
        *("--timeout", "--cpu", "--memory", "--output-limit", "--calls")
    ]


@pytest.mark.parametrize("group", ["tools", "models", "config"])
def test_a_group_without_a_command_shows_its_help(group: str, tmp_path: Path) -> None:
    world = make_world(tmp_path, group)
    assert main.run(world) == 2
    out, err = written(world)
    assert out == "" and "Commands:\n  " in err


@pytest.mark.parametrize("suffix", main.SUFFIXES)
def test_a_spell_named_without_its_ending_is_suggested(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"greet{suffix}").write_text("")
    ended = llmspell(tmp_path, "greet")
    assert ended.code == 2
    assert f"did you mean 'llmspell greet{suffix}'?" in ended.err


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("[1, 2]", "javascript"),
        ("({ a: 1 })", "javascript"),
        ("throw new Error('x')", "javascript"),
        ("let a = 1", "javascript"),
        ("if (a) { b }", "javascript"),
        ("a === b", "javascript"),
        ("// nothing\n1", "javascript"),
        ("local a = 1", "lua"),
        ("return { agent:run('x') }", None),
        ("-- let it be", "lua"),
        ("10 // 3", None),
        ("1 + 1", None),
        ("print('a new World => && // \\' ===')", None),
    ],
)
def test_the_language_of_code_is_told_by_what_it_says(code: str, language: str | None) -> None:
    if language is None:
        with pytest.raises(ConfigError, match="cannot tell the language"):
            program.language_for(code, None, None)
    else:
        assert program.language_for(code, None, None).name == language


@pytest.mark.parametrize("name", ["flow.toml", "flow.yaml", "flow.yml"])
def test_a_workflow_file_is_not_taken_for_a_spell(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("name = 'x' // {{input}} => local function")
    with pytest.raises(ConfigError, match=f"'{name}' is no spell") as caught:
        program.language_for((tmp_path / name).read_text(), tmp_path / name, None)
    assert "llmspell workflow run" in caught.value.hint


def test_the_shell_completes_commands_and_options(tmp_path: Path) -> None:
    env: dict[str, Any] = {
        "_LLMSPELL_COMPLETE": "complete_bash",
        "COMP_CWORD": "1",
        "COMP_WORDS": "llmspell c",
    }
    assert llmspell(tmp_path, **env).out.split() == ["chat", "check", "config"]
    env |= {"COMP_CWORD": "2", "COMP_WORDS": "llmspell run --allow-r"}
    assert llmspell(tmp_path, **env).out.split() == ["--allow-read", "--allow-run"]


def test_folders_follow_the_environment(tmp_path: Path) -> None:
    def world(**environ: str) -> World:
        stream = io.TextIOWrapper(io.BytesIO())
        return World(environ, tmp_path, [], io.BytesIO(), stream, stream)

    assert world(XDG_DATA_HOME="/d").data_dir == Path("/d/llmspell")
    assert world(XDG_CONFIG_HOME="/c").config_dir == Path("/c/llmspell")
    assert world(XDG_DATA_HOME="relative", HOME="/h").data_dir.is_relative_to("/h")
