"""Every point of hooks, in both languages: that they fire, and what they can do, in which order.

A new point is one more row of POINTS.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest

from bridges._errors import ScriptError
from bridges._hooks.hooks import Point
from bridges._session import Session
from tests.casting import cast, literal
from tests.sessions import make_session

MODEL = json.dumps(
    [
        {"match": "break", "error": "provider_error", "message": "broken"},
        {"match": "changed", "text": "changed"},
        {"match": "hello", "text": "hello"},
    ]
)
LUA_FLOW = """
local flow = Workflow.new{name = "flow", steps = {{name = "one", run = function(c)
  if c.input == "break" then error("broken") end
  return c.input
end}}}
local function call(word) return flow:run(word).output end"""
JS_FLOW = """
const flow = Workflow.new({name: "flow", steps: [{name: "one", run(c) {
  if (c.input === "break") throw new Error("broken");
  return c.input;
}}]});
const call = async (word) => (await flow.run(word)).output;"""


@dataclass(frozen=True)
class Row:
    """One point.

    lua, javascript: define `call(word)`, which gives the word back and fails for `break`
    name: what hooks are told; code: of the failure
    change: the request with which it gives `changed`
    instead: the result with which it gives `canned`; None where none can be given
    """

    point: str
    name: str
    lua: str
    javascript: str
    change: dict[str, Any]
    code: str
    instead: Any = "canned"
    shown: str = ""


POINTS = [
    Row(
        "model",
        "test:model.json",
        """local model = {model = "test:model.json"}
local function call(word) return tostring(LLM.complete(word, model)) end""",
        """const model = {model: "test:model.json"};
const call = async (word) => String(await LLM.complete(word, model));""",
        {"messages": [{"role": "user", "content": "changed"}]},
        "provider_error",
        shown="model",
    ),
    Row(
        "model",
        "test:model.json",
        """local function call(word)
  local found = ""
  for piece in LLM.stream(word, {model = "test:model.json"}) do found = found .. piece end
  return found
end""",
        """const call = async (word) => {
  let found = "";
  for await (const piece of LLM.stream(word, {model: "test:model.json"})) found += piece;
  return found;
};""",
        {"messages": [{"role": "user", "content": "changed"}]},
        "provider_error",
        {"text": "canned"},
        shown="model, streamed",
    ),
    Row(
        "tool",
        "say",
        """Tool.new{name = "say", parameters = {word = "string"}, run = function(a)
  if a.word == "break" then error("broken") end
  return a.word
end}
local function call(word) return Tool.call("say", {word = word}) end""",
        """Tool.new({name: "say", parameters: {word: "string"}, run(a) {
  if (a.word === "break") throw new Error("broken");
  return a.word;
}});
const call = (word) => Tool.call("say", {word});""",
        {"arguments": {"word": "changed"}},
        "tool_failed",
        shown="tool",
    ),
    Row(
        "agent",
        "ann",
        """local ann = Agent.new{name = "ann", model = "test:model.json"}
local function call(word) return ann:run(word).text end""",
        """const ann = Agent.new({name: "ann", model: "test:model.json"});
const call = async (word) => (await ann.run(word)).text;""",
        {"input": "changed"},
        "provider_error",
        shown="agent",
    ),
    Row(
        "agent",
        "ann",
        """local ann = Agent.new{name = "ann", model = "test:model.json"}
local function call(word)
  local stream, found = ann:stream(word), ""
  for piece in stream do found = found .. piece end
  assert(stream:result().text == found)
  return found
end""",
        """const ann = Agent.new({name: "ann", model: "test:model.json"});
const call = async (word) => {
  const stream = ann.stream(word);
  let found = "";
  for await (const piece of stream) found += piece;
  if ((await stream.result()).text !== found) throw new Error("another text");
  return found;
};""",
        {"input": "changed"},
        "provider_error",
        {"text": "canned"},
        shown="agent, streamed",
    ),
    Row(
        "workflow",
        "flow",
        LUA_FLOW,
        JS_FLOW,
        {"input": "changed"},
        "workflow_failed",
        shown="workflow",
    ),
    Row(
        "step", "flow.one", LUA_FLOW, JS_FLOW, {"input": "changed"}, "workflow_failed", shown="step"
    ),
    Row(
        "handoff",
        "ann",
        """local ann = Agent.new{name = "ann", model = "test:echo"}
