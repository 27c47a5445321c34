-- A stop of the spell: it stands still, the host's commands are served, it goes on.
--
-- A hook cannot yield, so a stop blocks the whole worker. Whatever is asked then runs in coroutines
-- of its own, which look at the stopped ones from outside.

local host, errors, codec, control, report, follow, frames, evaluation, stepping, tell = ...

local now = control.now

local M = {
  -- The stop under way: {task, state = where the task stands still, stack = its frames where that
  -- does not tell, running, running_state = what computed}.
  current = nil,
  -- Set by commands.lua: serves commands until the spell is to go on.
  serve = nil,
  -- Set by debugger.lua: called when the spell goes on.
  forget = nil,
}

-- Frame id to frame, while stopped; ids are never used twice.
local by_id, last_id = {}, 0

-- Runs f(...) in a coroutine of its own, so that the levels of the caller's do not change under it,
-- and outside the spell's memory limit. Returns whether it ran to its end: not where no C stack is
-- left for it.
function M.aside(f, ...)
  local was_armed = follow.armed
  if was_armed then
    host.disarm()
  end
  local co = coroutine.create(f)
  debug.sethook(co)
  local ok, trouble = coroutine.resume(co, ...)
  if was_armed then
    host.arm()
  end
  if not ok and trouble ~= "C stack overflow" and not now.fatal then
    error("the debugger failed: " .. tostring(trouble), 0)
  end
  return ok
end

-- Returns an error's map. A spell's __tostring may have its say.
function M.describe(failure, list)
  local places = {}
  for i, frame in ipairs(list or {}) do
    places[i] = { file = frame.file, line = frame.line, ["function"] = frame.name }
  end
  local ok, values = evaluation.run(report.describe, failure, places)
  local bytes = ok and values[1] or report.describe("the error could not be described", places)
  return codec.decode(bytes, 1)
end

-- Returns the running task; one of the engine's own making gets its number when it is first seen.
function M.running_task()
  local task = now.task
  if task and not task.id then
    follow.adopt(task)
  end
  return task
end

-- Stops the spell until it is to go on. `about`: task, state, stack (as in `current`), text,
-- breakpoints (ids), error (its map). A caller that may throw asks check_run afterwards.
function M.stop(reason, about)
  stepping.clear()
  about.running, about.running_state = M.running_task(), control.here()
  M.current = about
  M.aside(function()
    tell({
      event = "stopped", reason = reason, task = about.task and about.task.id, text = about.text,
      breakpoints = about.breakpoints, error = about.error,
    })
    M.serve()
    tell({ event = "continued" })
  end)
  M.current, by_id = nil, {}
  M.forget()
end

-- Returns the state in which a task stands still, nil for one that has none.
function M.state_of(task)
  local current = M.current
  if task == current.task and current.state then
    return current.state
  elseif task == current.running then
    return current.running_state
  end
  return task.state and follow.innermost(task)
end

-- Returns the tasks to choose from, the one that the stop is about first.
function M.tasks(most)
  local first = M.current and M.current.task
  local list = { first }
  for _, task in ipairs(follow.tasks(most)) do
    if task ~= first and (task.state or M.current and task == M.current.running) then
      list[#list + 1] = task
    end
  end
  return list
end

-- Returns the frames of a task, innermost first, then those of who started it; each gets an id.
function M.stack(task)
  local list
  if task == M.current.task and M.current.stack then
    list = M.current.stack
  else
    list = frames.stack(M.state_of(task))
    for _, frame in ipairs(task.creators or {}) do
      list[#list + 1] = frame
    end
  end
  local ids = {}
  for i, frame in ipairs(list) do
    last_id = last_id + 1
    by_id[last_id], ids[i] = frame, last_id
  end
  return list, ids
end

-- Returns the frame with an id; none for no id.
function M.frame(id)
  if id == nil then
    return nil
  end
  return by_id[id] or errors.refuse("no frame has the id " .. tostring(id))
end

return M
