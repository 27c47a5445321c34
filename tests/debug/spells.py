"""Spells to debug, the same in both languages; a comment with @NAME marks a line."""

from __future__ import annotations

from pathlib import Path

SUFFIX = {"lua": ".lua", "javascript": ".js"}

SUMS = {
    "lua": """
local helper = require("lib.helper")
local total = 0
local function add(a, b)
  local sum = a + b -- @sum
  return sum
end
for i = 1, 5 do
  total = add(total, i) -- @loop
end
local doubled = helper.double(total) -- @call
print("doubled", doubled) -- @print
return total
""",
    "javascript": """
import { double } from "./lib/helper.js";
let total = 0;
function add(a, b) {
  const sum = a + b; // @sum
  return sum;
}
for (let i = 1; i <= 5; i++) {
  total = add(total, i); // @loop
}
const doubled = double(total); // @call
console.log("doubled\\t" + doubled); // @print
total;
""",
}
HELPER = {
    "lua": """
local M = {}
function M.double(n)
  local twice = n * 2 -- @twice
  return twice
end
return M
""",
    "javascript": """
export function double(n) {
  const twice = n * 2; // @twice
  return twice;
}
""",
}
ERRORS = {
    "lua": """
local function risky(n)
  local why = "bad " .. n
  error(why) -- @throw
end
print(pcall(risky, 1))
risky(2)
""",
    "javascript": """
function risky(n) {
  const why = "bad " + n;
  throw new Error(why); // @throw
}
try { risky(1); } catch (error) { console.log("caught"); }
risky(2);
""",
}
BUSY = {
    "lua": """
local going, count = true, 0
print("begin")
while going do
  count = count + 1 -- @busy
end
print("over")
""",
    "javascript": """
let going = true, count = 0;
console.log("begin");
while (going) {
  count = count + 1; // @busy
}
console.log("over");
""",
}
COROUTINES = {
    "lua": """
local function numbers(limit)
  for i = 1, limit do
    coroutine.yield(i) -- @yield
  end
end
local sum = 0
local next_number = coroutine.wrap(function() numbers(3) end)
for value in next_number do -- @resume
  sum = sum + value
end
print("sum", sum)
""",
    "javascript": """
function* numbers(limit) {
  for (let i = 1; i <= limit; i++) {
    yield i; // @yield
  }
}
let sum = 0;
const found = numbers(3);
for (;;) {
  const next = found.next(); // @resume
  if (next.done) break;
  sum = sum + next.value;
}
console.log("sum\\t" + sum);
""",
}
PROMISES = {
    "lua": """
local function inner(name)
  Async.sleep(0.02) -- @wait
  local greeting = "hello " .. name -- @after
  return greeting
end
local function outer()
  local said = inner("you") -- @outer
  return said
end
local task = Async.spawn(outer)
print(task:wait()) -- @top
""",
    "javascript": """
async function inner(name) {
  await Async.sleep(0.02); // @wait
  const greeting = "hello " + name; // @after
  return greeting;
}
async function outer() {
  const said = await inner("you"); // @outer
  return said;
}
const task = Async.spawn(outer);
console.log(await task); // @top
""",
}
AGENT = {
    "lua": """
local add = Tool.new{
  name = "add",
  description = "Adds",
  parameters = { a = { type = "integer" }, b = { type = "integer" } },
  run = function(found)
    local sum = found.a + found.b -- @handler
    return tostring(sum)
  end,
}
local agent = Agent.new{ name = "adder", model = "test:steps.json", tools = { add } }
local answer = agent:run("what is 2 and 3?") -- @ask
print(answer.steps[2].result, answer.text)
""",
    "javascript": """
const add = Tool.new({
  name: "add",
  description: "Adds",
  parameters: { a: { type: "integer" }, b: { type: "integer" } },
  run(found) {
    const sum = found.a + found.b; // @handler
    return String(sum);
  },
});
const agent = Agent.new({ name: "adder", model: "test:steps.json", tools: [add] });
const answer = await agent.run("what is 2 and 3?"); // @ask
console.log(answer.steps[1].result + "\\t" + answer.text);
""",
}
STEPS = """[
  {"tool_calls": [{"name": "add", "arguments": {"a": 2, "b": 3}}]},
  {"text": "done"}
]"""
ECHO = {
    "lua": """
local answer = LLM.complete("say moon", { model = "test:echo" }) -- @ask
print(answer) -- @print
""",
    "javascript": """
const answer = await LLM.complete("say moon", { model: "test:echo" }); // @ask
console.log(String(answer)); // @print
""",
}
FLOW = {
    "lua": """
local flow = Workflow.new{ name = "sums", steps = {
  { name = "first", run = function(c) return c.input + 1 end },
  { name = "second", run = function(c) return c.input * 2 end },
} }
local result = flow:run(20) -- @run
print(result.output)
""",
    "javascript": """
const flow = Workflow.new({ name: "sums", steps: [
  { name: "first", run: (c) => c.input + 1 },
  { name: "second", run: (c) => c.input * 2 },
] });
const result = await flow.run(20); // @run
console.log(String(result.output));
""",
}
HANDOFF = {
    "lua": """
local billing = Agent.new{ name = "billing", model = "test:echo" }
local answer = Handoff.to(billing):run("hello", { state = { n = 1 } }) -- @ask
print(answer.handoffs[1].state.n)
""",
    "javascript": """
const billing = Agent.new({ name: "billing", model: "test:echo" });
const answer = await Handoff.to(billing).run("hello", { state: { n: 1 } }); // @ask
console.log(String(answer.handoffs[0].state.n));
""",
}
HANDLER = {
    "lua": """
Event.on("report.*", function(event)
  local n = event.data.n -- @handler
  print("heard " .. n)
end)
Event.emit("report.written", { n = 3 })
Event.emit("report.sent", { n = 4 })
""",
    "javascript": """
Event.on("report.*", (event) => {
  const n = event.data.n; // @handler
  console.log("heard " + n);
});
await Event.emit("report.written", { n: 3 });
await Event.emit("report.sent", { n: 4 });
""",
}
CLOSURES = {
    "lua": """
shared = "everywhere"
local function counter()
  local count = 10
  return function()
    count = count + 1 -- @inside
    return count
  end
end
local next_count = counter()
print(next_count())
""",
    "javascript": """
globalThis.shared = "everywhere";
function counter() {
  let count = 10;
  return function () {
    count = count + 1; // @inside
    return count;
  };
}
const nextCount = counter();
console.log(String(nextCount()));
""",
}
SPAWNED = {
    "lua": """
local function work(n)
  Async.sleep(0.05)
  return n -- @work
end
local one, two = Async.spawn(work, 1), Async.spawn(work, 2)
print(one:wait() + two:wait())
""",
    "javascript": """
async function work(n) {
  await Async.sleep(0.05);
  return n; // @work
}
const one = Async.spawn(() => work(1)), two = Async.spawn(() => work(2));
console.log(String((await one) + (await two)));
""",
}
CHATTY = {
    "lua": 'while true do print(("x"):rep(1000)) end',
    "javascript": 'for (;;) console.log("x".repeat(1000));',
}
LOGGING = {
    "lua": "local n = 0\nwhile true do\n  n = n + 1\nend\n",
    "javascript": "let n = 0;\nwhile (true) {\n  n = n + 1;\n}\n",
}


def write(folder: Path, language: str, spell: dict[str, str]) -> Path:
    """Writes a spell, the module it may load, and the answers of its model; returns its path."""
    suffix = SUFFIX[language]
    (folder / "lib").mkdir(exist_ok=True)
    (folder / "lib" / f"helper{suffix}").write_text(HELPER[language].lstrip("\n"))
    (folder / "steps.json").write_text(STEPS)
    path = folder / f"spell{suffix}"
    path.write_text(spell[language].lstrip("\n"))
    return path


def helper_of(path: Path) -> Path:
    """Returns the module beside a spell."""
    return path.parent / "lib" / f"helper{path.suffix}"


def line_of(path: Path, mark: str) -> int:
    """Returns the number of the line with a mark."""
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if line.endswith(f" @{mark}"):
            return number
    raise AssertionError(f"no line of {path} has @{mark}")
