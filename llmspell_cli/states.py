"""The states that are kept, as people look at them and change them: found by name, edited whole."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from bridges._database import NAME, Database
from bridges._errors import InvalidArgument, NotFound, SpellError
from bridges._joined import space_of
from bridges._names import did_you_mean
from bridges._sessions.store import Row, Sessions
from bridges._state import tables
from bridges._state.content import MAX_HISTORY, Content, Entry, Head, Rules, Written, apply
from bridges._state.file import MAX_FILE, lines, parse
from bridges._state.handle import check_name
from bridges._state.tables import Found, Place, TableStore
from bridges._state.values import MISSING, Values, look_up, name_of, plain, plain_map, put
from bridges._state.values import Path as Key
from bridges._state.whole import Whole
from llmspell_cli.kept import choose, owner_named, shown_owner

if TYPE_CHECKING:
    from llmspell_cli.world import World

T = TypeVar("T")
MOST_NAMED = 20
"""Keys that a hint names."""


@dataclass(frozen=True)
class Choice:
    """Whose states are meant; nothing said is everybody's.

    spell: a spell's file or folder, or `eval` or `repl`; agent: of an agent of it
    session: a session by name, the spell's where one is given; shared: what all spells share
    """

    spell: str = ""
    agent: str = ""
    session: str = ""
    shared: bool = False


class KeptStates:
    """The states of one data folder."""

    def __init__(self, database: Database, world: World) -> None:
        self._database = database
        self._world = world

    async def list(self, choice: Choice) -> list[tuple[Found, str]]:
        """Returns the states, each with whose it is."""
        rows = await self._sessions()
        names = {space_of(row.number): self._named(row) for row in rows}
        found = await self._database.read(tables.find)
        fits = self._fitting(choice, rows)
        return [(one, _whose(one.place, names)) for one in found if fits(one.place)]

    async def find(self, name: str, choice: Choice, *, new: bool = False) -> TableStore:
        """Returns the one state of a name; NotFound, or InvalidArgument where there are several.

        new: one that is not there yet is fine, where it is said whose it is
        """
        all_of = await self.list(choice)
        found = [(one, whose) for one, whose in all_of if one.place.name == name]
        if len(found) > 1:
            listed = "; ".join(f"{one.place.scope} of {whose}" for one, whose in found)
            raise InvalidArgument(
                f"there are {len(found)} states {name!r}: {listed}",
                hint="say which: --spell, --agent, --session or --global",
            )
        if found:
            return TableStore(self._database, found[0][0].place)
        place = await self._place(name, choice) if new else None
        if place is None:
            known = sorted({one.place.name for one, _ in all_of})
            hint = did_you_mean(name, known)
            if new:
                hint = "say whose it is to be: --spell, --session or --global"
            raise NotFound(f"there is no state {name!r}", hint=hint)
        return TableStore(self._database, place)

    async def _place(self, name: str, choice: Choice) -> Place | None:
        check_name(name, "state")
        if choice.shared:
            return Place("", "global", "", name)
        if choice.session:
            return Place(self._space(choice, await self._sessions()), "session", "", name)
        if choice.spell:
            scope = "agent" if choice.agent else "spell"
            return Place(owner_named(self._world, choice.spell), scope, choice.agent, name)
        return None

    def _fitting(self, choice: Choice, rows: Sequence[Row]) -> Callable[[Place], bool]:
        """Returns what tells whether a state is among those that are meant."""
        if choice.shared:
            return lambda place: place.scope == "global"
        owner = ""
        if choice.session:
            owner = self._space(choice, rows)
        elif choice.spell:
            owner = owner_named(self._world, choice.spell)
        agent = ("agent", choice.agent)

        def fits(place: Place) -> bool:
            if choice.agent and (place.scope, place.part) != agent:
                return False
            return not owner or place.owner == owner

        return fits

    def _space(self, choice: Choice, rows: Sequence[Row]) -> str:
        return space_of(choose(self._world, rows, choice.session, choice.spell or None).number)

    async def _sessions(self) -> Sequence[Row]:
        return await Sessions(self._database, self._database.file.parent).rows(None)

    def _named(self, row: Row) -> str:
        owner = shown_owner(self._world, row)
        return f"{row.name} of {owner}" if owner else row.name


def _whose(place: Place, sessions: dict[str, str]) -> str:
    if place.scope == "session":
        return sessions.get(place.owner, place.owner)
    owner = "all spells" if place.scope == "global" else place.owner
    return f"{place.part} in {owner}" if place.part else owner


def run(world: World, work: Callable[[KeptStates], Awaitable[T]], *, new: bool = False) -> T:
    """Does something with the states that are kept here; NotFound where nothing was kept yet.

    new: whether the work may be the first to keep something
    """
    if not new and not _is_anything(world):
        raise NotFound("no states are kept yet")

    async def go() -> T:
        database = Database.at(world.data_dir)
        try:
            return await work(KeptStates(database, world))
        finally:
            await database.close()

    return asyncio.run(go())


def listed(world: World, choice: Choice) -> list[tuple[Found, str]]:
    """Returns the states that are kept, each with whose it is."""
    return run(world, lambda kept: kept.list(choice)) if _is_anything(world) else []


def names(world: World, begins: str) -> list[str]:
    """Returns the names of states that begin so, for the shell; nothing where that fails."""
    try:
        found = {one.place.name for one, _ in listed(world, Choice())}
    except SpellError:
        return []
    return sorted(name for name in found if name.startswith(begins))


def keys(world: World, name: str, choice: Choice, begins: str) -> list[str]:
    """Returns the keys of a state that begin so, for the shell; nothing where that fails."""
    path = tuple(begins.split(".")[:-1])

    async def look(kept: KeptStates) -> list[str]:
        inside = look_up((await values(await kept.find(name, choice)))[0], path)
        there = inside if isinstance(inside, dict) else {}
        return [name_of((*path, key)) for key in there]

    try:
        return [key for key in run(world, look) if key.startswith(begins)]
    except SpellError:
        return []


def _is_anything(world: World) -> bool:
    return (world.data_dir / NAME).exists()


# -- one state


async def values(store: TableStore) -> tuple[Values, int]:
    """Returns the values and the revision."""
    return await store.read(lambda content: (content.all(), content.head.revision))


async def value(store: TableStore, key: Key) -> Any:
    """Returns one value; NotFound where it is not set."""
    whole = (await values(store))[0]
    found = look_up(whole, key)
    if found is MISSING:
        beside = look_up(whole, key[:-1]) if key[1:] else whole
        known = [name_of((*key[:-1], name)) for name in beside] if isinstance(beside, dict) else []
        hint = did_you_mean(name_of(key), known[:MOST_NAMED])
        raise NotFound(f"the key {name_of(key)!r} is not set", hint=hint)
    return found


async def history(store: TableStore) -> list[Entry]:
    """Returns the changes that are remembered, newest first."""
    return await store.read(lambda content: content.entries(MAX_HISTORY))


async def set_value(store: TableStore, key: Key, new: Any) -> None:
    """Puts a value in place."""
    checked = plain(new, "the value")

    def edit(content: Content) -> Written:
        whole = put(content.get(key[0]), key[1:], MISSING if new is None else checked, "the key")
        return apply(content, {key[0]: whole}, "edit", _rules(content.head))

    await store.write(edit)


async def replace_all(
    store: TableStore, new: Any, action: str, revision: int | None = None, version: int = 0
) -> None:
    """Puts other values in the place of all; with a revision, only if nobody has written since.

    version: of the schema they belong to; 0 is the one they have
    """
    checked = plain_map(new, "the values")

    def edit(content: Content) -> None:
        if revision not in (None, content.head.revision):
            raise InvalidArgument(
                "a run has changed the state meanwhile, so nothing was written", hint="edit it anew"
            )
        changes = {**dict.fromkeys(content.all(), MISSING), **checked}
        known = version or content.head.version or 1
        apply(content, changes, action, Rules(history=MAX_HISTORY, version=known))

    await store.write(edit)


async def exported(store: TableStore) -> str:
    """Returns a state as the text of a file that holds one."""

    def text(content: Content) -> str:
        head = Head(**vars(content.head))
        entries = list(reversed(content.entries(MAX_HISTORY)))
        return "".join(lines(Whole(head, content.all(), entries)))

    return await store.read(text)


def read_export(data: bytes, shown: str) -> Whole:
    """Returns what an exported file holds; raises ConfigError for anything else."""
    if len(data) > MAX_FILE:
        raise InvalidArgument(f"{shown!r} is larger than the {MAX_FILE} bytes of a state")
    return parse(data, shown)


def _rules(head: Head) -> Rules:
    # What people change is remembered as far as the spell remembers: it cuts the rest.
    return Rules(history=MAX_HISTORY, version=head.version or 1)
