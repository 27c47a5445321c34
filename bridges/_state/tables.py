"""States kept in the database: one row a value, so that a write costs what it changes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from bridges._database import Database, migrate
from bridges._errors import ConfigError, LimitExceeded
from bridges._sessions.store import account
from bridges._state.content import Content, Entry, Head, StoreName
from bridges._state.turns import Turns
from bridges._state.values import MISSING, Values, packed

T = TypeVar("T")
MAX_STATES = 1_000
"""States of one spell and its sessions, of one session of the user's, or global ones."""
MAX_OWNED = 256 * 1024 * 1024
"""Bytes of them together, with what they remember of changes."""

migrate(
    "states",
    (
        """CREATE TABLE states (
            id INTEGER PRIMARY KEY, owner TEXT NOT NULL, scope TEXT NOT NULL, part TEXT NOT NULL,
            name TEXT NOT NULL, version INTEGER NOT NULL, revision INTEGER NOT NULL,
            size INTEGER NOT NULL, count INTEGER NOT NULL, updated REAL NOT NULL,
            UNIQUE (owner, scope, part, name))""",
        """CREATE TABLE states_values (
            state INTEGER NOT NULL REFERENCES states ON DELETE CASCADE,
            key TEXT NOT NULL, value TEXT NOT NULL, size INTEGER NOT NULL,
            PRIMARY KEY (state, key))""",
        """CREATE TABLE states_history (
            state INTEGER NOT NULL REFERENCES states ON DELETE CASCADE,
            revision INTEGER NOT NULL, change TEXT NOT NULL, size INTEGER NOT NULL,
            PRIMARY KEY (state, revision))""",
        "ALTER TABLE states ADD COLUMN history INTEGER NOT NULL DEFAULT 0",
    ),
)


@dataclass(frozen=True)
class Place:
    """Which state it is.

    owner: whose, empty for what a session or everybody shares; part: the agent or the session
    """

    owner: str
    scope: str
    part: str
    name: str


@dataclass(frozen=True)
class Found:
    """A state that is there."""

    place: Place
    head: Head


class TableStore:
    """One state in the database."""

    name: StoreName = "sqlite"

    def __init__(self, database: Database, place: Place) -> None:
        self.turns = Turns()
        self._database = database
        self._place = place

    async def read(self, look: Callable[[Content], T]) -> T:
        return await self._database.read(lambda found: look(Rows(found, self._place)))

    async def write(self, edit: Callable[[Content], T]) -> T:
        def work(connection: sqlite3.Connection) -> T:
            rows = Rows(connection, self._place)
            before = replace(rows.head)
            found = edit(rows)
            if rows.head.revision != before.revision:
                _check_owned(connection, rows, before)
            return found

        return await self._database.write(work)

    async def remove(self) -> bool:
        return await self._database.write(lambda found: remove(found, self._place))


