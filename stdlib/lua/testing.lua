--- Tests of spells. `llmspell run FILE` runs them and ends with exit code 1 when one fails.
---
---     local testing = require "llmspell.testing"
---     local describe, it, expect = testing.describe, testing.it, testing.expect
---     describe("sums", function()
---       it("adds", function() expect(1 + 1):to_be(2) end)
---     end)
---     testing.run()

local state = require("llmspell.state")

local M = {}

local root = { name = "", tests = {}, before = {}, after = {} }
local here = root

local function check(fn, name)
  if type(fn) ~= "function" then
    error("testing." .. name .. ": fn must be a function, got a " .. type(fn), 3)
  end
end

--- Gathers the tests that fn defines under a name.
---@param name string
---@param fn fun()
function M.describe(name, fn)
  check(fn, "describe")
  local above = here
  here = { name = name, above = above, before = {}, after = {} }
  local ok, failure = pcall(fn)
  here = above
  if not ok then
    error(failure, 0)
  end
end

--- Defines a test: fn fails or not.
---@param name string
---@param fn fun()
function M.it(name, fn)
  check(fn, "it")
  table.insert(root.tests, { name = name, fn = fn, group = here })
end

--- Has fn called before each test of the group.
---@param fn fun()
function M.before_each(fn)
  check(fn, "before_each")
  table.insert(here.before, fn)
end

--- Has fn called after each test of the group, whatever came of it.
---@param fn fun()
function M.after_each(fn)
  check(fn, "after_each")
  table.insert(here.after, fn)
end

-- How values read in messages ----------------------------------------------------------

local MAX_SHOWN = 200

local function shown(value)
  local text
  if type(value) == "string" then
    text = "'" .. value .. "'"
  elseif value == nil then
    text = "nothing"
  elseif type(value) == "table" and value ~= null then
    local ok, json = pcall(JSON.stringify, value)
    text = ok and json or tostring(value)
  else
    text = type(value) == "function" and "a function" or tostring(value)
  end
  return #text > MAX_SHOWN and string.sub(text, 1, MAX_SHOWN) .. "…" or text
end

local function message_of(failure)
  if type(failure) == "table" and failure.message then
    return failure.message
  end
  return (string.gsub(tostring(failure), "^[^%s:]+:%d+: ", ""))
end

-- Where in the spell something happened: the first line of a traceback that is not of this module.
local function place_in(traceback)
  for file, line in string.gmatch(traceback, "\n%s*([^%s:]+):(%d+):") do
    if not string.find(file, "^llmspell[./]") then
      return file .. ":" .. line
    end
  end
end

-- Expectations ---------------------------------------------------------------------------

local Failed = { __name = "TestFailure", __tostring = function(self) return self.message end }

local function fail(message)
  error(setmetatable({ message = message, at = place_in(debug.traceback()) }, Failed), 0)
end

---@class Expectation
---@field never Expectation The opposite of what is called on it
local Expectation = {}
Expectation.__index = Expectation
Expectation.__name = "Expectation"

--- Begins an expectation of a value.
---@param value any
---@return Expectation
function M.expect(value)
  local never = setmetatable({ value = value, is_never = true }, Expectation)
  return setmetatable({ value = value, never = never }, Expectation)
end

local function decide(self, ok, what, value)
  if (not ok) ~= (self.is_never or false) then
    fail("expected " .. (value or shown(self.value)) .. (self.is_never and " not" or "") .. " to " .. what)
  end
end

--- Expects the very same value.
---@param expected any
function Expectation:to_be(expected)
  decide(self, rawequal(self.value, expected) or self.value == expected, "be " .. shown(expected))
end

--- Expects the same data.
---@param expected any
function Expectation:to_equal(expected)
  decide(self, state.equals(self.value, expected), "equal " .. shown(expected))
end

--- Expects a text to hold a text, or a list an item.
---@param part any
function Expectation:to_contain(part)
  local found = false
  if type(self.value) == "string" then
    found = string.find(self.value, tostring(part), 1, true) ~= nil
  elseif type(self.value) == "table" then
    for _, item in ipairs(self.value) do
      found = found or state.equals(item, part)
    end
  end
  decide(self, found, "contain " .. shown(part))
end

--- Expects a text that matches a pattern.
---@param pattern string
function Expectation:to_match(pattern)
  local ok = type(self.value) == "string" and string.find(self.value, pattern) ~= nil
  decide(self, ok, "match " .. shown(pattern))
end

--- Expects a value that counts as yes.
function Expectation:to_be_truthy()
  decide(self, self.value, "be truthy")
end

--- Expects a value that counts as no.
function Expectation:to_be_falsy()
  decide(self, not self.value, "be falsy")
end

--- Expects nothing: nil or null.
function Expectation:to_be_nothing()
  decide(self, self.value == nil or self.value == null, "be nothing")
end

