"""Ctrl-C while agents that were handed a conversation, or work in a team, are busy."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.cli.test_interrupts import begin, end
from tests.processes import children, vanish

LUA = """
local work = {name = "work", run = function() io.stdout:write("started\\n") Async.sleep(600) end}
local function busy(name)
  return Agent.new{name = name, model = "test:work.json", tools = {work}}
end
local crew = Team.parallel{name = "crew", agents = {busy("a"), busy("b")}}
local desk = Agent.new{model = "test:desk.json", handoffs = {crew}}
print(desk:METHOD("hi"))
"""
JAVASCRIPT = """
const work = {name: "work", async run() { console.log("started"); await Async.sleep(600); }};
const busy = name => new Agent({name, model: "test:work.json", tools: [work]});
const crew = Team.parallel({name: "crew", agents: [busy("a"), busy("b")]});
const desk = new Agent({model: "test:desk.json", handoffs: [crew]});
const found = await desk.METHOD("hi");
console.log(`${found}`, await found.result?.());
"""


@pytest.mark.parametrize("method", ["run", "stream"])
@pytest.mark.parametrize(("suffix", "source"), [("lua", LUA), ("js", JAVASCRIPT)])
def test_a_signal_ends_everybody(suffix: str, source: str, method: str, tmp_path: Path) -> None:
    call = {"name": "work"}
    over = {"name": "transfer_to_crew", "arguments": {"reason": "x"}}
    (tmp_path / "work.json").write_text(json.dumps([{"match": "", "tool_calls": [call]}]))
    (tmp_path / "desk.json").write_text(json.dumps([{"tool_calls": [over]}]))
    if method == "stream" and suffix == "lua":
        source = source.replace('print(desk:METHOD("hi"))', 'desk:stream("hi"):result()')
    (tmp_path / f"spell.{suffix}").write_text(source.replace("METHOD", method))
    running = begin(tmp_path, "run", f"spell.{suffix}")
    assert running.stdout
    assert [running.stdout.readline() for _ in "ab"] == [b"started\n"] * 2
    workers = children(running.pid)
    running.send_signal(signal.SIGINT)
    assert end(running)[0] == 130
    assert workers and vanish(workers)
