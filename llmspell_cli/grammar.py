"""The command line's grammar: the commands and their flags, as Typer reads them."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Annotated

import typer

from llmspell_cli.commands import COMMANDS
from llmspell_cli.help import Command
from llmspell_cli.invocation import Invocation
from llmspell_cli.options import ConfigFile, Quiet, Verbose


def obey(call: Invocation, words: list[str], command: str | None, completion: str | None) -> int:
    """Reads the words, runs the command that they ask for, and returns the exit code.

    command: the one they name; None asks for help, a flag of the program, or completions
    completion: the variable of the environment in which a shell asks for completions
    """
    names = [command] if command else COMMANDS
    app = build(names, listed=not (command or completion), completion=completion is not None)
    found = typer.main.get_command(app).main(
        words,
        prog_name="llmspell",
        complete_var=completion,
        standalone_mode=False,
        obj=call,
    )
    return found if isinstance(found, int) else 0


def build(names: Iterable[str], *, listed: bool = False, completion: bool = False) -> typer.Typer:
    """Returns the program with some of the commands.

    names: the commands; a run needs only its own, and completion needs all
    listed: only list the commands, as the help does: none is imported
    completion: answer a shell that asks for completions
    """
    app = typer.Typer(
        name="llmspell",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=listed or completion,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    )
    app.callback(invoke_without_command=True)(_program)
    for name in names:
        entry = COMMANDS[name]
        if listed:
            app.command(name, short_help=entry.summary)(_listed)
            continue
        module = importlib.import_module(f"llmspell_cli.commands.{entry.module}")
        found = getattr(module, entry.attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name, short_help=entry.summary)
        else:
            app.command(name, cls=Command, short_help=entry.summary)(found)
    return app


def _program(
    ctx: typer.Context,
    verbose: Verbose = False,
    quiet: Quiet = False,
    config: ConfigFile = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Run small sandboxed Lua and JavaScript scripts that drive language models.

    \b
      llmspell new hello          write a spell from a template
      llmspell hello.lua          run it, short for: llmspell run hello.lua
      llmspell check hello.lua    see what it takes and what it may need
    """
    call: Invocation = ctx.obj
    call.set(verbose=verbose, quiet=quiet, config=config)
    if version:
        from llmspell_cli import __version__

        call.world.out(f"llmspell {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        call.world.out(ctx.get_help())


def _listed() -> None:
    """Stands for a command where commands are only listed."""
