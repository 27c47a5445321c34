"""The sessions that are kept: their names, what is known of them, and the runs that joined them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridges._database import Database, migrate
from bridges._errors import InvalidArgument, LimitExceeded, NotFound
from bridges._names import did_you_mean
from bridges._sessions import alive

if TYPE_CHECKING:
    import sqlite3

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
USER = "user"
"""Whose the sessions are that the user names on the command line."""
MOST_SESSIONS = 1000
MOST_RUNS = 10_000
"""Sessions of one owner, and runs that are remembered of one session."""
MOST_METADATA = 64 * 1024
MOST_TAGS = 64
_USED = ("requests", "input_tokens", "output_tokens", "cost")

migrate(
    "sessions",
    (
        """CREATE TABLE sessions (
            number INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, name TEXT NOT NULL,
            status TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
            metadata TEXT NOT NULL, tags TEXT NOT NULL, UNIQUE (owner, name))""",
        """CREATE TABLE runs (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
            spell TEXT NOT NULL, owner TEXT NOT NULL, began REAL NOT NULL, ended REAL,
            status TEXT NOT NULL, exit INTEGER, error TEXT, requests INTEGER NOT NULL DEFAULT 0,
            input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
            cost REAL NOT NULL DEFAULT 0)""",
        "CREATE INDEX runs_by_session ON runs (session, number)",
    ),
)


@dataclass(frozen=True)
class Row:
    """A session as it was when it was read.

    owner: the spell it belongs to, or `USER`; status: open or complete
    created, updated: seconds since 1970
    """

    number: int
    owner: str
    name: str
    status: str
    created: float
    updated: float
    metadata: dict[str, Any]
    tags: list[str]


@dataclass(frozen=True)
class Ending:
    """How a run ended: its status, exit code and the code of its error, and what it used."""

    status: str
    exit: int | None = None
    error: str | None = None
    usage: dict[str, float] | None = None


class Sessions:
    """The sessions in a data folder."""

    def __init__(self, database: Database, data: Path) -> None:
        self.database = database
        self._data = data

    async def find(self, owner: str, name: str) -> Row | None:
        """Returns a session by its name, or None."""
        check_name(name)
        return await self.database.read(lambda c: _by_name(c, owner, name))

    async def get(self, number: int) -> Row:
        """Returns a session; NotFound says that it was removed."""
        return await self.database.read(lambda c: _by_number(c, number))

    async def rows(self, owner: str | None) -> list[Row]:
        """Returns the sessions of an owner, or (None) everybody's, the latest first."""
        where, values = ("", ()) if owner is None else ("WHERE owner = ?", (owner,))
        query = f"SELECT * FROM sessions {where} ORDER BY updated DESC, number DESC"
        return await self.database.read(lambda c: [_row(r) for r in c.execute(query, values)])

    async def start(self, owner: str, name: str, *, new: bool) -> Row:
        """Returns a session, which is made where there is none and `new` says so.

        Where `new` is False one that is complete is opened again.
        """
        check_name(name)

        def work(c: sqlite3.Connection) -> Row:
            found = _by_name(c, owner, name)
            if found is None and not new:
                owned = c.execute("SELECT name FROM sessions WHERE owner = ?", (owner,))
                names = [other for (other,) in owned]
                raise NotFound(f"there is no session {name!r}", hint=did_you_mean(name, names))
            if found is None:
                return _insert(c, owner, name)
            if found.status == "complete":
                if new:
                    raise InvalidArgument(
                        f"the session {name!r} is complete", hint="go on with it by Session.resume"
                    )
                c.execute("UPDATE sessions SET status = 'open' WHERE number = ?", (found.number,))
            return _by_number(c, found.number)

        return await self.database.write(work)

    async def change(
        self,
        number: int,
        *,
        metadata: dict[str, Any] | None = None,
        tags: Sequence[str] = (),
        status: str | None = None,
    ) -> Row:
        """Changes a session and returns it.

        metadata: by key; None takes a key away; tags: those to add
        """

        def work(c: sqlite3.Connection) -> Row:
            row = _by_number(c, number)
            kept = {k: v for k, v in (row.metadata | (metadata or {})).items() if v is not None}
            marks = list(dict.fromkeys([*row.tags, *tags]))
            c.execute(
                "UPDATE sessions SET metadata = ?, tags = ?, status = ?, updated = ?"
                " WHERE number = ?",
                (as_json(kept), as_tags(marks), status or row.status, time.time(), number),
            )
            return _by_number(c, number)

        return await self.database.write(work)

    async def forget(
        self, number: int, name: str, clear: Callable[[sqlite3.Connection], None]
    ) -> None:
        """Takes a session and the record of its runs away; refuses while a run is in it.

        clear: takes away what else is kept in it
        """

        def work(c: sqlite3.Connection) -> None:
            running = "SELECT number, spell FROM runs WHERE session = ? AND ended IS NULL"
            for run, spell in c.execute(running, (number,)):
                if alive.goes_on(self._data, run):
                    raise InvalidArgument(
                        f"the session {name!r} is in use: the spell {spell!r} runs in it",
                        hint="remove it when the run has ended",
                    )
            clear(c)
            c.execute("DELETE FROM sessions WHERE number = ?", (number,))

        # Files go afterwards: what they belong to must not come back without them.
        await self.database.write(work, lasting=True)

    # -- runs

    async def begin_run(self, number: int, spell: str, owner: str) -> int:
        """Notes that a run has joined a session, and returns the run's number."""

        def work(c: sqlite3.Connection) -> int:
            _by_number(c, number)
            now = time.time()
            added = c.execute(
                "INSERT INTO runs (session, spell, owner, began, status)"
                " VALUES (?, ?, ?, ?, 'running')",
                (number, spell, owner, now),
            )
            run = int(added.lastrowid or 0)
            c.execute("UPDATE sessions SET updated = ? WHERE number = ?", (now, number))
            c.execute(
                "DELETE FROM runs WHERE session = ? AND number IN (SELECT number FROM runs"
                " WHERE session = ? ORDER BY number DESC LIMIT -1 OFFSET ?)",
                (number, number, MOST_RUNS),
            )
            return run

        run = await self.database.write(work)
        alive.begin(self._data, run)
        return run

    async def note_usage(self, run: int, usage: dict[str, float]) -> None:
        """Notes what a run that goes on has used so far."""

        def work(c: sqlite3.Connection) -> None:
            _note(c, run, usage)

        await self.database.write(work)

    async def end_run(self, run: int, ending: Ending) -> None:
        """Notes how a run ended; what was removed meanwhile stays removed."""

        def work(c: sqlite3.Connection) -> None:
            c.execute(
                "UPDATE runs SET ended = ?, status = ?, exit = ?, error = ? WHERE number = ?",
                (time.time(), ending.status, ending.exit, ending.error, run),
            )
            if ending.usage:
                _note(c, run, ending.usage)

        try:
            await self.database.write(work)
        finally:
            alive.end(self._data, run)

    async def runs(self, number: int) -> list[dict[str, Any]]:
        """Returns the runs that joined a session, oldest first."""

        def work(c: sqlite3.Connection) -> list[dict[str, Any]]:
            _by_number(c, number)
            names = ("number", "spell", "began", "ended", "status", "exit", "error", *_USED)
            query = f"SELECT {', '.join(names)} FROM runs WHERE session = ? ORDER BY number"
            return [dict(zip(names, row, strict=True)) for row in c.execute(query, (number,))]

        found = await self.database.read(work)
        for run in found:
            if run["ended"] is None and not alive.goes_on(self._data, run["number"]):
                run["status"] = "unfinished"
        return found


