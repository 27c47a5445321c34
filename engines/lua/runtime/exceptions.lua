-- Errors that stop the spell: where they are thrown, or when nobody is left to catch them.

local host, control, stops, frames, evaluation = ...

local raw_equal, type = rawequal, type
local now = control.now

local M = {
  -- Which errors stop it: {raised, uncaught}.
  filters = {},
}

-- The last error: {failure, file, line, kept = frames with values, stopped = at it}.
local last

function M.set(list)
  M.filters = {}
  for _, name in ipairs(list) do
    M.filters[name] = true
  end
end

-- Whether errors are none of the debugger's business: nobody asked for them, or it is the
-- debugger's own expression that failed.
local function is_idle()
  return not (M.filters.raised or M.filters.uncaught) or evaluation.current or stops.current
end

-- Whether it is an error that ends the run, or a task that was given up.
local function is_ending(task)
  return now.fatal or host.poll() or task and task.cancelled
end

-- Whether this is the last error on its way up. A text is thrown anew where it is thrown at the
-- same place.
local function is_rethrown(failure, frame)
  if not last or not raw_equal(last.failure, failure) then
    return false
  end
  return type(failure) ~= "string" or not frame
    or frame.file ~= last.file or frame.line ~= last.line
end

local function keep(state, task)
  local list = frames.keep(state)
  for _, frame in ipairs(task and task.creators or {}) do
    list[#list + 1] = frame
  end
  return list
end

-- Takes note of an error in a state; stops if that is wanted. Returns whether it is a new one.
local function note(failure, state, task)
  local list = frames.stack(state)
  if is_rethrown(failure, list[1]) then
    return false
  end
  last = { failure = failure, file = list[1] and list[1].file, line = list[1] and list[1].line }
  if M.filters.uncaught then
    last.kept = keep(state, task)
  end
  if M.filters.raised then
    last.stopped = true
    stops.stop("exception", { task = task, state = state, error = stops.describe(failure, list) })
  end
  return true
end

local function caught(failure)
  local task = stops.running_task()
  if not is_ending(task) then
    note(failure, control.here(), task)
  end
end

-- Called inside the handler of a protected call: the stack is alive, and there may be little left
-- of it, or of the memory.
function control.raised(failure)
  if not is_idle() then
    stops.aside(caught, failure)
  end
end

-- Whether nobody can catch the error that ends a task.
local function is_final(task)
  return task.id == 1 or not (task.observed or task.callback) and #task.future == 0
end

-- Called with a coroutine that an error ended, whose stack is still there.
local function died(failure, state)
  local task = state.task or stops.running_task()
  if is_ending(task) then
    return
  end
  local is_new = note(failure, state, task)
  if state.task and is_final(task) and M.filters.uncaught and not last.stopped then
    local stack = not is_new and last.kept or nil
    last.stopped = true
    stops.stop("exception", {
      task = task, state = state, stack = stack, text = "uncaught",
      error = stops.describe(failure, stack or frames.stack(state)),
    })
  end
end

local remember = control.remember

function control.remember(co, failure)
  local places
  failure, places = remember(co, failure)
  if not is_idle() then
    stops.aside(died, failure, control.state_of(co))
  end
  return failure, places
end

return M
