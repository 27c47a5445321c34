"""Conversations: limits that tear nothing, summaries, turns, and what failures leave behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges._account import Account, Share
from bridges._agents.agent import AgentHandle
from bridges._conversations import formats, shelf
from bridges._conversations.history import Room, checked, fitted, interleaved, renamed, turns_of
from bridges._conversations.kept import Kept
from bridges._conversations.shelf import Shelf
from bridges._conversations.talk import MOST_WAITING, Summarize, Talk
from bridges._database import database, owner
from bridges._errors import ConfigError, InvalidArgument, LimitExceeded, ProviderFailed
from bridges._session import Limits, SpellInfo
from engines.languages import LANGUAGES
from tests.casting import cast, literal
from tests.sessions import make_session

Messages = list[dict[str, Any]]


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def turn(number: int, calls: int = 0) -> Messages:
    """Returns a question, `calls` rounds of a tool's call and answer, and the answer."""
    found = [user(f"q{number}")]
    for i in range(calls):
        id = f"{number}-{i}"
        called = {"id": id, "name": "look", "arguments": {}}
        found.append({"role": "assistant", "content": "", "tool_calls": [called]})
        found.append({"role": "tool", "tool_call_id": id, "name": "look", "content": "seen"})
    return [*found, {"role": "assistant", "content": f"a{number}"}]