local to = Handoff.to(ann, {condition = function(h) return h.state ~= "break" end})
local function call(word) return to:run("hello", {state = word}).handoffs[1].state end""",
        """const ann = Agent.new({name: "ann", model: "test:echo"});
const to = Handoff.to(ann, {condition: (h) => h.state !== "break"});
const call = async (word) => (await to.run("hello", {state: word})).handoffs[0].state;""",
        {"state": "changed"},
        "guardrail_blocked",
        None,
        shown="handoff",
    ),
    Row(
        "state",
        "word",
        """local fits = {word = {type = "string", pattern = "^[^b]"}}
local box = State.new{name = "box", schema = fits}
local function call(word) box:set("word", word) return box:get("word") end""",
        """const fits = {word: {type: "string", pattern: "^[^b]"}};
const box = State.new({name: "box", schema: fits});
const call = async (word) => { await box.set("word", word); return await box.get("word"); };""",
        {"value": "changed"},
        "invalid_argument",
        None,
        shown="state",
    ),
    Row(
        "run",
        "inner.lua",
        """local function call(word) return Spell.run("inner.lua", {word = word}) end""",
        """const call = (word) => Spell.run("inner.lua", {word});""",
        {"params": {"word": "changed"}},
        "spell_error",
        shown="run",
    ),
]

LUA = """
local log = {}
local function try(word)
  local ok, found = pcall(call, word)
  return ok and found or "!" .. found.code
