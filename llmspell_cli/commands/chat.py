"""`llmspell chat`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from llmspell_cli.commands.run import Trace
from llmspell_cli.flags import with_flags_but
from llmspell_cli.invocation import Invocation
from llmspell_cli.request import invocation_of, request_of

System = Annotated[
    str | None, typer.Option("--system", "-s", metavar="TEXT", help="Instructions for the model.")
]
Tools = Annotated[
    str | None,
    typer.Option("--tools", metavar="A,B", help="Tools it may use; llmspell tools lists them."),
]
Name = Annotated[
    str | None,
    typer.Option(
        "--session",
        metavar="NAME",
        help="Keep the conversation under this name; SESSION/NAME is one that a spell has kept.",
    ),
]
Latest = Annotated[
    bool, typer.Option("--continue", "-c", help="Go on with the latest conversation.")
]
Vi = Annotated[bool, typer.Option("--vi", help="Edit with the keys of vi.")]


@with_flags_but("engine", "cpu", "memory", "output_limit", "calls")
def chat(  # noqa: PLR0913 - each parameter is one flag
    ctx: typer.Context,
    system: System = None,
    tools: Tools = None,
    session: Name = None,
    latest: Latest = False,
    vi: Vi = False,
    trace: Trace = None,
    **options: Any,
) -> None:
    """Talk to a model; .help lists the commands.

    Without a terminal standard input is one message, and standard output the answer.
    """
    invocation: Invocation = ctx.obj
    given = {"ctx": ctx, "trace": trace, **options}
    invocation_of(given)
    from llmspell_cli.repl.chat_start import Topic, start

    names = [name.strip() for name in tools.split(",") if name.strip()] if tools else None
    topic = Topic(system, names, session, latest, vi)
    raise typer.Exit(start(invocation, request_of(given), topic))
