"""Artifacts: whole or not there, checked when read, bounded, and nobody else's."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bridges._artifacts import reading, store
from bridges._artifacts.blobs import STALE, Pending
from bridges._artifacts.store import About, Artifacts, Query, Row
from bridges._database import Database, database
from bridges._errors import ConfigError, InvalidArgument, LimitExceeded, NotFound, SpellError
from bridges._joined import Joined
from bridges._session import Limits, SpellInfo
from engines.languages import LANGUAGES
from tests.casting import cast, literal
from tests.sessions import make_session

MB = 1024 * 1024


def on(data: Path, work: Callable[[Artifacts], Awaitable[Any]], quota: int = 1024 * MB) -> Any:
    """Returns what work with the artifacts of a data folder gives."""

    async def run() -> Any:
        kept = Database.at(data)
        try:
            return await work(Artifacts(kept, data, quota))
        finally:
            await kept.close()

    return asyncio.run(run())


async def put(artifacts: Artifacts, name: str, data: bytes, space: str = "a") -> Row:
    async def write(pending: Pending) -> None:
        pending.write(data)

    return await artifacts.put(About(space, name, "text/plain", {}, []), write)


def files(data: Path) -> list[Path]:
    return [path for path in (data / "artifacts").rglob("*") if path.is_file()]


def test_the_same_content_is_kept_once_as_long_as_somebody_has_it(tmp_path: Path) -> None:
    async def work(artifacts: Artifacts) -> None:
        one = await put(artifacts, "x", b"same")
        two = await put(artifacts, "y", b"same", "b")
        (file,) = files(tmp_path)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        await artifacts.remove(one)
        assert await reading.whole(artifacts, two, 100) == b"same"
        assert await artifacts.remove_all(["a", "b"], "y") == 1
        assert files(tmp_path) == []
        with pytest.raises(NotFound, match="was removed"):
            await reading.whole(artifacts, two, 100)

    on(tmp_path, work)


def do_harm(harm: str, file: Path) -> None:
    contents = {"changed": b"the lies!", "longer": b"the truth and more", "shorter": b"the"}
    if harm in contents:
        file.write_bytes(contents[harm])
        return
    moved = file.rename(file.with_name("moved"))
    if harm == "folder":
        file.mkdir()
    elif harm == "link":
        file.symlink_to(moved)


@pytest.mark.parametrize("harm", ["changed", "longer", "shorter", "gone", "folder", "link"])
def test_a_damaged_file_is_an_error_and_never_other_data(harm: str, tmp_path: Path) -> None:
    async def work(artifacts: Artifacts) -> None:
        row = await put(artifacts, "x", b"the truth")
        (file,) = files(tmp_path)
        do_harm(harm, file)
        target = tmp_path / "target"
        with pytest.raises(SpellError, match="damaged|is a folder|being opened"):
            await reading.whole(artifacts, row, 100)
        with pytest.raises(SpellError):
            assert [piece async for piece in reading.pieces(artifacts, row, 4)] == []
        with pytest.raises(SpellError), target.open("wb") as file_:
            await reading.copy(artifacts, row, file_)
        if harm in ("changed", "longer", "shorter", "gone"):
            await put(artifacts, "x", b"the truth")  # a good copy in its place
            assert await reading.whole(artifacts, row, 100) == b"the truth"

    on(tmp_path, work)


def test_a_damaged_artifact_does_not_replace_a_file(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    (tmp_path / "copy.txt").write_text("old")
    assert cast("lua", 'Artifact.store("new", {name = "x"})', session)[0].error is None
    for file in files(tmp_path / "data"):
        file.write_bytes(b"bad")
    outcome, _ = cast("lua", 'Artifact.get("x"):write_to("copy.txt")', make_session(tmp_path))
    assert isinstance(outcome.error, ConfigError)
    assert (tmp_path / "copy.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".tmp")] == []


def test_what_was_removed_can_be_read_to_its_end(tmp_path: Path) -> None:
    async def work(artifacts: Artifacts) -> None:
        row = await put(artifacts, "x", b"0123456789")
        pieces = reading.pieces(artifacts, row, 4)
        assert await anext(pieces) == b"0123"
        await artifacts.remove(row)
        assert files(tmp_path) == []
        assert [piece async for piece in pieces] == [b"4567", b"89"]

    on(tmp_path, work)


def test_what_one_may_keep_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST", 3)

    async def work(artifacts: Artifacts) -> None:
        row = await put(artifacts, "x", b"1234567")
        with pytest.raises(LimitExceeded, match="3 bytes that are left") as caught:
            await put(artifacts, "y", b"1234")
        assert "[limits]" in caught.value.hint
        with pytest.raises(LimitExceeded, match="3 of 10 are left"):
            await artifacts.share(row, "a")
        await put(artifacts, "y", b"1234", "b")
        await artifacts.remove(row)
        for _ in range(3):
            await put(artifacts, "y", b"123")
        with pytest.raises(LimitExceeded, match="may be no more"):
            await put(artifacts, "y", b"")
        assert list((tmp_path / "artifacts" / "new").iterdir()) == []

    on(tmp_path, work, quota=10)


def test_a_content_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    async def work(artifacts: Artifacts) -> None:
        begun = asyncio.Event()

        async def write(pending: Pending) -> None:
            pending.write(b"x")
            begun.set()
            await asyncio.Event().wait()

        task = asyncio.ensure_future(artifacts.put(About("a", "x", "a/b", {}, []), write))
        await begun.wait()
        assert len(files(tmp_path)) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert files(tmp_path) == []
        assert await artifacts.query(["a"], Query()) == []

    on(tmp_path, work)


def test_what_killed_processes_left_is_swept(tmp_path: Path) -> None:
    async def work(artifacts: Artifacts) -> None:
        row = await put(artifacts, "x", b"kept")
        new = tmp_path / "artifacts" / "new"
        for name, age in (("old.tmp", STALE + 60), ("young.tmp", 0.0)):
            (new / name).write_bytes(b"x")
            os.utime(new / name, (time.time() - age,) * 2)
        orphan = tmp_path / "artifacts" / "ab" / ("ab" * 32)
        orphan.parent.mkdir(exist_ok=True)
        orphan.write_bytes(b"x")
        await artifacts.sweep()
        assert {path.name for path in files(tmp_path)} == {"young.tmp", row.sha256}

    on(tmp_path, work)


CHILD = """
import asyncio, sys
from pathlib import Path
from bridges._artifacts.store import About, Artifacts
from bridges._database import Database

