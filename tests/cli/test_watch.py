"""`run --watch`: what starts a spell again, and how it and its runs end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import PROGRAM, environment, llmspell
from tests.cli.watches import Watching
from tests.cli.watches import rewrite as write
from tests.processes import children, descendants, vanish

HANGS = {
    "s.lua": "print('begun') while true do pcall(function() while true do end end) end",
    "s.js": "console.log('begun'); for (;;) { try { for (;;); } catch {} }",
}


@pytest.mark.parametrize("way", ["in place", "by rename", "deleted and written"])
@pytest.mark.parametrize("name,code", [("s.lua", "print('%s')"), ("s.js", "console.log('%s')")])
def test_a_change_of_the_spell_runs_it_again(
    name: str, code: str, way: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    write(file, code % "first")
    with Watching(tmp_path, "--watch", name) as watching:
        watching.says(r"^first\n")
        watching.says(r"^watch: run 1: exit code 0 after \d+\.\d\d s; watching 1 file\n")
        if way == "in place":
            with file.open("r+") as opened:  # in one step: it grows
                opened.write(code % "second")
        else:
            if way != "by rename":
                file.unlink()
            write(file, code % "second")
        watching.says(rf"^watch: {name} changed, running {name} again\nsecond\n")
        watching.says(rf"^watch: run 2 \({name} changed\): exit code 0 after")
        assert watching.end() == 130


def test_what_it_reads_counts_and_what_it_writes_does_not(tmp_path: Path) -> None:
    write(
        tmp_path / "s.lua",
        "local lib = require 'lib.words'\n"
        "File.write('log.txt', File.exists('log.txt') and File.read('log.txt') .. 'x' or 'x')\n"
        "print(lib, File.read('prompts/a.txt'), File.read('log.txt'), params.who)",
    )
    write(tmp_path / "lib/words.lua", "return 'module'")
    write(tmp_path / "prompts/a.txt", "prompt")
    write(tmp_path / "p.toml", "who = 'ann'")
    with Watching(tmp_path, "--watch", "s.lua", "--params", "p.toml") as watching:
        changes = {
            "prompts/a.txt": ("other", r"module\tother\txx\tann\n"),
            "lib/words.lua": ("return 'new'", r"new\tother\txxx\tann\n"),
            "p.toml": ("who = 'bob'", r"new\tother\txxxx\tbob\n"),
            "llmspell.toml": ("default_model = 'local:x'\n", r"new\tother\txxxxx\tbob\n"),
            ".env": ("OPENAI_API_KEY=x\n", r"new\tother\txxxxxx\tbob\n"),
        }
        watching.says(r"module\tprompt\tx\tann\n")
        for number, (name, (text, said)) in enumerate(changes.items(), 1):
            watching.says(rf"^watch: run {number}.*\n")
            write(tmp_path / name, text)
            watching.says(f"{Path(name).name} changed, running")
            watching.says(said)
        watching.says(r"^watch: run 6 ")
        # Now a change of what it wrote itself is the user's.
        write(tmp_path / "log.txt", "")
        watching.says(r"^watch: log.txt changed")
        watching.says(r"^watch: run 7 ")
        assert watching.end() == 130
        assert "run 8" not in watching.text


def test_a_folder_is_watched_as_a_whole(tmp_path: Path) -> None:
    write(tmp_path / "spell/main.lua", "print(params.size or 'none')")
    write(tmp_path / "spell/spell.toml", "name = 'spell'\n")
    with Watching(tmp_path, "--watch", "spell") as watching:
        watching.says(r"^none\n(.*\n)?watch: run 1: exit code 0")
        write(tmp_path / "spell/spell.toml", "[params.size]\ntype = 'integer'\ndefault = 4\n")
        watching.says(r"^watch: spell.toml changed.*\n4\n")
        watching.says(r"^watch: run 2 ")
        write(tmp_path / "spell/deep/later.lua", "return 1")
        watching.says(r"^watch: later.lua changed")
        assert watching.end() == 130


def test_a_module_that_is_missing_is_waited_for(tmp_path: Path) -> None:
    write(tmp_path / "s.lua", "print(require 'lib.words')")
    with Watching(tmp_path, "--watch", "s.lua") as watching:
        watching.says(r"error: there is no module 'lib.words'")
        watching.says(r"^watch: run 1: exit code 1 ")
        write(tmp_path / "lib/words.lua", "return 'here'")
        watching.says(r"^here\n")
        assert watching.end() == 130


def test_errors_are_shown_and_watching_goes_on(tmp_path: Path) -> None:
    write(tmp_path / "s.lua", "local x = = 1")
    with Watching(tmp_path, "--watch", "s.lua") as watching:
        watching.says(r"^error: unexpected symbol near '='")
        watching.says(r"^watch: run 1: exit code 1 ")
        write(tmp_path / "s.lua", "error('thrown')")
        watching.says(r"^error: thrown")
        watching.says(r"^watch: run 2 .*: exit code 1 ")
        write(tmp_path / "s.lua", "-- /// spell\n-- name = 5\n-- ///\n")
        watching.says(r"^watch: run 3 .*: exit code 2 ")
        write(tmp_path / "s.lua", "exit(7)")
        watching.says(r"^watch: run 4 .*: exit code 7 ")
        assert watching.end() == 130


def test_the_spell_may_go_and_come_back(tmp_path: Path) -> None:
    write(tmp_path / "s.lua", "print('here')")
    with Watching(tmp_path, "--watch", "s.lua") as watching:
        watching.says(r"^watch: run 1: exit code 0")
        (tmp_path / "s.lua").unlink()
        watching.says(r"^watch: s.lua is gone; waiting for it to come back\n")
        write(tmp_path / "s.lua", "print('back')")
        watching.says(r"^back\n")
        assert watching.text.count("is gone") == 1
        assert watching.end() == 130


def test_a_spell_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    write(tmp_path / "spell.lua", "")
    ended = llmspell(tmp_path, "run", "--watch", "spel.lua")
    assert (ended.code, ended.out) == (1, "")
    assert "did you mean 'spell.lua'?" in ended.err


def test_a_burst_of_writes_is_one_change(tmp_path: Path) -> None:
    write(tmp_path / "s.lua", "print(require 'm')")
    write(tmp_path / "m.lua", "return 0")
    with Watching(tmp_path, "--watch", "s.lua") as watching:
        watching.says(r"^watch: run 1:")
        for number in range(100):
            write(tmp_path / "m.lua", f"return {number}")
        watching.says(r"^99\n")
        runs = int(watching.says(r"^watch: run (\d+) \(m.lua changed\): exit code 0")[1])
        assert runs <= 4  # the first may have been under way
        assert watching.end() == 130


@pytest.mark.parametrize("name", HANGS)
def test_a_run_that_ignores_its_end_is_replaced(name: str, tmp_path: Path) -> None:
    write(tmp_path / name, HANGS[name])
    with Watching(tmp_path, "--watch", name) as watching:
        watching.says(r"^begun\n")
        old = descendants(watching.process.pid)
        assert len(old) == 2
        write(tmp_path / name, "")
        watching.says(r"^error: interrupted")
        watching.says(r"^watch: run 1: stopped after")
        watching.says(r"^watch: run 2 .*: exit code 0")
        assert vanish(old)
        assert watching.end() == 130


def test_a_program_that_does_not_answer_is_killed(tmp_path: Path) -> None:
    write(tmp_path / "s.lua", "print('begun') Async.sleep(600)")
    with Watching(tmp_path, "--watch", "s.lua") as watching:
        watching.says(r"^begun\n")
        old = descendants(watching.process.pid)
        for pid in old:
            os.kill(pid, signal.SIGSTOP)
        write(tmp_path / "s.lua", "print('next')")
        watching.says(r"^next\n")
        assert vanish(old)
        assert watching.end() == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_and_the_watching(number: int, tmp_path: Path) -> None:
    write(tmp_path / "s.lua", "print('begun') Async.sleep(600)")
    with Watching(tmp_path, "--watch", "s.lua") as watching:
        watching.says(r"^begun\n")
        started = descendants(watching.process.pid)
        assert watching.end(number) == 130
        watching.says(r"^error: interrupted")
        assert "Traceback" not in watching.text
        assert started and vanish(started)


def ignores(pid: int, number: int) -> bool:
    found = re.search(r"^SigIgn:\s*(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.M)
    return bool(found and int(found[1], 16) >> (number - 1) & 1)


def test_ctrl_c_reaches_both_and_is_passed_on_once(tmp_path: Path) -> None:
    write(tmp_path / "s.lua", "print('begun') Async.sleep(600)")
    with Watching(tmp_path, "--watch", "s.lua", start_new_session=True) as watching:
        watching.says(r"^begun\n")
        # Whatever comes from the keyboard, the run hears of it from the watcher alone.
        assert any(ignores(pid, signal.SIGINT) for pid in children(watching.process.pid))
        os.killpg(watching.process.pid, signal.SIGINT)
        assert watching.process.wait(timeout=60) == 130
        assert watching.text.count("error: interrupted") == 1


def test_a_killed_watcher_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path / "s.lua", "print('begun') Async.sleep(600)")
    with Watching(tmp_path, "--watch", "s.lua") as watching:
        watching.says(r"^begun\n")
        started = descendants(watching.process.pid)
        assert len(started) == 2
        watching.process.kill()
        assert vanish(started)


@pytest.mark.parametrize("flag", ["--watch", "--watch-keep-state"])
def test_it_ends_when_nobody_reads_any_more(flag: str, tmp_path: Path) -> None:
    write(tmp_path / "s.lua", "print('begun')")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*PROGRAM, "run", flag, "s.lua"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        env=environment(tmp_path),
    ) as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline() == b"begun\n"
        process.stdout.close()
        try:
            assert process.wait(timeout=60) == 1
        finally:
            process.kill()
        assert b"error: standard output was closed while watching" in process.stderr.read()


def test_the_screen_is_cleared_only_where_there_is_one(tmp_path: Path) -> None:
    write(tmp_path / "s.lua", "print('begun')")
    with Watching(tmp_path, "--watch-clear", "s.lua") as watching:
        watching.says(r"^watch: run 1:")
        assert "\x1b" not in watching.text
        assert watching.end() == 130


def test_arguments_after_a_double_dash_are_the_spells(tmp_path: Path) -> None:
    write(tmp_path / "s.lua", "print(ARGS[1])")
    with Watching(tmp_path, "s.lua", "--watch", "--", "--watch") as watching:
        watching.says(r"^--watch\n")
        assert watching.end() == 130


# -- with state


COUNTING = {
    "s.lua": "count = (count or 0) + 1 print('count ' .. count) return {count, File.read('p.txt')}",
    "s.js": "globalThis.count = (globalThis.count ?? 0) + 1; console.log('count ' + count);"
    "[count, File.read('p.txt')]",
}


@pytest.mark.parametrize("name", COUNTING)
def test_globals_live_on(name: str, tmp_path: Path) -> None:
    write(tmp_path / name, COUNTING[name])
    write(tmp_path / "p.txt", "one")
    with Watching(tmp_path, "--watch-keep-state", name) as watching:
        watching.says(r"^count 1\n.*1, .one.")
        watching.says(r"^watch: run 1: exit code 0 after .* globals are kept; watching 2 files")
        write(tmp_path / "p.txt", "two")
        watching.says(r"^watch: p.txt changed, running .* again\ncount 2\n.*2, .two.")
        watching.says(r"^watch: run 2 .*: exit code 0 ")
        write(tmp_path / name, "this is (no program")
        watching.says(r"^error: ")
        watching.says(r"^watch: run 3 .*: exit code 1 after [\d.]+ s; watching")
        write(tmp_path / name, COUNTING[name] + " ")
        watching.says(r"^count 3\n")
        watching.says(r"^watch: run 4 ")
        workers = descendants(watching.process.pid)
        assert watching.end() == 130
        assert len(workers) == 1 and vanish(workers)


def test_what_cannot_change_in_an_engine_begins_a_new_one(tmp_path: Path) -> None:
    write(tmp_path / "s.lua", "count = (count or 0) + 1 print(require 'm', count)")
    write(tmp_path / "m.lua", "return 'one'")
    with Watching(tmp_path, "--watch-keep-state", "s.lua") as watching:
        watching.says(r"^one\t1\n")
        watching.says(r"^watch: run 1:")
        write(tmp_path / "m.lua", "return 'two'")
        watching.says(r"^watch: this takes a new engine: globals are lost\ntwo\t1\n")
        watching.says(r"^watch: run 2 ")
        write(tmp_path / "llmspell.toml", "default_model = 'local:x'\n")
        watching.says(r"^watch: this takes a new engine: globals are lost\ntwo\t1\n")
        watching.says(r"^watch: run 3 ")
        code = (tmp_path / "s.lua").read_text()
        write(tmp_path / "s.lua", "-- /// spell\n-- name = 'x'\n-- ///\n" + code)
        watching.says(r"^watch: this takes a new engine: globals are lost\ntwo\t1\n")
        watching.says(r"^watch: run 4 ")
        write(tmp_path / "s.lua", "-- /// spell\n-- name = 'x'\n-- ///\nexit(7)")
        watching.says(r"^watch: run 5 .*: exit code 7 .* its globals are lost")
        assert watching.end() == 130


@pytest.mark.parametrize("name", HANGS)
def test_a_change_stops_what_runs_and_keeps_the_engine(name: str, tmp_path: Path) -> None:
    kept = {"s.lua": "print(kept)", "s.js": "console.log(kept)"}
    made = {"s.lua": "kept = 'kept' ", "s.js": "globalThis.kept = 'kept'; "}
    write(tmp_path / name, made[name] + HANGS[name])
    with Watching(tmp_path, "--watch-keep-state", name) as watching:
        watching.says(r"^begun\n")
        write(tmp_path / name, kept[name])
        watching.says(r"^error: interrupted")
        watching.says(r"^watch: run 1: stopped after")
        watching.says(r"^kept\n")
        watching.says(r"^watch: run 2 .*: exit code 0")
        assert watching.end() == 130


def test_what_the_last_run_left_in_the_background_ends(tmp_path: Path) -> None:
    code = "local me = %d Async.spawn(function() while true do print('I am', me) "
    code += "Async.sleep(0.1) end end)"
    write(tmp_path / "s.lua", code % 1)
    with Watching(tmp_path, "--watch-keep-state", "s.lua") as watching:
        watching.says(r"^watch: run 1:")
        watching.says(r"^I am\t1\n")
        write(tmp_path / "s.lua", code % 2)
        watching.says(r"^watch: run 2 ")
        for _ in range(3):
            said = watching.says(r"^I am\t(\d)\n")
            assert said[1] == "2"
        assert watching.end() == 130


def test_a_signal_ends_the_engine_and_the_watching(tmp_path: Path) -> None:
    write(tmp_path / "s.lua", HANGS["s.lua"])
    with Watching(tmp_path, "--watch-keep-state", "s.lua") as watching:
        watching.says(r"^begun\n")
        workers = descendants(watching.process.pid)
        assert watching.end(signal.SIGTERM) == 130
        assert workers and vanish(workers)
        assert "Traceback" not in watching.text


@pytest.mark.parametrize("flag", ["--output=json", "--profile", "--reload-config"])
def test_flags_that_need_a_run_of_its_own_are_refused(flag: str, tmp_path: Path) -> None:
    write(tmp_path / "s.lua", "")
    ended = llmspell(tmp_path, "run", "--watch-keep-state", "s.lua", flag)
    assert ended.code == 2
    assert f"{flag.partition('=')[0]} does not go with --watch-keep-state" in ended.err