class Echo(AgentHandle):
    """Answers with what is said; `gate` holds the answer back, `fails` breaks it."""

    agent_name = "echo"
    description = ""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.fails = False
        self.asked: list[tuple[str, Messages]] = []

    async def ask(self, said: Any, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        history = list((options or {})["messages"]) if options else []
        self.asked.append((said, history))
        await self.gate.wait()
        if self.fails:
            raise ProviderFailed("broken")
        messages = [*history, user(said), {"role": "assistant", "content": said}]
        usage = {"requests": 1, "input_tokens": 2, "output_tokens": 3}
        return {"text": said, "messages": messages, "usage": usage, "cost": None}

    async def pieces(
        self, said: Any, options: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[str | dict[str, Any]]:
        yield "first "
        yield await self.ask(said, options)


def talk_of(agent: AgentHandle, room: Room | None = None, **more: Any) -> Talk:
    share = Share(Account(1_000_000), "conversations")
    return Talk(Kept(), lambda: agent, room or Room(), share, **more)


@given(st.lists(st.integers(0, 3), max_size=8), st.integers(1, 12), st.integers(10, 200))
def test_limits_never_part_a_call_from_its_answer(calls: list[int], most: int, tokens: int) -> None:
    messages = [m for number, count in enumerate(calls) for m in turn(number, count)]
    messages.insert(0, {"role": "system", "content": "be kind"})
    for room in (Room(messages=most), Room(tokens=tokens), Room(most, tokens)):
        left = fitted(messages, room)
        assert left[0]["role"] == "system"
        assert left[1:] == messages[len(messages) - len(left) + 1 :]
        assert len(left) == 1 or left[1]["role"] == "user"
        assert room.fits(left) or len(left) == 1
        assert checked(left, "test") == left


def test_messages_of_two_conversations_in_turns_keep_their_calls() -> None:
    mine, yours = turn(1, 2) + turn(2), renamed(turn(1, 2), turn(1, 2))
    found = interleaved(mine, yours)
    assert [t[0]["content"] for t in turns_of(found)[1]] == ["q1", "q1", "q2"]
    ids = [call["id"] for m in found for call in m.get("tool_calls", [])]
    assert ids == ["1-0", "1-1", "1-0-2", "1-1-2"]
    assert checked(found, "test") == found


def test_one_thing_is_said_after_the_other() -> None:
    async def run() -> None:
        echo = Echo()
        talk = talk_of(echo)
        echo.gate.clear()
        said = [asyncio.ensure_future(talk.say(f"{i}", {})) for i in range(5)]
        while not echo.asked:
            await asyncio.sleep(0)
        assert len(echo.asked) == 1
        echo.gate.set()
        await asyncio.gather(*said)
        assert [len(history) for _, history in echo.asked] == [0, 2, 4, 6, 8]
        assert [m["content"] for m in talk.messages[::2]] == list("01234")
        assert talk.kept.usage["input_tokens"] == 10

    asyncio.run(run())


def test_too_many_that_wait_are_refused() -> None:
    async def run() -> None:
        echo = Echo()
        talk = talk_of(echo)
        echo.gate.clear()
        said = [asyncio.ensure_future(talk.say("x", {})) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(LimitExceeded, match="wait for this conversation"):
            await talk.say("x", {})
        for task in said:
            task.cancel()
        await asyncio.wait(said)
        echo.gate.set()
        await talk.say("free again", {})
        assert len(talk.messages) == 2

    asyncio.run(run())


def test_an_answer_that_fails_leaves_the_conversation_as_it_was() -> None:
    async def run() -> None:
        echo = Echo()
        talk = talk_of(echo)
        await talk.say("one", {})
        before = list(talk.messages)
        echo.fails = True
        with pytest.raises(ProviderFailed):
            await talk.say("two", {})
        assert talk.messages == before
        echo.fails = False
        await talk.say("three", {})
        assert len(talk.messages) == 4

    asyncio.run(run())


def test_a_stream_that_is_closed_gives_way() -> None:
    async def run() -> None:
        talk = talk_of(Echo())
        pieces = talk.pieces("one", {})
        assert await anext(pieces) == "first "
        waiting = asyncio.ensure_future(talk.say("two", {}))
        await asyncio.sleep(0)
        assert not waiting.done()
        await pieces.aclose()
        await waiting
        assert [m["content"] for m in talk.messages] == ["two", "two"]

    asyncio.run(run())


def test_over_the_limit_older_turns_become_a_summary() -> None:
    async def run() -> None:
        echo, writer = Echo(), Echo()
        talk = talk_of(echo, Room(messages=6), summarize=Summarize(1, lambda: writer))
        talk.kept.messages = [{"role": "system", "content": "be kind"}, *turn(1, 1), *turn(2)]
        await talk.say("next", {})
        (text, _), (_, history) = writer.asked[0], echo.asked[0]
        assert text.splitlines() == [
            "user: q1",
            "assistant calls look({})",
            "tool look: seen",
            "assistant: a1",
        ]
        assert [m["role"] for m in history] == ["system", "user", "user", "assistant"]
        assert history[1]["content"].startswith("[Summary of what was said before]\nuser: q1")
        await talk.say("more", {})
        assert len(writer.asked) == 2
        assert "[Summary of" in writer.asked[1][0], "a summary goes into the next one"
        assert talk.kept.usage["summaries"] == 2
        assert talk.kept.usage["requests"] == 4

    asyncio.run(run())


def test_the_bytes_of_a_conversation_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from bridges._conversations import talk as module

    monkeypatch.setattr(module, "LARGEST", 20)

    async def run() -> None:
        talk = talk_of(Echo())
        await talk.add({"role": "user", "content": "x" * 15}, "Conversation.add")
        for work in (
            talk.say("y" * 10, {}),
            talk.add({"role": "user", "content": "y" * 10}, "Conversation.add"),
            talk.merge([{"role": "user", "content": "y" * 10}], "append", None, "merge"),  # type: ignore[arg-type]
        ):
            with pytest.raises(LimitExceeded, match="more than 20 bytes"):
                await work
        assert [len(message["content"]) for message in talk.messages] == [15]

    asyncio.run(run())


def test_what_a_conversation_may_hold_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from bridges._conversations import talk as module

    monkeypatch.setattr(module, "MOST_MESSAGES", 4)

    async def run() -> None:
        talk = talk_of(Echo())
        await talk.say("1", {})
        await talk.say("2", {})
        with pytest.raises(LimitExceeded, match="more than 4 messages"):
            await talk.say("3", {})
        with pytest.raises(LimitExceeded):
            await talk.add(user("3"), "test")

    asyncio.run(run())


def test_messages_of_an_agent_made_of_others_do_not_replace_the_history() -> None:
    class Other(Echo):
        async def ask(self, said: Any, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
            return {**await super().ask(said, options), "messages": [user("inner prompt")]}

    async def run() -> None:
        talk = talk_of(Other())
        await talk.say("one", {})
        await talk.say("two", {})
        assert [m["content"] for m in talk.messages] == ["one", "one", "two", "two"]

    asyncio.run(run())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        '{"messages": []}',
        '{"version": 1, "messages": [{}]}',
        '{"version": 1, "messages": [], "limits": {"max_messages": 0}}',
        '{"version": 1, "messages": [], "limits": {"max_messages": true}}',
        '{"version": 1, "messages": [], "limits": {"summarize": {"keep": "x"}}}',
        '{"version": 1, "messages": [], "tools": [1]}',
        '{"version": 1, "messages": [{"role": "user", "content": NaN}]}',
        '{"version": 1, "messages": [{"role": "assistant", "tool_calls": [{"name": "x"}]}]}',
        '{"version": 1, "messages": [{"role": "tool", "tool_call_id": "x"}]}',
        "[" * 100_000,
    ],
)
def test_documents_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="Conversation.import"):
        formats.read(text, "json", "Conversation.import")


def test_a_document_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "LARGEST", 10)
    with pytest.raises(InvalidArgument, match="larger"):
        formats.read("[" + " " * 10 + "]", "json", "Conversation.import")


