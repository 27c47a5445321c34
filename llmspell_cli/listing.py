"""How commands print what they have found: as JSON, or as rows in columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from llmspell_cli.terminal import clean
from llmspell_cli.world import World


def pretty(found: Any) -> str:
    """Returns JSON for people and programs alike."""
    return json.dumps(found, indent=2, ensure_ascii=False)


def print_json(world: World, found: Any) -> None:
    """Prints what was found as JSON."""
    world.out(pretty(found))


def print_rows(world: World, rows: Sequence[tuple[str, ...]], *, indent: str = "") -> None:
    """Prints rows, their cells below one another; nothing for none."""
    cleaned = [[clean(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cleaned, strict=True)]
    for row in cleaned:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        world.out(indent + "  ".join(cells).rstrip())