--- Expects a text or list of a length.
---@param length integer
function Expectation:to_have_length(length)
  local known = type(self.value) == "string" and (utf8.len(self.value) or #self.value)
    or type(self.value) == "table" and #self.value
  decide(self, known == length, "have length " .. shown(length) .. (known and ", got " .. known or ""))
end

--- Expects a greater number.
---@param number number
function Expectation:to_be_greater_than(number)
  decide(self, type(self.value) == "number" and self.value > number, "be greater than " .. shown(number))
end

--- Expects a smaller number.
---@param number number
function Expectation:to_be_less_than(number)
  decide(self, type(self.value) == "number" and self.value < number, "be less than " .. shown(number))
end

--- Expects a number at most `within` (0.000001 unless given) away.
---@param number number
---@param within? number
function Expectation:to_be_close_to(number, within)
  local ok = type(self.value) == "number" and math.abs(self.value - number) <= (within or 0.000001)
  decide(self, ok, "be close to " .. shown(number))
end

--- Expects a function that fails: with this code, or with this text in its message.
---@param expected? string
function Expectation:to_throw(expected)
  local ok, failure = pcall(self.value)
  local found = not ok
  local what = "throw" .. (expected and " " .. shown(expected) or "")
  if found and expected then
    local code = type(failure) == "table" and failure.code
    found = code == expected or string.find(message_of(failure), expected, 1, true) ~= nil
  end
  if not ok then
    what = what .. ", it threw " .. shown(message_of(failure))
  end
  decide(self, found, what)
end

local function calls_of(self)
  local calls = type(self.value) == "table" and rawget(self.value, "calls")
  return type(calls) == "table" and calls or fail("expected a spy, got " .. shown(self.value))
end

--- Expects a spy that was called, or called so many times.
---@param times? integer
function Expectation:to_have_been_called(times)
  local count = #calls_of(self)
  local ok = times == nil and count > 0 or count == times
  local wanted = times and " " .. times .. " times" or ""
  decide(self, ok, "have been called" .. wanted .. ", it was " .. count .. " times", "the spy")
end

--- Expects a spy that was called with these arguments at least once.
---@param ... any
function Expectation:to_have_been_called_with(...)
  local calls, wanted, ok = calls_of(self), { ... }, false
  for _, call in ipairs(calls) do
    ok = ok or state.equals(call, wanted)
  end
  decide(self, ok, "have been called with " .. shown(wanted) .. ", its calls: " .. shown(calls), "the spy")
end

---@class Spy
---@field fn function The function to hand out
---@field calls any[][] The arguments of each call

--- Makes a function that notes its calls; it does what `fn` does, if there is one.
---@param fn? function
---@return Spy
function M.spy(fn)
  local spy = { calls = {} }
  function spy.fn(...)
    table.insert(spy.calls, { ... })
    if fn then
      return fn(...)
    end
  end
  return spy
end

-- Running --------------------------------------------------------------------------------

local function full_name(test)
  local name, group = test.name, test.group
  while group and group.name ~= "" do
    name, group = group.name .. " > " .. name, group.above
  end
  return name
end

local function groups_of(test)
  local found, group = {}, test.group
  while group do
    table.insert(found, 1, group)
    group = group.above
  end
  return found
end

local function noted(failure)
  if getmetatable(failure) == Failed then
    return failure
  end
  local traceback = debug.traceback()
  local at = type(failure) == "string" and string.match(failure, "^([^%s:]+:%d+): ")
  return { message = message_of(failure), at = at or place_in(traceback) }
end

local function attempt(fn)
  local ok, failure = xpcall(fn, noted)
  return not ok and failure or nil
end

local function perform(test)
  local groups = groups_of(test)
  local failure = attempt(function()
    for _, group in ipairs(groups) do
      for _, fn in ipairs(group.before) do
        fn()
      end
    end
    test.fn()
  end)
  for i = #groups, 1, -1 do
    for _, fn in ipairs(groups[i].after) do
      failure = attempt(fn) or failure
    end
  end
  return { name = full_name(test), ok = failure == nil, message = failure and failure.message, at = failure and failure.at }
end

local function write_pretty(results, failed)
  for _, result in ipairs(results) do
    print((result.ok and "ok    " or "FAIL  ") .. result.name)
    if not result.ok then
      print("      " .. (result.at and result.at .. ": " or "") .. result.message)
    end
  end
  print((#results - failed) .. " passed, " .. failed .. " failed")
end

local function write_tap(results)
  print("TAP version 14")
  print("1.." .. #results)
  for i, result in ipairs(results) do
    print((result.ok and "ok " or "not ok ") .. i .. " - " .. string.gsub(result.name, "#", "\\#"))
    if not result.ok then
      print("  ---")
      print("  message: " .. JSON.stringify(result.message))
      print("  at: " .. JSON.stringify(result.at or "unknown"))
      print("  ...")
    end
  end
end

local writers = { pretty = write_pretty, tap = write_tap }

---@class TestResult
---@field name string
---@field ok boolean
---@field message? string
---@field at? string File and line

---@class TestOptions
---@field format? "pretty"|"tap" How results are written
---@field only? string Run only tests whose name holds this
---@field exit? boolean Whether a failure ends the run with code 1; yes unless false

--- Runs the tests defined so far and prints what came of them. The run ends with exit code 1 when one
--- fails; with `exit = false` it goes on, and the results are returned.
---@param options? TestOptions
---@return TestResult[]|nil
function M.run(options)
  options = options or {}
  for key in pairs(options) do
    if key ~= "format" and key ~= "only" and key ~= "exit" then
      error("testing.run: '" .. tostring(key) .. "' is not an option", 2)
    end
  end
  local write = writers[options.format or "pretty"]
  if not write then
    error("testing.run: format must be 'pretty' or 'tap'", 2)
  end
  local tests, results, failed = root.tests, {}, 0
  root.tests = {}
  for _, test in ipairs(tests) do
    if not options.only or string.find(full_name(test), options.only, 1, true) then
      local result = perform(test)
      results[#results + 1] = result
      failed = failed + (result.ok and 0 or 1)
    end
  end
  write(results, failed)
  if options.exit == false then
    return results
  elseif failed > 0 then
    exit(1)
  end
end

return M
