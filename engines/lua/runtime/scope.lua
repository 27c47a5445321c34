-- The variables of a session: where its chunks look names up before the globals, so that what one
-- chunk called `local` is there in the next, and no module sees it.

local env = ...

local next, rawget, rawset = next, rawget, rawset

-- Values by name. `_` and `_error` are the session's own.
local scope = {}
-- Names that some chunk called `local`; those of them that have had a value.
local names, declared = { _ = true, _error = true }, {}
-- What was there before the user made anything.
local before = {}
for name, value in next, env do
  before[name] = value
end

local meta = { __metatable = false, __index = env }

-- A variable of the session whose value is nil hides the global of its name.
local function find(_, name)
  if not declared[name] then
    return env[name]
  end
  return nil
end

function meta.__newindex(_, name, value)
  if not names[name] then
    env[name] = value
    return
  end
  declared[name] = true
  if before[name] ~= nil then
    meta.__index = find
  end
  rawset(scope, name, value)
end

local M = { variables = debug.setmetatable(scope, meta) }

-- Makes names those of the session's variables.
function M.declare(list)
  for _, name in next, list do
    names[name] = true
  end
end

-- Returns the names of what the user made, in order, and a function that returns the value of one.
function M.made()
  local list, seen = {}, {}
  local function add(name)
    if type(name) == "string" and not seen[name] and name ~= "_" and name ~= "_error" then
      seen[name] = true
      list[#list + 1] = name
    end
  end
  for name in next, scope do
    add(name)
  end
  for name, value in next, env do
    if before[name] ~= value then
      add(name)
    end
  end
  table.sort(list)
  return list, function(name)
    local value = rawget(scope, name)
    if value == nil and not declared[name] then
      value = rawget(env, name)
    end
    return value
  end
end

return M
