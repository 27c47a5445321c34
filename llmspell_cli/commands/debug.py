"""`llmspell debug`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bridges._errors import ConfigError
from llmspell_cli.commands.run import Args, Param, Params, Trace
from llmspell_cli.flags import with_flags
from llmspell_cli.invocation import Invocation
from llmspell_cli.request import invocation_of, request_of

EDITORS = "Editors"
File = Annotated[str | None, typer.Argument(metavar="[FILE]", help="A spell: a file, or a folder.")]
Commands = Annotated[
    list[str] | None,
    typer.Option("--command", "-c", metavar="COMMAND", help="Do this first; repeat for more."),
]
Stdin = Annotated[
    str | None, typer.Option("--stdin", metavar="FILE", help="What the spell's Stdin reads.")
]
Dap = Annotated[
    bool,
    typer.Option("--dap", help="Speak DAP on standard input and output.", rich_help_panel=EDITORS),
]
Listen = Annotated[
    str | None,
    typer.Option(
        "--listen",
        metavar="HOST:PORT",
        help="Speak DAP on a port; 127.0.0.1:0 takes a free one, and prints it.",
        rich_help_panel=EDITORS,
    ),
]
Remote = Annotated[
    bool,
    typer.Option(
        "--remote",
        help="Let --listen take an address that other machines reach.",
        rich_help_panel=EDITORS,
    ),
]


@with_flags
def debug(  # noqa: PLR0913 - each parameter is one flag
    ctx: typer.Context,
    file: File = None,
    args: Args = None,
    param: Param = None,
    params: Params = None,
    command: Commands = None,
    stdin: Stdin = None,
    dap: Dap = False,
    listen: Listen = None,
    remote: Remote = False,
    trace: Trace = None,
    **options: Any,
) -> None:
    """Run a spell step by step, at the terminal or from an editor.

    At the terminal it stops before the first line; help lists the commands.
    Without a terminal it reads commands from standard input, and ends with
    the exit code that the spell would have had.
    """
    own = {"param": param, "params": params, "args": args, "trace": trace}
    given = {"ctx": ctx, **own, **options}
    invocation_of(given)
    invocation: Invocation = ctx.obj
    request = request_of(given)
    if dap and listen:
        raise ConfigError("--dap and --listen exclude each other")
    if remote and not listen:
        raise ConfigError("--remote goes with --listen", hint="add --listen HOST:PORT")
    if dap or listen:
        from llmspell_cli.debug.dap.serve import given_by, serve_port, serve_stdio

        start = given_by(invocation, file, request)
        if listen:
            raise typer.Exit(serve_port(start, listen, remote))
        raise typer.Exit(serve_stdio(start))
    if file is None:
        raise ConfigError("a file is missing", hint="llmspell debug FILE; editors need --dap")
    from llmspell_cli.debug.terminal.start import Terminal, start_terminal

    terminal = Terminal(invocation, file, request, command or [], stdin)
    raise typer.Exit(start_terminal(terminal))
