-- Values as text for people: what a REPL echoes and a debugger lists. Bounded in every direction,
-- and it runs no metamethod of its own accord.

local codec, errors, literals = ...

local type, next, rawget, rawlen, tostring = type, next, rawget, rawlen, tostring
local sub, rep, gsub, format = string.sub, string.rep, string.gsub, string.format
local concat, sort, kind_of, metatable = table.concat, table.sort, math.type, debug.getmetatable
local cut, printable = literals.cut, literals.printable

-- Keys of larger tables stay in the order in which they come.
local MAX_SORTED = 10000
-- Keys visited for one text: what a table of shared tables can cost is bounded.
local MAX_VISITS = 4000000
local MAX_NAME = 100
-- A list whose items are no longer than this has several in a line.
local SHORT = 24

local M = {}

-- Kinds ----------------------------------------------------------------------------

-- Functions that have a name in the API, weakly.
local known = setmetatable({}, { __mode = "k" })

-- Learns what the functions in a table of globals, and in the classes' tables, are called.
function M.learn(globals, classes)
  for name, value in next, globals do
    if type(value) == "function" then
      known[value] = name
    elseif type(value) == "table" and value ~= globals then
      for key, item in next, value do
        if type(item) == "function" then
          known[item] = name .. "." .. tostring(key)
        end
      end
    end
  end
  for name, methods in next, classes do
    for key, item in next, methods do
      known[item] = name .. ":" .. key
    end
  end
end

local function of_function(value)
  local name = known[value]
  if not name then
    local info = debug.getinfo(value, "S")
    local is_spell = info.what ~= "C" and sub(info.source, 1, 2) ~= "=["
    name = is_spell and literals.plain(info.short_src, MAX_NAME) .. ":" .. info.linedefined or "built in"
  end
  return "<function " .. name .. ">"
end

-- Returns the name that a table's metatable gives its kind, or nil.
local function name_of(value)
  if errors.is(value) then
    return "SpellError"
  end
  local record = codec.record_of(value)
  if record then
    return record
  end
  local meta = metatable(value)
  local name = meta and meta ~= codec.list_mark and rawget(meta, "__name")
  return type(name) == "string" and printable(cut(name, MAX_NAME), "%c") or nil
end

-- Returns what kind of thing a value is: "number", "table", "AgentResult", "Agent" …
function M.type(value)
  if type(value) ~= "table" then
    return type(value) == "thread" and "coroutine" or type(value)
  elseif value == codec.null then
    return "null"
  end
  local handle = codec.handle_of(value)
  return handle and handle.class or name_of(value) or "table"
end

-- Returns the text of what is no table to look into, or nil.
local function atom(value, room)
  local kind = type(value)
  if kind == "string" then
    return literals.quoted(value, room)
  elseif kind == "number" then
    return literals.number(value)
  elseif kind == "function" then
    return of_function(value)
  elseif kind == "thread" then
    return "<coroutine " .. coroutine.status(value) .. ">"
  elseif kind ~= "table" then
    return kind == "userdata" and "<userdata>" or tostring(value)
  elseif value == codec.null then
    return "null"
  end
  local handle = codec.handle_of(value)
  if handle then
    return "<" .. handle.class .. " " .. handle.id .. ">"
  elseif codec.opaque[value] then
    return "<" .. gsub(codec.opaque[value], "^an? ", "") .. ">"
  end
  return nil
end

-- Tables ---------------------------------------------------------------------------

local RANKS = { number = 1, string = 2, boolean = 3 }

