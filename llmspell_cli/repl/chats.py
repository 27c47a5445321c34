"""The conversations that `llmspell chat` goes on with: its own, and those kept in a session."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from bridges._conversations.kept import Kept
from bridges._conversations.shelf import CHAT, Changed, Shelf, Title
from bridges._database import Database
from bridges._errors import NotFound
from bridges._joined import space_of
from bridges._names import did_you_mean
from bridges._sessions.store import USER, Sessions, check_name


class Chats:
    """The conversations by the names that the user writes: NAME, or SESSION/NAME."""

    def __init__(self, data: Path) -> None:
        """data: the user's data folder"""
        self._data = data
        self._database = Database.at(data)
        self._shelf = Shelf(self._database)
        self._seen: dict[str, int] = {}

    async def close(self) -> None:
        """Ends the use of the database."""
        await self._database.close()

    async def names(self) -> list[str]:
        """Returns the names there are, the latest first."""
        return [name for name, _ in await self.titles()]

    async def titles(self) -> list[tuple[str, Title]]:
        """Returns the names there are, with what is known of each, the latest first."""
        found = [(title.name, title) for title in await self._shelf.titles(CHAT)]
        for row in await Sessions(self._database, self._data).rows(USER):
            titles = await self._shelf.titles(space_of(row.number))
            found += [(f"{row.name}/{title.name}", title) for title in titles]
        return sorted(found, key=lambda pair: -pair[1].updated)

    async def load(self, name: str) -> Kept:
        """Returns a conversation; raises NotFound, or ConfigError for one that is damaged."""
        space, plain = await self._place(name)
        try:
            kept, self._seen[name] = await self._shelf.load(space, plain)
        except NotFound:
            raise await self._unknown(name) from None
        kept.name = name
        return kept

    async def save(self, kept: Kept) -> None:
        """Keeps a conversation, whole or not at all.

        One that somebody else has changed since it was loaded or saved here stays as it is: then
        this one gets another name.
        """
        while True:
            space, plain = await self._place(kept.name)
            known = self._seen.get(kept.name, 0)
            try:
                revision = await self._shelf.save(space, replace(kept, name=plain), known)
            except Changed:
                kept.name = await self._free(kept.name)
                self._seen.pop(kept.name, None)
                continue
            self._seen[kept.name] = revision
            return

    async def delete(self, name: str) -> None:
        """Removes a conversation, damaged or not; raises NotFound."""
        space, plain = await self._place(name)
        try:
            await self._shelf.remove(space, plain)
        except NotFound:
            raise await self._unknown(name) from None
        self._seen.pop(name, None)

    async def new_name(self) -> str:
        """Returns a name that nothing has: the time."""
        return await self._free(time.strftime("%Y-%m-%d-%H%M%S"))

    async def has(self, name: str) -> bool:
        """Tells whether there is a conversation; raises InvalidArgument for what is no name."""
        space, plain = await self._place(name)
        return await self._shelf.revision(space, plain) is not None

    async def _free(self, wanted: str) -> str:
        name, count = wanted, 1
        session, slash, plain = wanted.rpartition("/")
        while await self.has(name):
            count += 1
            name = f"{session}{slash}{plain[:58]}-{count}"
        return name

    async def _place(self, name: str) -> tuple[str, str]:
        """Returns where a conversation is kept, and its name there."""
        session, slash, plain = name.rpartition("/")
        check_name(plain)
        if not slash:
            return CHAT, plain
        found = await Sessions(self._database, self._data).find(USER, session)
        if found is None:
            raise NotFound(f"there is no session {session!r}", hint="see llmspell session list")
        return space_of(found.number), plain

    async def _unknown(self, name: str) -> NotFound:
        hint = did_you_mean(name, await self.names())
        return NotFound(f"there is no conversation {name!r}", hint=hint)