async def main(data, seed):
    artifacts = Artifacts(Database.at(data), data, 1 << 40)
    print("ready", flush=True)
    for i in range(int(sys.argv[3])):
        async def write(pending):
            pending.write(f"{seed} {i % 7} ".encode() * 20_000)
            await asyncio.sleep(0)
        row = await artifacts.put(About("a", f"n{i % 3}", "text/plain", {}, []), write)
        if i % 4 == 3:
            await artifacts.remove_all(["a"], f"n{i % 3}")

asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
"""


def child(data: Path, seed: str, rounds: int) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-c", CHILD, str(data), seed, str(rounds)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def check_whole(data: Path) -> int:
    """Checks that every entry has its file, whole, and returns how many there are."""

    async def work(artifacts: Artifacts) -> int:
        rows = await artifacts.query(["a"], Query(versions=True, limit=10_000))
        for row in rows:
            await reading.whole(artifacts, row, 100 * MB)
        return len(rows)

    return int(on(data, work))


def test_a_kill_at_any_moment_leaves_whole_artifacts(tmp_path: Path) -> None:
    chance = random.Random(7)
    seen = 0
    for attempt in range(32):
        process = child(tmp_path, f"{attempt % 3}", 10_000)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        seen += check_whole(tmp_path)
    process = child(tmp_path, "last", 10_000)
    while not seen:  # on a busy machine all of them may have been killed too soon
        time.sleep(0.1)
        seen = check_whole(tmp_path)
    process.kill()
    process.communicate()
    check_whole(tmp_path)
    for path in files(tmp_path):
        if path.suffix != ".tmp":
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name


def test_processes_that_store_and_remove_the_same_do_not_harm_each_other(tmp_path: Path) -> None:
    processes = [child(tmp_path, "same", 60) for _ in range(3)]
    for process in processes:
        _, errors = process.communicate(timeout=250)
        # One may find gone what another has just removed.
        assert process.returncode == 0 or b"NotFound" in errors, errors.decode()
    check_whole(tmp_path)


def test_versions_of_two_processes_are_all_there(tmp_path: Path) -> None:
    async def work(artifacts: Artifacts) -> None:
        rows = await asyncio.gather(*(put(artifacts, "x", b"%d" % (i % 5)) for i in range(40)))
        assert sorted(row.version for row in rows) == list(range(1, 41))
        assert len(files(tmp_path)) == 5

    on(tmp_path, work)


BIG = """
import asyncio, resource, sys
from pathlib import Path
from tests.sessions import make_session

