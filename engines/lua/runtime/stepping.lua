-- Where a step, a run to a line, a pause or the stop on entry has to stop. Asked at every line while
-- one of them is under way.

local control, follow, frames, breakpoints = ...

local getinfo = debug.getinfo
local now = control.now

local M = {
  -- Whether any is under way.
  busy = false,
  -- Set by debugger.lua: called when that may have changed.
  changed = nil,
}

-- What is under way: entry = true; pause = {reason, text}; goal = {file, line}; step = {how, task,
-- co, depth, func, outer = coroutines below co, newest = id of the newest task}.
local entry, pause, goal, step

local function update()
  M.busy = (entry or pause or goal or step) ~= nil
  M.changed()
end

-- Drops everything: the spell has stopped.
function M.clear()
  entry, pause, goal, step = nil, nil, nil, nil
  update()
end

function M.on_entry()
  entry = true
  update()
end

-- Stops at the next line, on behalf of `task` if that is not the running one.
function M.pause(reason, text, task)
  pause = { reason = reason, text = text, task = task }
  update()
end

-- Returns the line at which a run to a line will stop, nil where there is no code.
function M.run_to(file, line)
  local found = breakpoints.line(file, line)
  if found then
    goal = { file = file, line = found }
    update()
  end
  return found
end

-- Begins a step ("in", "over", "out") of a task that stands still in a state.
function M.step(how, task, state)
  local frame = frames.stack(state, 1)[1]
  local outer, below = {}, state
  while not below.task and below.by and below.by.co do
    below = below.by
    outer[below.co] = true
  end
  if frame and frame.co ~= state.co then
    outer[state.co] = nil
  end
  step = { how = how, task = task, outer = outer, newest = follow.last_task }
  if frame then
    step.co, step.func = frame.co, frame.func
    step.depth = frames.depth(frame.co, frame.level)
    outer[frame.co] = nil
  end
  update()
end

-- Whether a step into something may end in the running task.
local function may_enter(task)
  return task == step.task or task.id and task.id > step.newest
    and (task.callback ~= nil or task.parent == step.task)
end

-- Whether a step over or out may end in the function at `level`. In a coroutine below the step's
-- own it may: the step's has ended or yielded, or it could not run.
local function is_left(level)
  local co = control.here().co
  if co ~= step.co then
    return step.outer[co] == true
  end
  level = level + 1
  local depth = step.how == "over" and step.depth or step.depth - 1
  if getinfo(level + depth, "l") then
    return false
  elseif step.how == "out" or not getinfo(level + depth - 1, "l") then
    return true
  end
  -- As deep as the step began: the same function, not one that a tail call put in its place.
  return getinfo(level, "f").func == step.func
end

local function is_step_over(level)
  if step.task.finished then
    step = nil
    update()
    return false
  elseif step.how == "in" then
    return may_enter(now.task)
  end
  return now.task == step.task and is_left(level + 1)
end

-- Returns why the spell has to stop at this line (nil if it has not to), a text, and the task it is
-- about if not the running one; `level` is the caller's level of the function that reached it.
function M.reason(file, line, level)
  if entry then
    return "entry"
  elseif pause then
    return pause.reason, pause.text, pause.task
  elseif goal and goal.line == line and goal.file == file then
    return "goto"
  elseif step and is_step_over(level + 1) then
    return "step"
  end
  return nil
end

return M
