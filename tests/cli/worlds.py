"""A world for tests: everything the program sees of the outside, in a temporary folder."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from llmspell_cli.world import World


def make_world(folder: Path, *argv: str, stdin: bytes = b"", **environ: Any) -> World:
    """Returns a world whose working directory is `folder`/work and whose home is `folder`/home."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return World(
        environ={"HOME": str(folder / "home"), **environ},
        cwd=work,
        argv=list(argv),
        stdin=io.BytesIO(stdin),
        stdout=io.TextIOWrapper(io.BytesIO(), encoding="utf-8"),
        stderr=io.TextIOWrapper(io.BytesIO(), encoding="utf-8"),
        folders={
            "config": folder / "config",
            "data": folder / "data",
            "cache": folder / "cache",
        },
    )


def written(world: World) -> tuple[str, str]:
    """Returns what was written to standard output and standard error so far."""
    found = []
    for stream in (world.stdout, world.stderr):
        stream.flush()
        found.append(stream.buffer.getvalue().decode())  # type: ignore[attr-defined]
    return found[0], found[1]
