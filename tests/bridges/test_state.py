"""States: whose they are, what their writes pass, what may be seen of them, what is refused."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from bridges import _database
from bridges._errors import InvalidArgument, LimitExceeded, PermissionDenied, TimeLimit
from bridges._events.bus import Bus
from bridges._permissions import Grants
from bridges._session import Session, SpellInfo
from bridges._state import content, kept, masking, patches
from engines.languages import LANGUAGES
from tests.casting import cast
from tests.door import Function, call, finish, gives, wait_for
from tests.sessions import make_session


def session_of(tmp_path: Path, spell: Path | None = None, **more: Any) -> Session:
    return make_session(tmp_path, spell=SpellInfo("test", "", spell, "lua"), **more)


def new(session: Session, **options: Any) -> Any:
    return call(session, "State.new", {"name": "kept", **options})


# -- whose they are


def test_a_state_belongs_to_the_file_of_its_spell(tmp_path: Path) -> None:
    spell, link, other = tmp_path / "a.lua", tmp_path / "b.lua", tmp_path / "c" / "a.lua"
    other.parent.mkdir()
    for path in (spell, other):
        path.write_text("")
    link.symlink_to(spell)

    def value(path: Path | None) -> Any:
        session = session_of(tmp_path, path)
        return finish(session, new(session, scope="spell").get("whose"))

    session = session_of(tmp_path, spell)
    finish(session, new(session, scope="spell").set("whose", "a"))
    assert value(spell) == value(link) == "a"
    assert value(other) is None, "the same name in another folder is another spell"
    assert value(None) is None


def test_scopes_do_not_see_each_other(tmp_path: Path) -> None:
    named = {"scope": "agent", "agent": "a"}
    scopes: list[dict[str, str]] = [{}, {"scope": "spell"}, named, {"scope": "global"}]
    grants = Grants(base=tmp_path, state=("global",))

    async def use(session: Session) -> list[Any]:
        for number, scope in enumerate(scopes):
            await new(session, **scope).set("n", number)
        await new(session, scope="agent", agent="b").set("n", 9)
        return [await new(session, **scope).get("n") for scope in scopes]

    session = session_of(tmp_path, tmp_path / "a.lua", grants=grants)
    assert finish(session, use(session)) == [0, 1, 2, 3]
    session = session_of(tmp_path, tmp_path / "b.lua", grants=grants)
    assert finish(session, new(session, scope="global").get("n")) == 3


def test_the_runs_of_a_session_share_its_states_and_they_go_with_it(tmp_path: Path) -> None:
    def spell(source: str) -> Any:
        outcome, _ = cast("lua", source, session_of(tmp_path, tmp_path / "a.lua"))
        assert outcome.error is None, outcome.error
        return outcome.value

    state = 'State.new{name = "kept", scope = "session"}'
    spell(f'Session.start("work") {state}:set("n", 5)')
    assert spell(f'Session.resume("work") return {state}:get("n")') == 5
    assert spell(f'Session.start("other") return {state}:all()') == {}
    assert '"n":5' in spell('return Session.get("work"):export()').replace(" ", "")
    spell('Session.remove("work")')
    assert spell(f'Session.start("work") return {state}:all()') == {}
    with closing(Connection(tmp_path / "data" / "llmspell.db")) as database:
        assert list(database.execute("SELECT key FROM states_values")) == []


def test_only_what_was_granted_is_listed_and_removed(tmp_path: Path) -> None:
    granted = session_of(tmp_path, grants=Grants(base=tmp_path, state=("global",)))
    finish(granted, new(granted, scope="global").set("n", 1))
    session = session_of(tmp_path)
    for function, arguments in (
        ("State.list", [{"scope": "global"}]),
        ("State.remove_state", ["kept", {"scope": "global"}]),
    ):
        with pytest.raises(PermissionDenied):
            finish(session, wait_for(session, function, *arguments))
    listed = session_of(tmp_path)
    assert finish(listed, wait_for(listed, "State.list")) == []
    with pytest.raises(InvalidArgument, match="end with it"):
        finish(session, wait_for(session, "State.list", {"scope": "run"}))


@pytest.mark.parametrize(
    "options",
    [
        {"scope": "agent"},
        {"agent": "a"},
        {"store": "file"},
        {"store": "memory", "scope": "spell"},
        {"store": "sqlite", "scope": "run"},
        {"store": "sqlite"},
        {"path": "a.json", "scope": "spell"},
        {"path": "a.json", "store": "sqlite"},
        {"name": ""},
        {"name": "a\nb"},
        {"name": "a" * 101},
        {"version": 0},
        {"max_history": -1},
        {"max_history": 1001},
        {"initial": {"n": "x"}, "schema": {"n": "integer"}},
        {"schema": {"n": "whole"}},
        {"version": 2, "migrations": [{"version": 3, "up": gives({})}]},
        {"version": 2, "migrations": [{"version": 2, "up": gives({})}] * 2},
        {"initial": {"": 1}},
        {"initial": {"a" * 201: 1}},
    ],
)
def test_options_that_make_no_state(options: dict[str, Any], tmp_path: Path) -> None:
    session = session_of(tmp_path)
    with pytest.raises(InvalidArgument):
        new(session, **options)


# -- values


@pytest.mark.parametrize("store", [{}, {"scope": "spell"}, {"path": "kept.json"}])
def test_every_store_keeps_values_as_they_are(store: dict[str, str], tmp_path: Path) -> None:
    values = {
        "__proto__": {"constructor": 1},
        "toString": "é\u2028\0 😀",
        "numbers": [0, -(2**63), 2**63 - 1, 1.5, 1.0, 1e300],
        "empty": [{}, [], "", None, False],
        "a b.c": 1,
    }

    async def use(session: Session) -> Any:
        state = new(session, **store)
        for key, value in values.items():
            await state.set([key], value)
        found = await new(session, **store).all()
        assert repr(found["numbers"]) == repr(values["numbers"])
        assert await state.keys() == sorted(values)
        return found

    session = session_of(tmp_path)
    assert finish(session, use(session)) == values


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_read_is_a_copy(language: str, tmp_path: Path) -> None:
    source = {
        "lua": """
            local given = {inner = {1}}
            State.set("a", given)
            given.inner[1] = 2
            local read = State.get("a")
            read.inner[1] = 3
            State.update("a", function(a) a.inner[2] = 4 return nil == nil and State.get("a") end)
            return State.get("a")""",
        "javascript": """
            const given = {inner: [1]};
            await State.set("a", given);
            given.inner[0] = 2;
            const read = await State.get("a");
            read.inner[0] = 3;
            await State.update("a", async a => { a.inner.push(4); return await State.get("a") });
            return await State.get("a")""",
    }
    outcome, _ = cast(language, source[language], make_session(tmp_path))
    assert outcome.error is None and outcome.value == {"inner": [1]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_cycles_are_refused(language: str, tmp_path: Path) -> None:
    source = {
        "lua": 'local a = {} a.a = a State.set("a", a)',
        "javascript": 'const a = {}; a.a = a; await State.set("a", a)',
    }
    outcome, _ = cast(language, source[language], make_session(tmp_path))
    assert isinstance(outcome.error, InvalidArgument)


@pytest.mark.parametrize(
    "value",
    [b"bytes", [b"bytes"], float("nan"), {"a": float("inf")}, gives(1), "\ud800", {"\ud800": 1}],
)
def test_what_is_no_data_is_refused(value: Any, tmp_path: Path) -> None:
    session = session_of(tmp_path)
    with pytest.raises(InvalidArgument):
        finish(session, wait_for(session, "State.set", "a", value))


@pytest.mark.parametrize(
    "key", ["", ".", "a.", ".a", [], [""], "a" * 10_000, ".".join("a" * 33), ["a", "b" * 201]]
)
def test_what_is_no_key_is_refused(key: Any, tmp_path: Path) -> None:
    session = session_of(tmp_path)
    for function in ("State.get", "State.set"):
        with pytest.raises(InvalidArgument):
            finish(session, wait_for(session, function, key, 1))


def test_what_is_kept_is_never_too_deep_to_be_read(tmp_path: Path) -> None:
    def deep(levels: int) -> Any:
        return [deep(levels - 1)] if levels else 1

    async def use(session: Session) -> None:
        state = new(session)
        await state.set("a", deep(60))
        for key, levels in (("a", 61), (".".join("b" * 32), 30)):
            with pytest.raises(InvalidArgument, match="nested more than 60 deep"):
                await state.set(key, deep(levels))
        assert await wait_for(session, "State:all", state) == {"a": deep(60)}

    session = session_of(tmp_path)
    finish(session, use(session))


def test_null_at_the_top_is_a_key_that_is_not_set(tmp_path: Path) -> None:
    async def use(session: Session) -> Any:
        state = new(session, initial={"a": 1, "b": None, "c": {"d": None}})
        await state.set("a", None)
        await state.merge({"c": None, "e": {"f": None}})
        await state.patch([{"op": "add", "path": "/g"}])
        return await state.all()

    session = session_of(tmp_path)
    assert finish(session, use(session)) == {"e": {"f": None}}


@pytest.mark.parametrize(
    ("there", "expected", "agrees"),
    [
        (1, 1.0, True),
        (1, True, False),
        ([], {}, True),
        ({"a": []}, {"a": {}}, True),
        ([1], {"1": 1}, False),
        ("1", 1, False),
        (None, None, True),
    ],
)
def test_what_counts_as_the_expected_value(
    there: Any, expected: Any, agrees: bool, tmp_path: Path
) -> None:
    async def use(session: Session) -> Any:
        state = new(session)
        await state.set("a", there)
        return await state.compare_and_set("a", expected, "new")

    session = session_of(tmp_path)
    assert finish(session, use(session)) is agrees


# -- changes by many


def test_parallel_updates_of_one_run_lose_nothing(tmp_path: Path) -> None:
    async def add(value: int | None) -> int:
        await asyncio.sleep(0)
        return (value or 0) + 1

    async def use(session: Session, **store: str) -> Any:
        states = [new(session, **store) for _ in range(100)]
        await asyncio.gather(*(state.update("n", add) for state in states))
        return await states[0].get("n")

    for store in ({}, {"scope": "spell"}, {"path": "kept.json"}):
        session = session_of(tmp_path)
        assert finish(session, use(session, **store)) == 100


def test_an_update_that_others_always_beat_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MAX_TRIES", 3)

    async def use(session: Session) -> int:
        state = new(session)

        async def slow(value: int | None) -> int:
            await state.set("n", (value or 0) + 1)
            return -1

        with pytest.raises(LimitExceeded, match="changed by others 3 times") as caught:
            await state.update("n", slow)
        assert caught.value.retryable
        found: int = await state.get("n")
        return found

    session = session_of(tmp_path)
    assert finish(session, use(session)) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_update_within_an_update_does_not_hang(language: str, tmp_path: Path) -> None:
    source = {
        "lua": """return State.update("n", function(n)
            if not n then State.update("n", function() return 1 end) end
            return (n or 0) + 10 end)""",
        "javascript": """return await State.update("n", async n => {
            if (!n) await State.update("n", () => 1);
            return (n ?? 0) + 10 })""",
    }
    outcome, _ = cast(language, source[language], make_session(tmp_path))
    assert outcome.error is None and outcome.value == 11


def test_a_cancelled_update_leaves_the_value_and_the_turn(tmp_path: Path) -> None:
    async def use(session: Session) -> Any:
        state = new(session, initial={"n": 1})
        await state.get("n")
        held = asyncio.Event()

        async def never(_value: Any) -> None:
            held.set()
            await asyncio.Event().wait()

        task = asyncio.ensure_future(state.update("n", never))
        await held.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await asyncio.wait_for(state.update("n", gives(2)), 60), await state.get("n")

    session = session_of(tmp_path)
    assert finish(session, use(session)) == (2, 2)


def test_a_merge_with_a_function_is_worked_out_anew(tmp_path: Path) -> None:
    async def use(session: Session) -> Any:
        state = new(session, scope="spell", initial={"n": 1})

        async def add(ours: int, theirs: int, _key: str) -> int:
            if ours == 1:
                await state.set("n", 100)
            return ours + theirs

        await state.merge({"n": 5}, {"strategy": Function(add)})
        return await state.get("n")

    session = session_of(tmp_path)
    assert finish(session, use(session)) == 105


# -- hooks and events


def hooked(language: str, tmp_path: Path, lua: str, javascript: str) -> Any:
    source = {"lua": lua, "javascript": javascript}[language]
    outcome, _ = cast(language, source, make_session(tmp_path))
    assert outcome.error is None, outcome.error
    return outcome.value


@pytest.mark.parametrize("language", LANGUAGES)
def test_hooks_change_and_deny_what_is_written(language: str, tmp_path: Path) -> None:
    found = hooked(
        language,
        tmp_path,
        """
        local function double(o) return {request = {value = o.request.value * 2}} end
        Hook.before("state", double, {name = "n*"})
        Hook.before("state", function() return {deny = "no"} end, {name = "closed"})
        local state = State.new{name = "a", initial = {number = 1}}
        state:set("n", 2)
        local codes = {}
        for i, write in ipairs{
          function() state:set("closed", 1) end, function() state:merge{n = 9, closed = 1} end,
          function() state:patch{{op = "add", path = "/closed", value = 1}} end,
          function() state:update("closed", function() return 1 end) end,
        } do codes[i] = select(2, pcall(write)).code end
        return {state:all(), codes}""",
        """
        Hook.before("state", o => ({request: {value: o.request.value * 2}}), {name: "n*"});
        Hook.before("state", () => ({deny: "no"}), {name: "closed"});
        const state = new State({name: "a", initial: {number: 1}});
        await state.set("n", 2);
        const codes = [];
        for (const write of [
          () => state.set("closed", 1), () => state.merge({n: 9, closed: 1}),
          () => state.patch([{op: "add", path: "/closed", value: 1}]),
          () => state.update("closed", () => 1),
        ]) codes.push(await write().catch(e => e.code));
        return [await state.all(), codes]""",
    )
    assert found == [{"number": 2, "n": 4}, ["permission_denied"] * 4]


def test_every_change_is_told(tmp_path: Path) -> None:
    async def use(session: Session) -> list[Any]:
        state = new(session)
        await state.set("a.b", 1)
        await state.set("a.b", 1)
        await state.merge({"c": 1, "a": 2})
        await state.compare_and_set("c", 9, 9)
        await state.undo()
        await state.merge({f"k{n}": n for n in range(kept.SAID + 1)})
        return [
            event["data"]
            for event, _ in session.shared(Bus)._history
            if event["name"] == "state.changed"
        ]

    session = session_of(tmp_path)
    told = [
        (data["state"], data["key"], data["revision"]) for data in finish(session, use(session))
    ]
    assert told == [
        ("kept", "a.b", 1),
        *(("kept", key, 2) for key in "ac"),
        *(("kept", key, 3) for key in "ac"),
        ("kept", "*", 4),
    ]


# -- parts of a state


def test_a_view_never_shows_more_than_what_it_is_of(tmp_path: Path) -> None:
    async def use(session: Session) -> None:
        whole = new(session, initial={"open": {"a": 1, "b": 2}, "shut": 3})
        part = whole.view({"keys": ["open"], "readonly": False})
        await part.set("open.a", 5)
        assert await part.view({"keys": ["open.a"]}).all() == {"open": {"a": 5}}
        assert [change["keys"] for change in await part.history()] == [["open"]]
        assert await part.diff(1) == [{"op": "replace", "path": "/open/a", "value": 5}]
        with pytest.raises(PermissionDenied):
            part.view({"keys": ["shut"]})
        with pytest.raises(PermissionDenied):
            part.as_tool({"keys": ["shut"]})
        for write in (
            part.merge({"shut": 1}),
            part.patch([]),
            part.undo(),
            part.restore({}),
            part.restore(1),
            part.clear(),
            part.transform({"apply": True}),
            part.set("shut", 1),
            part.update("shut", gives(1)),
            part.compare_and_set("shut", 3, 1),
            part.get("shut"),
            part.exists("shut"),
            whole.view().set("open", 1),
            whole.view().view({"readonly": False}).set("open", 1),
            whole.view().clear(),
        ):
            with pytest.raises(PermissionDenied):
                await write
        assert await whole.get("shut") == 3

    session = session_of(tmp_path)
    finish(session, use(session))


def test_a_model_does_no_more_with_a_state_than_its_tool_allows(tmp_path: Path) -> None:
    async def use(session: Session) -> None:
        state = new(session, initial={"a": 1, "b": 2})
        tool = state.as_tool({"keys": ["a"], "name": "notes"})
        state.view().as_tool({"name": "read"})

        async def act(name: str, **arguments: Any) -> Any:
            return await wait_for(session, "Tool.call", name, arguments)

        assert await act("notes", action="all") == {"a": 1}
        assert await act("notes", action="set", key="a", value=[5]) == {"revision": 2}
        assert await act("notes", action="remove", key="a") == {"revision": 3}
        for arguments in ({"action": "get", "key": "b"}, {"action": "set", "key": "b", "value": 1}):
            with pytest.raises(PermissionDenied):
                await act("notes", **arguments)
        with pytest.raises(InvalidArgument):
            await act("read", action="set", key="b", value=1)
        assert tool.spec.name == "notes"
        assert await state.all() == {"b": 2}

    session = session_of(tmp_path)
    finish(session, use(session))


# -- limits


def test_what_is_remembered_counts_and_gives_way_to_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bridges._state import tables

    monkeypatch.setattr(tables, "MAX_OWNED", 1000)

    async def use(session: Session) -> list[int]:
        state = new(session, scope="spell", max_history=100)
        found = []
        for i in range(4):
            await state.set("a", f"{i}" * 300)
            found.append(len(await state.history()))
        return found

    session = session_of(tmp_path)
    assert finish(session, use(session)) == [1, 2, 0, 1]


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bridges._state import tables, values

    monkeypatch.setattr(values, "MAX_VALUE", 100)
    monkeypatch.setattr(content, "MAX_STATE", 300)
    monkeypatch.setattr(content, "MAX_KEYS", 10)
    monkeypatch.setattr(tables, "MAX_STATES", 3)
    monkeypatch.setattr(tables, "MAX_OWNED", 800)

    async def refused(work: Any, limit: str) -> None:
        with pytest.raises(LimitExceeded) as caught:
            await work
        assert caught.value.details["limit"] == limit

    async def use(session: Session) -> None:
        for store in ({}, {"scope": "spell"}, {"path": "kept.json"}):
            state = new(session, max_history=0, **store)
            await refused(state.set("a", "é" * 50), "value")
            for key in "abc":
                await state.set(key, "x" * 90)
            await refused(state.set("d", "x" * 90), "state")
            await state.clear()
            await state.merge(dict.fromkeys("0123456789", 1))
            await refused(state.set("d", 1), "keys")
            assert sorted(await state.all()) == sorted("0123456789")
            await state.merge({**dict.fromkeys("0123456789"), **dict.fromkeys("abc", "x" * 90)})
        await new(session, name="two", max_history=0).merge(dict.fromkeys("abc", "x" * 90))
        three = new(session, name="three", max_history=0)
        await three.merge(dict.fromkeys("abc", "x" * 90))
        await refused(
            new(session, name="four").merge(dict.fromkeys("abc", "x" * 90)), "host_memory"
        )
        await three.clear()
        await new(session, name="four", max_history=0).set("a", "x" * 90)
        await new(session, name="two", scope="spell").merge(dict.fromkeys("abc", "x" * 90))
        third = new(session, name="three", scope="spell")
        await refused(third.merge(dict.fromkeys("abc", "x" * 90)), "states")
        await third.set("a", 1)
        await refused(new(session, name="four", scope="spell").set("a", 1), "states")

    session = session_of(tmp_path)
    session.account.limit = 3000
    finish(session, use(session))


def test_history_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "MAX_HISTORY_SIZE", 2000)

    async def use(session: Session) -> None:
        for store in ({}, {"scope": "spell"}, {"path": "kept.json"}):
            state = new(session, max_history=3, **store)
            for number in range(5):
                await state.set("n", number)
            assert [change["revision"] for change in await state.history()] == [5, 4, 3]
            with pytest.raises(InvalidArgument, match="is not remembered"):
                await state.diff(1)
            for _ in range(3):
                await state.set("text", "x" * 900)
                await state.set("text", "y" * 900)
            assert len(await state.history()) == 2, "a thousand bytes each, two thousand in all"
            await state.set("text", "x" * 3000)
            await state.remove("text")
            assert await state.history() == [], "what is too large leaves nothing behind it"
            with pytest.raises(InvalidArgument, match="remembers 0 changes"):
                await state.undo()

    session = session_of(tmp_path)
    finish(session, use(session))


def test_undo_and_revisions_agree(tmp_path: Path) -> None:
    async def use(session: Session) -> None:
        for store in ({}, {"scope": "spell"}, {"path": "kept.json"}):
            state = new(session, **store)
            for number in range(1, 6):
                await state.set("n", number)
            assert await state.undo(2) == 6
            assert await state.get("n") == 3
            assert await state.set("n", 7) == 7
            for revision in (4, 5):
                with pytest.raises(InvalidArgument):
                    await state.restore(revision)
            for revision, value in ((6, 3), (3, 3), (2, 2), (1, 1)):
                await state.restore(revision)
                assert await state.get("n") == value
                await state.undo()
            await state.undo(4)
            assert await state.all() == {}

    session = session_of(tmp_path)
    finish(session, use(session))


def test_patches_do_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "MAX_OPERATIONS", 100)
    bomb = [{"op": "copy", "from": "/a", "path": "/a/-"} for _ in range(99)]

    async def use(session: Session) -> None:
        state = new(session, initial={"a": ["x" * 1000]})
        for operations in (bomb, [*bomb, bomb[0], bomb[0]]):
            with pytest.raises(LimitExceeded):
                await state.patch(operations)
        wrong: list[list[dict[str, Any]]] = [
            [{"op": "replace", "path": "", "value": 1}],
            [{"op": "nothing", "path": "/a"}],
            [{"op": "move", "path": "/b"}],
            [{"op": "move", "from": "/a", "path": "/a/0"}],
            [{"path": "/a"}],
            [{"op": "add", "path": "a", "value": 1}],
            [{"op": "add", "path": "/a/9", "value": 1}],
            [{"op": "add", "path": "/a/b", "value": 1}],
            [{"op": "remove", "path": "/a/01"}],
            [{"op": "copy", "from": "/b", "path": "/c"}],
            [{"op": "add", "path": "/a/0/b", "value": 1}],
            [{"op": "remove", "path": ""}],
        ]
        for operations in wrong:
            with pytest.raises(InvalidArgument, match="operation 1"):
                await state.patch(operations)
        monkeypatch.setattr(patches, "MAX_COMPARED", 100)
        with pytest.raises(LimitExceeded, match="compared"):
            await state.diff({})
        assert await state.all() == {"a": ["x" * 1000]}

    session = session_of(tmp_path)
    finish(session, use(session))


def test_masking_is_bounded_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(session: Session) -> None:
        state = new(
            session,
            initial={
                "text": "a" * 5000,
                "b": "a" * 60 + "b",
                "n": {"Api-Key": ["abc", 5], "IBAN": "DE1"},
            },
        )
        mask = {"names": ["iban"], "patterns": ["a{3}a+"]}
        assert await state.transform({"sanitize": mask}) == {
            "text": "***",
            "b": "***b",
            "n": {"Api-Key": ["***", 5], "IBAN": "***"},
        }
        with pytest.raises(InvalidArgument, match="is not a regular expression"):
            await state.transform({"sanitize": {"patterns": ["("]}})
        with pytest.raises(InvalidArgument, match="at most 50 patterns"):
            await state.transform({"sanitize": {"patterns": ["a"] * 51}})
        monkeypatch.setattr(masking, "SECONDS", 0.0)
        with pytest.raises(TimeLimit):
            await state.transform({"sanitize": {"patterns": ["(a|aa)+$"]}})

    session = session_of(tmp_path)
    finish(session, use(session))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_that_has_ended_holds_the_database_no_longer(language: str, tmp_path: Path) -> None:
    source = {
        "lua": 'return State.new{name = "a", scope = "spell"}:set("n", 1)',
        "javascript": 'return await new State({name: "a", scope: "spell"}).set("n", 1)',
    }
    outcome, _ = cast(language, source[language], make_session(tmp_path))
    assert outcome.value == 1
    assert _database._OPEN == {}
    for thread in threading.enumerate():
        if thread.name.startswith("llmspell-database"):
            thread.join(60)
            assert not thread.is_alive()


def test_errors_spell_options_as_the_language_does(tmp_path: Path) -> None:
    source = """
const said = [];
const note = error => said.push(`${error.message} ${error.hint}`);
try { new State({name: "x", maxHistory: -1}); } catch (error) { note(error); }
await new State({name: "x"}).restore(7).catch(note);
await new State({name: "x"}).undo().catch(note);
try { new Conversation({maxMessages: 0}); } catch (error) { note(error); }
return said;"""
    session = make_session(tmp_path)
    outcome, _ = cast("javascript", source, session)
    assert outcome.error is None
    assert all("max" in said and "_" not in said for said in outcome.value), outcome.value
