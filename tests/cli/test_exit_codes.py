"""Every exit code the README lists, in both languages where a spell makes it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import PROGRAM, environment, llmspell
from tests.cli.watches import PATIENCE
from tests.processes import children, vanish

SUFFIX = {"lua": "lua", "javascript": "js"}

SCRIPTS = {
    # code, flags, lua, javascript, what standard error says
    "done": (0, (), "print(1)", "console.log(1)", ""),
    "spell failed": (1, (), "error('boom')", "throw new Error('boom')", "boom"),
    "wrong argument": (1, (), "File.read(1)", "File.read(1)", "must be text"),
    "own code": (7, (), "exit(7)", "exit(7)", ""),
    "usage": (2, ("--no-such-flag",), "", "", "--no-such-flag"),
    "bad limit": (2, ("--timeout", "soon"), "", "", "soon"),
    "denied": (3, (), "File.read('/etc/passwd')", "File.read('/etc/passwd')", "--allow-read"),
    "provider": (
        4,
        ("--model", "lab:err-500"),
        "LLM.complete('hi')",
        "await LLM.complete('hi')",
        "",
    ),
    "budget": (
        5,
        ("--model", "test:echo", "--max-requests", "1"),
        "LLM.complete('a') LLM.complete('b')",
        "await LLM.complete('a'); await LLM.complete('b')",
        "budget",
    ),
    "no budget": (
        5,
        ("--model", "test:echo", "--max-requests", "0"),
        "LLM.complete('a')",
        "await LLM.complete('a')",
        "budget",
    ),
    "budget in a workflow in a workflow": (
        5,
        ("--model", "test:echo", "--max-requests", "0"),
        "local inner = Workflow.new{name='in', steps={{name='a', agent={}, prompt='x'}}}\n"
        "Workflow.new{name='out', steps={{name='b', workflow=inner}}}:run()",
        "const inner = new Workflow({name: 'in', steps: [{name: 'a', agent: {}, prompt: 'x'}]});\n"
        "await new Workflow({name: 'out', steps: [{name: 'b', workflow: inner}]}).run()",
        "at step 'b'",
    ),
    "denied in a workflow": (
        3,
        (),
        "Workflow.new{name='w', steps={{name='a', run=function() File.read('/etc/passwd') end}}}"
        ":run()",
        "await new Workflow({name: 'w', steps: [{name: 'a', run() {"
        " return File.read('/etc/passwd') }}]}).run()",
        "--allow-read",
    ),
    "time": (124, ("--timeout", "3s"), "while true do end", "for(;;){}", "--timeout"),
    "waiting": (
        124,
        ("--timeout", "300ms"),
        "Async.sleep(60)",
        "await Async.sleep(60)",
        "--timeout",
    ),
    "processor": (124, ("--cpu", "1s"), "while true do end", "for(;;){}", "--cpu"),
    "memory": (
        125,
        ("--memory", "32MB"),
        "local t = {} while true do t[#t+1] = ('x'):rep(1000) .. #t end",
        "const t = []; for (;;) t.push('x'.repeat(1000) + t.length)",
        "--memory",
    ),
    "output": (
        125,
        ("--output-limit", "1KB"),
        "while true do print('flood') end",
        "for (;;) console.log('flood')",
        "--output-limit",
    ),
    "calls": (
        125,
        ("--calls", "50"),
        "while true do pcall(Env.get, 'X') end",
        "for (;;) { try { Env.get('X') } catch {} }",
        "--calls",
    ),
}


@pytest.mark.parametrize("language", SUFFIX)
@pytest.mark.parametrize("name", SCRIPTS)
def test_exit_code(name: str, language: str, tmp_path: Path) -> None:
    code, flags, lua, javascript, says = SCRIPTS[name]
    file = tmp_path / f"spell.{SUFFIX[language]}"
    file.write_text(lua if language == "lua" else javascript)
    (tmp_path / "config.toml").write_text(
        '[providers.lab]\nkind = "openai"\nbase_url = "http://127.0.0.1:9/v1"\napi_key = "x"\n'
    )
    ended = llmspell(tmp_path, "run", "--config", "config.toml", *flags, file.name)
    assert ended.code == code, ended
    assert "Traceback" not in ended.err
    if code in (0, 7):
        assert ended.err == ""
    elif says:
        assert says in ended.err
    if name in ("time", "processor", "spell failed"):
        assert f"spell.{SUFFIX[language]}:1" in ended.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "source",
    ["print('up') while true do end", "print('up') Async.sleep(600)"],
    ids=["busy", "idle"],
)
def test_a_signal_interrupts(number: signal.Signals, source: str, tmp_path: Path) -> None:
    (tmp_path / "spell.lua").write_text(source)
    running = subprocess.Popen(
        [*PROGRAM, "run", "spell.lua"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
    )
    assert running.stdout and running.stdout.readline() == b"up\n"
    running.send_signal(number)
    _, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert b"interrupted" in err and b"Traceback" not in err


def test_the_worker_ends_when_the_host_is_killed(tmp_path: Path) -> None:
    (tmp_path / "spell.lua").write_text("print('up') while true do end")
    running = subprocess.Popen(
        [*PROGRAM, "run", "spell.lua"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        env=environment(tmp_path),
    )
    assert running.stdout and running.stdout.readline() == b"up\n"
    workers = children(running.pid)
    assert len(workers) == 1
    running.kill()
    running.wait()
    running.stdout.close()
    assert vanish(workers)
