"""Adding a function works as docs/contributing.md says: done here in a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
COPIED = ("bridges", "engines", "llmspell_cli", "stdlib", "docs")


def block(language: str) -> str:
    """Returns the page's first code block of a language."""
    found = re.search(rf"^( *)```{language}\n(.*?)^ *```", PAGE, re.S | re.M)
    assert found
    return textwrap.dedent(found[2])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests").mkdir()
    for file in ("__init__.py", "casting.py", "sessions.py"):
        shutil.copy(ROOT / "tests" / file, tmp_path / "tests")
    shutil.copytree(ROOT / "tests" / "conformance", tmp_path / "tests" / "conformance")
    return tmp_path


def python(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # The copy, not the repository, is what gets imported.
    env = {"PATH": os.environ["PATH"], "HOME": str(copy), "PYTHONPATH": str(copy)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=env, capture_output=True, text=True
    )


def conformance(copy: Path, names: str) -> subprocess.CompletedProcess[str]:
    return python(
        copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/conformance", "-k", names
    )


def test_a_function_added_as_the_page_says_is_everywhere(copy: Path) -> None:
    bridge = copy / "bridges" / "env.py"
    bridge.write_text(bridge.read_text() + "\n" + textwrap.indent(block("python"), "    "))
    written = python(copy, "-m", "llmspell_cli.generate")
    assert written.returncode == 0, written.stderr
    assert sorted(written.stdout.split()) == [
        "docs/api.md",
        "stdlib/api.json",
        "stdlib/bindings.json",
        "stdlib/javascript/llmspell.d.ts",
        "stdlib/lua/llmspell.meta.lua",
    ]
    assert "Env.is_set" in (copy / "stdlib/lua/llmspell.meta.lua").read_text()
    assert "isSet" in (copy / "stdlib/javascript/llmspell.d.ts").read_text()
    assert "is_set" in (copy / "docs/api.md").read_text()
    completed = python(
        copy,
        "-c",
        "from llmspell_cli.completion import names; "
        "print([n.name for l in ('lua', 'javascript') for n in names(l)])",
    )
    assert "'Env.is_set'" in completed.stdout and "'Env.isSet'" in completed.stdout

    missing = conformance(copy, "has_a_case")
    assert missing.returncode == 1
    assert "Env.is_set" in missing.stdout

    cases = copy / "tests/conformance/cases/env.toml"
    cases.write_text(cases.read_text() + "\n" + block("toml"))
    found = conformance(copy, "has_a_case or Env.is_set")
    assert found.returncode == 0, found.stdout
    assert "3 passed" in found.stdout
