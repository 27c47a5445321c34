"""The debugger in the Lua engine: frames, variables, evaluations, assignments."""

from __future__ import annotations

from tests.engines.lua_debug import ADDING, Debugged

SCOPES = """local up = "outer"
glob = {1, 2, x = {y = 3}}
local function f(a, ...)
  local a = a
  local list = {10, 20}
  local none = nil
  return a, up, list, none
end
return f(1, 2, nil, 4)
"""


def test_scopes_and_variables() -> None:
    with Debugged(SCOPES, 7) as d:
        d.stop("breakpoint", 7)
        scopes = d.ok("scopes", frame=d.frames()[0]["id"])["scopes"]
        assert [(s["name"], s["expensive"]) for s in scopes] == [
            ("Locals", False),
            ("Upvalues", False),
            ("Globals", True),
        ]
        assert d.variables() == {"a": "1", "list": "{10, 20}", "none": "nil"}
        assert d.variables("Upvalues") == {"up": '"outer"'}
        assert d.variables("Globals")["glob"] == "{1, 2, x = {…}}"
        found = d.ok("variables", ref=d.scope("Locals"))["variables"]
        assert found[0] == {"name": "a", "text": "1", "type": "number", "ref": 0}
        assert (found[1]["named"], found[1]["indexed"], found[1]["type"]) == (0, 2, "table")
        items = d.ok("variables", ref=found[1]["ref"], start=1, count=5)["variables"]
        assert [(i["name"], i["text"]) for i in items] == [("[2]", "20")]


def test_evaluating_in_frames() -> None:
    with Debugged(SCOPES, 7) as d:
        d.stop("breakpoint", 7)
        assert d.value("a + #list") == "3"
        assert d.value("select('#', ...)") == "3"
        assert d.value("none == nil") == "true"
        assert d.value("f ~= nil", 1) == "true"
        assert d.value("f") == "nil"  # a name that this function does not see
        frame = d.frames()[0]["id"]
        answer = d.ok("evaluate", frame=frame, source="glob.x")
        assert (answer["text"], answer["type"]) == ("{y = 3}", "table")
        inside = d.ok("variables", ref=answer["ref"])["variables"]
        assert inside[0]["name"] == "y"
        assert d.ok("evaluate", source="glob.x.y")["text"] == "3"
        assert d.refused("evaluate", frame=frame, source="nothing.x").startswith(
            "attempt to index a nil value"
        )
        assert d.refused("evaluate", frame=frame, source="1 +").startswith("unexpected symbol near")
        assert d.refused("evaluate", frame=frame, source="for") == "<name> expected near <eof>"


def test_statements_assign_locals_upvalues_and_globals() -> None:
    with Debugged(SCOPES, 7) as d:
        d.stop("breakpoint", 7)
        frame = d.frames()[0]["id"]
        d.ok("evaluate", frame=frame, source="a = 5 up = 'changed' made = a none = {}")
        assert d.variables() == {"a": "5", "list": "{10, 20}", "none": "{}"}
        assert d.value("made", 1) == "5"
        assert d.go_on() == 5
    with Debugged("local x = 1\nlocal function f()\n  x = x + 1\nend\nf()\nreturn x", 3) as d:
        d.stop("breakpoint", 3)
        d.ok("evaluate", frame=d.frames()[1]["id"], source="x = 10")
        assert d.go_on() == 11


def test_assigning() -> None:
    with Debugged(SCOPES, 7) as d:
        d.stop("breakpoint", 7)
        ref = d.scope("Locals")
        answer = d.ok("assign", ref=ref, name="a", source="up .. '!'")
        assert (answer["text"], answer["type"], answer["ref"]) == ('"outer!"', "string", 0)
        assert (
            d.refused("assign", ref=ref, name="zzz", source="1")
            == "no variable is called 'zzz' here"
        )
        d.ok("assign", ref=d.scope("Upvalues"), name="up", source="2")
        d.ok("assign", ref=d.scope("Globals"), name="glob", source="{true}")
        assert d.value("tostring(up) .. tostring(glob[1])") == '"2true"'
        table = d.ok("evaluate", frame=d.frames()[0]["id"], source="list")["ref"]
        for name, source in (("[1]", "a"), ("key", "1"), ('["two words"]', "2"), ("[1.5]", "3")):
            d.ok("assign", ref=table, name=name, source=source)
        assert d.value("list") == '{"outer!", 20, [1.5] = 3, key = 1, ["two words"] = 2}'
        assert "cannot be assigned" in d.refused("assign", ref=table, name="[{}]", source="1")
        assert d.go_on() == "outer!"


