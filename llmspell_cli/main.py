"""The command line: finds the command, runs it, turns whatever comes out into an exit code."""

from __future__ import annotations

import os
import sys
from typing import Any

from bridges._errors import ConfigError, SpellError
from llmspell_cli.commands import COMMANDS
from llmspell_cli.invocation import Invocation
from llmspell_cli.world import World

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


def _dispatch(call: Invocation) -> int:
    words: list[str] = call.world.argv
    completing = COMPLETION in call.world.environ
    command = None
    if not completing:
        words, command = arrange(words, call.world)
        if command == "run" and _is_plain(words):
            from llmspell_cli.cast import cast_file
            from llmspell_cli.request import request_of

            return cast_file(call, words[1], request_of({"args": words[2:]}))
    from llmspell_cli.grammar import obey

    return obey(call, words, command, COMPLETION if completing else None)


def _is_plain(words: list[str]) -> bool:
    """Tells whether a run is asked for without any flag: `run FILE [ARGS]...`.

    There is nothing for Typer to read then; loading it is more than a quarter of such a start.
    """
    return len(words) > 1 and not any(word.startswith("-") for word in words)


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
    import typer

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
