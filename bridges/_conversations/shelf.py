"""Conversations that are kept: those of spells, of sessions and of `llmspell chat` alike."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridges._conversations.kept import LARGEST, Kept, from_document
from bridges._database import Database, migrate
from bridges._errors import ConfigError, InvalidArgument, LimitExceeded, NotFound
from bridges._names import did_you_mean
from bridges._sessions.store import account

if TYPE_CHECKING:
    import sqlite3

CHAT = "chat"
"""Whose the conversations of `llmspell chat` are."""
MOST = 1000
MOST_BYTES = 256 * 1024 * 1024
"""Conversations of one spell, those in its sessions included, and bytes of all of them."""

migrate(
    "conversations",
    (
        """CREATE TABLE conversations (
            space TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL,
            updated REAL NOT NULL, messages INTEGER NOT NULL, first TEXT NOT NULL,
            document TEXT NOT NULL, PRIMARY KEY (space, name))""",
    ),
)


@dataclass(frozen=True)
class Title:
    """What a list shows of a conversation.

    updated: seconds since 1970; messages: how many; first: what the user said first, its beginning
    """

    space: str
    name: str
    updated: float
    messages: int
    first: str


class Changed(Exception):
    """Somebody else has saved the conversation since it was read."""


class Shelf:
    """The conversations in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def titles(self, space: str) -> list[Title]:
        """Returns the conversations of a spell, or of a session, the latest first."""
        return await self._database.read(lambda c: titles(c, space))

    async def load(self, space: str, name: str) -> tuple[Kept, int]:
        """Returns a conversation and its revision; raises NotFound, or ConfigError if damaged."""

        def work(c: sqlite3.Connection) -> tuple[Kept, int]:
            query = "SELECT document, revision FROM conversations WHERE space = ? AND name = ?"
            found = c.execute(query, (space, name)).fetchone()
            if found is None:
                raise _unknown(c, space, name)
            return read(name, found[0]), int(found[1])

        return await self._database.read(work)

    async def revision(self, space: str, name: str) -> int | None:
        """Returns the revision of a conversation, or None where there is none."""
        return await self._database.read(lambda c: _revision(c, space, name))

    async def save(self, space: str, kept: Kept, known: int | None) -> int:
        """Keeps a conversation under its name and returns its new revision.

        known: the revision that it may replace: 0 is none, None any; else it raises Changed
        """
        text = json.dumps(kept.document(), ensure_ascii=False)
        if len(text.encode("utf-8", "replace")) > LARGEST:
            raise LimitExceeded(
                f"the conversation {kept.name!r} is larger than {LARGEST} bytes",
                hint="set limits for it, or call truncate",
            )
        name, first, count = kept.name, kept.first[:200], len(kept.messages)

        def work(c: sqlite3.Connection) -> int:
            there = _revision(c, space, name) or 0
            if known is not None and there != known:
                raise Changed
            _refuse_more(c, space, kept.name, len(text), is_new=there == 0)
            # One that was removed and saved anew is another one.
            revision = max(time.time_ns(), there + 1)
            c.execute(
                "INSERT OR REPLACE INTO conversations VALUES (?, ?, ?, ?, ?, ?, ?)",
                (space, name, revision, time.time(), count, first, text),
            )
            return revision

        return await self._database.write(work)

    async def remove(self, space: str, name: str) -> None:
        """Takes a conversation away, damaged or not; raises NotFound."""

        def work(c: sqlite3.Connection) -> None:
            query = "DELETE FROM conversations WHERE space = ? AND name = ?"
            if not c.execute(query, (space, name)).rowcount:
                raise _unknown(c, space, name)

        await self._database.write(work)


def titles(c: sqlite3.Connection, space: str) -> list[Title]:
    """Returns the conversations of a spell or a session, the latest first; see `Shelf.titles`."""
    query = (
        "SELECT space, name, updated, messages, first FROM conversations WHERE space = ?"
        " ORDER BY updated DESC, name"
    )
    return [Title(*row) for row in c.execute(query, (space,))]


def remove_all(c: sqlite3.Connection, space: str) -> None:
    """Takes every conversation of a space away."""
    c.execute("DELETE FROM conversations WHERE space = ?", (space,))


def read(name: str, document: str) -> Kept:
    """Returns the conversation in a document that was kept; a damaged one is ConfigError."""
    where = f"the conversation {name!r} is damaged"
    try:
        found = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where}: {error}", hint="remove it") from None
    return from_document(name, found, where)


def changed(name: str) -> InvalidArgument:
    """Returns the error for a conversation that somebody else has saved meanwhile."""
    return InvalidArgument(
        f"the conversation {name!r} was saved by another run since it was read here",
        hint="load it again, or save this one under another name",
    )


def _revision(c: sqlite3.Connection, space: str, name: str) -> int | None:
    query = "SELECT revision FROM conversations WHERE space = ? AND name = ?"
    found = c.execute(query, (space, name)).fetchone()
    return None if found is None else int(found[0])


def _refuse_more(c: sqlite3.Connection, space: str, name: str, size: int, *, is_new: bool) -> None:
    together, values = account(c, space)
    query = (
        "SELECT count(*), coalesce(sum(length(document)), 0) FROM conversations"
        f" WHERE {together} AND NOT (space = ? AND name = ?)"
    )
    count, used = c.execute(query, (*values, space, name)).fetchone()
    what = f"{count} conversations are" if is_new and count >= MOST else ""
    if used + size > MOST_BYTES:
        what = f"{used} bytes of conversations are"
    if what:
        raise LimitExceeded(
            f"{what} kept already, and there may be no more",
            hint="remove some: Conversation.list and Conversation.remove",
        )


def size_of(c: sqlite3.Connection, space: str) -> int:
    """Returns how many characters the conversations of a space have."""
    query = "SELECT coalesce(sum(length(document)), 0) FROM conversations WHERE space = ?"
    return int(c.execute(query, (space,)).fetchone()[0])


def _unknown(c: sqlite3.Connection, space: str, name: str) -> NotFound:
    names = [title.name for title in titles(c, space)]
    return NotFound(f"there is no conversation {name!r}", hint=did_you_mean(name, names))
