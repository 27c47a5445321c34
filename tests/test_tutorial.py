"""What docs/tutorial.md says happens, happens: every step of it, in its order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tutorial
from tests.cli.watches import Watching

PAGE = Path(__file__).parent.parent / "docs" / "tutorial.md"


# A dozen programs, one after the other.
@pytest.mark.timeout(600)
def test_every_step(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    watching: Watching | None = None
    try:
        for step in tutorial.read(PAGE):
            where = f"{PAGE.name}:{step.line}"
            if step.kind == "file":
                (work / step.name).write_text(step.text, encoding="utf-8")
            elif step.kind == "watch":
                assert watching is None, "one command may watch at a time"
                watching = Watching(work, *step.command[1:])
                watching.says(tutorial.pattern(step.text.rstrip("\n")))
            elif step.kind == "says":
                assert watching, where
                watching.says(tutorial.pattern(step.text.rstrip("\n")))
            else:
                seen = tutorial.run(step, tmp_path)
                assert tutorial.agrees(step, seen), f"{where} showed:\n{seen}"
        assert watching and watching.end() in (0, 130)
    finally:
        if watching:
            watching.__exit__()
