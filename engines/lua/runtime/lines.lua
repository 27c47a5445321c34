-- Which lines of a chunk have code, function by function: read from the compiler's own output,
-- because only functions that exist already can be asked.

local unpack, byte = string.unpack, string.byte

local M = {}

-- Kinds of constants in a dumped function: those with eight bytes, and texts.
local EIGHT = { [0x03] = true, [0x13] = true }
local TEXT = { [0x04] = true, [0x14] = true }
-- In the table of lines: the next line is too far away for a byte, and stands in another table.
local FAR = -128

-- A position in the dump.
local bytes, at

local function one()
  local value = byte(bytes, at)
  at = at + 1
  return value
end

local function size()
  local value = 0
  while true do
    local part = one()
    value = value << 7 | part & 0x7f
    if part & 0x80 ~= 0 then
      return value
    end
  end
end

-- Skips a list of things of `width` bytes each.
local function skip(width)
  local count = size()
  at = at + width * count
end

local function skip_text()
  local length = size()
  at = at + math.max(length - 1, 0)
end

local function skip_constants()
  for _ = 1, size() do
    local kind = one()
    if EIGHT[kind] then
      at = at + 8
    elseif TEXT[kind] then
      skip_text()
    end
  end
end

-- Reads the tables of lines; returns the set of those with code.
local function read_lines(first, is_vararg)
  local count = size()
  local steps = at
  at = at + count
  local far = {}
  for _ = 1, size() do
    local instruction = size()
    far[instruction] = size()
  end
  local lines, line = {}, first
  for instruction = 0, count - 1 do
    local step = unpack("b", bytes, steps + instruction)
    line = step == FAR and far[instruction] or line + step
    -- The first instruction of a vararg function only sets the function up.
    if instruction > 0 or not is_vararg then
      lines[line] = true
    end
  end
  return lines
end

local function skip_names()
  for _ = 1, size() do
    skip_text()
    size()
    size()
  end
  for _ = 1, size() do
    skip_text()
  end
end

local function read_function(list)
  skip_text()
  local found = { first = size(), last = size() }
  list[#list + 1] = found
  one()
  local is_vararg = one() ~= 0
  one()
  skip(4)
  skip_constants()
  skip(3)
  for _ = 1, size() do
    read_function(list)
  end
  found.lines = read_lines(found.first, is_vararg)
  skip_names()
end

-- Returns the functions of a compiled chunk, the chunk itself first: {first, last, lines = set}.
function M.read(chunk)
  bytes = string.dump(chunk)
  -- The signature, version, format, check bytes, three sizes, two numbers, the count of upvalues.
  at = 4 + 1 + 1 + 6 + 3 + 8 + 8 + 1 + 1
  local list = {}
  read_function(list)
  bytes = nil
  list[1].last = math.huge
  return list
end

-- Returns the last line with code of a function.
function M.last(found)
  local last = 0
  for line in next, found.lines do
    last = math.max(last, line)
  end
  return last
end

-- Returns the line at which a stop at `line` would be: itself or the next with code in the innermost
-- function around it. Nil where there is none.
function M.place(functions, line, last)
  local around = functions[1]
  for _, found in ipairs(functions) do
    if found.lines[line] and line <= last then
      return line
    elseif found.first <= line and line <= found.last
      and found.last - found.first < around.last - around.first then
      around = found
    end
  end
  local nearest
  for other in next, around.lines do
    if other > line and other <= last and (not nearest or other < nearest) then
      nearest = other
    end
  end
  return nearest
end

return M
