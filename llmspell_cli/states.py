"""The states that are kept, as people look at them and change them: found by name, edited whole."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from bridges._database import Database, owner_of
from bridges._errors import InvalidArgument, NotFound
from bridges._names import did_you_mean
from bridges._sessions.store import Sessions
from bridges._state import tables
from bridges._state.content import MAX_HISTORY, Content, Entry, Head, Rules, Written, apply
from bridges._state.file import MAX_FILE, lines, parse
from bridges._state.tables import Found, Place, TableStore
from bridges._state.values import MISSING, Values, look_up, name_of, plain, plain_map, put
from bridges._state.values import Path as Key
from bridges._state.whole import Whole
from bridges._states import check_name
from llmspell_cli import program

if TYPE_CHECKING:
    from llmspell_cli.world import World

T = TypeVar("T")


@dataclass(frozen=True)
class Choice:
    """Whose states are meant; nothing said is everybody's.

    spell: a spell's file or folder, or `eval` or `repl`; agent: of an agent of it
    session: a session of the user's, by name; shared: what all spells share
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
        names = await self._sessions()
        found = await self._database.read(tables.find)
        return [(one, _whose(one.place, names)) for one in found if self._fits(one, choice, names)]

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
            numbers = {v: k for k, v in (await self._sessions()).items()}
            if choice.session not in numbers:
                raise NotFound(
                    f"there is no session {choice.session!r}",
                    hint=did_you_mean(choice.session, numbers),
                )
            return Place(numbers[choice.session], "session", "", name)
        if choice.spell:
            scope = "agent" if choice.agent else "spell"
            return Place(self._owner(choice.spell), scope, choice.agent, name)
        return None

    def _fits(self, one: Found, choice: Choice, names: dict[str, str]) -> bool:
        place = one.place
        if choice.agent and (place.scope, place.part) != ("agent", choice.agent):
            return False
        if choice.shared:
            return place.scope == "global"
        if choice.session:
            return names.get(place.owner) == choice.session
        return not choice.spell or place.owner == self._owner(choice.spell)

    def _owner(self, spell: str) -> str:
        if spell in ("eval", "repl") and not self._world.path(spell).exists():
            return spell
        path = self._world.path(spell)
        if path.is_dir():
            path = program.find(self._world, spell, None).path or path
        return owner_of(path)  # what a spell kept is there when its file is gone, too

    async def _sessions(self) -> dict[str, str]:
        """Returns the names of sessions by whose the things are that are kept in them."""
        from bridges._joined import space_of

        rows = await Sessions(self._database, self._database.file.parent).rows(None)
        return {space_of(row.number): row.name for row in rows}


def _whose(place: Place, sessions: dict[str, str]) -> str:
    if place.scope == "session":
        return sessions.get(place.owner, place.owner)
    owner = "all spells" if place.scope == "global" else place.owner
    return f"{place.part} in {owner}" if place.part else owner


def run(world: World, work: Callable[[KeptStates], Awaitable[T]]) -> T:
    """Does something with the states that are kept here."""

    async def go() -> T:
        database = Database.at(world.data_dir)
        try:
            return await work(KeptStates(database, world))
        finally:
            await database.close()

    return asyncio.run(go())


# -- one state


async def values(store: TableStore) -> tuple[Values, int]:
    """Returns the values and the revision."""
    return await store.read(lambda content: (content.all(), content.head.revision))


async def value(store: TableStore, key: Key) -> Any:
    """Returns one value; NotFound where it is not set."""
    found = look_up((await values(store))[0], key)
    if found is MISSING:
        raise NotFound(f"the key {name_of(key)!r} is not set")
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
