"""However a REPL ends, its engine ends with it; what a spell does does not end the REPL."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.running import PROGRAM, environment
from tests.processes import children, vanish
from tests.repl.tmux import Terminal

CODE = {
    "lua": [
        "while true do end",
        "Async.sleep(100)",
        "('a'):rep(1e6):find(('.-'):rep(30) .. 'b')",
        "while true do print('chatter') end",
        "Async.spawn(function() while true do Async.sleep(0.001) end end)",
        "coroutine.wrap(function() while true do pcall(error) end end)()",
    ],
    "javascript": [
        "while (true);",
        "await Async.sleep(100)",
        "[].indexOf.call({ length: 2 ** 53 - 1 }, 1)",
        "while (true) console.log('chatter')",
        "setInterval(() => 1, 1)",
        "await new Promise(() => setTimeout(() => 1, 1e6))",
    ],
}


@pytest.mark.parametrize("seed", range(40))
def test_no_engine_outlives_its_repl(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    language = chance.choice(("lua", "javascript"))
    ready = "print('ready')" if language == "lua" else "console.log('ready')"
    child = subprocess.Popen(
        [*PROGRAM, "repl", "--engine", language], cwd=tmp_path, env=environment(tmp_path),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write(f"{ready}\n{chance.choice(CODE[language])}\n".encode())
    child.stdin.flush()
    assert child.stdout.readline() == b"ready\n"
    engines = children(child.pid)
    assert engines
    time.sleep(chance.random() * 0.3)
    child.send_signal(chance.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGINT)))
    child.stdout.close()
    child.wait(timeout=60)
    assert vanish(engines), "an engine lives on"
    child.stdin.close()


def is_idle(screen: str) -> bool:
    lines = [line.rstrip() for line in screen.splitlines() if line.strip()]
    return len(lines) > 1 and lines[-2] == "lua>"


def test_chatter_can_be_stopped(tmp_path: Path) -> None:
    with Terminal(tmp_path, f"{sys.executable} -m llmspell_cli repl") as terminal:
        terminal.wait(is_idle)
        terminal.type("while true do print('chatter') end")
        terminal.wait("end")
        terminal.press("Enter")
        terminal.wait("\nchatter\nchatter\nchatter")
        terminal.stop("error: ")
        terminal.wait(is_idle)
        terminal.enter("1 + 1", "\n2\n")


def test_chatter_behind_the_prompt_leaves_it_usable(tmp_path: Path) -> None:
    code = "Async.spawn(function() while not go do print('chatter') Async.sleep(0) end end)"
    with Terminal(tmp_path, f"{sys.executable} -m llmspell_cli repl") as terminal:
        terminal.wait(is_idle)
        terminal.type(code)
        terminal.wait("end end)")
        terminal.press("Enter")
        terminal.wait("\nchatter\nchatter\nchatter")
        terminal.enter("go = true", is_idle)
        terminal.enter("6 * 7", "\n42\n")
        terminal.wait(is_idle)
        terminal.press("C-d")
        terminal.wait("ended with 0")
