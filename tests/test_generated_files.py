"""Generated files are what the declarations render today."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmspell_cli.generate import ROOT, render


@pytest.mark.parametrize("path", render())
def test_generated_file_is_current(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == render()[path], (
        f"{path} is out of date; run: python -m llmspell_cli.generate"
    )


def test_the_repository_holds_nothing_unexpected_at_its_top() -> None:
    allowed = {
        *("pyproject.toml", "README.md", "llmspell.toml.example", "LICENSE", "llmspell_cli"),
        *("engines", "bridges", "stdlib", "spells", "tests", "docs", "benchmarks"),
    }
    top = {p.name for p in Path(ROOT).iterdir() if not p.name.startswith(".")}
    assert {name for name in top - allowed if name not in ("dist", "build")} == set()