async def main(folder):
    session = make_session(folder)
    door = session.door
    await door.call_async(door.number("Artifact.store"), ["x", {"name": "warm"}])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = await door.call_async(door.number("Artifact.from_file"), ["big.bin"])
    await door.call_async(door.number("Artifact:write_to"), [found, "copy.bin"])
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await session.close()
    print(after - before)

asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_big_file_needs_no_memory(tmp_path: Path) -> None:
    with (tmp_path / "big.bin").open("wb") as file:
        for i in range(96):
            file.write(bytes([i]) * MB)
    done = subprocess.run(
        [sys.executable, "-c", BIG, str(tmp_path)], capture_output=True, text=True, check=True
    )
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 24 * MB
    copied = (tmp_path / "copy.bin").read_bytes()
    assert copied == (tmp_path / "big.bin").read_bytes()


@pytest.mark.parametrize("language", LANGUAGES)
def test_more_than_a_spell_can_hold_is_given_in_pieces(language: str, tmp_path: Path) -> None:
    limits = Limits(memory=16 * MB)
    with (tmp_path / "big.txt").open("wb") as file:
        for i in range(1_800):
            file.write(b"line %06d %s\n" % (i, b"x" * 10_000))
    source = {
        "lua": """
local found = Artifact.from_file("big.txt")
local _, failure = pcall(function() found:text() end)
local bytes, lines = 0, 0
for piece in found:stream() do bytes = bytes + #piece end
for line in found:lines() do lines = lines + 1 end
return {failure.code, bytes == found:info().size, lines}""",
        "javascript": """
const found = await Artifact.fromFile("big.txt");
const failure = await found.text().catch((e) => e);
let bytes = 0, lines = 0;
for await (const piece of found.stream()) bytes += piece.length;
for await (const line of found.lines()) lines++;
return [failure.code, bytes === found.info().size, lines]""",
    }
    session = make_session(tmp_path, limits=limits)
    outcome, _ = cast(language, source[language], session)
    assert outcome.error is None, outcome.error
    assert outcome.value == ["limit_exceeded", True, 1_800]


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    async def work(artifacts: Artifacts) -> None:
        row = await put(artifacts, "x", b"short\n" + b"x" * (reading.LONGEST_LINE + 1))
        lines = reading.lines(artifacts, row)
        assert await anext(lines) == "short"
        with pytest.raises(LimitExceeded, match="a line"):
            await anext(lines)
        bad = await put(artifacts, "x", b"ok\n\xff\xfe")
        with pytest.raises(InvalidArgument, match="not UTF-8"):
            assert [line async for line in reading.lines(artifacts, bad)] == []

    on(tmp_path, work)


