"""The debugger in the Lua engine: breakpoints, and the commands that are no commands."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from engines import _protocol as p
from engines._process import Worker
from engines.lua.worker import Engine, _source
from tests.engines.lua_debug import ADDING, NAME, Debugged, numbered
from tests.engines.lua_host import API
from tests.engines.test_lua_worker import Recorder

PLACES: list[tuple[str, str, int, str]] = [
    ("main", "local x = 1\nx = x + 1\nreturn x", 2, "main chunk"),
    ("function", "local function f()\n  return 1\nend\nlocal x = f()", 2, "f"),
    (
        "coroutine",
        "local co = coroutine.wrap(function()\n  local x = 1\n  coroutine.yield(x)\nend)\nco()",
        3,
        "function at line 1",
    ),
    (
        "metamethod",
        "local m = {}\nfunction m.__add()\n  return 1\nend\nlocal x = setmetatable({}, m) + 1",
        3,
        "__add",
    ),
    (
        "comparator",
        "table.sort({2, 1}, function(a, b)\n  return a < b\nend)",
        2,
        "function at line 1",
    ),
    (
        "protected",
        "pcall(function()\n  local x = 1\n  return x\nend)",
        2,
        "function at line 1",
    ),
    (
        "task",
        "Async.spawn(function()\n  Async.sleep(0)\n  local x = 1\nend)",
        3,
        "function at line 1",
    ),
    (
        "callback",
        "Host.apply(function(x)\n  return x\nend, 1)",
        2,
        "function at line 1",
    ),
    (
        "closer",
        "m = {__close = function()\n  return 1\nend}\ndo local x <close> = setmetatable({}, m) end",
        2,
        "__close",
    ),
]


@pytest.mark.parametrize(
    ("source", "line", "name"), [p[1:] for p in PLACES], ids=[p[0] for p in PLACES]
)
def test_a_breakpoint_stops_everywhere(source: str, line: int, name: str) -> None:
    with Debugged(source, line) as d:
        event = d.stop("breakpoint", line)
        assert event["breakpoints"] == [1]
        assert d.frames()[0]["name"] == name
        d.ok("breakpoints", file=NAME, breakpoints=[])
        d.go_on()
        assert d.outcome.end == "done"


def test_breakpoints_in_a_module() -> None:
    modules = {"lib": "local M = {}\nfunction M.twice(x)\n  return 2 * x\nend\nreturn M\n"}
    source = 'local lib = require("lib")\nreturn lib.twice(4)'
    points = {"lib.lua": numbered(3)}
    with Debugged(source, modules=modules, breakpoints=points) as d:
        d.stop("breakpoint", 3, "lib.lua")
        assert d.stack() == ["lib.lua:3 twice", "spell.lua:2 main chunk"]
        assert d.variables() == {"x": "4"}
        assert d.go_on() == 8
        loaded = [e["file"] for e in d.events if e["event"] == "loaded"]
        assert loaded == [NAME, "lib.lua"]
        placed = [e["breakpoint"] for e in d.events if e["event"] == "breakpoint"]
        assert placed == [{"id": 1, "verified": True, "line": 3}]


def test_a_breakpoint_of_a_file_that_is_not_loaded_waits() -> None:
    with Debugged("local x = 1", stop_on_entry=True) as d:
        d.stop("entry", 1)
        answer = d.ok("breakpoints", file="other.lua", breakpoints=numbered(1))
        assert answer["breakpoints"] == [
            {"id": 1, "verified": False, "line": 1, "message": "the file is not loaded yet"}
        ]


def test_lines_without_code_move_on() -> None:
    source = """-- a comment

local function f(a)
  -- nothing yet

  return a
end
if f(1) then

  f(2)
