-- Stack frames of the spell as a debugger shows them, and the variables they see. Coroutines are
-- looked at from outside: the levels of one that stands still do not change.

local control, env = ...

local getinfo, getlocal, setlocal = debug.getinfo, debug.getlocal, debug.setlocal
local getupvalue, setupvalue = debug.getupvalue, debug.setupvalue
local byte, sub = string.byte, string.sub

local MAX_FRAMES = 500
-- Frames and variables kept of an error that may turn out to be caught by nobody.
local MAX_KEPT, MAX_VALUES = 30, 200
local MAX_CREATORS = 10

local M = {
  -- Counts how often the spell went on after it was looked at: what was seen before is over then.
  moment = 0,
  -- Set by debugger.lua: the line of a file's text that a line of its code stands for.
  shown_line = nil,
}

local function is_engine(info)
  return sub(info.source, 1, 2) == "=["
end

-- Returns the module id of a function's source: its text without the sign before it.
function M.file(source)
  return sub(source, 2)
end

local function plain_name(info)
  return info.what == "main" and "main chunk" or "function at line " .. info.linedefined
end

-- Adds the frames of a coroutine, innermost first; levels of the engine's own code are left out.
local function add(list, co, most)
  local level, inner = 0, nil
  while #list < most do
    local info = getinfo(co, level, "Slnf")
    if not info then
      return
    end
    local frame
    if is_engine(info) then
      -- What the engine calls a function it was given is not the function's name.
      if inner then
        inner.name = inner.plain_name
      end
    elseif info.what ~= "C" then
      frame = {
        co = co, level = level, func = info.func, plain_name = plain_name(info),
        file = M.file(info.source), moment = M.moment,
      }
      frame.line = M.shown_line(frame.file, info.currentline)
      frame.name = info.what ~= "main" and info.name or frame.plain_name
      if info.namewhat == "metamethod" then
        frame.name = "__" .. info.name
      end
      list[#list + 1] = frame
    end
    inner = frame
    level = level + 1
  end
end

-- Returns the frames of a state's coroutine, of its resumer's, and so on to their task's own.
function M.stack(state, most)
  local list = {}
  while state and state.co do
    add(list, state.co, most or MAX_FRAMES)
    if state.task then
      break
    end
    state = state.by
  end
  return list
end

-- Returns the frames of the running code as those of who starts a task: places only.
function M.creators()
  local list = {}
  for _, frame in ipairs(M.stack(control.here(), MAX_CREATORS)) do
    list[#list + 1] = { file = frame.file, line = frame.line, name = frame.name, async = true }
  end
  local task = control.now.task
  for _, frame in ipairs(task and task.creators or {}) do
    if #list < MAX_CREATORS then
      list[#list + 1] = frame
    end
  end
  return list
end

-- Returns how many levels a coroutine has from `level` on: what stays the same while it calls.
function M.depth(co, level)
  local low, high = level, level + 1
  while getinfo(co, high, "l") do
    low, high = high, 2 * high
  end
  while high - low > 1 do
    local middle = (low + high) // 2
    if getinfo(co, middle, "l") then
      low = middle
    else
      high = middle
    end
  end
  return high - level
end

-- Variables ----------------------------------------------------------------------

-- Returns the frame's variables: {locals = list, upvalues = list, by_name}, each {name, index, up}.
local function variables(frame)
  if frame.variables then
    return frame.variables
  end
  local found = { locals = {}, upvalues = {}, by_name = {} }
  frame.variables = found
  if not frame.co then
    return found
  end
  local all, index = {}, 1
  local name = getlocal(frame.co, frame.level, index)
  while name do
    -- Lua's own temporaries have names in parentheses.
    if byte(name) ~= 40 then
      local variable = { name = name, index = index }
      all[#all + 1] = variable
      found.by_name[name] = variable
    end
    index = index + 1
    name = getlocal(frame.co, frame.level, index)
  end
  for _, variable in ipairs(all) do
    if found.by_name[variable.name] == variable then
      found.locals[#found.locals + 1] = variable
    end
  end
  index = 1
  name = getupvalue(frame.func, index)
  while name do
    if not found.by_name[name] then
      local variable = { name = name, index = index, up = true }
      found.by_name[name] = variable
      if name ~= "_ENV" then
        found.upvalues[#found.upvalues + 1] = variable
      end
    end
    index = index + 1
    name = getupvalue(frame.func, index)
  end
  return found
end

function M.locals(frame)
  return variables(frame).locals
end

function M.upvalues(frame)
  return variables(frame).upvalues
end

function M.variable(frame, name)
  return variables(frame).by_name[name]
end

function M.get(frame, variable)
  if variable.up then
    local _, value = getupvalue(frame.func, variable.index)
    return value
  elseif frame.kept then
    return frame.kept[variable.index]
  end
  local _, value = getlocal(frame.co, frame.level, variable.index)
  return value
end

function M.set(frame, variable, value)
  if variable.up then
    setupvalue(frame.func, variable.index, value)
  elseif frame.kept then
    error("the function has ended: its locals can only be read", 0)
  else
    setlocal(frame.co, frame.level, variable.index, value)
  end
end

-- Returns the extra arguments of a frame's function.
function M.varargs(frame)
  local list, count = {}, 0
  while frame.co and not frame.kept do
    local name, value = getlocal(frame.co, frame.level, -count - 1)
    if not name then
      break
    end
    count = count + 1
    list[count] = value
  end
  return list, count
end

-- Returns the frames of a state with the values their locals have now, for later.
function M.keep(state)
  local list = M.stack(state, MAX_KEPT)
  for _, frame in ipairs(list) do
    local kept = {}
    for i, variable in ipairs(M.locals(frame)) do
      if i > MAX_VALUES then
        break
      end
      kept[variable.index] = M.get(frame, variable)
    end
    frame.kept = kept
  end
  return list
end

-- Scopes -------------------------------------------------------------------------

-- Returns the table of globals that a frame sees.
function M.globals(frame)
  local variable = frame and M.variable(frame, "_ENV")
  local found = variable and M.get(frame, variable)
  return type(found) == "table" and found or env
end

-- Returns a table that stands for all variables that a frame sees, to read and to assign; once the
-- spell has gone on, for the globals only.
function M.scope(frame)
  local globals = M.globals(frame)
  local function variable_of(name)
    local is_over = not frame.kept and frame.moment ~= M.moment
    return not is_over and type(name) == "string" and M.variable(frame, name) or nil
  end
  return setmetatable({}, {
    __metatable = false,
    __index = function(_, name)
      local variable = variable_of(name)
      if variable then
        return M.get(frame, variable)
      end
      return globals[name]
    end,
    __newindex = function(_, name, value)
      local variable = variable_of(name)
      if variable then
        M.set(frame, variable, value)
      else
        globals[name] = value
      end
    end,
  })
end

return M
