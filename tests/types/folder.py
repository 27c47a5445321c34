"""A folder of spells as a user has it after `llmspell types`, with everything there is to check."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from llmspell_cli.main import run
from llmspell_cli.world import World
from tests import docs

ROOT = Path(__file__).parent.parent.parent
HERE = Path(__file__).parent
SUFFIXES = {"lua": ".lua", "javascript": ".js"}


def build(folder: Path) -> None:
    """Fills an empty folder: spells/, new/ (every template), docs/ (their blocks), types/."""
    shutil.copytree(ROOT / "spells", folder / "spells")
    (folder / "types").mkdir()
    for name in ("right", "wrong"):
        for suffix in SUFFIXES.values():
            shutil.copy(HERE / f"{name}{suffix}", folder / "types")
    templates = sorted((ROOT / "llmspell_cli" / "templates").rglob("*.*"))
    for path in templates:
        if path.suffix in SUFFIXES.values():
            _llmspell(folder, "new", f"new/{path.name}", "--template", path.stem)
    for page in sorted((ROOT / "docs").glob("*.md")):
        if page.name != "api.md":
            _blocks(page, folder / "docs" / page.stem)
    _llmspell(folder, "types")


def _blocks(page: Path, folder: Path) -> None:
    for block in docs.read(page).blocks:
        if block.tag in docs.LANGUAGES:
            path = folder / block.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")


def _llmspell(folder: Path, *words: str) -> None:
    stdin, stdout, stderr = io.BytesIO(), io.StringIO(), io.StringIO()
    if run(World({"HOME": str(folder)}, folder, list(words), stdin, stdout, stderr)) != 0:
        raise RuntimeError(f"llmspell {' '.join(words)}: {stderr.getvalue()}")


def expected(path: Path) -> dict[int, str]:
    """Returns what a checker must say of the lines of a file, as the comments behind them tell."""
    mark = "-- " if path.suffix == ".lua" else "// "
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        code, _, name = line.rpartition(f" {mark}")
        if code and not code.startswith(mark.strip()):
            found[number] = name
    return found