end
-- the end
"""
    with Debugged(source, stop_on_entry=True) as d:
        d.stop("entry")
        points = d.ok("breakpoints", file=NAME, breakpoints=numbered(1, 3, 4, 9, 12))["breakpoints"]
        assert [(p["verified"], p["line"]) for p in points] == [
            (True, 7),  # the main chunk makes f where f's text ends
            (True, 6),
            (True, 6),
            (True, 10),
            (False, 12),
        ]
        assert points[4]["message"] == "no code at this line or after it"


def test_long_functions_have_their_lines() -> None:
    source = "local x = 0\n" + "x = x + 1\n" * 3000 + "return (function() return x end)()"
    with Debugged(source, 2900) as d:
        d.stop("breakpoint", 2900)
        assert d.variables() == {"x": "2898"}
        assert d.go_on() == 3000


def test_the_last_line_is_the_last() -> None:
    # The engine compiles `return f()` with something after it.
    with Debugged("local function f() return 7 end\nreturn f()", 3, stop_on_entry=True) as d:
        d.stop("entry", 1)
        d.step("over", 2)
        d.ok("step", how="over")
        assert d.end() == 7


@pytest.mark.parametrize(
    "source", ["local x = 7\n\nreturn x\n", "local x = 7\n\nreturn x -- it\n\n"]
)
def test_a_final_return_without_code_of_its_own(source: str) -> None:
    with Debugged(source, 3) as d:
        d.stop("breakpoint", 3)
        assert d.stack() == ["spell.lua:3 main chunk"]
        assert d.go_on() == 7
    with Debugged("local x = {\n  1,\n}\nreturn {\n  x,\n}", 6) as d:
        assert d.event("breakpoint")["breakpoint"]["line"] == 6
        d.stop("breakpoint", 6)
        assert d.go_on() == [[1]]


def test_a_condition() -> None:
    with Debugged(ADDING, {"line": 8, "condition": "i == 2 and total == 1"}) as d:
        d.stop("breakpoint", 8)
        assert d.variables()["i"] == "2"
        assert d.go_on() == 6


@pytest.mark.parametrize(
    ("hit", "stops"),
    [
        ("2", ["2"]),
        (">= 2", ["2", "3"]),
        ("% 2", ["2"]),
        ("<2", ["1"]),
        ("== 3", ["3"]),
        (">2", ["3"]),
    ],
)
def test_hit_counts(hit: str, stops: list[str]) -> None:
    with Debugged(ADDING, {"line": 8, "hit": hit}) as d:
        for i in stops:
            d.stop("breakpoint", 8)
            assert d.variables()["i"] == i
            d.ok("continue")
        assert d.end() == 6


def test_counts_survive_a_new_list_of_breakpoints() -> None:
    points = numbered(8, {"line": 8, "hit": "3"})
    with Debugged(ADDING, *points) as d:
        assert d.stop("breakpoint", 8)["breakpoints"] == [1]
        d.ok("breakpoints", file=NAME, breakpoints=points[1:])
        d.ok("continue")
        assert d.stop("breakpoint", 8)["breakpoints"] == [2]
        assert d.variables()["i"] == "3"


def test_log_points() -> None:
    log = "i={i} {total .. '!'} {{x = 1}} {missing.field} {"
    with Debugged(ADDING, {"line": 8, "log": log, "condition": "i < 3"}) as d:
        assert d.end() == 6
        logs = [e for e in d.events if e["event"] == "log"]
        assert [e["text"].split(" <")[0] for e in logs] == ["i=1 0! {x = 1}", "i=2 1! {x = 1}"]
        assert "attempt to index a nil value" in logs[0]["text"]
        assert logs[0]["text"].endswith("> {")
        assert (logs[0]["file"], logs[0]["line"]) == (NAME, 8)


@pytest.mark.parametrize(
    ("point", "why"),
    [
        ({"condition": "i =="}, "the condition is wrong: "),
        ({"condition": "x = 1"}, "the condition is wrong: "),
        ({"hit": "often"}, "the hit count must be like '3', '>= 3' or '% 3'"),
        ({"hit": "% 0"}, "the hit count must be like '3', '>= 3' or '% 3'"),
        ({"log": "{1 +}"}, "{1 +} in the log text: "),
    ],
)
def test_a_breakpoint_that_cannot_be_set_says_why(point: dict[str, Any], why: str) -> None:
    with Debugged(ADDING, {"line": 8, **point}) as d:
        event = d.event("breakpoint")["breakpoint"]
        assert event["verified"] is False
        assert event["message"].startswith(why)
        assert d.end() == 6


def test_a_condition_that_fails_is_a_hit() -> None:
    with Debugged(ADDING, {"line": 8, "condition": "total.x.y"}) as d:
        event = d.stop("breakpoint", 8)
        assert event["text"].startswith("the condition failed: attempt to index a number value")


def test_an_endless_condition_is_a_hit() -> None:
    endless = "(function() while true do end end)()"
    with Debugged(ADDING, {"line": 8, "condition": endless, "hit": "1"}, patience=0.05) as d:
        event = d.stop("breakpoint", 8)
        assert event["text"] == "the condition failed: the expression computed for more than 0.05 s"
        assert d.variables()["total"] == "0"


def test_a_function_text_has_no_breakpoints_but_steps() -> None:
    source = 'local f = load("local a = 1\\nreturn a")\nlocal x = f()\nreturn x'
    with Debugged(source, 2) as d:
        d.stop("breakpoint", 2)
        d.step("in", 1, "(load)")
        d.step("over", 2, "(load)")
        d.step("out", 3)
        assert d.go_on() == 1


def test_wrong_commands_are_refused() -> None:
    with Debugged(ADDING, 8) as d:
        d.stop("breakpoint", 8)
        assert d.refused("stack", task=99) == "no task has the id 99"
        assert d.refused("dance") == "no command is called 'dance'"
        assert d.refused("pause") == "the spell is stopped already"
        assert d.ok("stop_evaluating") == {}


def test_an_expression_as_a_program() -> None:
    with Debugged("(function()\n  local x = 1\n  return x\nend)()", 2, form="eval") as d:
        d.stop("breakpoint", 2)
        assert d.go_on() == 1


def test_a_worker_of_the_program_is_debugged() -> None:
    worker = Worker.start("lua")
    os.set_blocking(worker.fd, True)
    decoder = p.Decoder()
    frames: list[p.Frame] = []

    def next_of(kind: int) -> p.Frame:
        while not frames or frames[-1].kind != kind:
            data = os.read(worker.fd, 1 << 16)
            assert data, frames
            frames.extend(decoder.feed(data))
        return frames[-1]

    try:
        next_of(p.READY)
        debug = {"breakpoints": {NAME: numbered(2)}}
        config = {"source": "local x = 1\nreturn x + 1", "name": NAME, "form": "file"}
        head = json.dumps({**config, "memory": 64 << 20, "cpu": 60, "debug": debug}).encode()
        start = len(head).to_bytes(4, "little") + head + b"\x80"
        os.write(worker.fd, p.pack(p.START, 0, start))
        while json.loads(next_of(p.EVENT).payload)["event"] != "stopped":
            frames.pop()
        os.write(worker.fd, p.pack(p.COMMAND, 1, json.dumps({"op": "continue"}).encode()))
        assert next_of(p.DONE).payload == b"\x02"
    finally:
        worker.end()


def test_nothing_of_it_is_read_for_a_spell_that_is_not_debugged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[bytes] = []

    def source(name: bytes) -> bytes:
        read.append(name)
        return _source(name)

    monkeypatch.setattr("engines.lua.worker._source", source)
    config = {"source": "return 1", "name": NAME, "form": "file", "memory": 1 << 24}
    channel = Recorder()
    engine = Engine(channel, API)  # type: ignore[arg-type]
    engine.run(config, b"\x80")
    assert channel.sent[0][0] == p.DONE
    assert not {"debugger", "frames", "show"} & {name.decode() for name in read}
    engine.prepare({**config, "debug": {}})
    assert {"debugger", "frames", "show"} <= {name.decode() for name in read}
