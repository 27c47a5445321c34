"""The database of what is kept: whole transactions, many processes, clear errors."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridges import _database
from bridges._database import Database, database, owner, translate
from bridges._errors import ConfigError, InternalError, LimitExceeded, SpellError, TimeLimit
from bridges._session import SpellInfo
from tests.sessions import make_session

ROOT = Path(__file__).parent.parent.parent
SCHEMA = ("CREATE TABLE numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL)",)


@pytest.fixture(autouse=True)
def schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_database, "_SCHEMAS", {"test": SCHEMA})


@contextlib.asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Database]:
    found = Database.at(folder)
    try:
        yield found
    finally:
        await found.close()


def put(connection: sqlite3.Connection, name: str, value: int) -> str:
    connection.execute("INSERT OR REPLACE INTO numbers VALUES (?, ?)", (name, value))
    return name


def all_of(connection: sqlite3.Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT name, value FROM numbers"))


def test_what_is_written_is_read_by_later_runs(tmp_path: Path) -> None:
    async def write() -> None:
        async with opened(tmp_path) as found:
            assert await found.write(lambda c: put(c, "a", 1)) == "a"

    async def read() -> dict[str, int]:
        async with opened(tmp_path) as found:
            return await found.read(all_of)

    asyncio.run(write())
    assert asyncio.run(read()) == {"a": 1}


def test_an_error_undoes_the_whole_of_it(tmp_path: Path) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        put(connection, "a", 2)
        raise LimitExceeded("too much")

    async def run() -> dict[str, int]:
        async with opened(tmp_path) as found:
            await found.write(lambda c: put(c, "a", 1))
            with pytest.raises(LimitExceeded, match="too much"):
                await found.write(fail)
            return await found.read(all_of)

    assert asyncio.run(run()) == {"a": 1}


def test_only_this_user_may_open_its_files(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path / "data") as found:
            await found.write(lambda c: put(c, "a", 1))
            for file in (tmp_path / "data").iterdir():
                assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
            assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700

    asyncio.run(run())


def test_runs_of_a_process_share_one_and_the_last_closes_it(tmp_path: Path) -> None:
    async def run() -> None:
        first, second = make_session(tmp_path), make_session(tmp_path)
        assert database(first) is database(second) is database(first)
        await database(first).write(lambda c: put(c, "a", 1))
        await first.close()
        assert await database(second).read(all_of) == {"a": 1}
        names = [t.name for t in threading.enumerate() if t.name.startswith("llmspell-database")]
        assert names
        await second.close()
        assert _database._OPEN == {}
        while any(t.name.startswith("llmspell-database") for t in threading.enumerate()):
            await asyncio.sleep(0.01)

    asyncio.run(run())


def test_a_write_waits_for_another_process(tmp_path: Path) -> None:
    async def run() -> dict[str, int]:
        async with opened(tmp_path) as found:
            await found.write(lambda c: put(c, "a", 1))
            other = sqlite3.connect(found.file, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            put(other, "other", 1)
            waiting = asyncio.ensure_future(found.write(lambda c: put(c, "b", 2)))
            await asyncio.sleep(0.2)
            assert not waiting.done()
            assert await found.read(all_of) == {"a": 1}, "a reader does not wait"
            other.execute("COMMIT")
            other.close()
            await waiting
            return await found.read(all_of)

    assert asyncio.run(run()) == {"a": 1, "b": 2, "other": 1}


READ_AND_LEAVE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(connection.execute("SELECT count(*) FROM numbers").fetchone()[0])
connection.close()
"""


