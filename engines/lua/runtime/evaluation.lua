-- Runs what a debugger's user wrote (expressions, conditions, log texts) while the spell stands
-- still: in a coroutine and a task of its own, which may call the host and which always ends.

local host, errors, control, tasks, follow, frames, env, seconds = ...

local pack, unpack, clock = table.pack, table.unpack, os.clock
local now, WAIT = control.now, control.WAIT

local M = {
  -- The evaluation under way: {task, ends, why = why it has to end}.
  current = nil,
}

-- Makes the evaluation under way end.
function M.stop(why)
  local current = M.current
  current.why = current.why or why
  current.task.cancelled = true
end

-- Ends an evaluation that has used up its time; called every now and then while one computes.
function M.check()
  local current = M.current
  if clock() > current.ends then
    M.stop(errors.make("timeout", "the expression computed for more than " .. seconds .. " s"))
  end
  -- Whatever task runs now is the evaluation's: all others are frozen.
  now.task.cancelled = current.task.cancelled
  control.check()
end

local function is_frozen(last)
  return function(task)
    return task.id ~= nil and task.id <= last
  end
end

-- Runs a state to its end; where it waits for the host, the tasks it started go on.
local function drive(state)
  local ok, tag = control.run(state)
  while ok and tag == WAIT do
    local future = state.task.awaiting
    state.task.awaiting = nil
    ok, tag = pcall(control.block, future)
    if not ok then
      break
    end
    ok, tag = control.run(state)
  end
  if not ok then
    control.close(state)
  end
  return ok, tag
end

-- Calls f(...) for the debugger. Returns true and what it returned (packed), or false and its error.
function M.run(f, ...)
  local arguments, values = pack(...), nil
  local state = control.new(function()
    values = pack(f(unpack(arguments, 1, arguments.n)))
  end)
  local task = { state = state }
  state.task = task
  local outer, outer_task, was_armed = M.current, now.task, follow.armed
  local this = outer or { task = task, ends = clock() + seconds }
  now.task, M.current = task, this
  if not outer then
    tasks.freeze(is_frozen(follow.last_task))
    host.make_room()
  end
  host.arm()
  local ok, failure = drive(state)
  if not was_armed then
    host.disarm()
  end
  now.task, M.current = outer_task, outer
  if not outer then
    tasks.thaw()
    host.take_room()
  end
  if ok then
    return true, values
  end
  return false, this.why or failure
end

-- Compiling ------------------------------------------------------------------------

local function message_of(trouble)
  return (string.gsub(trouble, "^[^:]*:%d+: ", ""))
end

-- Returns the function of an expression, or nil and why there is none.
function M.expression(source)
  local f, trouble = load("return " .. source .. "\n", "=(debug)", "t", env)
  if f then
    return f
  end
  return nil, message_of(trouble)
end

-- Returns the function of an expression or of statements; throws what is wrong with them.
function M.compile(source)
  local f, trouble = M.expression(source)
  if f then
    return f
  end
  local statements, other = load(source, "=(debug)", "t", env)
  if not statements then
    errors.refuse(string.find(other, "<eof>", 1, true) and message_of(other) or trouble)
  end
  return statements
end

-- Runs a compiled function with the variables of a frame; with the globals where there is none.
function M.call(f, frame)
  debug.setupvalue(f, 1, frame and frames.scope(frame) or env)
  if frame then
    local extra, count = frames.varargs(frame)
    return M.run(f, unpack(extra, 1, count))
  end
  return M.run(f)
end

-- Returns an error without the place in the expression that it may name.
function M.clean(failure)
  if type(failure) == "string" then
    return (string.gsub(failure, "^%(debug%):%d+: ", ""))
  end
  return failure
end

-- Returns an error as one line of text.
function M.text_of(failure)
  if type(failure) == "string" then
    return M.clean(failure)
  elseif errors.is(failure) then
    return tostring(failure)
  end
  local message = type(failure) == "table" and rawget(failure, "message")
  return type(message) == "string" and message or "an error that is a " .. type(failure)
end

return M