def test_documents_are_read_as_they_were_written() -> None:
    kept = Kept("x", "test:echo", "be kind", ["file_read"], messages=turn(1, 2))
    kept.limits = {"max_messages": 9, "summarize": {"keep": 3}}
    kept.usage["cost"] = 0.5
    assert formats.read(formats.written(kept, "json"), "json", "") == kept
    assert formats.read(formats.written(kept, "jsonl"), "jsonl", "").messages == kept.messages


def test_a_fence_in_what_a_tool_gave_ends_nothing() -> None:
    messages = turn(1, 1)
    messages[2]["content"] = "```\n# not a title"
    text = formats.written(Kept(messages=messages), "markdown")
    assert "````\n```\n# not a title\n````" in text


SPELLS = {
    "lua": """
local talk = Conversation.new{model = "test:model.json", tools = {TOOL}, max_messages = 4}
talk:say("Oslo?")
talk:say("And now?")
local found = {}
for i, message in ipairs(talk:messages()) do found[i] = message.role end
return found""",
    "javascript": """
const talk = new Conversation({model: "test:model.json", tools: [TOOL], maxMessages: 4});
await talk.say("Oslo?");
await talk.say("And now?");
return talk.messages().map((message) => message.role)""",
}
TOOLS = {
    "lua": 'Tool.new{name = "weather", run = function() return "21" end}',
    "javascript": 'new Tool({name: "weather", run: () => "21"})',
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_last_turn_longer_than_the_limit_stays_whole(language: str, tmp_path: Path) -> None:
    steps = [
        {"tool_calls": [{"name": "weather", "arguments": {}}, {"name": "weather"}]},
        {"text": "It is 21."},
        {"tool_calls": [{"name": "weather", "arguments": {}}, {"name": "weather"}]},
        {"text": "It still is."},
    ]
    (tmp_path / "model.json").write_text(json.dumps(steps))
    source = SPELLS[language].replace("TOOL", TOOLS[language])
    outcome, _ = cast(language, source, make_session(tmp_path))
    assert outcome.error is None, outcome.error
    assert outcome.value == ["user", "assistant", "tool", "tool", "assistant"]


REENTRANT = {
    "lua": """
local talk
talk = Conversation.new{model = "test:model.json", tools = {Tool.new{name = "weather",
  run = function() return talk:say("and you?").text end}}}
return talk:say("Oslo?").steps[2].error""",
    "javascript": """
const talk = new Conversation({model: "test:model.json", tools: [new Tool({name: "weather",
  run: async () => (await talk.say("and you?")).text})]});
return (await talk.say("Oslo?")).steps[1].error""",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_tool_that_speaks_in_its_own_conversation_fails(language: str, tmp_path: Path) -> None:
    steps = [{"tool_calls": [{"name": "weather", "arguments": {}}]}, {"text": "done"}]
    (tmp_path / "model.json").write_text(json.dumps(steps))
    session = make_session(tmp_path, limits=Limits(timeout=20))
    outcome, _ = cast(language, REENTRANT[language], session)
    assert outcome.error is None, outcome.error
    assert "waits for this very call" in outcome.value


KEEPING = {
    "lua": """
local talk = Conversation.new{model = "test:echo", system_prompt = "Be kind.", max_messages = 4}
talk:say("one")
talk:save("ships")
local again = Conversation.load("ships")
again:say("two")
again:save()
local ok, failure = pcall(function() talk:save() end)
talk:save("boats")
local names = {}
for i, title in ipairs(Conversation.list()) do names[i] = title.name .. " " .. title.messages end
Conversation.remove("ships")
local gone, missing = pcall(function() Conversation.load("ships") end)
return {again:usage().turns, ok, failure.code, names, missing.code}""",
    "javascript": """
const talk = new Conversation({model: "test:echo", systemPrompt: "Be kind.", maxMessages: 4});
await talk.say("one");
await talk.save("ships");
const again = await Conversation.load("ships");
await again.say("two");
await again.save();
const failure = await talk.save().catch((e) => e);
await talk.save("boats");
const names = (await Conversation.list()).map((title) => title.name + " " + title.messages);
await Conversation.remove("ships");
const missing = await Conversation.load("ships").catch((e) => e);
return [again.usage().turns, !failure, failure.code, names, missing.code]""",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_conversations_are_kept(language: str, tmp_path: Path) -> None:
    outcome, _ = cast(language, KEEPING[language], make_session(tmp_path))
    assert outcome.error is None, outcome.error
    assert outcome.value == [2, False, "invalid_argument", ["boats 2", "ships 4"], "not_found"]


def test_conversations_of_other_spells_are_invisible(tmp_path: Path) -> None:
    def run(name: str, source: str) -> Any:
        spell = SpellInfo(name, "", tmp_path / f"{name}.lua", "lua")
        outcome, _ = cast("lua", source, make_session(tmp_path, spell=spell))
        assert outcome.error is None, outcome.error
        return outcome.value

    run("mine", 'Conversation.new{messages = {{role = "user", content = "x"}}}:save("plan")')
    look = """
    local _, load = pcall(Conversation.load, "plan")
    local _, remove = pcall(Conversation.remove, "plan")
    return {load.code, remove.code, #Conversation.list()}"""
    assert run("theirs", look) == ["not_found", "not_found", 0]
    assert run("mine", "return #Conversation.load('plan'):messages()") == 1


@pytest.mark.parametrize("name", ["../x", "a\0b", "", "x" * 10_000, "a/b", "."])
def test_names_that_are_none_are_refused(name: str, tmp_path: Path) -> None:
    source = f"Conversation.new():save({literal('lua', name)})"
    outcome, _ = cast("lua", source, make_session(tmp_path))
    assert isinstance(outcome.error, InvalidArgument)
    assert len(outcome.error.message) < 200


def test_a_conversation_with_an_agent_of_its_run_wants_another_one(tmp_path: Path) -> None:
    async def run() -> None:
        session = make_session(tmp_path)
        kept = Kept("x", foreign=True, messages=[user("hello")])
        await Shelf(database(session)).save(owner(session), kept, None)
        door = session.door
        load, say = door.number("Conversation.load"), door.number("Conversation:say")
        talk = await door.call_async(load, ["x"])
        with pytest.raises(InvalidArgument, match="only its own run had"):
            await door.call_async(say, [talk, "more"])
        other = await door.call_async(load, ["x", {"agent": {"model": "test:echo"}}])
        assert (await door.call_async(say, [other, "more"]))["text"].endswith("more")
        await session.close()

    asyncio.run(run())


def test_a_damaged_conversation_is_named_and_can_be_removed(tmp_path: Path) -> None:
    async def run() -> None:
        session = make_session(tmp_path)
        store, space = database(session), owner(session)
        await Shelf(store).save(space, Kept("x"), None)
        await store.write(lambda c: c.execute("UPDATE conversations SET document = '{'"))
        with pytest.raises(ConfigError, match="'x' is damaged"):
            await Shelf(store).load(space, "x")
        await Shelf(store).remove(space, "x")
        assert await Shelf(store).titles(space) == []
        await session.close()

    asyncio.run(run())


def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST", 1)
    monkeypatch.setattr(shelf, "LARGEST", 1000)
    monkeypatch.setattr(shelf, "MOST_BYTES", 1500)

    async def run() -> None:
        session = make_session(tmp_path)
        kept = Shelf(database(session))
        await kept.save("a", Kept("x"), None)
        await kept.save("a", Kept("x"), None)
        await kept.save("b", Kept("x"), None)
        with pytest.raises(LimitExceeded, match="may be no more"):
            await kept.save("a", Kept("y"), None)
        with pytest.raises(LimitExceeded, match="larger"):
            await kept.save("a", Kept("x", messages=[user("x" * 1000)]), None)
        monkeypatch.setattr(shelf, "MOST", 9)
        await kept.save("a", Kept("x", messages=[user("x" * 600)]), None)
        with pytest.raises(LimitExceeded, match="bytes of conversations"):
            await kept.save("a", Kept("y", messages=[user("x" * 700)]), None)
        await session.close()

    asyncio.run(run())
