"""`llmspell trace`: a written trace as a tree."""

from __future__ import annotations

from typing import Annotated

import typer

from llmspell_cli.invocation import Invocation

File = Annotated[str, typer.Argument(metavar="FILE", help="What run --trace FILE has written.")]


def trace(ctx: typer.Context, file: File) -> None:
    """Show a trace that 'llmspell run --trace FILE' has written, as a tree.

    Each line tells when it began, how long it took, and what it was.
    """
    from llmspell_cli.tracing.otlp import read
    from llmspell_cli.tracing.tree import lines

    invocation: Invocation = ctx.obj
    world = invocation.world
    spans = read(world.path(file))
    world.out(f"{'begins':>9} {'takes':>9}")
    for line in lines(spans):
        world.out(line)
