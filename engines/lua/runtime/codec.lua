-- Values to bytes and back: msgpack with three extension types (docs/protocol.md).

local errors, MAX_BYTES = ...

local pack, unpack, byte, sub, char = string.pack, string.unpack, string.byte, string.sub, string.char
local concat, type, next, rawlen, rawget = table.concat, type, next, rawlen, rawget
local metatable, set_metatable = debug.getmetatable, debug.setmetatable
local kind_of, utf8_length = math.type, utf8.len
local HUGE = math.huge
local MAX_DEPTH = 64

local M = {}

-- The one value that says null inside lists and maps.
local null = set_metatable({}, {
  __name = "null",
  __metatable = false,
  __tostring = function() return "null" end,
  __index = function(_, key) error("attempt to index null (field '" .. tostring(key) .. "')", 2) end,
  __newindex = function() error("attempt to change null", 2) end,
})
M.null = null

-- Lists from the host carry this, so that an empty one stays a list.
local LIST = { __name = "list" }
M.list_mark = LIST

-- Functions the host may call, both ways; they live as long as the run.
local functions, function_ids, function_count = {}, {}, 0
-- Host objects: proxy to {class, id}, and back while the script holds the proxy.
local handles = set_metatable({}, { __mode = "k" })
local proxies = set_metatable({}, { __mode = "v" })
-- Class name to the metatable of its proxies; record name to the metatable of its tables.
local classes, records, record_names = {}, {}, {}
-- Tables of the engine that stand for something that cannot cross, and what to call them.
local opaque = set_metatable({}, { __mode = "k" })
M.opaque = opaque

-- Whether the host has been given any function.
function M.has_functions()
  return function_count > 0
end

function M.script_function(id)
  return functions[id]
end

function M.handle_of(value)
  return handles[value]
end

function M.define_class(name, meta)
  classes[name] = meta
end

function M.define_record(name, meta)
  records[name] = meta
  record_names[meta] = name
end

-- Returns the name of the record that a table is, or nil.
function M.record_of(value)
  local meta = metatable(value)
  return meta and record_names[meta]
end

-- Whether a value is meant to be shown: not a function, a task, or an object of the spell's making.
function M.is_data(value)
  if type(value) ~= "table" then
    return type(value) ~= "function" and type(value) ~= "thread"
  end
  local meta = metatable(value)
  return meta == nil or meta == LIST or record_names[meta] ~= nil or handles[value] ~= nil
    or value == null
end

-- Encoding ------------------------------------------------------------------

-- Where the encoder is inside the value, for error messages: root name, then keys.
local path, seen

