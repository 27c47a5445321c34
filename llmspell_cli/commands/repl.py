"""`llmspell repl`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from llmspell_cli.commands.run import Trace
from llmspell_cli.flags import with_flags
from llmspell_cli.invocation import Invocation
from llmspell_cli.request import invocation_of, request_of

Eval = Annotated[
    list[str] | None,
    typer.Option("--eval", metavar="CODE", help="Evaluate this first; repeat for more."),
]
Preload = Annotated[
    list[str] | None,
    typer.Option("--preload", metavar="FILE", help="Evaluate this file first; repeat for more."),
]
Vi = Annotated[bool, typer.Option("--vi", help="Edit with the keys of vi.")]


@with_flags
def repl(
    ctx: typer.Context,
    code: Eval = None,
    preload: Preload = None,
    vi: Vi = False,
    trace: Trace = None,
    **options: Any,
) -> None:
    """Evaluate code as you type it; .help lists the commands.

    Without a terminal it reads code from standard input, shows the values,
    and ends with the exit code of the last error.
    """
    invocation: Invocation = ctx.obj
    given = {"ctx": ctx, "trace": trace, **options}
    invocation_of(given)
    from llmspell_cli.repl.start import Wishes, start

    wishes = Wishes(request_of(given), code or [], preload or [], vi)
    raise typer.Exit(start(invocation, wishes))
