-- The globals of a spell: what is harmless in Lua's own library, copied into a table of its own.

local host, errors, codec, control, coroutines = ...

local type, rawget, getmetatable, error = type, rawget, getmetatable, error
local real_setmetatable = setmetatable
local insert, remove, move, sort = table.insert, table.remove, table.move, table.sort
local rep, concat, tostring, select = string.rep, table.concat, tostring, select

-- A loop inside C cannot be interrupted: what a spell can make it last is bounded here.
local MAX_ITEMS = 1 << 26
local MAX_TEXT = 1 << 30

local function copy(from, names)
  local into = {}
  for name in string.gmatch(names, "%S+") do
    into[name] = from[name]
  end
  return into
end

local env = copy(_G, [[
  assert error ipairs next pairs rawequal rawget rawlen rawset select tonumber tostring type _VERSION
]])
env._G = env
env.null = codec.null
env.pcall, env.xpcall, env.coroutine = control.pcall, control.xpcall, coroutines
env.debug = { traceback = control.spell_traceback }
env.math = {}
for name, value in next, math do
  env.math[name] = value
end
env.utf8 = copy(utf8, "char charpattern codepoint codes len offset")
env.os = copy(os, "time clock date difftime")

-- Text and tables -------------------------------------------------------------

env.string = copy(string, [[
  byte char find format gmatch gsub len lower match pack packsize reverse sub unpack upper
]])

function env.string.rep(text, count, separator)
  if type(text) == "string" and math.type(count) == "integer" and count > 0 then
    local piece = #text + (type(separator) == "string" and #separator or 0)
    if piece == 0 then
      return ""
    elseif count > MAX_TEXT // piece then
      error("resulting string too large", 2)
    end
  elseif type(count) == "number" and count >= MAX_TEXT then
    error("resulting string too large", 2)
  end
  return rep(text, count, separator)
end

env.table = copy(table, "pack unpack")

-- A __len may claim any length; a plain table cannot.
local function check_length(value, name)
  if type(value) == "table" and debug.getmetatable(value) and #value > MAX_ITEMS then
    error("table too large for '" .. name .. "'", 3)
  end
end

function env.table.insert(list, ...)
  check_length(list, "insert")
  return insert(list, ...)
end

function env.table.remove(list, ...)
  check_length(list, "remove")
  return remove(list, ...)
end

function env.table.sort(list, ...)
  check_length(list, "sort")
  return sort(list, ...)
end

function env.table.concat(list, separator, first, last)
  check_length(list, "concat")
  if math.type(last) == "integer" and last - (math.tointeger(first) or 1) > MAX_ITEMS then
    error("too many items for 'concat'", 2)
  end
  return concat(list, separator, first, last)
end

function env.table.move(from, first, last, at, ...)
  local low, high = math.tointeger(first), math.tointeger(last)
  if low and high and high >= low and (high - low > MAX_ITEMS or high - low < 0) then
    error("too many elements to move", 2)
  end
  return move(from, first, last, at, ...)
end

-- Metatables --------------------------------------------------------------------

function env.getmetatable(value)
  if type(value) ~= "table" or debug.getmetatable(value) == codec.list_mark then
    return nil
  end
  return getmetatable(value)
end

-- A __gc would run where nothing can stop it.
function env.setmetatable(value, meta)
  if type(value) ~= "table" then
    error("bad argument #1 to 'setmetatable' (table expected, got " .. type(value) .. ")", 2)
  elseif type(meta) == "table" and rawget(meta, "__gc") ~= nil then
    error("a __gc metamethod is not allowed", 2)
  elseif debug.getmetatable(value) == codec.list_mark and (meta == nil or type(meta) == "table") then
    return debug.setmetatable(value, meta)
  end
  return real_setmetatable(value, meta)
end

local strings = getmetatable("")
strings.__index = env.string
strings.__metatable = false

-- Code, memory, output ------------------------------------------------------------

local function read_all(reader)
  local parts = {}
  while true do
    local part = reader()
    if part == nil or part == "" then
      return concat(parts)
    elseif type(part) ~= "string" then
      return nil, "reader function must return a string"
    end
    parts[#parts + 1] = part
  end
end

function env.load(chunk, _, _, ...)
  local trouble
  if type(chunk) == "function" then
    chunk, trouble = read_all(chunk)
    if trouble then
      return nil, trouble
    end
  elseif type(chunk) ~= "string" then
    error("bad argument #1 to 'load' (string expected, got " .. type(chunk) .. ")", 2)
  end
  if select("#", ...) > 0 then
    return load(chunk, "=(load)", "t", (...))
  end
  return load(chunk, "=(load)", "t", env)
end

function env.collectgarbage(what)
  if what == "count" then
    return collectgarbage("count")
  end
  return 0
end

function env.print(...)
  local count = select("#", ...)
  if count == 1 then
    return host.print(tostring((...)) .. "\n")
  end
  local parts = { ... }
  for i = 1, count do
    parts[i] = tostring(parts[i])
  end
  host.print(concat(parts, "\t", 1, count) .. "\n")
end

function env.exit(code)
  if code == nil or code == true then
    code = 0
  elseif code == false then
    code = 1
  end
  code = math.tointeger(code)
  if not code or code < 0 or code > 255 then
    errors.refuse("exit: code must be an integer from 0 to 255")
  end
  host.exit(code)
end

return env
