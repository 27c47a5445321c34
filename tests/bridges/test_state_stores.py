"""States whose stores are damaged, newer, full or out of reach; migrations."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridges import _io
from bridges._errors import (
    ConfigError,
    InvalidArgument,
    LimitExceeded,
    NotFound,
    PermissionDenied,
    ScriptError,
    SpellError,
    TimeLimit,
)
from bridges._permissions import KeptPath
from bridges._session import Session
from bridges._state import file as file_store
from bridges._state import kept
from tests.door import Function, call, fails, finish, gives
from tests.sessions import make_session

ROOT = Path(__file__).parent.parent.parent
STORES: list[dict[str, Any]] = [{"scope": "spell"}, {"path": "kept.json"}]


def new(session: Session, **options: Any) -> Any:
    return call(session, "State.new", {"name": "kept", **options})


def use(tmp_path: Path, work: Any, **options: Any) -> Any:
    """Runs work with a state in a session of its own."""
    session = make_session(tmp_path)
    return finish(session, work(new(session, **options)))


def read(tmp_path: Path, **options: Any) -> Any:
    return use(tmp_path, lambda state: state.all(), **options)


def write(tmp_path: Path, key: str, value: Any, **options: Any) -> Any:
    return use(tmp_path, lambda state: state.set(key, value), **options)


def test_a_file_is_on_the_disk_before_it_takes_the_place_of_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def watched(name: str, call: Any) -> None:
        def note(*given: Any, **more: Any) -> Any:
            done.append(name)
            return call(*given, **more)

        monkeypatch.setattr(os, name, note)

    watched("fsync", os.fsync)
    watched("rename", os.rename)
    write(tmp_path, "a", 1, path="kept.json")
    assert done == ["fsync", "rename"]


# -- damage


def kept_json(**changes: Any) -> str:
    whole = {
        "llmspell_state": 1,
        "version": 1,
        "revision": 1,
        "updated": 1.5,
        "values": {"a": 1},
        "history": [],
    }
    return json.dumps({**whole, **changes})


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "null",
        '{"a": 1}',
        "\ufeff{}",
        "\0" * 100,
        kept_json()[:-5],
        kept_json(values=[1]),
        kept_json(values={"": 1}),
        kept_json(values={"k" * 201: 1}),
        kept_json(revision="x"),
        kept_json(updated=None),
        kept_json(history=[{"revision": 1}]),
        kept_json(history=5),
        kept_json(version=[]),
        kept_json(values={"a": "x"}).replace('"x"', "NaN"),
        kept_json(values={"a": "x"}).replace('"x"', "[" * 100_000),
        kept_json(values={"a": "x"}).replace('"x"', "[" * 100 + "]" * 100),
        kept_json(llmspell_state="1"),
    ],
)
def test_a_damaged_file_is_named_and_left_alone(text: str, tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    file.write_text(text)
    for work in (read, lambda folder, **options: write(folder, "a", 1, **options)):
        with pytest.raises(ConfigError, match="kept.json") as caught:
            work(tmp_path, path="kept.json")
        assert caught.value.hint
    assert file.read_text() == text


@pytest.mark.parametrize("text", ["", "\n", kept_json(values={}, revision=0)])
def test_an_empty_file_is_a_state_that_is_not_there_yet(text: str, tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_text(text)
    assert read(tmp_path, path="kept.json", initial={"n": 1}) == {"n": 1}


def test_a_file_of_a_newer_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_text(kept_json(llmspell_state=2))
    with pytest.raises(ConfigError, match="newer llmspell"):
        read(tmp_path, path="kept.json")


def test_damaged_rows_name_the_state(tmp_path: Path) -> None:
    write(tmp_path, "a", 1, scope="spell")
    database = sqlite3.connect(tmp_path / "data" / "llmspell.db")
    database.execute("UPDATE states_values SET value = '{'")
    database.execute("UPDATE states_history SET change = '[]'")
    database.commit()
    database.close()
    with pytest.raises(ConfigError, match="'kept' is damaged"):
        read(tmp_path, scope="spell")
    with pytest.raises(ConfigError, match="'kept' is damaged"):
        use(tmp_path, lambda state: state.history(), scope="spell")


# -- out of reach


def test_what_a_file_cannot_be_in(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "plain").write_text("")
    cases: list[tuple[str, type[SpellError]]] = [
        ("folder", InvalidArgument),
        ("pipe", InvalidArgument),
        ("none/kept.json", NotFound),
        ("plain/kept.json", InvalidArgument),
        ("x" * 300, InvalidArgument),
        ("/proc/self/kept.json", PermissionDenied),
        ("data/kept.json/../../../etc/x.json", PermissionDenied),
        (".env", PermissionDenied),
    ]
    for path, error in cases:
        with pytest.raises(error):
            write(tmp_path, "a", 1, path=path)


def test_a_link_that_is_put_in_place_after_the_check_leads_nowhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text(kept_json())

    async def work(state: Any) -> None:
        (tmp_path / "kept.json").symlink_to(outside)
        for step in (state.all(), state.set("a", 2)):
            with pytest.raises(PermissionDenied):
                await step

    use(tmp_path, work, path="kept.json")
    assert outside.read_text() == kept_json()


def test_a_data_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(ConfigError, match="cannot be opened"):
        write(tmp_path, "a", 1, scope="spell")
    assert use(tmp_path, lambda state: state.set("a", 1)) == 1, "what is in memory needs none"


def test_a_file_that_somebody_holds_is_waited_for_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a", 1, path="kept.json")

    async def work(state: Any) -> None:
        with (tmp_path / "kept.json").open() as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            assert await state.get("a") == 1, "readers wait for nobody"
            waiting = asyncio.ensure_future(state.set("a", 2))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            monkeypatch.setattr(file_store, "PATIENCE", 0.0)
            with pytest.raises(TimeLimit, match="in use by other processes") as caught:
                await new(make_session(tmp_path), path="kept.json").set("a", 3)
            assert caught.value.retryable
        await waiting
        assert await state.get("a") == 2

    use(tmp_path, work, path="kept.json")


def test_a_file_that_was_replaced_before_it_was_held_is_not_the_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, other = tmp_path / "kept.json", tmp_path / "other"
    write(tmp_path, "a", 1, path="kept.json")
    really = fcntl.flock
    replaced: list[int] = []

    def flock(fd: int, how: int) -> None:
        if not replaced:
            # As another process does between the two steps.
            replaced.append(fd)
            other.write_text(kept_json(values={"b": 2}, revision=7))
            other.replace(file)
        really(fd, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    path = make_session(tmp_path).grants.check(KeptPath, "kept.json", api="test")
    with _io.claimed(path, "kept.json") as mine:
        assert not mine, "whoever claims the file now would hold another one"
    assert write(tmp_path, "c", 3, path="kept.json") == 8
    assert read(tmp_path, path="kept.json") == {"b": 2, "c": 3}


FULL = """
import asyncio, resource, sys
from pathlib import Path
from bridges._errors import LimitExceeded
from tests.door import call
from tests.sessions import make_session

