"""The command line: finds the command, runs it, turns whatever comes out into an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Annotated, Any

import typer

from bridges._errors import ConfigError, SpellError
from llmspell_cli.invocation import Invocation
from llmspell_cli.options import ConfigFile, Quiet, Verbose
from llmspell_cli.world import World

COMMANDS = {
    "run": ("run", "run"),
    "eval": ("run", "eval_"),
    "new": ("new", "new"),
    "list": ("list", "list_spells"),
    "check": ("check", "check"),
    "tools": ("tools", "app"),
    "models": ("models", "app"),
    "config": ("config", "app"),
    "trust": ("trust", "trust"),
    "types": ("types", "types"),
    "info": ("info", "info"),
}
"""Every command: its module in `commands` and the name in it. The order is that of the help."""
SUFFIXES = (".lua", ".js", ".mjs")
COMPLETION = "_LLMSPELL_COMPLETE"
WITH_VALUE = ("--config",)
INTERRUPTED = 130


def run(world: World) -> int:
    """Runs one command line and returns the exit code; nothing is raised."""
    call = Invocation(world)
    try:
        code = _dispatch(call)
    except SpellError as error:
        from llmspell_cli.present import present

        _flush(world)
        world.err(present(error, world, verbose=call.verbose, folder=call.folder))
        code = error.exit_code
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = _give_up_output(world)
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        world.err(f"error: {what}{error.strerror or error}")
        code = _give_up_output(world)
    except Exception as error:
        code = _usage_or_defect(error, call)
    finally:
        _drop_worker()
    return code if _flush(world) else (code or 1)


def build(only: str | None = None) -> typer.Typer:
    """Returns the program.

    only: the one command that will run, so that no other has to be imported; None for all
    """
    app = typer.Typer(
        name="llmspell",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=only is None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    )
    app.callback(invoke_without_command=True)(_program)
    for name, (module, attribute) in COMMANDS.items():
        if only not in (None, name):
            continue
        found = getattr(importlib.import_module(f"llmspell_cli.commands.{module}"), attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def arrange(words: list[str], world: World) -> tuple[list[str], str | None]:
    """Returns the arguments with `run` put before a bare file, and the command they name.

    Raises ConfigError for a word that is neither a command nor a file.
    """
    position = _first_word(words)
    if position is None:
        return words, None
    word = words[position]
    if word in COMMANDS:
        return words, word
    if word.endswith(SUFFIXES) or world.path(word).exists():
        return [*words[:position], "run", *words[position:]], "run"
    from bridges._names import nearest

    near = nearest(word, COMMANDS)
    raise ConfigError(
        f"{word!r} is neither a command nor a file",
        hint=f"did you mean 'llmspell {near}'?" if near else "'llmspell --help' lists the commands",
    )


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


def _dispatch(call: Invocation) -> int:
    words: list[str] = call.world.argv
    command = None
    if COMPLETION not in call.world.environ:
        words, command = arrange(words, call.world)
    # Without a command the help is wanted, or completion, and both name every command.
    program = _ordered(typer.main.get_command(build(command)))
    found = program.main(
        words,
        prog_name="llmspell",
        complete_var=COMPLETION,
        standalone_mode=False,
        obj=call,
    )
    return found if isinstance(found, int) else 0


def _ordered(program: Any) -> Any:
    """Puts the commands in the order of COMMANDS, where Typer puts groups last."""
    program.commands = {n: program.commands[n] for n in COMMANDS if n in program.commands}
    return program


def _first_word(words: list[str]) -> int | None:
    skip = False
    for position, word in enumerate(words):
        if skip:
            skip = False
        elif word in WITH_VALUE:
            skip = True
        elif not word.startswith("-"):
            return position
    return None


def _usage_or_defect(error: Exception, call: Invocation) -> int:
    message: Any = getattr(error, "format_message", None)
    context: Any = getattr(error, "ctx", None)
    if message is not None:
        text = message()
        if text.startswith("Usage:"):  # a group without a command shows its help
            call.world.err(text)
        else:
            path = context.command_path if context else "llmspell"
            call.world.err(f"error: {text}\nhint: see '{path} --help'")
        return ConfigError.exit_code
    if isinstance(error, typer.Abort):
        return 1
    from llmspell_cli.present import present_defect

    _flush(call.world)
    call.world.err(present_defect(error, verbose=call.verbose))
    return 1


def _flush(world: World) -> bool:
    """Flushes standard output; tells whether everything written has arrived."""
    try:
        world.stdout.flush()
    except BrokenPipeError:
        _give_up_output(world)
        return False
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        world.err(f"error: standard output cannot be written: {reason}")
        _give_up_output(world)
        return False
    return True


def _give_up_output(world: World) -> int:
    """Points standard output at nothing, so that the interpreter's last flush cannot fail."""
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, world.stdout.fileno())
        os.close(nothing)
    except (OSError, ValueError):
        pass
    return 1


def _drop_worker() -> None:
    early = sys.modules.get("llmspell_cli.early")
    if early is not None:
        early.drop()
