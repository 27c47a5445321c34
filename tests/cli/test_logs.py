"""Log lines on standard error."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import llmspell


def test_a_message_cannot_pass_for_another_line(tmp_path: Path) -> None:
    ended = llmspell(tmp_path, "eval", "Logger.warn('one\\nerror: forged')")
    assert ended.err == "warn: one\n    error: forged\n"


def test_the_version_on_a_full_disk_is_a_failure(tmp_path: Path) -> None:
    import subprocess

    from tests.cli.running import PROGRAM, environment

    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*PROGRAM, "--version"], stdout=full, stderr=subprocess.PIPE, env=environment(tmp_path)
        )
    assert done.returncode == 1 and b"No space left" in done.stderr
