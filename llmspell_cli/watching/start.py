"""Begins to watch: what the command line asks for, and the files that always count."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridges._errors import ConfigError
from llmspell_cli import program
from llmspell_cli.config import user_file
from llmspell_cli.config_layers import FILE_NAME, find_project_file
from llmspell_cli.invocation import Invocation
from llmspell_cli.watching._watched import Watched

if TYPE_CHECKING:
    from llmspell_cli.request import Request


def watch_spell(
    invocation: Invocation, file: str, request: Request, options: Mapping[str, Any]
) -> int:
    """Runs a spell for every change of its files, until a signal; returns the exit code.

    A spell that is not there at the start is the error it is without watching.
    options: the flags of `run`
    """
    world = invocation.world
    path = world.path(file)
    if not path.exists():
        program.find(world, file, request.engine)  # raises, and says what may be meant
    files = tuple(always(invocation, request.params))
    watched = Watched(invocation, file, path, files, options["watch_clear"])
    if not options["watch_keep_state"]:
        from llmspell_cli.watching.loop import Watcher

        return Watcher(watched).watch()
    for flag, given in (
        ("--output", request.output != "text"),
        ("--profile", request.profile),
        ("--trace", bool(request.trace)),
        ("--reload-config", request.reload_config),
        ("ARGS", bool(request.args)),
    ):
        if given:
            raise ConfigError(
                f"{flag} does not go with --watch-keep-state", hint="use --watch instead"
            )
    from llmspell_cli.watching.keep import Keeper

    return Keeper(watched, request).watch()


def always(invocation: Invocation, params: str | None) -> list[Path]:
    """Returns the files that decide over a run besides the spell, whether they exist or not."""
    world = invocation.world
    found = [user_file(world), world.cwd / ".env"]
    named = invocation.config_file or world.environ.get("LLMSPELL_CONFIG")
    if named:
        found.append(world.path(str(named)))
    else:
        found += [folder / FILE_NAME for folder in (world.cwd, *world.cwd.parents)]
        found.append((find_project_file(world.cwd) or world.cwd / FILE_NAME).parent / ".env")
    if params and params != "-":
        found.append(world.path(params))
    return found
