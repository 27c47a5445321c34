--- Work on lists. Functions get an item and its position, and give new lists; none changes one.
---
---     local list = require "llmspell.list"
---     local long = list.filter(names, function(name) return #name > 10 end)

local M = {}

local function check(items, name)
  if type(items) ~= "table" then
    error("list." .. name .. ": the first argument must be a list, got a " .. type(items), 3)
  end
end

local function count_of(number, least, name)
  if math.type(number) ~= "integer" or number < least then
    error("list." .. name .. ": the number must be an integer of at least " .. least, 3)
  end
end

-- Items are told apart by type and value: 1 and "1" are two.
local function key_of(by, item, i)
  if by then
    return by(item, i)
  end
  return item
end

--- Returns what fn gives for each item; nothing becomes `null`.
---@generic T, R
---@param items T[]
---@param fn fun(item: T, index: integer): R
---@return R[]
function M.map(items, fn)
  check(items, "map")
  local found = {}
  for i, item in ipairs(items) do
    local value = fn(item, i)
    if value == nil then
      value = null
    end
    found[i] = value
  end
  return found
end

--- Returns the items for which fn says yes.
---@generic T
---@param items T[]
---@param fn fun(item: T, index: integer): any
---@return T[]
function M.filter(items, fn)
  check(items, "filter")
  local found = {}
  for i, item in ipairs(items) do
    if fn(item, i) then
      found[#found + 1] = item
    end
  end
  return found
end

--- Puts the items together, from the first on: fn gets what there is so far, and an item.
---@generic T, R
---@param items T[]
---@param fn fun(sum: R, item: T, index: integer): R
---@param start R
---@return R
function M.reduce(items, fn, start)
  check(items, "reduce")
  local sum = start
  for i, item in ipairs(items) do
    sum = fn(sum, item, i)
  end
  return sum
end

--- Returns the first item for which fn says yes, or nothing.
---@generic T
---@param items T[]
---@param fn fun(item: T, index: integer): any
---@return T|nil
function M.find(items, fn)
  check(items, "find")
  for i, item in ipairs(items) do
    if fn(item, i) then
      return item
    end
  end
end

--- Tells whether fn says yes to any item.
---@generic T
---@param items T[]
---@param fn fun(item: T, index: integer): any
---@return boolean
function M.any(items, fn)
  check(items, "any")
  for i, item in ipairs(items) do
    if fn(item, i) then
      return true
    end
  end
  return false
end

--- Tells whether fn says yes to every item.
---@generic T
---@param items T[]
---@param fn fun(item: T, index: integer): any
---@return boolean
function M.all(items, fn)
  check(items, "all")
  for i, item in ipairs(items) do
    if not fn(item, i) then
      return false
    end
  end
  return true
end

--- Returns how many items there are, or to how many fn says yes.
---@generic T
---@param items T[]
---@param fn? fun(item: T, index: integer): any
---@return integer
function M.count(items, fn)
  check(items, "count")
  return fn and #M.filter(items, fn) or #items
end

--- Returns the items by what fn gives for each, as text.
---@generic T
---@param items T[]
---@param fn fun(item: T, index: integer): any
---@return table<string, T[]>
function M.group_by(items, fn)
  check(items, "group_by")
  local groups = {}
  for i, item in ipairs(items) do
    local key = tostring(fn(item, i))
    groups[key] = groups[key] or {}
    table.insert(groups[key], item)
  end
  return groups
end

--- Returns each item under what fn gives for it, as text; of several the last.
---@generic T
---@param items T[]
---@param fn fun(item: T, index: integer): any
---@return table<string, T>
function M.key_by(items, fn)
  check(items, "key_by")
  local found = {}
  for i, item in ipairs(items) do
    found[tostring(fn(item, i))] = item
  end
  return found
end

--- Returns two lists: the items for which fn says yes, and the others.
---@generic T
---@param items T[]
---@param fn fun(item: T, index: integer): any
---@return T[][]
function M.partition(items, fn)
  check(items, "partition")
  local yes, no = {}, {}
  for i, item in ipairs(items) do
    local into = fn(item, i) and yes or no
    into[#into + 1] = item
  end
  return { yes, no }
end

--- Returns the items in lists of `size`; the last may be shorter.
---@generic T
---@param items T[]
---@param size integer
---@return T[][]
function M.chunk(items, size)
  check(items, "chunk")
  count_of(size, 1, "chunk")
  local found = {}
  for i, item in ipairs(items) do
    if (i - 1) % size == 0 then
      found[#found + 1] = {}
    end
    table.insert(found[#found], item)
  end
  return found
end

--- Returns the items, each once: the first of those that are equal, or for which fn gives the same.
---@generic T
---@param items T[]
---@param fn? fun(item: T, index: integer): any
---@return T[]
function M.unique(items, fn)
  check(items, "unique")
  local seen, found = {}, {}
  for i, item in ipairs(items) do
    local key = key_of(fn, item, i)
    if key == nil then
      key = null
    end
    if not seen[key] then
      seen[key] = true
      found[#found + 1] = item
    end
  end
  return found
end

--- Returns the items of the first list that the second does not have.
---@generic T
---@param items T[]
---@param others T[]
---@return T[]
function M.difference(items, others)
  check(items, "difference")
  local known = {}
  for _, item in ipairs(others) do
    known[item] = true
  end
  return M.filter(items, function(item) return not known[item] end)
end

--- Returns the items in the order of what fn gives for each (numbers or texts); equal ones stay in
--- order.
---@generic T
---@param items T[]
---@param fn? fun(item: T, index: integer): any
---@param descending? boolean
---@return T[]
function M.sort_by(items, fn, descending)
  check(items, "sort_by")
  local entries = {}
  for i, item in ipairs(items) do
    local key = key_of(fn, item, i)
    if type(key) ~= "number" and type(key) ~= "string" then
      error("list.sort_by: keys must be numbers or texts, got a " .. type(key), 2)
    elseif type(key) ~= type(entries[1] and entries[1].key or key) then
      error("list.sort_by: keys must be all numbers or all texts", 2)
    end
    entries[i] = { key = key, at = i, item = item }
  end
  table.sort(entries, function(a, b)
    if a.key == b.key then
      return a.at < b.at
    elseif descending then
      return a.key > b.key
    end
    return a.key < b.key
  end)
  return M.map(entries, function(entry) return entry.item end)
end

-- Tells whether a value is a list; an empty table is one, as it adds nothing.
local function is_list(value)
  return type(value) == "table" and value ~= null and (next(value) == nil or value[1] ~= nil)
end

--- Returns the items with the lists among them opened, `depth` deep (1 unless given).
---@param items any[]
---@param depth? integer
---@return any[]
function M.flatten(items, depth)
  check(items, "flatten")
  local found = {}
  for _, item in ipairs(items) do
    if is_list(item) and (depth or 1) > 0 then
      for _, inner in ipairs(M.flatten(item, (depth or 1) - 1)) do
        found[#found + 1] = inner
      end
    else
      found[#found + 1] = item
    end
  end
  return found
end

--- Returns lists of the first, the second … items of several lists, as far as the shortest goes.
---@param ... any[]
---@return any[][]
function M.zip(...)
  local lists, shortest = { ... }, math.huge
  for _, items in ipairs(lists) do
    check(items, "zip")
    shortest = math.min(shortest, #items)
  end
  local found = {}
  for i = 1, #lists > 0 and shortest or 0 do
    found[i] = M.map(lists, function(items) return items[i] end)
  end
  return found
end

--- Returns the numbers from one to another, both included, `step` (1 unless given) apart.
---@param from number
---@param to number
---@param step? number
---@return number[]
function M.range(from, to, step)
  step = step or 1
  if step == 0 or (to - from) / step >= 10000000 then
    error("list.range: at most 10,000,000 numbers, and a step that is not 0", 2)
  end
  local found = {}
  for number = from, to, step do
    found[#found + 1] = number
  end
  return found
end

--- Returns the sum of the items, or of what fn gives for them.
---@generic T
---@param items T[]
---@param fn? fun(item: T, index: integer): number
---@return number
function M.sum(items, fn)
  check(items, "sum")
  local sum = 0
  for i, item in ipairs(items) do
    sum = sum + key_of(fn, item, i)
  end
  return sum
end

--- Returns the item that is least, or for which fn gives the least; of equal ones the first.
---@generic T
---@param items T[]
---@param fn? fun(item: T, index: integer): any
---@return T|nil
function M.min(items, fn)
  return M.sort_by(items, fn)[1]
end

--- Returns the item that is greatest, or for which fn gives the greatest; of equal ones the first.
---@generic T
---@param items T[]
---@param fn? fun(item: T, index: integer): any
---@return T|nil
function M.max(items, fn)
  return M.sort_by(items, fn, true)[1]
end

--- Returns the first `count` items.
---@generic T
---@param items T[]
---@param count integer
---@return T[]
function M.take(items, count)
  check(items, "take")
  count_of(count, 0, "take")
  return table.move(items, 1, math.min(count, #items), 1, {})
end

--- Returns the items after the first `count`.
---@generic T
---@param items T[]
---@param count integer
---@return T[]
function M.drop(items, count)
  check(items, "drop")
  count_of(count, 0, "drop")
  return table.move(items, math.min(count, #items) + 1, #items, 1, {})
end

--- Returns the items, the last first.
---@generic T
---@param items T[]
---@return T[]
function M.reverse(items)
  check(items, "reverse")
  local found = {}
  for i = #items, 1, -1 do
    found[#found + 1] = items[i]
  end
  return found
end

return M