class Rows:
    """A state inside a transaction of the database."""

    def __init__(self, connection: sqlite3.Connection, place: Place) -> None:
        self._connection = connection
        self._place = place
        self.owner = place.owner
        row = connection.execute(
            "SELECT id, version, revision, size, count, updated FROM states "
            "WHERE owner = ? AND scope = ? AND part = ? AND name = ?",
            (place.owner, place.scope, place.part, place.name),
        ).fetchone()
        self._id: int | None = row[0] if row else None
        self.head = Head(*row[1:]) if row else Head()

    def get(self, key: str) -> Any:
        row = self._connection.execute(
            "SELECT value FROM states_values WHERE state = ? AND key = ?", (self._id, key)
        ).fetchone()
        return self._parse(row[0]) if row else MISSING

    def all(self) -> Values:
        rows = self._connection.execute(
            "SELECT key, value FROM states_values WHERE state = ? ORDER BY key", (self._id,)
        )
        return {key: self._parse(value) for key, value in rows}

    def size_of(self, key: str) -> int:
        row = self._connection.execute(
            "SELECT size FROM states_values WHERE state = ? AND key = ?", (self._id, key)
        ).fetchone()
        return int(row[0]) if row else 0

    def replace(self, key: str, value: Any, text: str | None) -> None:
        if text is None:
            self._connection.execute(
                "DELETE FROM states_values WHERE state = ? AND key = ?", (self._id, key)
            )
            return
        self._connection.execute(
            "INSERT OR REPLACE INTO states_values VALUES (?, ?, ?, ?)",
            (self._made(), key, text, len(text.encode())),
        )

    def entries(self, most: int) -> list[Entry]:
        rows = self._connection.execute(
            "SELECT change FROM states_history WHERE state = ? ORDER BY revision DESC LIMIT ?",
            (self._id, most),
        )
        try:
            return [Entry.from_data(self._parse(row[0])) for row in rows]
        except (KeyError, TypeError, ValueError):
            raise self._damaged() from None

    def remember(self, entry: Entry, size: int) -> None:
        text = packed(entry.as_data())
        self._connection.execute(
            "INSERT INTO states_history VALUES (?, ?, ?, ?)",
            (self._made(), entry.revision, text, size),
        )

    def forget(self, *, most: int, size: int) -> None:
        # The newest that fit in number and bytes stay.
        self._connection.execute(
            "DELETE FROM states_history WHERE state = ? AND revision NOT IN ("
            "SELECT revision FROM (SELECT revision, SUM(size) OVER (ORDER BY revision DESC) AS sum "
            "FROM states_history WHERE state = ? ORDER BY revision DESC LIMIT ?) WHERE sum <= ?)",
            (self._id, self._id, most, size),
        )

    def take_back(self, steps: int) -> None:
        self._connection.execute(
            "DELETE FROM states_history WHERE state = ? AND revision IN ("
            "SELECT revision FROM states_history WHERE state = ? ORDER BY revision DESC LIMIT ?)",
            (self._id, self._id, steps),
        )

    def save(self) -> None:
        head = self.head
        self._connection.execute(
            "UPDATE states SET version = ?, revision = ?, size = ?, count = ?, updated = ?, "
            "history = (SELECT coalesce(sum(size), 0) FROM states_history WHERE state = id) "
            "WHERE id = ?",
            (head.version, head.revision, head.size, head.count, head.updated, self._made()),
        )

    def _made(self) -> int:
        if self._id is None:
            place = self._place
            made = self._connection.execute(
                "INSERT INTO states (owner, scope, part, name, version, revision, size, count, "
                "updated) VALUES (?, ?, ?, ?, 0, 0, 0, 0, 0)",
                (place.owner, place.scope, place.part, place.name),
            )
            assert made.lastrowid is not None
            self._id = made.lastrowid
        return self._id

    def _parse(self, text: Any) -> Any:
        try:
            return json.loads(text)
        except (TypeError, ValueError):
            raise self._damaged() from None

    def _damaged(self) -> ConfigError:
        return ConfigError(
            f"the state {self._place.name!r} is damaged in the database",
            hint=f"remove it: llmspell state remove {self._place.name}",
        )


def _check_owned(connection: sqlite3.Connection, rows: Rows, before: Head) -> None:
    """Refuses what makes the states of an owner too many or too large.

    before: what was known of the state before the write
    """
    count, size = _owned(connection, rows.owner)
    if size > MAX_OWNED:
        # Values come before what is remembered of older ones.
        rows.forget(most=0, size=0)
        rows.save()
        count, size = _owned(connection, rows.owner)
    is_full = size > MAX_OWNED and rows.head.size > before.size
    if is_full or (count > MAX_STATES and not before.revision):
        what = f"{MAX_OWNED} bytes of states" if is_full else f"{MAX_STATES} states"
        raise LimitExceeded(
            f"no more than {what} are kept here",
            hint="remove some: llmspell state remove",
            details={"limit": "states"},
        )


def _owned(connection: sqlite3.Connection, owner: str) -> tuple[int, int]:
    """Returns how many states count together with those of an owner, and their bytes."""
    together, values = account(connection, owner)
    found = connection.execute(
        "SELECT count(*), coalesce(sum(size), 0) FROM "
        f"(SELECT owner AS space, size + history AS size FROM states) WHERE {together}",
        values,
    ).fetchone()
    return int(found[0]), int(found[1])


def remove(connection: sqlite3.Connection, place: Place) -> bool:
    """Removes a state and all that belongs to it; tells whether it was there."""
    removed = connection.execute(
        "DELETE FROM states WHERE owner = ? AND scope = ? AND part = ? AND name = ?",
        (place.owner, place.scope, place.part, place.name),
    )
    return removed.rowcount > 0


def find(connection: sqlite3.Connection) -> list[Found]:
    """Returns every state of the database, by owner and name."""
    rows = connection.execute(
        "SELECT owner, scope, part, name, version, revision, size, count, updated FROM states "
        "WHERE revision > 0 ORDER BY owner, scope, part, name"
    )
    return [Found(Place(*row[:4]), Head(*row[4:])) for row in rows]
