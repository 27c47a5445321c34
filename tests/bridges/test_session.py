"""Sessions: who may see them, what is noted of runs, and what goes with them."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bridges._database import NAME, Database
from bridges._errors import ConfigError, InvalidArgument, LimitExceeded
from bridges._events.bus import Bus
from bridges._session import Limits, Session, SpellInfo
from bridges._sessions import alive, store
from bridges._sessions.contents import Contents
from bridges._sessions.joining import join_named, leave
from bridges._sessions.store import USER, Ending, Sessions
from bridges._state import tables
from engines.languages import LANGUAGES
from tests.casting import cast
from tests.cli.running import PROGRAM, environment, llmspell
from tests.sessions import make_session


def on(data: Path, work: Callable[[Database], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        kept = Database.at(data)
        try:
            return await work(kept)
        finally:
            await kept.close()

    return asyncio.run(run())


def session_of(tmp_path: Path, name: str, flagged: str | None = None) -> Session:
    spell = SpellInfo(name, "", tmp_path / f"{name}.lua", "lua")
    session = make_session(tmp_path, spell=spell)
    if flagged:
        asyncio.run(join_named(session, flagged))
    return session


def as_spell(tmp_path: Path, name: str, source: str, flagged: str | None = None) -> Any:
    session = session_of(tmp_path, name, flagged)
    outcome, _ = cast("lua", source, session)
    asyncio.run(leave(session))
    assert outcome.error is None, outcome.error
    return outcome.value


LOOK = """
local _, a = pcall(Session.get, "plan")
local _, b = pcall(Session.resume, "plan")
local _, c = pcall(Session.remove, "plan")
return {a.code, b.code, c.code, #Session.list()}"""


def test_sessions_of_other_spells_are_invisible(tmp_path: Path) -> None:
    as_spell(tmp_path, "mine", 'Session.start("plan", {metadata = {key = "secret"}})')
    assert as_spell(tmp_path, "theirs", LOOK) == ["not_found", "not_found", "not_found", 0]
    own = 'return {Session.start("plan"):info().metadata, #Session.get("plan"):runs()}'
    assert as_spell(tmp_path, "theirs", own) == [{}, 1]
    assert as_spell(tmp_path, "mine", 'return Session.get("plan"):get("key")') == "secret"


def test_the_session_that_the_user_names_is_shared_and_no_other(tmp_path: Path) -> None:
    keep = 'Session.current():set("by", "one") Artifact.store("x", {name = "a"})'
    as_spell(tmp_path, "one", keep, flagged="trip")
    as_spell(tmp_path, "one", 'Session.start("own")')
    look = """
    local names = {}
    for i, info in ipairs(Session.list()) do names[i] = info.name end
    return {Session.current():get("by"), Artifact.get("a"):text(), names,
      Session.start("trip"):get("by")}"""
    assert as_spell(tmp_path, "two", look, flagged="trip") == ["one", "x", ["trip"], "one"]
    hidden = "return {Session.current() == nil, #Session.list(), #Artifact.list()}"
    assert as_spell(tmp_path, "two", hidden) == [True, 0, 0]


def test_how_runs_ended_is_noted(tmp_path: Path) -> None:
    for source in ("return 1", "error('no')", "exit(7)", "while true do end"):
        session = session_of(tmp_path, "mine", "trip")
        if "while" in source:
            session.limits = Limits(timeout=1.0)
        cast("lua", f"Session.current() {source}", session)
    rows = on(tmp_path / "data", lambda used: Sessions(used, tmp_path / "data").runs(1))
    found = [(run["status"], run["exit"], run["error"]) for run in rows]
    assert found == [
        ("done", 0, None),
        ("failed", 1, "spell_error"),
        ("failed", 7, None),
        ("interrupted", 124, "timeout"),
    ]


def test_a_session_that_a_run_is_in_stays(tmp_path: Path) -> None:
    data = tmp_path / "data"
    session = session_of(tmp_path, "mine", "trip")

    async def remove(used: Database) -> None:
        row = await Sessions(used, data).find(USER, "trip")
        assert row is not None
        await Contents(used, data, row).remove()

    with pytest.raises(InvalidArgument, match="'trip' is in use: the spell 'mine'"):
        on(data, remove)
    asyncio.run(leave(session))
    on(data, remove)
    assert on(data, lambda used: Sessions(used, data).rows(None)) == []


def test_what_is_kept_in_a_session_goes_with_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    keep = """
    Session.start("gone")
    Artifact.store("only here", {name = "a"})
    Artifact.store("both", {name = "b"}):share("spell")
    Conversation.new():save("talk")
    Conversation.new():save("own", {scope = "spell"})
    State.new{name = "counts", scope = "session"}:set("a", 1)"""
    as_spell(tmp_path, "mine", keep)
    assert len([p for p in (data / "artifacts").rglob("*") if p.is_file()]) == 2
    as_spell(tmp_path, "mine", 'Session.remove("gone")')
    look = 'return {Artifact.get("b"):text(), #Artifact.list(), Conversation.list()[1].name}'
    assert as_spell(tmp_path, "mine", look) == ["both", 1, "own"]
    assert len([p for p in (data / "artifacts").rglob("*") if p.is_file()]) == 1
    assert as_spell(tmp_path, "mine", 'return #Session.start("gone"):artifacts()') == 0

    async def left(used: Database) -> Any:
        query = "SELECT (SELECT count(*) FROM states), (SELECT count(*) FROM states_values)"
        return await used.read(lambda c: c.execute(query).fetchone())

    assert on(data, left) == (0, 0)


def test_numbers_of_runs_are_locks_that_end_with_the_process(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, time; from bridges._sessions import alive\n"
        "data = pathlib.Path(sys.argv[1])\n"
        "alive.begin(data, 5); print(flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    assert alive.goes_on(tmp_path, 5)
    assert not alive.goes_on(tmp_path, 4)
    process.kill()
    process.communicate()
    assert not alive.goes_on(tmp_path, 5)
    alive.begin(tmp_path, 5)
    assert alive.goes_on(tmp_path, 5)
    alive.end(tmp_path, 5)
    assert not alive.goes_on(tmp_path, 5)


def test_what_may_be_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_SESSIONS", 2)
    monkeypatch.setattr(store, "MOST_RUNS", 3)
    data = tmp_path / "data"

    async def work(used: Database) -> None:
        sessions = Sessions(used, data)
        row = await sessions.start("me", "a", new=True)
        await sessions.start("me", "b", new=True)
        await sessions.start("other", "c", new=True)
        with pytest.raises(LimitExceeded, match="no more are kept"):
            await sessions.start("me", "c", new=True)
        for _ in range(5):
            await sessions.end_run(await sessions.begin_run(row.number, "x", "me"), Ending("done"))
        assert [run["number"] for run in await sessions.runs(row.number)] == [3, 4, 5]
        with pytest.raises(LimitExceeded, match="metadata"):
            await sessions.change(row.number, metadata={"a": "x" * 70_000})
        with pytest.raises(LimitExceeded, match="64 tags"):
            await sessions.change(row.number, tags=[str(i) for i in range(65)])
        with pytest.raises(InvalidArgument, match="cannot be a tag"):
            await sessions.change(row.number, tags=["x\n"])

    on(data, work)


@pytest.mark.parametrize("name", ["../x", "a\0b", "", "x" * 10_000, "-x", "user:x"])
def test_names_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        store.check_name(name)
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_saving_is_told_as_an_event(language: str, tmp_path: Path) -> None:
    session = make_session(tmp_path)
    source = {
        "lua": 'local s = Session.start("a") s:save() s:complete()',
        "javascript": 'const s = await Session.start("a"); await s.save(); await s.complete();',
    }
    assert cast(language, source[language], session)[0].error is None
    bus: Bus = session.shared(Bus)
    events = [e["data"] for e in bus.history() if e["name"] == "session.saved"]
    assert events == [{"name": "a", "status": "open"}, {"name": "a", "status": "complete"}]


def test_what_a_spell_keeps_in_its_sessions_counts_as_its_own(tmp_path: Path) -> None:
    source = """
    Artifact.store(("x"):rep(400), {name = "a"})
    Session.start("one")
    Artifact.store(("x"):rep(400), {name = "a"})
    Session.start("two")
    local ok, failure = pcall(Artifact.store, ("x"):rep(400), {name = "a"})
    return {ok, failure.code}"""
    session = session_of(tmp_path, "mine")
    session.limits = Limits(artifacts=1000)
    outcome, _ = cast("lua", source, session)
    assert (outcome.error, outcome.value) == (None, [False, "limit_exceeded"])
    shared = session_of(tmp_path, "mine", "trip")  # the user's own session has room of its own
    shared.limits = Limits(artifacts=1000)
    outcome, _ = cast("lua", 'Artifact.store(("x"):rep(400), {name = "a"})', shared)
    assert outcome.error is None


def test_states_in_the_sessions_of_a_spell_count_as_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_OWNED", 1200)
    source = """
    State.new{name = "a", scope = "spell"}:set("x", ("x"):rep(400))
    Session.start("one")
    State.new{name = "a", scope = "session"}:set("x", ("x"):rep(400))
    Session.start("two")
    local two = State.new{name = "a", scope = "session"}
    local ok, failure = pcall(two.set, two, "x", ("x"):rep(400))
    return {ok, failure.code}"""
    assert as_spell(tmp_path, "mine", source) == [False, "limit_exceeded"]
    # The user's own session has room of its own.
    source = 'State.new{name = "a", scope = "session"}:set("x", ("x"):rep(400))'
    as_spell(tmp_path, "mine", source, "trip")


def test_all_that_a_run_opened_is_closed_whatever_becomes_of_a_part(tmp_path: Path) -> None:
    session, closed = make_session(tmp_path), []

    def closer(name: str, fault: BaseException | None = None) -> Callable[[], Awaitable[None]]:
        async def close() -> None:
            closed.append(name)
            if fault:
                raise fault

        return close

    session.on_close(closer("first"))
    session.on_close(closer("second", ConfigError("no")))
    session.on_close(closer("third", asyncio.CancelledError()))
    session.on_close(closer("last"))
    with pytest.raises(ConfigError):
        asyncio.run(session.close())
    assert closed == ["last", "third", "second", "first"]


def test_a_session_too_large_for_a_spell_is_not_exported_to_it(tmp_path: Path) -> None:
    session = session_of(tmp_path, "mine")
    session.limits = Limits(memory=16 * 1024 * 1024)
    source = """
    local found = Session.start("one")
    local talk = Conversation.new{messages = {{role = "user", content = ("x"):rep(3000000)}}}
    for i = 1, 7 do talk:save("talk" .. i) end
    local ok, failure = pcall(function() return found:export() end)
    return {ok, failure.code}"""
    outcome, _ = cast("lua", source, session)
    assert (outcome.error, outcome.value) == (None, [False, "limit_exceeded"])


# -- the command line


def test_runs_join_the_session_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.lua").write_text('Artifact.store("x", {name = "a.txt"}) return "done"')
    (tmp_path / "b.js").write_text('return await (await Artifact.get("a.txt")).text()')
    (tmp_path / "plain.lua").write_text("print('no call that waits')")
    assert llmspell(tmp_path, "run", "--session", "trip", "a.lua").out == "done\n"
    assert llmspell(tmp_path, "run", "--session", "trip", "b.js").out == "x\n"
    assert llmspell(tmp_path, "run", "--session", "trip", "plain.lua").code == 0
    assert llmspell(tmp_path, "eval", "--session", "trip", "error('no')").code == 1
    assert llmspell(tmp_path, "run", "b.js").code == 1
    runs = json.loads(llmspell(tmp_path, "session", "runs", "trip", "--json").out)
    found = [(run["spell"], run["status"], run["exit"]) for run in runs]
    assert found == [
        ("a", "done", 0),
        ("b", "done", 0),
        ("plain", "done", 0),
        ("eval", "failed", 1),
    ]
    shown = llmspell(tmp_path, "session", "show", "trip").out
    assert "trip (open)" in shown and "Runs: 4" in shown and "a.txt" in shown
    (row,) = json.loads(llmspell(tmp_path, "session", "list", "--json").out)
    assert (row["name"], row["spell"]) == ("trip", "")
    assert llmspell(tmp_path, "session", "list").out.startswith("trip  open  ")
    assert llmspell(tmp_path, "session", "export", "trip", "--output", "trip.json").code == 0
    document = json.loads((tmp_path / "trip.json").read_text())
    assert [a["name"] for a in document["artifacts"]] == ["a.txt"]
    refused = llmspell(tmp_path, "session", "remove", "trip")
    assert (refused.code, "pass --yes" in refused.err) == (2, True)
    assert llmspell(tmp_path, "session", "remove", "trip", "--yes").code == 0
    assert llmspell(tmp_path, "session", "show", "trip").code == 1


def test_a_run_that_is_killed_is_unfinished(tmp_path: Path) -> None:
    (tmp_path / "wait.lua").write_text('print("ready") Async.sleep(60)')
    process = subprocess.Popen(
        [*PROGRAM, "run", "--session", "trip", "wait.lua"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"

    def status() -> str:
        (run,) = json.loads(llmspell(tmp_path, "session", "runs", "trip", "--json").out)
        return str(run["status"])

    assert status() == "running"
    assert "is in use" in llmspell(tmp_path, "session", "remove", "trip", "-y").err
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert status() == "unfinished"
    assert llmspell(tmp_path, "session", "remove", "trip", "-y").code == 0


def test_sessions_of_spells_are_told_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.lua").write_text(f'Session.start("plan"):set("by", "{name}")')
        assert llmspell(tmp_path, "run", f"{name}.lua").code == 0
    several = llmspell(tmp_path, "session", "show", "plan")
    assert several.code == 2 and "a.lua" in several.err and "--spell" in several.err
    found = llmspell(tmp_path, "session", "show", "plan", "--spell", "b.lua", "--json")
    assert json.loads(found.out)["metadata"] == {"by": "b"}
    assert llmspell(tmp_path, "session", "show", "plam").err.count("did you mean 'plan'?") == 1


def test_old_sessions_are_pruned(tmp_path: Path) -> None:
    (tmp_path / "a.lua").write_text("return 1")
    for name in ("old", "new"):
        assert llmspell(tmp_path, "run", "--session", name, "a.lua").code == 0
    data = tmp_path / "home" / ".local/share/llmspell"
    old = "UPDATE sessions SET updated = updated - 86400 * 31 WHERE name = 'old'"
    on(data, lambda used: used.write(lambda c: c.execute(old)))
    assert llmspell(tmp_path, "session", "prune", "--older-than", "soon", "-y").code == 2
    pruned = llmspell(tmp_path, "session", "prune", "--older-than", "30d", "--yes")
    assert "removed 1 sessions" in pruned.err
    (left,) = json.loads(llmspell(tmp_path, "session", "list", "--json").out)
    assert left["name"] == "new"


def test_a_repl_joins_a_session(tmp_path: Path) -> None:
    code = 'Artifact.store("x", {name = "a"})\nSession.current():info().name\n'
    done = llmspell(tmp_path, "repl", "--session", "trip", stdin=code)
    assert (done.code, "trip" in done.out) == (0, True), done.err
    runs = json.loads(llmspell(tmp_path, "session", "runs", "trip", "--json").out)
    assert [(run["spell"], run["status"]) for run in runs] == [("repl", "done")]


@pytest.mark.parametrize("command", [("eval", "return 1"), ("repl",)])
def test_an_empty_name_is_not_no_session(command: tuple[str, ...], tmp_path: Path) -> None:
    found = llmspell(tmp_path, command[0], "--session", "", *command[1:], stdin="1\n")
    assert found.code != 0 and "cannot be a name" in found.err


def test_a_name_that_is_none_is_an_error_of_use(tmp_path: Path) -> None:
    (tmp_path / "a.lua").write_text("return 1")
    done = llmspell(tmp_path, "run", "--session", "../x", "a.lua")
    assert done.code != 0 and "cannot be a name" in done.err and "Traceback" not in done.err


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    data = tmp_path / "home" / ".local/share/llmspell"
    data.mkdir(parents=True)
    (data / NAME).write_bytes(b"not a database" * 1000)
    (tmp_path / "a.lua").write_text('return Session.start("x")')
    for arguments in (
        ("run", "a.lua"),
        ("run", "--session", "trip", "a.lua"),
        ("session", "list"),
    ):
        done = llmspell(tmp_path, *arguments)
        assert (done.code, NAME in done.err) == (ConfigError.exit_code, True), done.err
        assert "Traceback" not in done.err


def test_artifacts_cannot_be_read_as_files(tmp_path: Path) -> None:
    (tmp_path / "a.lua").write_text('Artifact.store("mine", {name = "x"})')
    assert llmspell(tmp_path, "run", "a.lua").code == 0
    folder = tmp_path / "home" / ".local/share/llmspell/artifacts"
    (file,) = [path for path in folder.rglob("*") if path.is_file()]
    (tmp_path / "b.lua").write_text(f'return File.read("{file}")')
    for flags in ((), ("--security", "low")):
        done = llmspell(tmp_path, "run", *flags, "b.lua")
        assert (done.code, "mine" in done.out) == (3, False)


def test_names_are_completed(tmp_path: Path) -> None:
    (tmp_path / "a.lua").write_text("return 1")
    assert llmspell(tmp_path, "run", "--session", "trip", "a.lua").code == 0
    done = llmspell(
        tmp_path,
        _LLMSPELL_COMPLETE="complete_bash",
        COMP_WORDS="llmspell session show t",
        COMP_CWORD="3",
    )
    assert done.out.split() == ["trip"]
