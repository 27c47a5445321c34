-- The host's functions as Lua sees them, built from the worker's table of declarations.

local errors, codec, tasks, extras, streams = ...

local select, type = select, type

local M = {}

local kinds = {}

function kinds.sync(head, names)
  return function(...)
    return tasks.call_now(codec.call(head, names, select("#", ...), ...))
  end
end

function kinds.async(head, names)
  return function(...)
    return tasks.call(codec.call(head, names, select("#", ...), ...))
  end
end

function kinds.note(head, names)
  return function(...)
    tasks.note(codec.call(head, names, select("#", ...), ...))
  end
end

function kinds.stream(head, names)
  return function(...)
    local count = select("#", ...)
    local receiver = count > 0 and select(count, ...) or nil
    if type(receiver) == "function" then
      local arguments = { ... }
      arguments[count] = nil
      count = count - 1
      local stream = tasks.call(codec.call(head, names, count, table.unpack(arguments, 1, count)))
      return streams.feed(stream, receiver)
    end
    return streams.open(tasks.call(codec.call(head, names, count, ...)))
  end
end

-- Wraps a method so that a call with a dot instead of a colon says so.
local function method(class, name, f)
  return function(self, ...)
    local handle = codec.handle_of(self)
    if not handle or handle.class ~= class then
      errors.refuse(class .. "." .. name .. " is a method: call it with a colon",
        "object:" .. name .. "(...)")
    end
    return f(self, ...)
  end
end

local function text_of(value)
  local text = type(value) == "table" and rawget(value, "text") or value
  if type(text) == "string" or type(text) == "number" then
    return text
  end
  return error("attempt to concatenate a " .. type(value) .. " value", 3)
end

-- A record that acts as the text in its field `text`.
local function define_record(name)
  codec.define_record(name, {
    __name = name,
    __metatable = false,
    __tostring = function(self) return tostring(rawget(self, "text")) end,
    __concat = function(left, right) return text_of(left) .. text_of(right) end,
    __len = function(self) return #tostring(rawget(self, "text")) end,
  })
end

local function define_class(name, methods)
  codec.define_class(name, {
    __name = name,
    __metatable = false,
    __index = methods,
    __newindex = function(_, key)
      error("attempt to change field '" .. tostring(key) .. "' of a host object", 2)
    end,
    __tostring = function(self) return name .. " " .. codec.handle_of(self).id end,
  })
end

local function names_of(text, label, receiver)
  local names = { receiver, label = label }
  for name in string.gmatch(text, "[^,]+") do
    names[#names + 1] = name
  end
  return names
end

local function own(noun, name)
  local found = extras[noun] and extras[noun][name]
  if not found then
    error("the engine provides no " .. noun .. "." .. name, 0)
  end
  return found
end

-- Builds everything from lines of tab-separated fields (see worker.py); returns the globals and
-- the methods of each class.
function M.build(description)
  local globals, classes = {}, {}
  local target, noun, is_class
  for line in string.gmatch(description, "[^\n]+") do
    local what, first, name, kind, params =
      string.match(line, "^(%a)\t([^\t]*)\t?([^\t]*)\t?([^\t]*)\t?([^\t]*)$")
    if what == "G" then
      target, noun, is_class = {}, first, false
      globals[first] = target
    elseif what == "O" then
      target, noun, is_class = {}, first, true
      classes[first] = target
      define_class(first, target)
    elseif what == "R" then
      define_record(first)
    elseif kind == "engine" then
      target[name] = own(noun, name)
    else
      local names = names_of(params, noun .. "." .. name, is_class and "self" or nil)
      local f = kinds[kind](codec.call_head(math.tointeger(first)), names)
      target[name] = is_class and method(noun, name, f) or f
    end
  end
  return globals, classes
end

return M