def account(c: sqlite3.Connection, space: str) -> tuple[str, list[str]]:
    """Returns SQL that tells which rows count together with those of a space, and its values.

    What a spell keeps in sessions of its own counts as its own: no limit grows with their number.
    """
    whose = "SELECT owner FROM sessions WHERE 'session:' || number = ?"
    found = c.execute(whose, (space,)).fetchone()
    owner = space if found is None else found[0]
    if owner == USER:
        return "space = ?", [space]
    own = "SELECT 'session:' || number FROM sessions WHERE owner = ?"
    return f"(space = ? OR space IN ({own}))", [owner, owner]


def check_name(name: str) -> None:
    """Raises InvalidArgument for what cannot be the name of a session or a conversation."""
    if not NAME.fullmatch(name):
        shown = name if len(name) <= 64 else name[:64] + "…"
        raise InvalidArgument(
            f"{shown!r} cannot be a name here",
            hint="use up to 64 letters, digits, and . _ - between them",
        )


def as_json(metadata: dict[str, Any]) -> str:
    """Returns metadata as it is kept; raises LimitExceeded for too much of it."""
    text = json.dumps(metadata, ensure_ascii=False)
    if len(text.encode("utf-8", "replace")) > MOST_METADATA:
        raise LimitExceeded(f"metadata may have {MOST_METADATA} bytes in all, and this has more")
    return text


def as_tags(tags: Sequence[str]) -> str:
    """Returns tags as they are kept; raises InvalidArgument or LimitExceeded."""
    for tag in tags:
        if not tag or len(tag) > 64 or not tag.isprintable():
            raise InvalidArgument(f"{tag[:64]!r} cannot be a tag", hint="use up to 64 characters")
    if len(tags) > MOST_TAGS:
        raise LimitExceeded(f"there may be {MOST_TAGS} tags, and these are {len(tags)}")
    return json.dumps(list(tags), ensure_ascii=False)


def _insert(c: sqlite3.Connection, owner: str, name: str) -> Row:
    (count,) = c.execute("SELECT count(*) FROM sessions WHERE owner = ?", (owner,)).fetchone()
    if count >= MOST_SESSIONS:
        raise LimitExceeded(
            f"there are {count} sessions already, and no more are kept",
            hint="remove some: llmspell session prune --older-than 30d",
        )
    now = time.time()
    added = c.execute(
        "INSERT INTO sessions (owner, name, status, created, updated, metadata, tags)"
        " VALUES (?, ?, 'open', ?, ?, '{}', '[]')",
        (owner, name, now, now),
    )
    return _by_number(c, int(added.lastrowid or 0))


def _note(c: sqlite3.Connection, run: int, usage: dict[str, float]) -> None:
    names = ", ".join(f"{name} = ?" for name in _USED)
    c.execute(f"UPDATE runs SET {names} WHERE number = ?", [*(usage[n] for n in _USED), run])


def _by_name(c: sqlite3.Connection, owner: str, name: str) -> Row | None:
    query = "SELECT * FROM sessions WHERE owner = ? AND name = ?"
    found = c.execute(query, (owner, name)).fetchone()
    return _row(found) if found else None


def _by_number(c: sqlite3.Connection, number: int) -> Row:
    found = c.execute("SELECT * FROM sessions WHERE number = ?", (number,)).fetchone()
    if found is None:
        raise NotFound("this session was removed")
    return _row(found)


def _row(found: Any) -> Row:
    number, owner, name, status, created, updated, metadata, tags = found
    return Row(
        number, owner, name, status, created, updated, json.loads(metadata), json.loads(tags)
    )
