"""`llmspell trust`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridges._errors import NotFound
from llmspell_cli.invocation import Invocation


def trust(
    ctx: typer.Context,
    folder: Annotated[
        str,
        typer.Argument(metavar="[DIR]", help="A folder with llmspell.toml.", show_default=False),
    ] = ".",
    show: Annotated[bool, typer.Option("--list", help="List what is trusted.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Trust it no longer.")] = False,
) -> None:
    """Trust the llmspell.toml of a folder, as it is now.

    Until then, a project's file may take permissions away but not give any, and may name no
    server. When the file changes, it has to be trusted again.
    """
    from llmspell_cli import trust as records

    call: Invocation = ctx.obj
    if show:
        for name in sorted(records.listed(call.world)):
            call.world.out(name)
        return
    file = _file(call, folder)
    if remove:
        known = records.forget(call.world, file)
        call.note(f"{file} is {'no longer' if known else 'not'} trusted")
        return
    if not file.is_file():
        raise NotFound(f"there is no file {file}", hint="'llmspell config init' writes one")
    records.trust(call.world, file)
    call.note(f"trusted {file} with its present content")


def _file(call: Invocation, folder: str) -> Path:
    from llmspell_cli.config_layers import FILE_NAME

    path = call.world.path(folder)
    return path if path.name == FILE_NAME else path / FILE_NAME
