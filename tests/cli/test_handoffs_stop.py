"""Handoffs of a run that is given up are undone: on_rollback is called all the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import llmspell

GIVEN_UP_LUA = """
local began, undone = false, {}
local function noted(name)
  return function(h) undone[#undone + 1] = name .. ": " .. h.error end
end
local function waits() began = true Async.sleep(60) end
local work = {name = "work", run = waits}
local last = Agent.new{name = "last", model = "test:work.json", tools = {work}}
local to_last = Handoff.to(last, {name = "last", on_rollback = noted("last"), VALIDATE})
local middle = Agent.new{name = "middle", model = "test:last.json", handoffs = {to_last}}
local to_middle = Handoff.to(middle, {name = "middle", on_rollback = noted("middle")})
local desk = Agent.new{model = "test:middle.json", handoffs = {to_middle}}
local task = Async.spawn(function() CALL end)
while not began do Async.sleep(0.01) end
task:cancel()
local tries = 0
while #undone < 2 and tries < 6000 do Async.sleep(0.01) tries = tries + 1 end
print(table.concat(undone, "; "))
"""
GIVEN_UP_JAVASCRIPT = """
let began = false;
const undone = [];
const noted = (name) => (h) => { undone.push(`${name}: ${h.error}`); };
const waits = async () => { began = true; await Async.sleep(60000); };
const work = {name: "work", run: waits};
const last = Agent.new({name: "last", model: "test:work.json", tools: [work]});
const toLast = Handoff.to(last, {name: "last", onRollback: noted("last"), VALIDATE});
const middle = Agent.new({name: "middle", model: "test:last.json", handoffs: [toLast]});
const toMiddle = Handoff.to(middle, {name: "middle", onRollback: noted("middle")});
const desk = Agent.new({model: "test:middle.json", handoffs: [toMiddle]});
const control = new AbortController();
const options = {signal: control.signal};
const task = CALL.catch(() => {});
while (!began) await Async.sleep(10);
control.abort();
for (let tries = 0; undone.length < 2 && tries < 6000; tries++) await Async.sleep(10);
console.log(undone.join("; "));
"""
GIVEN_UP = {
    ("lua", "agent"): (GIVEN_UP_LUA, 'desk:run("hi")', ""),
    ("lua", "handoff"): (GIVEN_UP_LUA, 'to_middle:run("hi")', ""),
    ("lua", "validate"): (GIVEN_UP_LUA, 'desk:run("hi")', "validate = waits"),
    ("js", "agent"): (GIVEN_UP_JAVASCRIPT, 'desk.run("hi", options)', ""),
    ("js", "handoff"): (GIVEN_UP_JAVASCRIPT, 'toMiddle.run("hi", options)', ""),
    ("js", "validate"): (GIVEN_UP_JAVASCRIPT, 'desk.run("hi", options)', "validate: waits"),
}


@pytest.mark.parametrize(("suffix", "how"), GIVEN_UP)
def test_handoffs_of_a_run_that_is_given_up_are_undone(
    suffix: str, how: str, tmp_path: Path
) -> None:
    source, call, validate = GIVEN_UP[suffix, how]
    for agent in ("middle", "last"):
        over = {"name": f"transfer_to_{agent}", "arguments": {"reason": "x"}}
        (tmp_path / f"{agent}.json").write_text(json.dumps([{"tool_calls": [over]}]))
    work = {"tool_calls": [{"name": "work"}]}
    (tmp_path / "work.json").write_text(json.dumps([work]))
    source = source.replace("CALL", call).replace("VALIDATE", validate)
    (tmp_path / f"spell.{suffix}").write_text(source)
    ended = llmspell(tmp_path, "run", f"spell.{suffix}", timeout=120)
    why = "the run was cancelled"
    assert ended.out == f"last: {why}; middle: {why}\n", ended.err