local function padded(digits)
  return format("%03d", #digits) .. digits
end

-- Sorts keys: numbers, then texts (k2 before k10), then the rest.
local function put_in_order(keys)
  local words = {}
  for _, key in ipairs(keys) do
    words[key] = type(key) == "string" and gsub(sub(key, 1, MAX_NAME), "%d+", padded) or key
  end
  sort(keys, function(left, right)
    local a, b = RANKS[type(left)] or 4, RANKS[type(right)] or 4
    if a ~= b then
      return a < b
    elseif a == 3 then
      return left and not right
    end
    return a < 3 and words[left] < words[right]
  end)
end

-- Returns the keys beside the list items, at most `most`, in order unless they are very many; and
-- how many there are.
local function keys_of(value, most)
  local length, keys, count = rawlen(value), {}, 0
  local kept = math.max(most, MAX_SORTED)
  for key in next, value do
    if kind_of(key) ~= "integer" or key < 1 or key > length then
      count = count + 1
      if count <= kept then
        keys[count] = key
      end
    end
  end
  if count <= MAX_SORTED then
    put_in_order(keys)
  end
  return keys, count
end

-- Returns how a key is written: `name`, `["a b"]`, `[1.5]`.
local function key_text(key)
  if literals.is_name(key) and #key <= MAX_NAME then
    return key
  end
  return "[" .. (atom(key, MAX_NAME) or "<" .. M.type(key) .. ">") .. "]"
end

-- Whether a value has children: a table that is not something else in disguise.
local function is_open(value)
  return type(value) == "table" and not atom(value, 1)
end

-- Returns how many named and how many indexed children a value has.
function M.size(value)
  if not is_open(value) then
    return 0, 0
  end
  local _, named = keys_of(value, 0)
  return named, rawlen(value)
end

-- Returns children as {name = text, value = value}: list items first, then keys in order.
function M.children(value, start, count)
  local list = {}
  if not is_open(value) then
    return list
  end
  local first, length = (start or 0) + 1, rawlen(value)
  local last = first + (count or math.maxinteger - first) - 1
  for i = first, math.min(last, length) do
    list[#list + 1] = { name = "[" .. i .. "]", value = rawget(value, i) }
  end
  if last > length then
    local keys = keys_of(value, last - length)
    for i = math.max(first - length, 1), math.min(last - length, #keys) do
      list[#list + 1] = { name = key_text(keys[i]), value = rawget(value, keys[i]) }
    end
  end
  return list
end

-- Building: a node is a text, or {open, keys, items, length = of it in one line, short = every item
-- is a short text without a key}.

local build

local function add(node, key, item)
  local n = #node.items + 1
  node.items[n], node.keys[n] = item, key
  node.length = node.length + #key + (type(item) == "string" and #item or item.length) + 2
  node.short = node.short and key == "" and type(item) == "string" and #item <= SHORT
end

local function add_children(state, node, value, depth)
  local length, shown = rawlen(value), 0
  for i = 1, math.min(length, state.items) do
    if state.left <= 0 then
      break
    end
    add(node, "", build(state, rawget(value, i), depth - 1))
    shown = i
  end
  local keys, named = keys_of(value, state.items)
  state.visits = state.visits - named - length
  for i = 1, math.min(named, state.items - shown) do
    if state.left <= 0 then
      break
    end
    local key = key_text(keys[i]) .. " = "
    state.left = state.left - #key
    add(node, key, build(state, rawget(value, keys[i]), depth - 1))
    shown = shown + 1
  end
  if length + named > shown then
    node.more = "… " .. length + named - shown .. " more"
    node.length = node.length + #node.more + 2
  end
end

local function of_table(state, value, depth)
  if state.seen[value] then
    return "<cycle>"
  end
  local meta = metatable(value)
  if state.as_text and meta and not codec.record_of(value) and not errors.is(value)
    and rawget(meta, "__tostring") ~= nil then
    local text = state.as_text(value)
    if text then
      return literals.plain(text, math.max(state.left, 1))
    end
  end
  local name = name_of(value)
  local open = (name and name .. " " or "") .. "{"
  if next(value) == nil then
    return open .. "}"
  elseif depth <= 0 or state.visits <= 0 then
    return open .. "…}"
  end
  local node = { open = open, keys = {}, items = {}, length = #open + 1, short = true }
  state.seen[value] = true
  add_children(state, node, value, depth)
  state.seen[value] = nil
  return node
end

function build(state, value, depth)
  local text = atom(value, state.left)
  local node = text or of_table(state, value, depth)
  state.left = state.left - 2 - (type(node) == "string" and #node or #node.open)
  return node
end

-- Layout: in one line where it fits, else an item a line, short ones filling the lines.

local function flat(node, out)
  if type(node) == "string" then
    out[#out + 1] = node
    return
  end
  out[#out + 1] = node.open
  for i, item in ipairs(node.items) do
    out[#out + 1] = (i > 1 and ", " or "") .. node.keys[i]
    flat(item, out)
  end
  if node.more then
    out[#out + 1] = (#node.items > 0 and ", " or "") .. node.more
  end
  out[#out + 1] = "}"
end

local function lay(node, column, indent, width, out)
  if type(node) == "string" or column + node.length <= width then
    return flat(node, out)
  end
  local inner, at = indent + 2, width
  local line = "\n" .. rep(" ", inner)
  out[#out + 1] = node.open
  for i, item in ipairs(node.items) do
    if node.short and at + #item + 2 <= width then
      out[#out + 1] = " "
    else
      out[#out + 1], at = line, inner - 1
    end
    out[#out + 1] = node.keys[i]
    lay(item, inner + #node.keys[i], inner, width, out)
    out[#out + 1] = ","
    at = node.short and at + #item + 2 or width
  end
  if node.more then
    out[#out + 1] = line .. node.more
  end
  out[#out + 1] = "\n" .. rep(" ", indent) .. "}"
end

-- Returns a value as Lua would write it. Options: depth (levels, 4), width (columns, 80), items (a
-- level, 100), size (bytes in all, 20000), and as_text: a function that returns the text of a
-- spell's table with a __tostring, or nil; without it none is asked.
function M.text(value, options)
  options = options or {}
  -- Room for the dots, and for what tells how much of a text is missing.
  local size = (options.size or 20000) - 3
  local state = {
    left = size - 40, items = options.items or 100, visits = MAX_VISITS, seen = {},
    as_text = options.as_text,
  }
  local out = {}
  lay(build(state, value, options.depth or 4), 0, 0, options.width or 80, out)
  local text, left = cut(concat(out), size)
  return left > 0 and text .. "…" or text
end

return M
