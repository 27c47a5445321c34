"""The profile's table: drawn by rich on a terminal, aligned text anywhere else."""

from __future__ import annotations

from llmspell_cli.profile._rows import Section
from llmspell_cli.world import World

LEAST_WIDTH = 64
"""Columns of a drawn table: a narrower terminal breaks its lines, which loses no unit."""


def show(world: World, title: str, found: list[Section]) -> None:
    """Writes the table to standard error."""
    if world.is_terminal(world.stderr) and world.environ.get("TERM") != "dumb":
        _draw(world, title, found)
        return
    lines = [title]
    for section in found:
        lines += ["", *_aligned(section)]
    world.err("\n".join(lines))


def _aligned(section: Section) -> list[str]:
    table = [section.columns, *section.rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(section.columns))]
    lines = []
    for row in table:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  " + "  ".join(cells))
    return lines + _more(section)


def _more(section: Section) -> list[str]:
    return [f"  and {section.more} more"] if section.more > 0 else []


def _draw(world: World, title: str, found: list[Section]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    colour = not world.environ.get("NO_COLOR")
    console = Console(file=world.stderr, no_color=not colour, highlight=False)
    console.width = max(console.width, LEAST_WIDTH)
    console.print(Text(title, style="bold"))
    for section in found:
        table = Table(box=SIMPLE_HEAD, header_style="cyan", pad_edge=False)
        for number, column in enumerate(section.columns):
            table.add_column(
                column, justify="right" if number else "left", overflow="fold", no_wrap=number > 0
            )
        for row in section.rows:
            table.add_row(*(Text(cell) for cell in row))
        console.print(table)
        for line in _more(section):
            console.print(Text(line, style="dim"))
