"""What the host holds for a spell: one limit for all of it, whoever keeps it, in both languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridges._account import Account, Share
from bridges._errors import LimitExceeded
from bridges._session import Limits, Session
from tests.casting import cast
from tests.sessions import make_session

MB = 1024 * 1024
LIMIT = 8 * MB

LUA = """
local text = string.rep("x", 500000)
local count, failed = 0, nil
local kept = {{}}
for i = 1, 100 do
  local ok, problem = pcall(function() {step} end)
  if not ok then failed = problem break end
  count = i
end
return {{count, failed and failed.message or "", failed and failed.code or ""}}
"""
JAVASCRIPT = """
const text = "x".repeat(500000);
let count = 0, failed = null;
const kept = [];
for (let i = 1; i <= 100; i++) {{
  try {{ {step} }} catch (problem) {{ failed = problem; break; }}
  count = i;
}}
return [count, failed ? failed.message : "", failed ? failed.code : ""];
"""
KEEPERS = {
    "states": (
        'State.new{name = "s" .. i}:set("k", text .. i)',
        'await new State({name: "s" + i}).set("k", text + i);',
    ),
    "states of small things": (
        "local e, l = {}, {} for j = 1, 20000 do l[j] = e end "
        'State.new{name = "s" .. i}:set("k", l)',
        'await new State({name: "s" + i}).set("k", Array(20000).fill({}));',
    ),
    "conversations": (
        'if i % 20 == 1 then kept[#kept + 1] = Conversation.new{model = "test:echo"} end '
        'kept[#kept]:add("user", text .. i)',
        'if (i % 20 == 1) kept.push(new Conversation({model: "test:echo"}));'
        ' await kept[kept.length - 1].add("user", text + i);',
    ),
    "agent templates": (
        'Agent.add_template("t" .. i, {system_prompt = text .. i})',
        'Agent.addTemplate("t" + i, {systemPrompt: text + i});',
    ),
}


def session_of(tmp_path: Path) -> Session:
    return make_session(tmp_path, limits=Limits(host_memory=LIMIT, timeout=90))


@pytest.mark.parametrize("language", ["lua", "javascript"])
@pytest.mark.parametrize("keeper", KEEPERS)
def test_what_is_kept_is_refused_at_the_limit(keeper: str, language: str, tmp_path: Path) -> None:
    lua, javascript = KEEPERS[keeper]
    source = LUA.format(step=lua) if language == "lua" else JAVASCRIPT.format(step=javascript)
    outcome, _ = cast(language, source, session_of(tmp_path))
    count, message, code = outcome.value
    assert 1 <= count < 20
    assert code == "limit_exceeded"
    what = "states" if keeper.startswith("states") else keeper
    assert message.startswith(f"the host would hold more than 8 MB for the spell ({what} ")


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("lua", 'local t = string.rep("x", 500000) for i = 1, 100 do Logger.with{a = t .. i} end'),
        ("javascript", 'for (let i = 1; i <= 100; i++) Logger.with({a: "x".repeat(500000) + i});'),
    ],
)
def test_objects_end_a_run_at_the_limit(language: str, source: str, tmp_path: Path) -> None:
    outcome, _ = cast(language, source, session_of(tmp_path))
    assert isinstance(outcome.error, LimitExceeded)
    assert "8 MB for the spell (objects " in outcome.error.message
    assert outcome.error.exit_code == 125


@pytest.mark.parametrize(
    ("language", "source"),
    [
        (
            "lua",
            'local t = string.rep("x", 500000) '
            "for i = 1, 100 do Async.spawn(function() "
            'Event.wait_for("no.x", {filter = {a = t .. i}}) end) end',
        ),
        (
            "javascript",
            "const t = 'x'.repeat(500000); for (let i = 1; i <= 100; i++) "
            "Event.waitFor('no.x', {filter: {a: t + i}});",
        ),
    ],
)
def test_calls_that_wait_end_a_run_at_the_limit(language: str, source: str, tmp_path: Path) -> None:
    outcome, _ = cast(language, source, session_of(tmp_path))
    assert isinstance(outcome.error, LimitExceeded)
    assert "8 MB for the spell (waiting calls " in outcome.error.message


@pytest.mark.parametrize("language", ["lua", "javascript"])
def test_what_is_let_go_makes_room(language: str, tmp_path: Path) -> None:
    source = {
        "lua": """
            local text, state = string.rep("x", 500000), State.new{name = "s", max_history = 0}
            local talk = Conversation.new{model = "test:echo", max_messages = 2}
            for i = 1, 30 do
              state:set("k", text .. i)
              talk:add("user", text .. i)
            end
            return 1""",
        "javascript": """
            const text = "x".repeat(500000), state = new State({name: "s", maxHistory: 0});
            const talk = new Conversation({model: "test:echo", maxMessages: 2});
            for (let i = 1; i <= 30; i++) {
              await state.set("k", text + i);
              await talk.add("user", text + i);
            }
            return 1;""",
    }
    outcome, _ = cast(language, source[language], session_of(tmp_path))
    assert outcome.error is None and outcome.value == 1


def test_a_run_pays_for_the_runs_that_it_starts_until_they_end() -> None:
    outer = Account(10 * MB)
    inner = Account(4 * MB, outer)
    Share(outer, "states").require(5 * MB)
    share = Share(inner, "objects")
    assert share.take(4 * MB) and not share.take(1)
    assert not Share(outer, "states").take(2 * MB)
    inner.close()
    assert Share(outer, "states").take(5 * MB)
    with pytest.raises(LimitExceeded, match=r"more than 10 MB for the spell \(states 10 MB\)"):
        Share(outer, "states").require(1)
    share.give(4 * MB)
    assert not Share(outer, "states").take(1)


def test_a_manifest_can_only_lower_it(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    inner = make_session(tmp_path, limits=replace(Limits(), host_memory=64 * MB), caller=session)
    with pytest.raises(LimitExceeded, match="8 MB"):
        Share(inner.account, "states").require(16 * MB)
