"""`llmspell list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from llmspell_cli.listing import print_json
from llmspell_cli.options import Json
from llmspell_cli.terminal import clean

if TYPE_CHECKING:
    from llmspell_cli.invocation import Invocation
    from llmspell_cli.library import Listed


def list_spells(
    ctx: typer.Context,
    folders: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DIR]...", help="Folders to look in.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the spells there are, with what they do.

    Without DIR: those here that have a manifest, those in ./spells, your own and the
    ones that come with llmspell.
    """
    from llmspell_cli.library import find_all

    call: Invocation = ctx.obj
    found = find_all(call.world, folders or [])
    if as_json:
        print_json(call.world, [_as_map(spell) for spell in found])
        return
    if not found:
        call.note("no spells found; 'llmspell new NAME' writes one")
    _print(call, found)


def _as_map(spell: Listed) -> dict[str, str]:
    return {
        "name": spell.name,
        "language": spell.language,
        "description": spell.description,
        "path": str(spell.path),
    }


def _print(call: Invocation, found: list[Listed]) -> None:
    width = min(max((len(spell.path.name) for spell in found), default=0), 30)
    place = None
    for spell in found:
        if spell.place != place:
            call.world.out(f"{'' if place is None else chr(10)}{spell.place}")
            place = spell.place
        room = max(20, 80 - width - 4)
        text = spell.description
        if len(text) > room:
            text = text[: room - 1].rstrip() + "…"
        call.world.out(clean(f"  {spell.path.name:<{width}}  {text}".rstrip()))