local function refuse(depth, what, hint)
  local parts = { (path.label and path.label .. ": " or "") .. tostring(path[0]) }
  for level = 1, depth do
    local key = path[level]
    if kind_of(key) == "integer" then
      parts[#parts + 1] = "[" .. key .. "]"
    elseif type(key) == "string" then
      parts[#parts + 1] = "." .. key
    end
  end
  errors.refuse(concat(parts) .. ": " .. what, hint)
end

local function text(value, out, n)
  local length = #value
  if not utf8_length(value) then
    out[n + 1] = pack(">BI4", 0xc6, length)
  elseif length < 32 then
    out[n + 1] = char(0xa0 | length)
  else
    out[n + 1] = pack(">BI4", 0xdb, length)
  end
  out[n + 2] = value
  return n + 2
end

local function number(value, out, n, depth)
  if kind_of(value) == "integer" then
    if value >= 0 and value < 128 then
      out[n + 1] = char(value)
    else
      out[n + 1] = pack(">Bi8", 0xd3, value)
    end
  elseif value ~= value or value == HUGE or value == -HUGE then
    refuse(depth, value ~= value and "not a number (NaN) cannot cross" or "infinity cannot cross")
  else
    out[n + 1] = pack(">Bd", 0xcb, value)
  end
  return n + 1
end

local encode

local function list(value, out, n, depth, length)
  local count = 0
  for key in next, value do
    if kind_of(key) ~= "integer" then
      refuse(depth, "a table with both list items and named keys cannot cross",
        "the key " .. tostring(key) .. " stands beside list items")
    elseif key < 1 or key > length then
      refuse(depth, "a list with holes cannot cross", "use null for an empty place")
    end
    count = count + 1
  end
  if count ~= length then
    refuse(depth, "a list with holes cannot cross", "use null for an empty place")
  end
  out[n + 1] = pack(">BI4", 0xdd, length)
  n = n + 1
  for i = 1, length do
    path[depth + 1] = i
    n = encode(rawget(value, i), out, n, depth + 1)
  end
  return n
end

local function map(value, out, n, depth)
  local head, count = n + 1, 0
  n = head
  for key, item in next, value do
    if type(key) ~= "string" then
      local hole = kind_of(key) == "integer"
      refuse(depth, hole and "a list with holes cannot cross"
        or "a key must be text, and this one is a " .. type(key),
        hole and "a list starts at 1; use tostring(key) for a map" or nil)
    elseif not utf8_length(key) then
      refuse(depth, "a key is not valid UTF-8")
    end
    path[depth + 1] = key
    n = text(key, out, n)
    n = encode(item, out, n, depth + 1)
    count = count + 1
  end
  out[head] = pack(">BI4", 0xdf, count)
  return n
end

local function extension(kind, parts, count, out, n)
  local body = concat(parts, "", 1, count)
  out[n + 1] = pack(">BI4B", 0xc9, #body, kind) .. body
  return n + 1
end

local function handle(found, out, n)
  local parts = { "\x92" }
  return extension(1, parts, number(found.id, parts, text(found.class, parts, 1)), out, n)
end

local function record_of(name, value, out, n, depth)
  local parts = { "\x92" }
  return extension(3, parts, map(value, parts, text(name, parts, 1), depth), out, n)
end

local function from_table(value, out, n, depth)
  local found = handles[value]
  if found then
    return handle(found, out, n)
  end
  if opaque[value] then
    refuse(depth, opaque[value] .. " cannot cross")
  elseif seen[value] then
    refuse(depth, "a table that contains itself cannot cross")
  elseif depth >= MAX_DEPTH then
    refuse(0, "tables nested deeper than " .. MAX_DEPTH .. " levels cannot cross")
  end
  seen[value] = true
  local meta, length = metatable(value), rawlen(value)
  local record = meta and record_names[meta]
  if record then
    n = record_of(record, value, out, n, depth)
  elseif length > 0 or (meta == LIST and next(value) == nil) then
    n = list(value, out, n, depth, length)
  else
    n = map(value, out, n, depth)
  end
  seen[value] = nil
  return n
end

local function from_function(value, out, n)
  local id = function_ids[value]
  if not id then
    -- One by one, in this order: an interrupt in between leaves nothing wrong.
    id = function_count + 1
    function_count = id
    functions[id] = value
    function_ids[value] = id
  end
  out[n + 1] = pack(">BBI4", 0xd6, 2, id)
  return n + 1
end

function encode(value, out, n, depth)
  local kind = type(value)
  if kind == "string" then
    return text(value, out, n)
  elseif kind == "number" then
    return number(value, out, n, depth)
  elseif kind == "boolean" then
    out[n + 1] = value and "\xc3" or "\xc2"
    return n + 1
  elseif kind == "nil" or value == null then
    out[n + 1] = "\xc0"
    return n + 1
  elseif kind == "table" then
    return from_table(value, out, n, depth)
  elseif kind == "function" then
    return from_function(value, out, n)
  end
  return refuse(depth, "a " .. kind .. " cannot cross")
end

local function finish(out, n)
  local bytes = concat(out, "", 1, n)
  if #bytes > MAX_BYTES then
    refuse(0, "more than " .. (MAX_BYTES >> 20) .. " MiB cannot cross at once")
  end
  return bytes
end

-- Returns the bytes of one value; `root` is what error messages call it.
function M.encode(value, root)
  path, seen = { [0] = root }, {}
  local out = {}
  return finish(out, encode(value, out, 0, 0))
end

-- Returns the first bytes of a call of function `id`: the rest comes from `arguments`.
function M.call_head(id)
  return "\x92" .. pack(">Bi8B", 0xd3, id, 0xdd)
end

-- Returns the bytes of a call: `head`, then the arguments; `names` are the parameters' and, as
-- `label`, the function's.
function M.call(head, names, count, ...)
  path, seen = { label = names.label }, {}
  local out = { head, pack(">I4", count) }
  local n = 2
  if count > 0 then
    local arguments = { ... }
    for i = 1, count do
      path[0] = names[i] or "argument " .. i
      n = encode(arguments[i], out, n, 0)
    end
  end
  path[0] = "arguments"
  return finish(out, n)
end

-- Decoding ------------------------------------------------------------------

local decode

local function items(bytes, at, count)
  local value = set_metatable({}, LIST)
  for i = 1, count do
    value[i], at = decode(bytes, at)
  end
  return value, at
end

local function pairs_of(bytes, at, count)
  local value = {}
  for _ = 1, count do
    local key
    key, at = decode(bytes, at)
    value[key], at = decode(bytes, at)
  end
  return value, at
end

local function proxy(class, id)
  local known = class .. ":" .. id
  local found = proxies[known]
  if not found then
    found = set_metatable({}, classes[class])
    proxies[known] = found
    handles[found] = { class = class, id = id }
  end
  return found
end

local function from_extension(bytes, at, kind)
  if kind == 2 then
    local id
    id, at = unpack(">I4", bytes, at)
    return functions[id] or null, at
  end
  local body
  body, at = decode(bytes, at)
  if kind == 1 then
    return proxy(body[1], body[2]), at
  end
  return set_metatable(body[2], records[body[1]]), at
end

local function sized(format, width)
  return function(bytes, at)
    local value = unpack(format, bytes, at)
    return value, at + width
  end
end

local function counted(format, width, read)
  return function(bytes, at)
    return read(bytes, at + width, (unpack(format, bytes, at)))
  end
end

local function prefixed(format)
  return function(bytes, at) return unpack(format, bytes, at) end
end

local function constant(value)
  return function(_, at) return value, at end
end

local function extended(width)
  return function(bytes, at)
    return from_extension(bytes, at + width + 1, byte(bytes, at + width))
  end
end

local readers = {
  [0xc0] = constant(null), [0xc2] = constant(false), [0xc3] = constant(true),
  [0xc4] = prefixed(">s1"), [0xc5] = prefixed(">s2"), [0xc6] = prefixed(">s4"),
  [0xc7] = extended(1), [0xc8] = extended(2), [0xc9] = extended(4),
  [0xca] = sized(">f", 4), [0xcb] = sized(">d", 8),
  [0xcc] = sized(">I1", 1), [0xcd] = sized(">I2", 2),
  [0xce] = sized(">I4", 4), [0xcf] = sized(">I8", 8),
  [0xd0] = sized(">i1", 1), [0xd1] = sized(">i2", 2),
  [0xd2] = sized(">i4", 4), [0xd3] = sized(">i8", 8),
  [0xd4] = extended(0), [0xd5] = extended(0), [0xd6] = extended(0),
  [0xd7] = extended(0), [0xd8] = extended(0),
  [0xd9] = prefixed(">s1"), [0xda] = prefixed(">s2"), [0xdb] = prefixed(">s4"),
  [0xdc] = counted(">I2", 2, items), [0xdd] = counted(">I4", 4, items),
  [0xde] = counted(">I2", 2, pairs_of), [0xdf] = counted(">I4", 4, pairs_of),
}

function decode(bytes, at)
  local tag = byte(bytes, at)
  at = at + 1
  if tag < 0x80 then
    return tag, at
  elseif tag < 0x90 then
    return pairs_of(bytes, at, tag & 15)
  elseif tag < 0xa0 then
    return items(bytes, at, tag & 15)
  elseif tag < 0xc0 then
    local stop = at + (tag & 31)
    return sub(bytes, at, stop - 1), stop
  elseif tag >= 0xe0 then
    return tag - 256, at
  end
  return readers[tag](bytes, at)
end

-- Returns the value that starts at byte `at`; null becomes nil here, at the top.
function M.decode(bytes, at)
  local value = decode(bytes, at)
  if value == null then
    return nil
  end
  return value
end

return M
