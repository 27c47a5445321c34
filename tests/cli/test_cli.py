"""Whole command lines: every folder in cases/ is one, with what it must print.

case.toml   args, and where needed stdin, env and the exit code; or `steps`: several of these
stdout, stderr   what is expected; [WILDCARD] stands for any text, a missing file for nothing
files/      copied to where the command runs
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
CASES = Path(__file__).parent / "cases"


def llmspell(folder: Path, args: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
    """Runs the program in a folder, with a home folder beside it and an empty environment."""
    env = {"HOME": str(folder.parent / "home"), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    env |= more.pop("env", {})
    return subprocess.run(
        [sys.executable, "-P", "-m", "llmspell_cli", *args],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=180,
        **more,
    )


def matches(expected: str, found: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in expected.rstrip("\n").split("[WILDCARD]"))
    return re.fullmatch(pattern, found.rstrip("\n"), re.S) is not None


def names() -> list[str]:
    return sorted(path.name for path in CASES.iterdir())


@pytest.mark.parametrize("name", names())
def test_command(name: str, tmp_path: Path) -> None:
    case = CASES / name
    work = tmp_path / "work"
    if (case / "files").is_dir():
        shutil.copytree(case / "files", work)
    else:
        work.mkdir()
    told = tomllib.loads((case / "case.toml").read_text(encoding="utf-8"))
    *before, last = told.pop("steps", [told])
    for step in before:
        done = llmspell(work, step["args"], env=step.get("env", {}))
        assert done.returncode == step.get("code", 0), done.stderr
    done = llmspell(work, last["args"], input=last.get("stdin", ""), env=last.get("env", {}))
    for stream in ("stdout", "stderr"):
        file = case / stream
        expected = file.read_text(encoding="utf-8") if file.exists() else ""
        found = getattr(done, stream).replace(str(tmp_path), "TMP")
        assert matches(expected, found), f"{stream}:\n{found}\nexpected:\n{expected}"
        assert "Traceback" not in found or "Traceback" in expected
    assert done.returncode == last.get("code", 0)