@pytest.mark.parametrize("first", ["write", "read"])
def test_a_process_that_ends_leaves_the_log_to_those_who_write_on(
    first: str, tmp_path: Path
) -> None:
    # Whoever believes to be the last one deletes it, and what others write is lost, or worse.
    async def run() -> dict[str, int]:
        async with opened(tmp_path) as found:
            if first == "read":
                await found.read(all_of)
            await found.write(lambda c: put(c, "a", 1))
            await found.read(all_of)
            command = [sys.executable, "-c", READ_AND_LEAVE, str(found.file)]
            done = await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
            assert done.stdout == b"1\n"
            assert found.file.with_name(f"{found.file.name}-wal").exists()
            await found.write(lambda c: put(c, "b", 2))
            done = await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
            assert done.stdout == b"2\n"
            return await found.read(all_of)

    assert asyncio.run(run()) == {"a": 1, "b": 2}


def test_waiting_for_ever_is_an_error_that_may_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_database, "PATIENCE", 0.1)

    async def run() -> None:
        async with opened(tmp_path) as found:
            await found.read(all_of)
            other = sqlite3.connect(found.file, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(TimeLimit, match="in use by other runs") as caught:
                await found.write(lambda c: put(c, "a", 1))
            assert caught.value.retryable
            other.close()

    asyncio.run(run())


def test_a_cancelled_write_that_waits_writes_nothing(tmp_path: Path) -> None:
    async def run() -> dict[str, int]:
        async with opened(tmp_path) as found:
            await found.read(all_of)
            other = sqlite3.connect(found.file, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            writes = [asyncio.ensure_future(found.write(lambda c: put(c, "a", 1))) for _ in "123"]
            await asyncio.sleep(0.02)
            for write in writes:
                write.cancel()
            await asyncio.sleep(0)
            other.close()  # now they could
            ends = await asyncio.gather(*writes, return_exceptions=True)
            assert all(isinstance(end, asyncio.CancelledError) for end in ends)
            return await found.read(all_of)

    assert asyncio.run(run()) == {}


@pytest.mark.parametrize("content", [b"hello" * 1000, b"SQLite format 3\0" + b"x" * 5000])
def test_a_damaged_file_is_named_and_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "llmspell.db"
    file.write_bytes(content)

    async def run() -> None:
        async with opened(tmp_path) as found:
            for _ in range(2):
                with pytest.raises(ConfigError, match="is damaged") as caught:
                    await found.write(lambda c: put(c, "a", 1))
                assert str(file) in caught.value.message and "move it away" in caught.value.hint

    asyncio.run(run())
    assert file.read_bytes() == content


def test_what_is_no_file_or_no_folder_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "llmspell.db")
    (tmp_path / "taken").write_text("")

    async def run() -> None:
        for folder in (tmp_path, tmp_path / "taken"):
            async with opened(folder) as found:
                with pytest.raises(ConfigError, match="llmspell.db"):
                    await found.read(all_of)

    asyncio.run(run())


def test_a_newer_schema_is_refused_and_nothing_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def write() -> None:
        async with opened(tmp_path) as found:
            await found.write(lambda c: put(c, "a", 1))

    monkeypatch.setitem(_database._SCHEMAS, "test", (*SCHEMA, "CREATE TABLE more (x)"))
    asyncio.run(write())
    monkeypatch.setitem(_database._SCHEMAS, "test", SCHEMA)
    with pytest.raises(ConfigError, match="written by a newer llmspell"):
        asyncio.run(write())


def test_a_newer_llmspell_that_comes_meanwhile_is_noticed(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path) as found:
            await found.write(lambda c: put(c, "a", 1))
            assert await found.read(all_of) == {"a": 1}
            with contextlib.closing(sqlite3.connect(tmp_path / _database.NAME)) as other, other:
                other.execute("ALTER TABLE numbers ADD COLUMN unit TEXT")
                other.execute("UPDATE schemas SET version = 2")
            with pytest.raises(ConfigError, match="written by a newer llmspell"):
                await found.write(lambda c: put(c, "a", 2))
            with pytest.raises(ConfigError, match="written by a newer llmspell"):
                await found.read(all_of)

    asyncio.run(run())


def test_a_write_that_has_to_last_waits_for_the_disk(tmp_path: Path) -> None:
    def level(connection: sqlite3.Connection) -> int:
        put(connection, "a", 1)
        (found,) = connection.execute("PRAGMA synchronous").fetchone()
        return int(found)

    async def run() -> list[int]:
        async with opened(tmp_path) as found:
            return [await found.write(level, lasting=lasting) for lasting in (False, True, False)]

    normal, full = 1, 2
    assert asyncio.run(run()) == [normal, full, normal]


def test_a_schema_that_fails_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def write(value: int) -> dict[str, int]:
        async with opened(tmp_path) as found:
            await found.write(lambda c: put(c, "a", value))
            return await found.read(all_of)

    asyncio.run(write(1))
    broken = (*SCHEMA, "ALTER TABLE numbers RENAME TO figures", "CREATE TABLE (")
    monkeypatch.setitem(_database._SCHEMAS, "test", broken)
    with pytest.raises(InternalError):
        asyncio.run(write(2))
    monkeypatch.setitem(_database._SCHEMAS, "test", SCHEMA)
    assert asyncio.run(write(3)) == {"a": 3}


def test_an_owner_that_comes_later_gets_its_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with opened(tmp_path) as found:
            await found.write(lambda c: put(c, "a", 1))
            monkeypatch.setitem(_database._SCHEMAS, "later", ("CREATE TABLE later (x)",))
            assert await found.read(lambda c: list(c.execute("SELECT * FROM later"))) == []

    asyncio.run(run())


FULL = """
import asyncio, resource, sys
from pathlib import Path
from bridges import _database
from bridges._errors import LimitExceeded

_database.migrate("test", ["CREATE TABLE texts (value TEXT)"])

async def run():
    found = _database.Database.at(Path(sys.argv[1]))
    await found.write(lambda c: c.execute("INSERT INTO texts VALUES ('kept')"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
    try:
        await found.write(lambda c: c.execute("INSERT INTO texts VALUES (?)", ("x" * 900_000,)))
    except LimitExceeded as error:
        print(error.message)
    print(await found.read(lambda c: [r[0] for r in c.execute("SELECT value FROM texts")]))
    await found.close()

asyncio.run(run())
"""


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    said, kept = done.stdout.splitlines()
    assert "the disk is full or failing" in said, done.stderr
    assert kept == "['kept']"


def test_every_error_of_sqlite_means_something() -> None:
    file = Path("x")
    kinds: list[type[sqlite3.Error]] = [sqlite3.Error, *_errors(sqlite3.Error)]
    for kind in kinds:
        assert isinstance(translate(kind("so"), file), (SpellError, _database._Busy))
    for name, code in vars(sqlite3).items():
        if name.startswith("SQLITE_") and isinstance(code, int):
            error = sqlite3.OperationalError("so")
            error.sqlite_errorcode = code
            assert isinstance(translate(error, file), (SpellError, _database._Busy)), name


def _errors(kind: type[sqlite3.Error]) -> list[type[sqlite3.Error]]:
    return [found for child in kind.__subclasses__() for found in (child, *_errors(child))]


def test_an_owner_is_a_file_whatever_link_leads_to_it(tmp_path: Path) -> None:
    spell, link, other = tmp_path / "a.lua", tmp_path / "b.lua", tmp_path / "c" / "a.lua"
    other.parent.mkdir()
    spell.write_text("")
    other.write_text("")
    link.symlink_to(spell)

    def owner_at(path: Path | None, name: str = "a") -> str:
        return owner(make_session(tmp_path, spell=SpellInfo(name, "", path, "lua")))

    assert owner_at(spell) == owner_at(link) == str(spell.resolve())
    assert owner_at(other) != owner_at(spell)
    assert owner_at(None) == "eval"
    assert owner_at(None, "repl") == "repl"
    assert owner_at(Path(os.fsdecode(b"/x/\xff.lua"))).encode().startswith(b"/x/")
