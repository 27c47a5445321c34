--- Events within a spell: who wants to know of something registers a function for its name.
---
---     local events = require "llmspell.events"
---     local bus = events.new()
---     bus:on("report.*", function(event, page) print(event, page) end)
---     bus:emit("report.written", 3)
---
--- Names are words joined by dots. In a pattern `*` stands for any characters within one word, `**` as a
--- word for any number of words. For events of the program itself there is `Event`.

local M = {}

---@class Emitter
local Emitter = {}
Emitter.__index = Emitter
Emitter.__name = "Emitter"

local function words_of(name)
  if type(name) ~= "string" or name == "" then
    error("events: a name must be text such as 'report.written'", 3)
  end
  local words = {}
  for word in string.gmatch(name .. ".", "([^.]*)%.") do
    words[#words + 1] = word
  end
  return words
end

-- Tells whether `*` in a pattern's word can stand for what is missing.
local function word_fits(pattern, word)
  local parts = {}
  for part in string.gmatch(pattern .. "*", "([^*]*)%*") do
    parts[#parts + 1] = part
  end
  if #parts == 1 then
    return pattern == word
  end
  local first, last = parts[1], parts[#parts]
  if #word < #first + #last or string.sub(word, 1, #first) ~= first then
    return false
  end
  local at, stop = #first + 1, #word - #last
  for i = 2, #parts - 1 do
    local from, to = string.find(word, parts[i], at, true)
    if not from or to > stop then
      return false
    end
    at = to + 1
  end
  return string.sub(word, stop + 1) == last
end

--- Tells whether a pattern matches a name.
---@param pattern string
---@param name string
---@return boolean
function M.matches(pattern, name)
  local parts, words = words_of(pattern), words_of(name)
  -- For each word of the pattern, how many words what came before can have matched.
  local row = { [0] = true }
  for _, part in ipairs(parts) do
    local following, begun = {}, false
    for n = 0, #words do
      begun = begun or row[n]
      if part == "**" then
        following[n] = begun
      elseif n > 0 and row[n - 1] then
        following[n] = word_fits(part, words[n])
      end
    end
    row = following
  end
  return row[#words] == true
end

--- Makes an emitter.
---@return Emitter
function M.new()
  return setmetatable({ handlers = {} }, Emitter)
end

local function add(self, pattern, fn, once)
  words_of(pattern)
  if type(fn) ~= "function" then
    error("events: the handler must be a function, got a " .. type(fn), 3)
  end
  local entry = { pattern = pattern, fn = fn, once = once }
  table.insert(self.handlers, entry)
  return function() self:off(entry) end
end

--- Has fn called with the name and what was emitted, for every event that the pattern matches; returns
--- what ends that.
---@param pattern string
---@param fn fun(name: string, ...: any)
---@return fun()
function Emitter:on(pattern, fn)
  return add(self, pattern, fn, false)
end

--- As `on`, for the next such event only.
---@param pattern string
---@param fn fun(name: string, ...: any)
---@return fun()
function Emitter:once(pattern, fn)
  return add(self, pattern, fn, true)
end

--- Takes away the handlers of a pattern, or one of them.
---@param pattern any
---@param fn? function
function Emitter:off(pattern, fn)
  for i = #self.handlers, 1, -1 do
    local entry = self.handlers[i]
    if entry == pattern or entry.pattern == pattern and (not fn or entry.fn == fn) then
      entry.gone = true
      table.remove(self.handlers, i)
    end
  end
end

--- Calls the handlers of an event one after the other, and returns how many there were. Where one fails
--- the others are called all the same; then the first failure is thrown.
---@param name string
---@param ... any
---@return integer
function Emitter:emit(name, ...)
  words_of(name)
  local count, failed, failure = 0, false, nil
  for _, entry in ipairs(table.move(self.handlers, 1, #self.handlers, 1, {})) do
    if not entry.gone and M.matches(entry.pattern, name) then
      if entry.once then
        self:off(entry)
      end
      count = count + 1
      local ok, found = pcall(entry.fn, name, ...)
      if not ok and not failed then
        failed, failure = true, found
      end
    end
  end
  if failed then
    error(failure, 0)
  end
  return count
end

--- Returns how many handlers an event of this name would reach.
---@param name string
---@return integer
function Emitter:listeners(name)
  local count = 0
  for _, entry in ipairs(self.handlers) do
    if M.matches(entry.pattern, name) then
      count = count + 1
    end
  end
  return count
end

return M
