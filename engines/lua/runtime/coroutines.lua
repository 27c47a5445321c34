-- The coroutine library as a spell has it: the host can follow every switch, and a host call that
-- suspends inside a spell's coroutine suspends the whole task, unseen.

local control = ...

local co_status, co_yield, isyieldable = coroutine.status, coroutine.yield, coroutine.isyieldable
local WAIT = control.WAIT

local C = {}

local pump

local function passed(state, ok, tag, ...)
  if not ok then
    tag = control.remember(state.co, tag)
    control.check()
    return false, tag
  elseif tag ~= WAIT then
    return true, tag, ...
  end
  state.waiting = true
  if isyieldable() then
    co_yield(WAIT)
  else
    local task = control.now.task
    local future = task.awaiting
    task.awaiting = nil
    control.block(future)
  end
  state.waiting = nil
  return pump(state)
end

function pump(state, ...)
  return passed(state, control.run(state, ...))
end

local function state_of(co, name)
  local state = control.state_of(co)
  if not state then
    error("bad argument #1 to '" .. name .. "' (coroutine expected)", 3)
  end
  return state
end

function C.create(f)
  if type(f) ~= "function" then
    error("bad argument #1 to 'create' (function expected)", 2)
  end
  return control.new(f).co
end

function C.resume(co, ...)
  local state = state_of(co, "resume")
  if state.task or state.waiting then
    return false, "cannot resume non-suspended coroutine"
  end
  return pump(state, ...)
end

local function unwrapped(state, ok, ...)
  if ok then
    return ...
  end
  if co_status(state.co) == "dead" and not control.close(state) then
    control.check()
  end
  error((...), 0)
end

function C.wrap(f)
  if type(f) ~= "function" then
    error("bad argument #1 to 'wrap' (function expected)", 2)
  end
  local state = control.new(f)
  return function(...)
    if state.waiting then
      error("cannot resume non-suspended coroutine", 2)
    end
    return unwrapped(state, pump(state, ...))
  end
end

function C.close(co)
  local state = state_of(co, "close")
  local status = C.status(co)
  if status == "normal" or status == "running" then
    error("cannot close a " .. status .. " coroutine", 2)
  end
  local ok, failure = control.close(state)
  if not ok then
    control.check()
    return false, failure
  end
  return true
end

function C.status(co)
  local state = state_of(co, "status")
  local status = co_status(co)
  if status == "suspended" and (state.task or state.waiting) then
    return "normal"
  end
  return status
end

function C.yield(...)
  if control.here().task then
    error("attempt to yield from outside a coroutine", 2)
  end
  return co_yield(...)
end

function C.isyieldable()
  return not control.here().task and isyieldable()
end

function C.running()
  return coroutine.running(), control.here().task ~= nil
end

return C