def test_host_objects_cannot_be_looked_into_or_changed() -> None:
    with Debugged("agent = Host.open()\nlocal x = 1", 2) as d:
        d.stop("breakpoint", 2)
        for source in ("agent", "null", "Async.spawn(print)"):
            assert d.ok("evaluate", source=source)["ref"] == 0
        answer = d.ok("evaluate", source="{agent}")
        assert answer["text"] == "{<Agent 7>}"
        assert d.variables("Globals")["agent"] == "<Agent 7>"


def test_members() -> None:
    with Debugged(SCOPES, 7) as d:
        d.stop("breakpoint", 7)
        frame = d.frames()[0]["id"]
        names = {m["name"]: m["kind"] for m in d.ok("members", frame=frame, path=[])["members"]}
        assert names["a"] == "number"
        assert names["up"] == "string"
        assert names["glob"] == "table"
        assert names["print"] == "function"
        members = d.ok("members", frame=frame, path=["glob", "x"])["members"]
        assert members == [{"name": "y", "kind": "number"}]
        strings = d.ok("members", frame=frame, path=["up"])["members"]
        assert {"name": "upper", "kind": "function"} in strings


def test_evaluations_may_call_the_host() -> None:
    source = """ticks = 0
Async.spawn(function() while true do Async.sleep(0) ticks = ticks + 1 end end)
Async.sleep(0.01)
local x = 1
exit(0)
"""
    with Debugged(source, 5) as d:
        d.stop("breakpoint", 5)
        ticks = d.value("ticks")
        assert d.value("Host.later(x + 1, 0.05) + Host.same(1)") == "3"
        assert d.value("Async.map({1, 2}, function(i) return Host.later(i, 0.01) end)") == "{1, 2}"
        assert d.value("pcall(Async.timeout, 0.01, Host.never)") == "false"
        assert d.value("ticks") == ticks  # the spell's own tasks stand still


def test_a_module_is_required_in_an_evaluation() -> None:
    with Debugged("local x = 1\nx = 2", 2, modules={"lib": "return {n = 5}"}) as d:
        d.stop("breakpoint", 2)
        assert d.value("require('lib').n + x") == "6"


def test_a_function_of_the_debugger_outlives_the_stop() -> None:
    with Debugged("local x = 1\nlocal y = 2\nx = keep()\nreturn x", 2) as d:
        d.stop("breakpoint", 2)
        d.ok("evaluate", frame=d.frames()[0]["id"], source="function keep() return x end")
        assert d.value("keep()") == "1"
        d.ok("evaluate", source="x = 'global'")
        assert d.go_on() == "global"


def test_the_stack_has_the_creators_of_a_task() -> None:
    source = """local function work(n)
  return n
end
local function start()
  local t = Async.spawn(work, 1)
  local r = t:wait()
  return r
end
local x = start()
"""
    with Debugged(source, 2) as d:
        event = d.stop("breakpoint", 2)
        assert d.stack() == ["spell.lua:2 function at line 1"] + [
            "~spell.lua:5 start",
            "~spell.lua:9 main chunk",
        ]
        tasks = d.ok("tasks")["tasks"]
        assert [t["name"] for t in tasks] == ["task 2", "main"]
        assert tasks[0]["id"] == event["task"]
        assert d.stack(tasks[1]["id"]) == ["spell.lua:6 start", "spell.lua:9 main chunk"]
        async_frame = d.frames()[1]["id"]
        names = [s["name"] for s in d.ok("scopes", frame=async_frame)["scopes"]]
        assert names == ["Globals"]


def test_references_and_frames_are_over_when_it_goes_on() -> None:
    with Debugged(ADDING, 8) as d:
        d.stop("breakpoint", 8)
        frame, ref = d.frames()[0]["id"], d.scope("Locals")
        d.ok("continue")
        d.stop("breakpoint", 8)
        assert d.refused("scopes", frame=frame) == f"no frame has the id {frame}"
        assert d.refused("variables", ref=ref) == f"no variables have the reference {ref}"
