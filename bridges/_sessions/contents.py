"""What is kept in a session: listed, written as a document, and taken away with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from bridges._artifacts import store as artifacts
from bridges._artifacts.store import Artifacts
from bridges._conversations import shelf
from bridges._errors import LimitExceeded
from bridges._joined import space_of
from bridges._sessions.store import Row, Sessions
from bridges._state import finding, tables

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from bridges._database import Database
    from bridges._state.records import StateInfo

VERSION = 1
"""Of the documents that sessions are exported as."""


class Contents:
    """What one session holds."""

    def __init__(self, database: Database, data: Path, row: Row) -> None:
        self._database = database
        self._data = data
        self._row = row
        self._space = space_of(row.number)

    async def runs(self) -> list[dict[str, Any]]:
        """Returns the runs that joined it, oldest first."""
        return await Sessions(self._database, self._data).runs(self._row.number)

    async def states(self) -> list[StateInfo]:
        """Returns what is known of the states, by name."""
        found = await self._database.read(self._states)
        return [finding.facts((at.place.name, "session", ""), "sqlite", at.head) for at in found]

    def _size(self, c: sqlite3.Connection) -> int:
        return shelf.size_of(c, self._space) + sum(at.head.size for at in self._states(c))

    def _states(self, c: sqlite3.Connection) -> list[tables.Found]:
        return [found for found in tables.find(c) if found.place.owner == self._space]

    async def artifacts(self) -> list[dict[str, Any]]:
        """Returns what is known of the artifacts, every version, by name."""
        rows = await self._database.read(lambda c: artifacts.in_space(c, self._space))
        return [row.fields() for row in rows]

    async def conversations(self) -> list[dict[str, Any]]:
        """Returns what is known of the conversations, the latest first."""
        found = await self._database.read(lambda c: shelf.titles(c, self._space))
        return [conversation_fields(title) for title in found]

    async def document(self, limit: int | None = None) -> dict[str, Any]:
        """Returns all of it as JSON data; of artifacts what is known of them.

        limit: bytes of states and conversations; more is LimitExceeded
        """
        row = self._row
        if limit is not None and await self._database.read(self._size) > limit:
            raise LimitExceeded(
                f"the session {row.name!r} is larger than the {limit} bytes a spell's memory takes",
                hint="export it on the command line: llmspell session export",
                details={"limit": "memory"},
            )
        kept = shelf.Shelf(self._database)
        titles = await self._database.read(lambda c: shelf.titles(c, self._space))
        loaded = [await kept.load(title.space, title.name) for title in titles]

        def values(c: sqlite3.Connection) -> dict[str, Any]:
            return {at.place.name: tables.Rows(c, at.place).all() for at in self._states(c)}

        return {
            "version": VERSION,
            "exported": stamp(time.time()),
            "session": session_fields(row),
            "runs": await self.runs(),
            "states": await self._database.read(values),
            "conversations": [conversation.document() for conversation, _ in loaded],
            "artifacts": await self.artifacts(),
        }

    async def remove(self) -> None:
        """Takes the session away with all that is kept in it; refuses while a run is in it."""
        sessions = Sessions(self._database, self._data)
        sums: list[str] = []

        def clear(c: sqlite3.Connection) -> None:
            shelf.remove_all(c, self._space)
            for found in self._states(c):
                tables.remove(c, found.place)
            sums[:] = artifacts.forget(c, self._space)

        await sessions.forget(self._row.number, self._row.name, clear)
        await Artifacts(self._database, self._data, 0).collect(sums)


def session_fields(row: Row) -> dict[str, Any]:
    """Returns what is known of a session, as scripts and documents have it."""
    return {
        "name": row.name,
        "status": row.status,
        "created": row.created,
        "updated": row.updated,
        "metadata": row.metadata,
        "tags": row.tags,
    }


def conversation_fields(title: shelf.Title) -> dict[str, Any]:
    """Returns what is known of a conversation, as scripts have it."""
    return {
        "name": title.name,
        "scope": "session",
        "updated": title.updated,
        "messages": title.messages,
        "first": title.first,
    }


def stamp(seconds: float) -> str:
    """Returns a time for people, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
