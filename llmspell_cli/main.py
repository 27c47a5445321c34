"""The command line: finds the command, runs it, turns whatever comes out into an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple

import typer

from bridges._errors import ConfigError, SpellError
from llmspell_cli.help import Command
from llmspell_cli.invocation import Invocation
from llmspell_cli.options import ConfigFile, Quiet, Verbose
from llmspell_cli.world import World


class Entry(NamedTuple):
    """A command: where it is, so that it is imported when it runs, and what the help lists."""

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "run": Entry("run", "run", "Run a spell: llmspell run FILE, or just llmspell FILE."),
    "eval": Entry("run", "eval_", "Run code given on the command line."),
    "repl": Entry("repl", "repl", "Evaluate code as you type it."),
    "chat": Entry("chat", "chat", "Talk to a model."),
    "debug": Entry("debug", "debug", "Run a spell step by step."),
    "new": Entry("new", "new", "Write a new spell from a template."),
    "list": Entry("list", "list_spells", "List the spells there are."),
    "check": Entry("check", "check", "Check spells without running them."),
    "state": Entry("state", "app", "Show and change what spells have kept."),
    "trace": Entry("trace", "trace", "Show what a run with --trace has written."),
    "workflow": Entry("workflow", "app", "Run, check and draw workflow files."),
    "tools": Entry("tools", "app", "List, describe and call the built-in tools."),
    "models": Entry("models", "app", "List models; fetch and remove local ones."),
    "session": Entry("session", "app", "List, show, export and remove sessions."),
    "config": Entry("config", "app", "Write, show and check the configuration."),
    "trust": Entry("trust", "trust", "Trust a folder's llmspell.toml as it is now."),
    "types": Entry("types", "types", "Write type stubs for an editor."),
    "info": Entry("info", "info", "Show versions, engines, sandbox, folders, keys."),
}
"""Every command, in the order of the help."""
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

    files = (word + suffix for suffix in SUFFIXES if world.path(word + suffix).is_file())
    near = next(files, None) or nearest(word, COMMANDS)
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


def _listed() -> None:
    """Stands for a command where commands are only listed."""


def _dispatch(call: Invocation) -> int:
    words: list[str] = call.world.argv
    if COMPLETION in call.world.environ:
        app = build(COMMANDS, completion=True)
    else:
        words, command = arrange(words, call.world)
        app = build([command] if command else COMMANDS, listed=command is None)
    found = typer.main.get_command(app).main(
        words,
        prog_name="llmspell",
        complete_var=COMPLETION,
        standalone_mode=False,
        obj=call,
    )
    return found if isinstance(found, int) else 0


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


def _command_path(words: list[str]) -> str:
    """Returns the command whose help tells more, for an error that does not name it."""
    position = _first_word(words)
    if position is None:
        return "llmspell"
    word = words[position]
    return f"llmspell {word if word in COMMANDS else 'run'}"


def _usage_or_defect(error: Exception, call: Invocation) -> int:
    message: Any = getattr(error, "format_message", None)
    context: Any = getattr(error, "ctx", None)
    if message is not None:
        text = message()
        if text.startswith("Usage:"):  # a group without a command shows its help
            call.world.err(text)
        else:
            path = context.command_path if context else _command_path(call.world.argv)
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
