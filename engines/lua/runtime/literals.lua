-- Text, numbers and names as Lua source has them.

local byte, sub, gsub, find, format = string.byte, string.sub, string.gsub, string.find, string.format
local concat, utf8_length, kind_of = table.concat, utf8.len, math.type

local M = {}

local RESERVED = {}
for word in string.gmatch([[
  and break do else elseif end false for function goto if in local nil not or repeat return then
  true until while
]], "%a+") do
  RESERVED[word] = true
end

-- Whether a text can be written as a name.
function M.is_name(text)
  return type(text) == "string" and find(text, "^[%a_][%w_]*$") ~= nil and not RESERVED[text]
end

-- Text ---------------------------------------------------------------------------

local ESCAPES = {
  ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ['"'] = '\\"', ["\\"] = "\\\\",
}

local function escape(char)
  return ESCAPES[char] or format("\\x%02X", byte(char))
end

local function escape_wide(low)
  return format("\\u{%02X}", byte(low))
end

-- Writes bytes that are not UTF-8 as escapes.
local function repaired(text)
  local parts, at = {}, 1
  while true do
    local valid, bad = utf8_length(text, at)
    if valid then
      parts[#parts + 1] = sub(text, at)
      return concat(parts)
    end
    parts[#parts + 1] = sub(text, at, bad - 1)
    parts[#parts + 1] = format("\\x%02X", byte(text, bad))
    at = bad + 1
  end
end

-- `class`: the pattern of what is escaped.
local function printable(text, class)
  text = repaired(gsub(text, class, escape))
  return (gsub(text, "\xc2([\x80-\x9f])", escape_wide))
end
M.printable = printable

-- Returns at most `bytes` of a text, which does not end inside a character, and how many are left.
function M.cut(text, bytes)
  if #text <= bytes then
    return text, 0
  end
  while bytes > 0 and (byte(text, bytes + 1) & 0xc0) == 0x80 do
    bytes = bytes - 1
  end
  return sub(text, 1, bytes), #text - bytes
end

-- Returns a text as it is, but for control characters.
function M.shown(text)
  return printable(text, "[^%C\n\t]")
end

-- Returns a text as it is, but for control characters and what is too long for `size` bytes.
function M.plain(text, size)
  size = math.max((size or 20000) - 30, 1)
  local kept, left = M.cut(text, size)
  local clean, over = M.cut(M.shown(kept), size)
  if left > 0 then
    return clean .. "… " .. left .. " more"
  end
  return over > 0 and clean .. "…" or clean
end

-- Returns a text in quotes, at most about `room` bytes of it.
function M.quoted(text, room)
  local kept, left = M.cut(text, math.max(room, 1))
  kept = '"' .. printable(kept, '[%c"\\]') .. '"'
  return left > 0 and kept .. "… " .. left .. " more" or kept
end

-- Returns a number as source that gives the same number.
function M.number(value)
  if value ~= value then
    return "0/0"
  elseif value == math.huge then
    return "math.huge"
  elseif value == -math.huge then
    return "-math.huge"
  elseif value == math.mininteger and kind_of(value) == "integer" then
    return "math.mininteger"
  end
  local text, digits = tostring(value), 15
  while tonumber(text) ~= value do
    text, digits = format("%." .. digits .. "g", value), digits + 1
  end
  local is_bare = kind_of(value) == "float" and not find(text, "[.e]")
  return is_bare and text .. ".0" or text
end

return M
