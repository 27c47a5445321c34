--- Values that change in one place, and changed copies of maps and lists.
---
---     local state = require "llmspell.state"
---     local store = state.create(function(value, action) return state.set_in(value, "n", action.n) end, { n = 0 })
---     store:subscribe(function(value) print(value.n) end)
---     store:dispatch({ n = 5 })

local M = {}

local function keys_of(path, name)
  if type(path) == "table" then
    return path
  elseif type(path) ~= "string" or path == "" then
    error("state." .. name .. ": the path must be text such as 'a.b', or a list of keys", 3)
  end
  local keys = {}
  for key in string.gmatch(path, "[^.]+") do
    keys[#keys + 1] = key
  end
  return keys
end

local function is_map(value)
  return type(value) == "table" and value ~= null
end

local function is_list(value)
  return is_map(value) and value[1] ~= nil
end

local function copy(value)
  local found = {}
  for key, part in pairs(value) do
    found[key] = part
  end
  return found
end

--- Returns what is at a path of names (`"a.b"`, or a list of keys), or the fallback.
---@param value any
---@param path string|any[]
---@param fallback? any
---@return any
function M.get_in(value, path, fallback)
  for _, key in ipairs(keys_of(path, "get_in")) do
    if not is_map(value) or value[key] == nil then
      return fallback
    end
    value = value[key]
  end
  return value
end

local function changed(value, keys, i, fn)
  if i > #keys then
    return fn(value)
  end
  if value ~= nil and not is_map(value) then
    error("state: there is a " .. type(value) .. " where '" .. tostring(keys[i]) .. "' would be", 0)
  end
  local found = copy(value or {})
  found[keys[i]] = changed(found[keys[i]], keys, i + 1, fn)
  return found
end

--- Returns a copy with another value at a path; maps that are not there are made.
---@param value any
---@param path string|any[]
---@param part any
---@return any
function M.set_in(value, path, part)
  return changed(value, keys_of(path, "set_in"), 1, function() return part end)
end

--- Returns a copy with what fn makes of the value at a path.
---@param value any
---@param path string|any[]
---@param fn fun(part: any): any
---@return any
function M.update_in(value, path, fn)
  return changed(value, keys_of(path, "update_in"), 1, fn)
end

--- Returns a copy without what is at a path; lists close up.
---@param value any
---@param path string|any[]
---@return any
function M.remove_in(value, path)
  local keys = keys_of(path, "remove_in")
  local last = keys[#keys]
  local above = table.move(keys, 1, #keys - 1, 1, {})
  if #above > 0 and not is_map(M.get_in(value, above)) then
    return value
  end
  return changed(value, above, 1, function(part)
    local found = copy(part)
    if math.type(last) == "integer" and is_list(found) and found[last] ~= nil then
      table.remove(found, last)
    else
      found[last] = nil
    end
    return found
  end)
end

--- Returns the maps put together, deep: of two values for one key the later counts, lists as a whole.
---@param ... table
---@return table
function M.merge(...)
  local found = {}
  for _, map in ipairs({ ... }) do
    for key, part in pairs(map) do
      local before = found[key]
      if is_map(before) and is_map(part) and not is_list(before) and not is_list(part) then
        found[key] = M.merge(before, part)
      else
        found[key] = part
      end
    end
  end
  return found
end

--- Tells whether two values are the same data.
---@param a any
---@param b any
---@return boolean
function M.equals(a, b)
  if a == b then
    return true
  elseif not is_map(a) or not is_map(b) then
    return false
  end
  for key, part in pairs(a) do
    if not M.equals(part, b[key]) then
      return false
    end
  end
  for key in pairs(b) do
    if a[key] == nil then
      return false
    end
  end
  return true
end

---@class Store
local Store = {}
Store.__index = Store
Store.__name = "Store"

--- Makes a store: its value changes by actions, of which the reducer makes the next value.
---@param reducer fun(value: any, action: any): any
---@param value any
---@return Store
function M.create(reducer, value)
  if type(reducer) ~= "function" then
    error("state.create: the reducer must be a function, got a " .. type(reducer), 2)
  end
  return setmetatable({ reducer = reducer, value = value, watchers = {} }, Store)
end

--- Returns the value, or what is at a path of it.
---@param path? string|any[]
---@param fallback? any
---@return any
function Store:get(path, fallback)
  if path == nil then
    return self.value
  end
  return M.get_in(self.value, path, fallback)
end

--- Has the reducer make the next value and tells the watchers, if it is another one.
---@param action any
---@return any
function Store:dispatch(action)
  if self.busy then
    error("state: a reducer must not dispatch", 2)
  end
  self.busy = true
  local ok, value = pcall(self.reducer, self.value, action)
  self.busy = false
  if not ok then
    error(value, 0)
  end
  local before = self.value
  self.value = value
  if value ~= before then
    for _, watcher in ipairs(copy(self.watchers)) do
      watcher.fn(value, before, action)
    end
  end
  return value
end

--- Has fn called with the new value, the one before and the action; returns what ends that.
---@param fn fun(value: any, before: any, action: any)
---@return fun()
function Store:subscribe(fn)
  local entry = { fn = fn }
  table.insert(self.watchers, entry)
  return function()
    for i, watcher in ipairs(self.watchers) do
      if watcher == entry then
        table.remove(self.watchers, i)
        return
      end
    end
  end
end

return M
