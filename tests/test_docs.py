"""What the pages show is true: every block in a language of spells runs, or at least parses."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from engines._probe import check
from llmspell_cli.main import run
from llmspell_cli.world import World
from tests.docs import LANGUAGES, Block, read

ROOT = Path(__file__).parent.parent
# The API reference is generated, and its blocks are signatures.
PAGES = [ROOT / "README.md", *sorted(set((ROOT / "docs").glob("*.md")) - {ROOT / "docs/api.md"})]
ENGINES = {"lua": "lua", "js": "javascript"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_runs(page: Path, tmp_path: Path) -> None:
    found = read(page)
    for name, text in found.files.items():
        save(tmp_path / name, text)
    for block in found.blocks:
        if block.tag in LANGUAGES or block.saved:
            save(tmp_path / block.name, block.text)
    for block in found.blocks:
        if block.tag in LANGUAGES:
            where = f"{page.name}:{block.line}"
            if block.unrun or block.saved:
                fault = check(ENGINES[LANGUAGES[block.tag]], block.text, block.name)
                assert fault is None, f"{where}: {fault}"
            else:
                cast(block, tmp_path, where)


def save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def cast(block: Block, folder: Path, where: str) -> None:
    """Runs a block in this process, so that the SDKs are loaded once for all."""
    streams = folder.parent / f"{folder.name}.streams"
    streams.mkdir(exist_ok=True)
    (streams / "stdin").write_bytes(b"")
    stdin = folder / block.stdin if block.stdin else streams / "stdin"
    with (
        stdin.open("rb") as given,
        (streams / "stdout").open("w+", encoding="utf-8") as out,
        (streams / "stderr").open("w+", encoding="utf-8") as err,
    ):
        # The echo model comes first: a block's own arguments may name another.
        words = ["run", "--model=test:echo", block.name, *shlex.split(block.arguments)]
        environ = {"HOME": str(streams), "PATH": "/usr/bin:/bin"}
        code = run(World(environ, folder, words, given, out, err))
        out.seek(0)
        err.seek(0)
        assert code == block.code, f"{where} ended with {code}: {err.read()}"
        if block.prints is not None:
            assert out.read() == block.prints, where
