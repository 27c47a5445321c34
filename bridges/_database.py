"""What runs leave behind for later ones: one SQLite file in the user's data folder, for all nouns.

The only module that opens SQLite files. No library is above it: a piece of work is a plain function
of a connection that runs whole in a thread, one hop a transaction.
"""

from __future__ import annotations

import asyncio
import errno
import os
import random
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bridges._errors import ConfigError, InternalError, LimitExceeded, SpellError, TimeLimit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridges._session import Session

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

NAME = "llmspell.db"
BUSY = 0.05
"""Seconds a thread waits for another process's transaction before it looks whether it may go on."""
PATIENCE = 60.0
"""Seconds until waiting for other processes is given up."""
_PAUSE = 0.01

_SCHEMAS: dict[str, tuple[str, ...]] = {}
_OPEN: dict[Path, Database] = {}
_MAKING = threading.Lock()
"""Held until a file that is made is closed: only then may it be opened."""


def migrate(name: str, statements: Sequence[str]) -> None:
    """Registers the schema of an owner, to be called as its module is imported.

    name: the owner; statements: one SQL statement each, in order; what is released is only ever
        added to, as every database remembers how many it has had
    """
    _SCHEMAS[name] = tuple(statements)


def owner(session: Session) -> str:
    """Returns whose what a run keeps is: its spell's file, or `eval` or `repl` without one."""
    path = session.spell.path
    if path is None:
        return "repl" if session.spell.name == "repl" else "eval"
    return owner_of(path)


def owner_of(path: Path | str) -> str:
    """Returns the owner that a spell's file is, however it is named or linked to."""
    return os.fsencode(os.path.realpath(path)).decode("utf-8", "backslashreplace")


def database(session: Session) -> Database:
    """Returns the database of a run; it is closed when the last run that uses it has ended."""
    use: _Use = session.shared(_Use)
    return use.database


class _Use:
    """That a run uses the database."""

    def __init__(self, session: Session) -> None:
        self.database = Database.at(session.data)
        session.on_close(self._end)

    async def _end(self) -> None:
        await self.database.close()


class Database:
    """One SQLite file. Made by `at`, one per process and file; `close` it as often.

    Writers of all processes take turns, readers never wait for them.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._users = 0
        self._writer = _Line(file)
        self._reader = _Line(file)

    @classmethod
    def at(cls, folder: Path) -> Database:
        """Returns the database in a folder, which is made when it is first written."""
        file = Path(os.path.realpath(folder)) / NAME
        found = _OPEN.setdefault(file, cls(file))
        found._users += 1
        return found

    async def write(self, work: Work[T], *, lasting: bool = False) -> T:
        """Runs work in a transaction of its own and returns what it gives.

        work: runs in a thread; whatever it raises undoes all of it; where another process is in
            the way it may be called again, with nothing left of the first time
        lasting: waits for the disk itself; else the last writes may be missing, all of each,
            after a loss of power
        Raises TimeLimit (retryable) when other processes never let go, ConfigError for a file that
        cannot be used, LimitExceeded for a full disk. Cancelled, it is done whole or not at all.
        """
        begin = ("PRAGMA synchronous = FULL",) if lasting else ("PRAGMA synchronous = NORMAL",)
        return await self._until_free(self._writer, (*begin, "BEGIN IMMEDIATE"), work)

    async def read(self, work: Work[T]) -> T:
        """Runs work that only reads, on one consistent state of the database; see `write`."""
        return await self._until_free(self._reader, ("BEGIN",), work)

    async def close(self) -> None:
        """Ends one use; the last one closes the file."""
        self._users -= 1
        if self._users == 0:
            _OPEN.pop(self.file, None)
            await self._writer.close()
            await self._reader.close()

    async def _until_free(self, line: _Line, begin: Sequence[str], work: Work[T]) -> T:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return await line.run(begin, work)
            except _Busy:
                if time.monotonic() > until:
                    raise TimeLimit(
                        f"{str(self.file)!r} was in use by other runs for {PATIENCE:g} seconds",
                        hint="try again when they have ended",
                    ) from None
            await asyncio.sleep(_PAUSE * random.uniform(0.5, 1.5))


class _Busy(Exception):
    """Another process writes."""


class _Line:
    """A connection and the one thread that uses it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None
        self._known: dict[str, tuple[str, ...]] = {}
        self._schema = 0

    async def run(self, begin: Sequence[str], work: Work[T]) -> T:
        """Runs work between `begin` and COMMIT; raises _Busy when it could not begin."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "llmspell-database")
        left = threading.Event()
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._thread, self._transact, begin, work, left)
        done.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            # What has begun is finished first, so that what comes next finds all of it or nothing.
            left.set()
            await asyncio.wait([done])
            raise

    async def close(self) -> None:
        if self._thread is not None:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, self._close)
            self._thread.shutdown(wait=False)
            self._thread = None

    # -- in the thread

    def _transact(self, begin: Sequence[str], work: Work[T], left: threading.Event) -> T:
        with _translated(self._file):
            connection = self._opened()
            for statement in begin:
                connection.execute(statement)
            try:
                if left.is_set():
                    raise _Busy
                self._check_known(connection)
                found = work(connection)
                connection.execute("COMMIT")
                return found
            finally:
                if connection.in_transaction:  # it failed
                    connection.execute("ROLLBACK")

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            _make(self._file)
            connection = sqlite3.connect(
                self._file, timeout=BUSY, isolation_level=None, check_same_thread=False
            )
            with ExitStack() as unless_ready:
                unless_ready.callback(connection.close)
                # A log of what is new: readers do not wait, and a killed writer leaves no trace.
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("PRAGMA trusted_schema = OFF")
                unless_ready.pop_all()
            self._connection = connection
        for name, statements in _SCHEMAS.items():
            if self._known.get(name) != statements:
                _bring_up(self._connection, name, statements, self._file)
                self._known[name] = statements
        return self._connection

    def _check_known(self, connection: sqlite3.Connection) -> None:
        """Refuses what a newer llmspell has brought up to date since this one looked."""
        (schema,) = connection.execute("PRAGMA schema_version").fetchone()
        if schema != self._schema:
            for name, statements in self._known.items():
                _refuse_newer(_version(connection, name), name, statements, self._file)
            self._schema = schema

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._known.clear()


def _make(file: Path) -> None:
    """Makes the file for this user alone; SQLite gives the files beside it the same mode.

    One that is there is never opened: closing it would end the locks that connections of this
    process have on it, and the next process to end would delete the log that they write.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _MAKING, suppress(FileExistsError):
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        if not stat.S_ISREG(os.stat(file).st_mode):
            raise ConfigError(f"{str(file)!r} is no file", hint="move it away")
        if not os.access(file, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise ConfigError(
            f"{str(file)!r} cannot be opened: {error.strerror or error}",
            hint="make the folder writable, or set XDG_DATA_HOME to another one",
        ) from None


def _bring_up(
    connection: sqlite3.Connection, name: str, statements: Sequence[str], file: Path
) -> None:
    if _version(connection, name) == len(statements):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schemas (name TEXT PRIMARY KEY, version INTEGER NOT NULL)"
        )
        version = _version(connection, name)
        _refuse_newer(version, name, statements, file)
        for statement in statements[version:]:
            connection.execute(statement)
        if version < len(statements):
            connection.execute(
                "INSERT OR REPLACE INTO schemas VALUES (?, ?)", (name, len(statements))
            )
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:  # it failed
            connection.execute("ROLLBACK")