def as_spell(tmp_path: Path, name: str, source: str, joined: int | None = None) -> Any:
    spell = SpellInfo(name, "", tmp_path / f"{name}.lua", "lua")
    session = make_session(tmp_path, spell=spell)
    session.shared(Joined).number = joined
    outcome, _ = cast("lua", source, session)
    assert outcome.error is None, outcome.error
    return outcome.value


LOOK = """
local id = ...
local function code(f, ...) local ok, e = pcall(f, ...) return ok and "found" or e.code end
return {code(Artifact.get, "plan"), code(Artifact.get, "%s"), code(Artifact.remove, "plan"),
  #Artifact.list(), #Artifact.query{versions = true}}"""


def test_artifacts_of_other_spells_are_invisible(tmp_path: Path) -> None:
    id = as_spell(tmp_path, "mine", 'return Artifact.store("x", {name = "plan"}):info().id')
    hidden = ["not_found", "not_found", "not_found", 0, 0]
    assert as_spell(tmp_path, "theirs", LOOK % id) == hidden
    assert as_spell(tmp_path, "theirs", LOOK % id, joined=1) == hidden
    assert as_spell(tmp_path, "mine", 'return Artifact.get("plan"):text()') == "x"


def test_the_session_shares_what_is_kept_in_it(tmp_path: Path) -> None:
    source = 'return Artifact.store("x", {name = "plan", scope = "spell"}):share("session"):info()'
    found = as_spell(tmp_path, "mine", source, joined=1)
    assert (found["scope"], found["version"]) == ("session", 1)
    look = 'return Artifact.get("plan"):text()'
    assert as_spell(tmp_path, "theirs", look, joined=1) == "x"
    keep = 'Artifact.get("plan"):share("spell")'
    as_spell(tmp_path, "theirs", keep, joined=1)
    assert as_spell(tmp_path, "theirs", look) == "x"


@pytest.mark.parametrize("name", ["../x", "a/../b", "/etc", "a\0b", "", "x" * 10_000, "a\nb"])
def test_names_that_are_none_are_refused(name: str, tmp_path: Path) -> None:
    source = f'Artifact.store("x", {{name = {literal("lua", name)}}})'
    outcome, _ = cast("lua", source, make_session(tmp_path))
    assert isinstance(outcome.error, InvalidArgument)
    assert len(outcome.error.message) < 400
    outcome, _ = cast("lua", f"Artifact.get({literal('lua', name)})", make_session(tmp_path))
    assert isinstance(outcome.error, NotFound)
    assert len(outcome.error.message) < 400


def test_too_much_metadata_is_refused(tmp_path: Path) -> None:
    for more in ('metadata = {a = ("x"):rep(70000)}', 'tags = {("x"):rep(100)}'):
        source = f'Artifact.store("x", {{name = "a", {more}}})'
        outcome, _ = cast("lua", source, make_session(tmp_path))
        assert isinstance(outcome.error, (LimitExceeded, InvalidArgument))


def test_a_checksum_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key")

    async def run() -> None:
        session = make_session(tmp_path)
        kept = database(session)
        artifacts = Artifacts(kept, session.data, MB)
        row = await put(artifacts, "x", b"key")
        await kept.write(lambda c: c.execute("UPDATE artifacts SET sha256 = '../../../secret'"))
        found = await artifacts.find(["a"], row.name)
        with pytest.raises(ConfigError, match="is no checksum"):
            await reading.whole(artifacts, found, 100)
        await session.close()

    asyncio.run(run())


@pytest.mark.parametrize("language", LANGUAGES)
def test_storing_is_told_as_an_event(language: str, tmp_path: Path) -> None:
    from bridges._events.bus import Bus

    session = make_session(tmp_path)
    source = {
        "lua": 'Artifact.store("x", {name = "plan"})',
        "javascript": 'await Artifact.store("x", {name: "plan"})',
    }
    assert cast(language, source[language], session)[0].error is None
    bus: Bus = session.shared(Bus)
    (event,) = [e for e in bus.history() if e["name"] == "artifact.saved"]
    assert (event["data"]["name"], event["data"]["version"]) == ("plan", 1)
