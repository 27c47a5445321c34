-- What is inside a value, for completion: names and kinds. Runs no metamethod.

local codec, errors, literals, strings = ...

local type, next, rawget, metatable = type, next, rawget, debug.getmetatable

local MOST = 1000
local MAX_NAME = 100
-- Tables that are looked into, one the __index of the other.
local MAX_CHAIN = 10

local M = {}

-- Returns what kind of thing a value is to somebody who completes a name.
function M.kind(value)
  if type(value) ~= "table" then
    return type(value) == "thread" and "object" or type(value)
  end
  local is_special = codec.handle_of(value) or codec.opaque[value] or codec.record_of(value)
    or errors.is(value)
  return is_special and "object" or "table"
end

-- Returns the tables that a value's members are looked for in, in order.
local function places(value)
  local list = {}
  while type(value) == "table" and #list < MAX_CHAIN do
    list[#list + 1] = value
    local meta = metatable(value)
    value = meta and rawget(meta, "__index")
  end
  if type(value) == "string" then
    list[#list + 1] = strings
  end
  return list
end

-- Returns the member of that name, or nil.
function M.get(value, name)
  for _, place in ipairs(places(value)) do
    local found = rawget(place, name)
    if found ~= nil then
      return found
    end
  end
  return nil
end

-- Returns the members of tables as a list of {name, kind} in order; of the first table of a name.
function M.list(tables)
  local seen, list = {}, debug.setmetatable({}, codec.list_mark)
  for _, place in ipairs(tables) do
    for key, value in next, place do
      if not seen[key] and literals.is_name(key) and #key <= MAX_NAME and #list < MOST then
        seen[key] = true
        list[#list + 1] = { name = key, kind = M.kind(value) }
      end
    end
  end
  table.sort(list, function(left, right) return left.name < right.name end)
  return list
end

-- Returns the members of the value at a path of names that starts in one of the tables `roots`;
-- an empty path gives those of the roots.
function M.at(roots, path)
  if #path == 0 then
    return M.list(roots)
  end
  local value
  for _, root in ipairs(roots) do
    value = rawget(root, path[1])
    if value ~= nil then
      break
    end
  end
  for i = 2, #path do
    value = M.get(value, path[i])
  end
  return M.list(places(value))
end

return M