end
local function fresh() Hook.clear(); Event.clear(); log = {} end
local function listen(pattern)
  Event.on(pattern, function(e) log[#log + 1] = e.name .. " " .. e.data.name end)
end
local function watch(when, answer, options)
  local label = options and options.priority and when .. options.priority or when
  Hook[when](POINT, function(h)
    log[#log + 1] = label .. " " .. h.name .. " " .. h.attempt
    return answer
  end, options)
end
"""
JAVASCRIPT = """
let log = [];
const attempt = async (word) => {
  try { return await call(word); } catch (e) { return "!" + e.code; }
};
const fresh = () => { Hook.clear(); Event.clear(); log = []; };
const listen = (pattern) => {
  Event.on(pattern, (e) => { log.push(`${e.name} ${e.data.name}`); });
};
const watch = (when, answer, options) => {
  const label = options?.priority !== undefined ? when + options.priority : when;
  Hook[when === "on_error" ? "onError" : when](POINT, (h) => {
    log.push(`${label} ${h.name} ${h.attempt}`);
    return answer;
  }, options);
};
"""


class Script:
    """A spell that tries one thing after another and returns what came of each."""

    def __init__(self, language: str, row: Row) -> None:
        self._is_lua = language == "lua"
        self._language = language
        opening = [
            f"local POINT = {literal(language, row.point)}"
            if self._is_lua
            else f"const POINT = {literal(language, row.point)};"
        ]
        opening += (
            [row.lua, LUA, "local found = {}"]
            if self._is_lua
            else [row.javascript, JAVASCRIPT, "const found = {};"]
        )
        self._lines = opening

    def watch(self, when: str, answer: Any = None, **options: Any) -> None:
        parts = [when, answer, options] if options else [when, answer]
        self._lines.append(f"watch({', '.join(literal(self._language, part) for part in parts)});")

    def fresh(self) -> None:
        self._lines.append("fresh();")

    def listen(self, pattern: str) -> None:
        self._lines.append(f"listen({literal(self._language, pattern)});")

    def call(self, name: str, word: str) -> None:
        value = f"try('{word}')" if self._is_lua else f"await attempt('{word}')"
        table = f"{{{value}, log}}" if self._is_lua else f"[{value}, log]"
        self._lines.append(f"found.{name} = {table};")

    def text(self) -> str:
        return "\n".join([*self._lines, "return found" if self._is_lua else "return found;"])


def script(language: str, row: Row) -> str:
    do = Script(language, row)
    # That they fire, and when.
    for end in ("started", "ended", "failed"):
        do.listen(f"{row.point}.{end}")
    do.watch("before")
    do.watch("after")
    do.watch("on_error")
    do.call("well", "hello")
    do.fresh()
    for end in ("started", "ended", "failed"):
        do.listen(f"{row.point}.{end}")
    do.watch("before")
    do.watch("after")
    do.watch("on_error")
    do.call("badly", "break")
    # What they can do.
    for when, word in (("before", "hello"), ("after", "hello"), ("on_error", "break")):
        do.fresh()
        do.listen("hook.*")
        do.listen(f"{row.point}.started")
        do.watch(when, {"deny": "no"})
        do.call(f"deny_{when}", word)
        do.fresh()
        do.listen("hook.*")
        do.listen(f"{row.point}.started")
        do.watch(when, {"result": "canned" if row.instead is None else row.instead})
        do.call(f"replace_{when}", word)
        if when != "before":
            do.fresh()
            do.watch(when, {"retry": True})
            do.call(f"retry_{when}", word)
    do.fresh()
    do.watch("before", {"request": row.change})
    do.call("change", "hello")
    # In which order.
    do.fresh()
    for when in ("before", "after", "on_error"):
        for priority in (1, 5, 1.5):
            do.watch(when, None, priority=priority)
    do.call("order_well", "hello")
    do.call("order_badly", "break")
    return do.text()


def session_for(tmp_path: Path) -> Session:
    (tmp_path / "model.json").write_text(MODEL)

    async def run_spell(path: str, params: Any, session: Session) -> Any:
        if params["word"] == "break":
            raise ScriptError("broken")
        return params["word"]

    (tmp_path / "inner.lua").write_text("")
    return make_session(tmp_path, run_spell=run_spell)


@pytest.mark.parametrize("language", ["lua", "javascript"])
@pytest.mark.parametrize("row", POINTS, ids=lambda row: row.shown)
def test_a_point(row: Row, language: str, tmp_path: Path) -> None:
    outcome, printed = cast(language, script(language, row), session_for(tmp_path))
    assert outcome.error is None, outcome.error.message
    found, name = outcome.value, row.name
    event = f"{row.point}.{{}} {name}".format
    failed = f"!{row.code}"
    # On the way out, the innermost is asked first.
    assert found["well"] == [
        "hello",
        [f"before {name} 1", event("started"), f"after {name} 1", event("ended")],
    ]
    assert found["badly"] == [
        failed,
        [f"before {name} 1", event("started"), f"on_error {name} 1", event("failed")],
    ]
    assert found["change"] == ["changed", [f"before {name} 1"]]
    outer = "!workflow_failed" if row.point == "step" else "!permission_denied"
    denied, replaced = f"hook.denied {name}", f"hook.replaced {name}"
    assert found["deny_before"] == [outer, [f"before {name} 1", denied]]
    for when in ("after", "on_error"):
        assert found[f"deny_{when}"] == [outer, [event("started"), f"{when} {name} 1", denied]]
    canned = "!invalid_argument" if row.instead is None else "canned"
    told = [] if row.instead is None else [replaced]
    assert found["replace_before"] == [canned, [f"before {name} 1", *told]]
    for when in ("after", "on_error"):
        assert found[f"replace_{when}"] == [canned, [event("started"), f"{when} {name} 1", *told]]
    limit = "!workflow_failed" if row.point == "step" else "!limit_exceeded"
    for when in ("after", "on_error"):
        tries = [f"{when} {name} {n}" for n in range(1, 12)]
        assert found[f"retry_{when}"] == [limit, tries]
    before = [f"before{p} {name} 1" for p in ("5", "1.5", "1")]
    well = [f"after{p} {name} 1" for p in ("1", "1.5", "5")]
    badly = [f"on_error{p} {name} 1" for p in ("1", "1.5", "5")]
    assert found["order_well"][0] == "hello" and found["order_badly"][0] == failed
    assert found["order_badly"][1] == [*before, *well, *before, *badly]


def test_every_point_is_in_the_table() -> None:
    assert {row.point for row in POINTS} == set(get_args(Point))