def _refuse_newer(version: int, name: str, statements: Sequence[str], file: Path) -> None:
    if version > len(statements):
        raise ConfigError(
            f"{str(file)!r} was written by a newer llmspell ({name} {version})",
            hint="use that one, or move the file away to begin anew",
        )


def _version(connection: sqlite3.Connection, name: str) -> int:
    """Returns how many statements of an owner's schema a database has had."""
    known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schemas'"
    if connection.execute(known).fetchone() is None:
        return 0
    row = connection.execute("SELECT version FROM schemas WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


# -- what SQLite's errors mean

_DISK = "the disk is full or failing"
_UNUSABLE = "move it away (llmspell makes a new one), or put a good copy in its place"
_ERRORS: dict[int, tuple[type[SpellError], str, str]] = {
    sqlite3.SQLITE_CORRUPT: (ConfigError, "is damaged", _UNUSABLE),
    sqlite3.SQLITE_NOTADB: (ConfigError, "is damaged: it is no database", _UNUSABLE),
    sqlite3.SQLITE_READONLY: (ConfigError, "cannot be written", "make it and its folder writable"),
    sqlite3.SQLITE_CANTOPEN: (ConfigError, "cannot be opened", "make it and its folder writable"),
    sqlite3.SQLITE_PERM: (ConfigError, "cannot be opened", "make it and its folder writable"),
    sqlite3.SQLITE_AUTH: (ConfigError, "cannot be opened", "make it and its folder writable"),
    sqlite3.SQLITE_FULL: (LimitExceeded, f"cannot be written: {_DISK}", "free some space"),
    sqlite3.SQLITE_IOERR: (LimitExceeded, f"cannot be used: {_DISK}", "free some space"),
    sqlite3.SQLITE_TOOBIG: (LimitExceeded, "does not take a value so large", "split the value"),
    sqlite3.SQLITE_NOLFS: (LimitExceeded, "is larger than the file system takes", ""),
}
"""By SQLite's primary result code: class, words after the file, hint."""
_WAIT = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@contextmanager
def _translated(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error, file) from error


def translate(error: sqlite3.Error, file: Path) -> Exception:
    """Returns what an error of SQLite's means to a user; one that names no reason is a defect."""
    number: Any = getattr(error, "sqlite_errorcode", None)
    primary = number & 0xFF if isinstance(number, int) else None
    if primary in _WAIT:
        return _Busy()
    if primary in _ERRORS:
        kind, words, hint = _ERRORS[primary]
        return kind(f"{str(file)!r} {words}", hint=hint)
    return InternalError(
        f"{str(file)!r} failed: {type(error).__name__}: {error}",
        hint="this is a defect in llmspell; run again with --verbose and report it",
    )
