from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from bridges import _programs
from bridges._errors import InvalidArgument, LimitExceeded, PermissionDenied, TimeLimit
from bridges._permissions import Grants, Program
from tests.processes import vanish


def run(tmp_path: Path, script: str, **fields: Any) -> _programs.Outcome:
    program = Grants(base=tmp_path, run=("sh",)).check(Program, "sh", api="x")
    job = _programs.Job(program, tmp_path, ["-c", script], **fields)
    return asyncio.run(_programs.run(job))


def test_output_status_and_input(tmp_path: Path) -> None:
    found = run(tmp_path, "cat; echo bad >&2; pwd; exit 3", stdin=b"given\n")
    assert found.status == 3 and found.stderr == b"bad\n"
    assert found.stdout.decode().splitlines() == ["given", str(tmp_path)]


def test_the_host_s_standard_input_is_not_handed_on(tmp_path: Path) -> None:
    (tmp_path / "host").write_text("for the spell")
    kept = os.dup(0)
    with open(tmp_path / "host", "rb") as host:
        os.dup2(host.fileno(), 0)
        try:
            assert run(tmp_path, "cat").stdout == b""
        finally:
            os.dup2(kept, 0)
            os.close(kept)


def test_arguments_are_no_shell(tmp_path: Path) -> None:
    program = Grants(base=tmp_path, run=("echo",)).check(Program, "echo", api="x")
    job = _programs.Job(program, tmp_path, ["$HOME; `id`", "*"])
    assert asyncio.run(_programs.run(job)).stdout == b"$HOME; `id` *\n"


def test_the_environment_is_named(tmp_path: Path) -> None:
    environ = {
        "PATH": "/usr/bin:/bin", "HOME": "/h", "LANG": "C", "SECRET_KEY": "s", "MINE": "1",
        "LD_PRELOAD": "x", "DYLD_INSERT_LIBRARIES": "x", "PYTHONPATH": "x", "BASH_ENV": "x",
        "NODE_OPTIONS": "x", "GIT_CONFIG_COUNT": "1", "BASH_FUNC_ls%%": "x",
    }  # fmt: skip
    found = _programs.environment(environ, Grants(base=tmp_path, env=("MINE",)))
    assert found == {"PATH": "/usr/bin:/bin", "HOME": "/h", "LANG": "C", "MINE": "1"}
    everything = _programs.environment(environ, Grants(base=tmp_path, env=("*",)))
    assert set(everything) == {"PATH", "HOME", "LANG", "MINE", "SECRET_KEY"}
    assert b"MINE=1" in run(tmp_path, "env", environ=found).stdout
    assert b"SECRET" not in run(tmp_path, "env", environ=found).stdout


@pytest.mark.parametrize(
    "script", ["sleep 600 & echo $! > pid; wait", "sleep 600 & echo $! > pid; exit 0"]
)
def test_a_timeout_ends_the_program_and_all_it_started(tmp_path: Path, script: str) -> None:
    began = time.monotonic()
    with pytest.raises(TimeLimit, match=r"'sh' took longer than 2 seconds"):
        run(tmp_path, script, timeout=2, environ={"PATH": os.defpath})
    assert time.monotonic() - began < 60
    assert vanish([int((tmp_path / "pid").read_text())])


def test_a_flood_of_output_ends_the_program(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded, match="more than 1000 bytes"):
        run(tmp_path, "while :; do echo flood; echo flood >&2; done", output=1000)


def test_a_flood_is_told_while_the_other_pipe_stays_open(tmp_path: Path) -> None:
    script = "setsid sleep 3 >&- & sleep 0.5; while :; do echo flood; done"
    with pytest.raises(LimitExceeded, match="more than 1000 bytes"):
        run(tmp_path, script, output=1000, environ={"PATH": os.defpath})


def test_cancelling_ends_the_program(tmp_path: Path) -> None:
    async def go() -> None:
        program = Grants(base=tmp_path, run=("sh",)).check(Program, "sh", api="x")
        job = _programs.Job(program, tmp_path, ["-c", "echo $$ > pid; exec sleep 60"])
        task = asyncio.ensure_future(_programs.run(job))
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(go())
    assert vanish([int((tmp_path / "pid").read_text())])


def test_input_that_is_not_read_is_no_failure(tmp_path: Path) -> None:
    assert run(tmp_path, "exec <&-; echo ok", stdin=b"x" * 1_000_000).stdout == b"ok\n"


def test_what_cannot_be_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="NUL"):
        run(tmp_path, "a\0b")
    broken = tmp_path / "broken"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    program = Grants(base=tmp_path, run=(str(broken),)).check(Program, "./broken", api="x")
    with pytest.raises(InvalidArgument, match="'broken' cannot be run"):
        asyncio.run(_programs.run(_programs.Job(program, tmp_path)))
    many = ["x"] * 1001
    with pytest.raises(InvalidArgument, match="at most 1000"):
        asyncio.run(_programs.run(_programs.Job(program, tmp_path, many)))


def test_a_program_needs_its_grant(tmp_path: Path) -> None:
    with pytest.raises(PermissionDenied, match="to run 'sh'"):
        Grants(base=tmp_path).check(Program, "sh", api="run_program")
