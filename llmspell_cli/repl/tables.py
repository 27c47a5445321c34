"""Rows of text in columns that fit the line."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmspell_cli.repl.face import Face


def table(rows: Sequence[Sequence[str]], face: Face, *, dim: int = 2) -> str:
    """Returns rows as text; the first column is kept whole, long cells of the others are wrapped.

    dim: the column, counted from 0, from which on text is less important
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    columns = len(rows[0])
    for index in range(columns):
        style = "cyan" if index == 0 else ("bright_black" if index >= dim else "")
        longest = max(len(row[index]) for row in rows)
        # A column between the first and the last leaves room for what explains it.
        least = longest if index == 0 else min(longest, face.width // 3)
        most = face.width // 3 if 0 < index < columns - 1 else None
        grid.add_column(style=style, min_width=least, max_width=most, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    written = io.StringIO()
    console = Console(
        file=written,
        width=face.width,
        force_terminal=face.colour,
        color_system="standard" if face.colour else None,
        _environ={},
    )
    console.print(grid)
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())
