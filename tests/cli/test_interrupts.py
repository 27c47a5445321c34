"""Ctrl-C, its relatives and the time limit, wherever the program is: it ends soon and clean."""

from __future__ import annotations

import fcntl
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path
from typing import IO, Any

import pytest

from tests.cli.running import PROGRAM, environment, llmspell
from tests.cli.watches import PATIENCE
from tests.processes import children, vanish

ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
LOG_FLOOD = "while true do Logger.error(('x'):rep(1000)) end"
CALLING_FLOOD = "Async.sleep(0.01) " + LOG_FLOOD
STUCK = "print('started') return ('a'):rep(1e6):find(('.-'):rep(30) .. 'b')"
VALUE = "return ('x'):rep(3000000)"
SOON = 20.0
"""Seconds: plenty for what ends on its own, and nothing for what waits until it is read."""


def begin(folder: Path, *arguments: str, **more: Any) -> subprocess.Popen[bytes]:
    return start(folder, *PROGRAM, *arguments, **more)


def start(folder: Path, *command: str, **more: Any) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    running: subprocess.Popen[bytes] = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        env=environment(folder),
        **more,
    )
    return running


def with_constants(folder: Path, changed: str, source: str) -> subprocess.Popen[bytes]:
    """Begins to evaluate a spell in Lua with other constants of the engines."""
    code = (
        "import sys\n"
        "from engines import _run, _signals\n"
        f"{changed}\n"
        f"sys.argv = ['llmspell', 'eval', {source!r}]\n"
        "from llmspell_cli.__main__ import main\n"
        "main()\n"
    )
    return start(folder, PROGRAM[0], "-c", code)


def end(running: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    """Waits without reading, then returns the exit code and what was said."""
    try:
        code = running.wait(timeout=SOON)
    finally:
        running.kill()
    said = running.communicate()[1]
    assert b"Traceback" not in said
    return code, said


def until_full(stream: IO[bytes] | None) -> None:
    """Waits until a pipe that nobody reads takes no more."""
    assert stream is not None
    last, before, same = time.monotonic() + PATIENCE, 0, 0
    while same < 10:
        assert time.monotonic() < last
        time.sleep(0.02)
        found = _waiting(stream)
        before, same = found, same + 1 if found == before > 0 else 0


def _waiting(stream: IO[bytes]) -> int:
    found = fcntl.ioctl(stream.fileno(), termios.FIONREAD, b"\0\0\0\0")
    return int(struct.unpack("i", found)[0])


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_before_the_spell_starts(number: int, tmp_path: Path) -> None:
    code = (
        "import os, sys, signal\n"
        "class Stop:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'llmspell_cli.main':\n"
        "            from llmspell_cli import early\n"
        "            print(early._started.pid, flush=True)\n"
        "            os.kill(early._started.pid, signal.SIGSTOP)\n"
        f"            os.kill(os.getpid(), {int(number)})\n"
        "sys.meta_path.insert(0, Stop())\n"
        "sys.argv = ['llmspell', 's.lua']\n"
        "from llmspell_cli.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [PROGRAM[0], "-c", code], capture_output=True, env=environment(tmp_path), timeout=PATIENCE
    )
    assert (done.returncode, done.stderr) == (130, b"")
    # It was stopped, so that nothing but a kill could have ended it.
    assert vanish({int(done.stdout)})


@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize("code", [LOG_FLOOD, CALLING_FLOOD])
def test_a_signal_while_nobody_reads_standard_error(code: str, number: int, tmp_path: Path) -> None:
    running = begin(tmp_path, "eval", code)
    until_full(running.stderr)
    running.send_signal(number)
    assert end(running)[0] == 130


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_while_nobody_reads_the_value(number: int, tmp_path: Path) -> None:
    running = begin(tmp_path, "eval", VALUE)
    until_full(running.stdout)
    running.send_signal(number)
    assert end(running)[0] == 130


@pytest.mark.parametrize("form", ["text", "json", "jsonl"])
@pytest.mark.parametrize("code", [VALUE, LOG_FLOOD, CALLING_FLOOD])
def test_the_time_limit_while_nobody_reads(code: str, form: str, tmp_path: Path) -> None:
    running = begin(tmp_path, "eval", code, "--timeout", "1s", "--output", form)
    assert end(running)[0] == 124


def test_a_second_signal_ends_the_process_at_once(tmp_path: Path) -> None:
    # After the first, this one would wait an hour for its reader.
    running = with_constants(tmp_path, "_run.GRACE = 3600.0", LOG_FLOOD)
    until_full(running.stderr)
    workers = children(running.pid)
    last = time.monotonic() + SOON
    # Two that come before it has looked up are one.
    while running.poll() is None and time.monotonic() < last:
        running.send_signal(signal.SIGINT)
        time.sleep(0.3)
    assert end(running)[0] == 130
    assert workers and vanish(workers)


def test_a_signal_that_comes_twice_is_one(tmp_path: Path) -> None:
    # The engine is stuck, and has some time to answer the first; a busy machine is slow to pass
    # on the second.
    running = with_constants(tmp_path, "_run.GRACE, _signals.TWICE = 4.0, 60.0", STUCK)
    assert running.stdout and running.stdout.readline() == b"started\n"
    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    time.sleep(0.005)
    running.send_signal(signal.SIGINT)
    code, said = end(running)
    assert time.monotonic() - began > 3
    assert code == 130
    assert b"error: interrupted" in said


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    running = begin(
        tmp_path,
        "eval",
        "io.stdout:write('started\\n') Async.sleep(0.5) return 7",
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    assert running.stdout and running.stdout.readline() == b"started\n"
    running.send_signal(signal.SIGHUP)
    out, said = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out, said) == (0, b"7\n", b"")


def test_a_program_that_runs_is_ended_with_the_run(tmp_path: Path) -> None:
    (tmp_path / "s.lua").write_text(
        "io.stdout:write('started\\n')"
        "return Tool.call('run_program', {program = 'sleep', arguments = {'600'}})"
    )
    running = begin(tmp_path, "s.lua", "--allow-run=sleep")
    assert running.stdout and running.stdout.readline() == b"started\n"
    last = time.monotonic() + PATIENCE
    while len(started := children(running.pid)) < 2:
        assert time.monotonic() < last
        time.sleep(0.02)
    assert len(started) == 2
    running.send_signal(signal.SIGINT)
    code, said = end(running)
    assert code == 130
    assert said.startswith(b"error: interrupted")
    assert vanish(started)


@pytest.mark.parametrize("form,at", [("json", "err"), ("jsonl", "out")])
def test_a_nested_spell_prints_where_the_run_prints(form: str, at: str, tmp_path: Path) -> None:
    (tmp_path / "inner.lua").write_text("print('inner')")
    ended = llmspell(tmp_path, "eval", "Spell.run('inner.lua')", "--output", form)
    assert "inner" in getattr(ended, at)
    assert all(line.startswith("{") for line in ended.out.splitlines())
