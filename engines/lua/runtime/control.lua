-- Who is running, and how it is stopped: coroutines that the host can follow, and the only
-- constructs of a spell that catch errors. A stop is sticky: everything that catches one asks here.

local host, errors = ...

local co_create, co_resume, co_close = coroutine.create, coroutine.resume, coroutine.close
local error, xpcall, type, byte, format = error, xpcall, type, string.byte, string.format
local getinfo, raw_equal = debug.getinfo, rawequal
local switch = host.switch

-- Deeper nesting of pcall in one coroutine is refused: plain Lua's own bound is about the same,
-- but resuming resets it, and unwinding what a loop around pcall then piles up never ends.
local MAX_DEPTH = 160
local MAX_FRAMES = 40

-- What a coroutine yields while its task waits; no spell ever sees it.
local WAIT = {}

local M = {
  WAIT = WAIT,
  -- Set by tasks.lua: serves other tasks until a future is done, where yielding is impossible.
  block = nil,
  -- Set by the debugger: told of every error that a protected call catches, before unwinding.
  raised = nil,
}

-- Coroutine to its state: {co, ptr = its lua_State's address, depth = nested pcalls,
-- task = set for a task's own coroutine, waiting = it is inside a WAIT}.
local states = setmetatable({}, { __mode = "k" })
M.states = states
local MAIN = { ptr = 0, depth = 0 }
-- The state of the running coroutine. The host holds its address: `here` keeps it alive.
local here = MAIN

-- task: the running task; fatal: the error that ends the run; trail: where an error on its way
-- up came from; stopped_at: the frames where an interrupt struck.
local now = { task = nil, fatal = nil, trail = nil, stopped_at = nil }
M.now = now

-- Frames --------------------------------------------------------------------

local function frame(info)
  local name = info.name
  if info.what == "main" then
    name = "main chunk"
  elseif not name then
    name = "function at line " .. info.linedefined
  end
  return { file = info.short_src, line = info.currentline, ["function"] = name }
end

local function is_spell(info)
  return info.what ~= "C" and string.sub(info.source, 1, 2) ~= "=["
end

-- Returns the spell's frames of a coroutine, innermost first; of the caller's without one.
function M.frames(co)
  local list, level = {}, co and 0 or 2
  while #list < MAX_FRAMES do
    local info
    if co then
      info = getinfo(co, level, "Sln")
    else
      info = getinfo(level, "Sln")
    end
    if not info then
      break
    end
    if is_spell(info) then
      list[#list + 1] = frame(info)
    end
    level = level + 1
  end
  return list
end

-- Returns the frames of the coroutine that `failure` ended, after those it came through before.
function M.trace(co, failure)
  local list, own = {}, M.frames(co)
  if now.trail and raw_equal(now.trail.failure, failure) then
    table.move(now.trail.frames, 1, #now.trail.frames, 1, list)
  end
  return table.move(own, 1, #own, #list + 1, list)
end

-- Stopping ------------------------------------------------------------------

-- The error an interrupt throws inside a computing spell ends in this byte (see _interrupt.py).
local function is_interrupt(failure)
  return type(failure) == "string" and byte(failure, -1) == 3
end

local function interrupted(reason)
  return errors.from({
    code = "interrupted", message = "the spell was interrupted", details = { reason = reason },
  })
end

-- A message that blames a line of the engine, the wrapper of table.insert say, blames the
-- spell's line that called it.
local function blame_spell(failure, frames)
  if type(failure) ~= "string" or byte(failure) ~= 91 then
    return failure
  end
  local message = string.match(failure, "^%[engine%]%a+:%d+: (.*)$")
  if not message then
    return failure
  end
  local at = frames[1]
  return at and format("%s:%d: %s", at.file, at.line, message) or message
end

-- Keeps the frames of the coroutine that `failure` ended, for whoever reports it; returns the
-- failure as the spell is to see it, and the frames.
function M.remember(co, failure)
  local frames = M.trace(co, failure)
  failure = blame_spell(failure, frames)
  now.trail = { failure = failure, frames = frames }
  if is_interrupt(failure) and not now.stopped_at and host.poll() then
    now.stopped_at = frames
  end
  return failure, frames
end

-- Throws the error that ends the run, if there is one.
function M.check_run()
  if now.fatal then
    error(now.fatal, 0)
  end
  local reason = host.poll()
  if reason then
    now.fatal = interrupted(reason)
    error(now.fatal, 0)
  end
end

-- Makes the engine usable again after an interrupt that has ended what it was to end.
function M.forgive()
  switch(0)
  here, now.task = MAIN, nil
  host.forget_interrupt()
  for co in next, states do
    debug.sethook(co)
  end
  now.fatal, now.trail, now.stopped_at = nil, nil, nil
end

-- Throws what the running task must not catch: the end of the run, or its own cancellation.
local function check()
  M.check_run()
  if now.task and now.task.cancelled then
    error(errors.cancelled(), 0)
  end
end
M.check = check

-- The handler of every protected call: records where an interrupt struck, before unwinding.
local function observe(failure)
  if is_interrupt(failure) and not now.stopped_at and host.poll() then
    now.stopped_at = M.frames()
  elseif type(failure) == "string" and byte(failure) == 91 then
    failure = blame_spell(failure, M.frames())
  end
  if M.raised then
    M.raised(failure)
  end
  return failure
end

-- Goes on after a failure, unless something that must not be caught is under way.
local function recover(state)
  if here ~= state then
    M.return_to(state) -- a switch itself failed, for want of memory
  end
  check()
end

local function settle(state, depth, ok, ...)
  state.depth = depth
  if not ok then
    recover(state)
  end
  return ok, ...
end

local function deeper()
  local depth = here.depth
  if depth >= MAX_DEPTH then
    error("stack overflow (too many nested protected calls)", 3)
  end
  here.depth = depth + 1
  return here, depth
end

function M.pcall(f, ...)
  local state, depth = deeper()
  return settle(state, depth, xpcall(f, observe, ...))
end

-- The traceback of the last error that an xpcall caught, for its handler's debug.traceback.
local caught

local function observe_traceback(failure)
  caught = M.traceback()
  return observe(failure)
end

local function forget(...)
  caught = nil
  return false, ...
end

local function handled(state, depth, handler, ok, ...)
  state.depth = depth
  if ok then
    return true, ...
  end
  recover(state)
  return forget(handler(...))
end

-- The handler runs after the unwinding: inside it, an interrupt could not stop it.
function M.xpcall(f, handler, ...)
  if type(handler) ~= "function" then
    error("bad argument #2 to 'xpcall' (function expected)", 2)
  end
  local state, depth = deeper()
  return handled(state, depth, handler, xpcall(f, observe_traceback, ...))
end

-- Returns a coroutine's frames as Lua prints them; the running one's without one.
function M.traceback(co)
  local lines = { "stack traceback:" }
  for i, at in ipairs(M.frames(co)) do
    lines[i + 1] = format("\t%s:%d: in %s", at.file, at.line, at["function"])
  end
  return table.concat(lines, "\n")
end

-- The spell's debug.traceback([coroutine,] message).
function M.spell_traceback(first, second)
  local co = type(first) == "thread" and first or nil
  local message = first
  if co then
    message = second
  end
  if message ~= nil and type(message) ~= "string" and type(message) ~= "number" then
    return message
  end
  local text = not co and caught or M.traceback(co)
  return message and message .. "\n" .. text or text
end

-- Switching -----------------------------------------------------------------

-- Returns the state of a new coroutine.
function M.new(f)
  local co = co_create(f)
  local state = { co = co, ptr = tonumber(format("%p", co)), depth = 0 }
  states[co] = state
  return state
end

-- `switch` first, `here` second, in both directions: at every instant the coroutine whose
-- address the host holds is referenced by `here` or by a local of the one who switches.
local function came_back(back, ...)
  switch(back.ptr)
  here = back
  return ...
end

-- Resumes a state's coroutine and returns what coroutine.resume does.
function M.run(state, ...)
  local back = here
  switch(state.ptr)
  here = state
  return came_back(back, co_resume(state.co, ...))
end

-- Closes a state's coroutine, running what it has to close there.
function M.close(state)
  local back = here
  switch(state.ptr)
  here = state
  return came_back(back, co_close(state.co))
end

-- Calls f where a stop can reach it; returns ok and its first value. For metamethods of a spell.
function M.try(f, ...)
  return M.run(M.new(f), ...)
end

-- Runs f (`close` or `try`) for the engine itself, as a task of its own, under the memory limit.
function M.guest(f, ...)
  local outer = now.task
  now.task = {}
  host.arm()
  local ok, value = f(...)
  host.disarm()
  now.task = outer
  M.check_run()
  return ok, value
end

function M.here()
  return here
end

function M.state_of(co)
  return states[co]
end

function M.return_to(state)
  switch(state.ptr)
  here = state
end

return M
