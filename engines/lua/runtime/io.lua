-- io for a spell: standard input and output, and nothing else.

local host, errors, read_line, read_rest, write_error = ...

local find, sub, match = string.find, string.sub, string.match

local M = {}
local input = { __name = "FILE*", __metatable = false }
local held, ended = "", false

-- Reads one more line into `held`; false at the end of the input.
local function fill()
  if ended or not read_line then
    return false
  end
  local line = read_line()
  if line == nil then
    ended = true
    return false
  end
  held = held .. line .. "\n"
  return true
end

local function take(count)
  local text = sub(held, 1, count)
  held = sub(held, count + 1)
  return text
end

local function line(keep)
  if held == "" and not fill() then
    return nil
  end
  local stop = find(held, "\n", 1, true) or #held
  local text = take(stop)
  return keep and text or (string.gsub(text, "\n$", ""))
end

local function everything()
  local rest = not ended and read_rest and read_rest() or ""
  ended = true
  return take(#held) .. rest
end

local function number()
  while not find(held, "%S") do
    if not fill() then
      return nil
    end
  end
  local space, token = match(held, "^(%s*)([-+%w.]+)")
  local value = token and tonumber(token)
  if value then
    take(#space + #token)
  end
  return value
end

local function bytes(count)
  while #held < count and fill() do end
  if held == "" and count >= 0 and (ended or count > 0) then
    return nil
  end
  return take(count)
end

local function read_one(format)
  if math.type(format) == "integer" then
    return bytes(format)
  end
  local letter = type(format) == "string" and match(format, "^%*?(%a)")
  if letter == "l" or letter == "L" then
    return line(letter == "L")
  elseif letter == "a" then
    return everything()
  elseif letter == "n" then
    return number()
  end
  return errors.refuse("io.read: the format must be 'l', 'L', 'a', 'n' or a number of bytes")
end

local function read(...)
  local count = select("#", ...)
  if count == 0 then
    return line(false)
  end
  local results = {}
  for i = 1, count do
    results[i] = read_one((select(i, ...)))
    if results[i] == nil then
      return table.unpack(results, 1, i)
    end
  end
  return table.unpack(results, 1, count)
end

local function lines(...)
  local formats = table.pack(...)
  return function() return read(table.unpack(formats, 1, formats.n)) end
end

local function joined(...)
  local parts = { ... }
  for i = 1, select("#", ...) do
    local kind = type(parts[i])
    if kind ~= "string" and kind ~= "number" then
      errors.refuse("io.write: argument " .. i .. " must be text or a number, got a " .. kind)
    end
  end
  return table.concat(parts)
end

local function stream(write)
  local methods = {
    write = function(self, ...)
      write(joined(...))
      return self
    end,
    flush = function(self) return self end,
    setvbuf = function() return true end,
  }
  return setmetatable({}, { __name = "FILE*", __metatable = false, __index = methods })
end

M.stdout = stream(host.print)
if write_error then
  M.stderr = stream(write_error)
end

function M.write(...)
  return M.stdout:write(...)
end

if read_line then
  input.__index = {
    read = function(_, ...) return read(...) end,
    lines = function(_, ...) return lines(...) end,
  }
  M.stdin = setmetatable({}, input)
  M.read = read

  function M.lines(name, ...)
    if name ~= nil then
      errors.refuse("io.lines reads standard input only", "File.read reads a file")
    end
    return lines(...)
  end
end

return M
