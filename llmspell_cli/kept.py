"""What the command line sees of what runs have kept: everybody's, as it is all the user's own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from bridges._database import NAME, Database, owner_of
from bridges._errors import ConfigError, NotFound, SpellError
from bridges._names import did_you_mean
from bridges._sessions.store import USER, Row, Sessions
from llmspell_cli import program

if TYPE_CHECKING:
    from llmspell_cli.invocation import Invocation
    from llmspell_cli.world import World

T = TypeVar("T")


def ask(call: Invocation, work: Callable[[Database], Awaitable[T]], *, empty: T) -> T:
    """Returns what work with the database gives; `empty` where nothing was kept yet."""
    data = call.world.data_dir
    if not (data / NAME).exists():
        return empty

    async def main() -> T:
        used = Database.at(data)
        try:
            return await work(used)
        finally:
            await used.close()

    return asyncio.run(main())


def sessions(call: Invocation) -> list[Row]:
    """Returns every session, the latest first."""
    data = call.world.data_dir
    return ask(call, lambda used: Sessions(used, data).rows(None), empty=[])


def session(call: Invocation, name: str, spell: str | None) -> Row:
    """Returns the session that a name means; see `choose`."""
    return choose(call.world, sessions(call), name, spell)


def choose(world: World, rows: Sequence[Row], name: str, spell: str | None) -> Row:
    """Returns the session that a name means, of those there are.

    spell: the file of the spell it belongs to; without it, the user's own is meant, or else the
        one that has this name
    Raises NotFound, or ConfigError where several have the name.
    """
    if spell is not None:
        whose = owner_named(world, spell)
        rows = [row for row in rows if row.owner == whose]
    found = [row for row in rows if row.name == name]
    own = [row for row in found if row.owner == USER]
    if not found:
        names = sorted({row.name for row in rows})
        raise NotFound(f"there is no session {name!r}", hint=did_you_mean(name, names))
    if len(found) > 1 and not own:
        owners = ", ".join(shown_owner(world, row) for row in found)
        raise ConfigError(
            f"several spells have a session {name!r}: {owners}", hint="say which by --spell FILE"
        )
    return (own or found)[0]


def owner_named(world: World, spell: str) -> str:
    """Returns whose the things are that a spell has kept: a file or folder, or `eval` or `repl`."""
    path = world.path(spell)
    if spell in ("eval", "repl") and not path.exists():
        return spell
    if path.is_dir():
        path = program.find(world, spell, None).path or path
    return owner_of(path)  # what a spell kept is there when its file is gone, too


def shown_owner(world: World, row: Row) -> str:
    """Returns whose a session is: a spell's file, below the working directory if it lies there."""
    if row.owner == USER:
        return ""
    base = os.path.join(os.path.realpath(world.cwd), "")
    return row.owner.removeprefix(base)


def session_names(call: Invocation | None, incomplete: str) -> list[str]:
    """Returns the names of sessions that begin so, for the shell; nothing where that fails."""
    if call is None:
        return []
    try:
        return sorted({row.name for row in sessions(call) if row.name.startswith(incomplete)})
    except SpellError:
        return []