async def run():
    session = make_session(Path(sys.argv[1]))
    where = {"scope": "spell"} if sys.argv[2] == "sqlite" else {"path": "kept.json"}
    state = call(session, "State.new", {"name": "kept", **where})
    await state.set("a", "kept")
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    try:
        await state.set("a", "x" * 900_000)
    except LimitExceeded as error:
        print("refused")
    print(await state.get("a"))
    await session.close()

asyncio.run(run())
"""


@pytest.mark.parametrize("store", ["sqlite", "file"])
def test_a_full_disk_leaves_the_old_value(store: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), store], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.split() == ["refused", "kept"], done.stderr
    assert [file.name for file in tmp_path.glob(".kept*")] == []


# -- versions


@pytest.mark.parametrize("store", STORES)
def test_a_newer_version_is_refused(store: dict[str, Any], tmp_path: Path) -> None:
    up = {"version": 2, "up": gives({"b": 1})}
    write(tmp_path, "a", 1, **store)
    assert read(tmp_path, version=2, migrations=[up], **store) == {"b": 1}
    for work in (read, lambda folder, **options: write(folder, "a", 1, **options)):
        with pytest.raises(InvalidArgument, match="has version 2 of its schema"):
            work(tmp_path, **store)
    assert read(tmp_path, version=2, **store) == {"b": 1}


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize(
    "up",
    [
        fails(ScriptError("broken")),
        gives(1),
        gives({"": 1}),
        gives({"a": float("nan")}),
        gives({"n": "text"}),
        gives({"n": "x" * 2_000_000}),
    ],
)
def test_a_migration_that_fails_changes_nothing(
    up: Function, store: dict[str, Any], tmp_path: Path
) -> None:
    write(tmp_path, "a", 1, **store)
    options = {"version": 3, "schema": {"n": {"type": "integer"}}, **store}
    steps = [{"version": 2, "up": gives({"n": 2})}, {"version": 3, "up": up}]
    with pytest.raises(SpellError):
        read(tmp_path, migrations=steps, **options)
    assert read(tmp_path, **store) == {"a": 1}
    assert use(tmp_path, lambda state: state.metadata(), **store)["version"] == 1


def test_a_migration_that_is_missing_is_named(tmp_path: Path) -> None:
    write(tmp_path, "a", 1, scope="spell")
    steps = [{"version": 3, "up": gives({})}]
    with pytest.raises(InvalidArgument, match="no migration to version 2"):
        read(tmp_path, version=3, migrations=steps, scope="spell")


def test_undo_does_not_lead_behind_a_migration(tmp_path: Path) -> None:
    write(tmp_path, "a", 1, scope="spell")
    steps = [{"version": 2, "up": gives({"b": 1})}]

    async def work(state: Any) -> Any:
        await state.set("b", 2)
        await state.undo()
        with pytest.raises(InvalidArgument):
            await state.undo()
        return await state.all()

    assert use(tmp_path, work, version=2, migrations=steps, scope="spell") == {"b": 1}


def test_two_runs_migrate_once(tmp_path: Path) -> None:
    write(tmp_path, "n", 1, scope="spell")

    async def up(values: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0.05)
        return {"n": values["n"] + 1}

    async def work(session: Session) -> Any:
        steps = [{"version": 2, "up": Function(up)}]
        states = [
            new(session, version=2, migrations=steps, scope="spell", initial={"n": 9})
            for _ in range(5)
        ]
        return await asyncio.gather(*(state.get("n") for state in states))

    session = make_session(tmp_path)
    assert finish(session, work(session)) == [2] * 5


def test_a_migration_that_uses_its_own_state_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MIGRATING", 0.1)
    write(tmp_path, "n", 1, scope="spell")
    session = make_session(tmp_path)
    states: list[Any] = []

    async def up(_values: dict[str, Any]) -> Any:
        return await states[0].all()

    steps = [{"version": 2, "up": Function(up)}]
    states.append(new(session, version=2, migrations=steps, scope="spell"))
    with pytest.raises(LimitExceeded, match="still being brought up to date"):
        finish(session, states[0].get("n"))


def test_first_values_are_given_once(tmp_path: Path) -> None:
    for store in STORES:
        assert read(tmp_path, initial={"n": 1}, **store) == {"n": 1}
        write(tmp_path, "n", None, **store)
        assert read(tmp_path, initial={"n": 1}, **store) == {}
