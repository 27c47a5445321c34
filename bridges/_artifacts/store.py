"""The artifacts that are kept: an index in the database, contents in files beside it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from bridges._artifacts.blobs import Blobs, Pending
from bridges._database import Database, migrate
from bridges._errors import ConfigError, LimitExceeded, NotFound
from bridges._joined import scope_of
from bridges._names import did_you_mean
from bridges._sessions.store import account, as_json, as_tags
from bridges._threads import in_thread

if TYPE_CHECKING:
    import sqlite3

FOLDER = "artifacts"
MOST = 10_000
"""Artifacts of one spell, those in its sessions included, every version counted."""

migrate(
    "artifacts",
    (
        """CREATE TABLE artifacts (
            id TEXT PRIMARY KEY, space TEXT NOT NULL, name TEXT NOT NULL,
            version INTEGER NOT NULL, type TEXT NOT NULL, size INTEGER NOT NULL,
            sha256 TEXT NOT NULL, created REAL NOT NULL, metadata TEXT NOT NULL,
            tags TEXT NOT NULL, UNIQUE (space, name, version))""",
        "CREATE INDEX artifacts_by_content ON artifacts (sha256)",
    ),
)
_COLUMNS = "id, space, name, version, type, size, sha256, created, metadata, tags"


@dataclass(frozen=True)
class Row:
    """One version of an artifact; `created` is in seconds since 1970, `size` in bytes."""

    id: str
    space: str
    name: str
    version: int
    type: str
    size: int
    sha256: str
    created: float
    metadata: dict[str, Any]
    tags: list[str]

    def fields(self) -> dict[str, Any]:
        """Returns what is known of it, as scripts and documents have it."""
        known = {key: value for key, value in vars(self).items() if key != "space"}
        return {**known, "scope": scope_of(self.space)}


@dataclass(frozen=True)
class About:
    """What is said of a content that is to be stored."""

    space: str
    name: str
    type: str
    metadata: dict[str, Any]
    tags: list[str]


@dataclass(frozen=True)
class Query:
    """Which artifacts are wanted; what is not said does not matter.

    name, type: patterns with `*` and `?`; tags: all of these; metadata: these values by key
    since: seconds since 1970; versions: whether older versions count as well
    """

    name: str = "*"
    type: str = "*"
    tags: tuple[str, ...] = ()
    metadata: dict[str, Any] | None = None
    since: float = 0.0
    limit: int = 100
    versions: bool = False

    def matches(self, row: Row) -> bool:
        """Tells whether an artifact is wanted."""
        wanted = (self.metadata or {}).items()
        return (
            fnmatchcase(row.name, self.name)
            and fnmatchcase(row.type, self.type)
            and set(self.tags) <= set(row.tags)
            and all(row.metadata.get(key) == value for key, value in wanted)
        )


class Artifacts:
    """The artifacts in a data folder."""

    def __init__(self, database: Database, data: Path, quota: int) -> None:
        """quota: bytes that one spell or session may keep, every version counted"""
        self._database = database
        self._quota = quota
        # Where the database is, by its real name: a folder that moves away takes both.
        self.blobs = Blobs(Path(os.path.realpath(data)) / FOLDER)

    async def put(self, about: About, write: Callable[[Pending], Awaitable[None]]) -> Row:
        """Keeps a content and returns its entry, which is the next version of its name.

        write: writes the content
        """
        metadata, tags = as_json(about.metadata), as_tags(about.tags)
        left = await self._database.read(lambda c: self._left(c, about.space))
        with self.blobs.pending(left) as pending:
            await write(pending)
            await in_thread(pending.finish)
            is_damaged = await in_thread(lambda: self.blobs.is_damaged(pending))

            def work(c: sqlite3.Connection) -> Row:
                self._refuse_more(c, about.space, pending.size)
                # Within the transaction: whoever removes contents takes turns with it.
                self.blobs.put(pending, over=is_damaged)
                content = about.type, pending.size, pending.sha256
                return _insert(c, about.space, about.name, (*content, metadata, tags))

            return await self._database.write(work)

    async def find(self, spaces: Sequence[str], name: str, version: int | None = None) -> Row:
        """Returns an artifact by its name, the latest version unless one is said, or by its id."""

        def work(c: sqlite3.Connection) -> Row:
            for space in spaces:
                found = _find(c, space, name, version)
                if found:
                    return found
            raise _unknown(c, spaces, name, version)

        return await self._database.read(work)

    @asynccontextmanager
    async def opened(self, row: Row) -> AsyncIterator[BinaryIO]:
        """Opens a content for reading; NotFound for what was removed, ConfigError if damaged."""
        try:
            with self.blobs.opened(row.sha256, row.size) as file:
                yield file
        except ConfigError:
            await self._database.read(lambda c: _still(c, row))
            raise

    async def versions(self, space: str, name: str) -> list[Row]:
        """Returns every version of an artifact, the latest first."""
        query = f"SELECT {_COLUMNS} FROM artifacts WHERE space = ? AND name = ? ORDER BY version"

        def work(c: sqlite3.Connection) -> list[Row]:
            return [_row(r) for r in c.execute(f"{query} DESC", (space, name))]

        return await self._database.read(work)

    async def query(self, spaces: Sequence[str], query: Query) -> list[Row]:
        """Returns the artifacts that are wanted, the latest first."""
        latest = "AND version = (SELECT max(version) FROM artifacts b WHERE b.space = a.space"
        latest = "" if query.versions else f"{latest} AND b.name = a.name)"
        marks = ", ".join("?" * len(spaces))
        select = f"SELECT {_COLUMNS} FROM artifacts a WHERE space IN ({marks}) AND created >= ?"

        def work(c: sqlite3.Connection) -> list[Row]:
            found = []
            order = "ORDER BY created DESC, version DESC"
            for values in c.execute(f"{select} {latest} {order}", (*spaces, query.since)):
                row = _row(values)
                if query.matches(row):
                    found.append(row)
                    if len(found) == query.limit:
                        break
            return found

        return await self._database.read(work)

    async def share(self, row: Row, space: str) -> Row:
        """Keeps what an artifact holds in another space as well; nothing is copied."""

        def work(c: sqlite3.Connection) -> Row:
            _still(c, row)
            self._refuse_more(c, space, row.size)
            about = (as_json(row.metadata), as_tags(row.tags))
            return _insert(c, space, row.name, (row.type, row.size, row.sha256, *about))

        return await self._database.write(work)

    async def remove(self, row: Row) -> None:
        """Removes one version of an artifact; raises NotFound when it is gone."""

        def work(c: sqlite3.Connection) -> None:
            _still(c, row)
            c.execute("DELETE FROM artifacts WHERE id = ?", (row.id,))

        await self._database.write(work, lasting=True)
        await self.collect([row.sha256])

    async def remove_all(self, spaces: Sequence[str], name: str) -> int:
        """Removes every version of an artifact and returns how many there were."""

        def work(c: sqlite3.Connection) -> list[str]:
            for space in spaces:
                where = "WHERE space = ? AND name = ?"
                sums = c.execute(f"SELECT sha256 FROM artifacts {where}", (space, name)).fetchall()
                if sums:
                    c.execute(f"DELETE FROM artifacts {where}", (space, name))
                    return [sha256 for (sha256,) in sums]
            raise _unknown(c, spaces, name, None)

        sums = await self._database.write(work, lasting=True)
        await self.collect(sums)
        return len(sums)

    async def collect(self, sums: Sequence[str]) -> None:
        """Removes the files of contents that no artifact has any more.

        In a transaction of its own, after the entries are gone for good: a process that is killed
        leaves a file without an entry, never an entry without its file.
        """

        def work(c: sqlite3.Connection) -> None:
            for sha256 in set(sums):
                used = c.execute("SELECT 1 FROM artifacts WHERE sha256 = ? LIMIT 1", (sha256,))
                if used.fetchone() is None:
                    self.blobs.remove(sha256)

        await self._database.write(work)

    async def sweep(self) -> None:
        """Removes what killed processes left behind."""
        await in_thread(self.blobs.sweep)
        await self.collect(await in_thread(lambda: list(self.blobs.names())))

    def _left(self, c: sqlite3.Connection, space: str) -> int:
        together, values = account(c, space)
        query = f"SELECT coalesce(sum(size), 0) FROM artifacts WHERE {together}"
        (used,) = c.execute(query, values).fetchone()
        return max(0, self._quota - int(used))

    def _refuse_more(self, c: sqlite3.Connection, space: str, size: int) -> None:
        together, values = account(c, space)
        query = f"SELECT count(*) FROM artifacts WHERE {together}"
        (count,) = c.execute(query, values).fetchone()
        if count >= MOST:
            raise LimitExceeded(
                f"{count} artifacts are kept already, and there may be no more",
                hint="remove some: Artifact.query and Artifact.remove",
                details={"limit": "artifacts"},
            )
        left = self._left(c, space)
        if size > left:
            raise LimitExceeded(
                f"{size} bytes do not fit: {left} of {self._quota} are left for artifacts",
                hint="remove some, or raise artifacts under [limits]",
                details={"limit": "artifacts"},
            )


def in_space(c: sqlite3.Connection, space: str) -> list[Row]:
    """Returns every artifact of a space, by name and version."""
    query = f"SELECT {_COLUMNS} FROM artifacts WHERE space = ? ORDER BY name, version"
    return [_row(values) for values in c.execute(query, (space,))]


def forget(c: sqlite3.Connection, space: str) -> list[str]:
    """Takes the entries of a space away and returns what `collect` is to look at."""
    query = "SELECT DISTINCT sha256 FROM artifacts WHERE space = ?"
    sums = [sha256 for (sha256,) in c.execute(query, (space,))]
    c.execute("DELETE FROM artifacts WHERE space = ?", (space,))
    return sums


def _insert(c: sqlite3.Connection, space: str, name: str, rest: tuple[Any, ...]) -> Row:
    last = "SELECT coalesce(max(version), 0) FROM artifacts WHERE space = ? AND name = ?"
    (version,) = c.execute(last, (space, name)).fetchone()
    kind, size, sha256, metadata, tags = rest
    id = os.urandom(10).hex()
    values = (id, space, name, version + 1, kind, size, sha256, time.time(), metadata, tags)
    c.execute(f"INSERT INTO artifacts ({_COLUMNS}) VALUES (?{', ?' * 9})", values)
    return _row(values)


def _find(c: sqlite3.Connection, space: str, name: str, version: int | None) -> Row | None:
    where, values = "name = ?", [space, name]
    if version is not None:
        where += " AND version = ?"
    query = f"SELECT {_COLUMNS} FROM artifacts WHERE space = ? AND {where} ORDER BY version DESC"
    found = c.execute(query, [*values, *([] if version is None else [version])]).fetchone()
    if found is None and version is None:
        query = f"SELECT {_COLUMNS} FROM artifacts WHERE space = ? AND id = ?"
        found = c.execute(query, (space, name)).fetchone()
    return None if found is None else _row(found)


def _still(c: sqlite3.Connection, row: Row) -> None:
    if c.execute("SELECT 1 FROM artifacts WHERE id = ?", (row.id,)).fetchone() is None:
        raise NotFound(f"version {row.version} of the artifact {row.name!r} was removed")


def _unknown(
    c: sqlite3.Connection, spaces: Sequence[str], name: str, version: int | None
) -> NotFound:
    shown = name if len(name) <= 200 else name[:200] + "…"
    marks = ", ".join("?" * len(spaces))
    query = f"SELECT DISTINCT name FROM artifacts WHERE space IN ({marks}) LIMIT 1000"
    names = [known for (known,) in c.execute(query, tuple(spaces))]
    if version is not None and name in names:
        return NotFound(f"there is no version {version} of the artifact {shown!r}")
    return NotFound(f"there is no artifact {shown!r}", hint=did_you_mean(shown, names[:100]))


def _row(values: Any) -> Row:
    id, space, name, version, kind, size, sha256, created, metadata, tags = values
    about = json.loads(metadata), json.loads(tags)
    return Row(id, space, name, version, kind, size, sha256, created, *about)
