-- What a debugger has to know of a running spell beyond what the runtime keeps: who resumed whom,
-- who started which task, and whether the memory limit is on. Loaded only to debug.

local host, control, tasks = ...

local here = control.here

local M = {
  -- Whether the spell's memory limit is on.
  armed = false,
  -- The id of the newest task.
  last_task = 0,
}

-- Task id to task, while somebody else holds the task.
local by_id = setmetatable({}, { __mode = "v" })

local arm, disarm = host.arm, host.disarm

function host.arm()
  M.armed = true
  arm()
end

function host.disarm()
  M.armed = false
  disarm()
end

-- A state's `by` resumed it last; its `inner` is what it resumed last.
local run = control.run

function control.run(state, ...)
  local back = here()
  state.by, back.inner = back, state
  return run(state, ...)
end

-- Has `arm_hook` called with every new coroutine.
function M.watch_coroutines(arm_hook)
  local new = control.new
  function control.new(f)
    local state = new(f)
    arm_hook(state.co)
    return state
  end
end

local function name_of(task)
  if task.id == 1 then
    return "main"
  elseif task.callback then
    return "callback " .. task.callback
  end
  return "task " .. task.id
end

-- Gives a task its number and name; `creators` are the frames of who started it.
function M.adopt(task, creators)
  M.last_task = M.last_task + 1
  task.id, task.creators = M.last_task, creators
  task.name = name_of(task)
  by_id[task.id] = task
  return task
end

-- Has every new task adopted; `creators()` returns the frames of the running code.
function M.watch_tasks(creators)
  local start = tasks.start
  function tasks.start(options, f, ...)
    local task = start(options, f, ...)
    task.parent = control.now.task
    return M.adopt(task, creators())
  end
end

-- A task that waits where it cannot yield is `blocked` in a state, and the state in a nested serve.
local block = control.block

function control.block(goal)
  local task = control.now.task
  if not task then
    return block(goal)
  end
  local outer_state, outer_goal = task.blocked, task.blocked_for
  task.blocked, task.blocked_for = here(), goal
  local guard <close> = setmetatable({}, { __close = function()
    task.blocked, task.blocked_for = outer_state, outer_goal
  end })
  return block(goal)
end

-- Returns the task with an id, if it is alive.
function M.task(id)
  local task = by_id[id]
  return task and not task.finished and task or nil
end

-- Returns the tasks that are alive, the oldest first, at most `most`.
function M.tasks(most)
  local list = {}
  for id = 1, M.last_task do
    local task = M.task(id)
    if task and #list < most then
      list[#list + 1] = task
    end
  end
  return list
end

-- Returns the task that waits for the answer to a CALL, or nil.
function M.caller(call)
  for _, task in next, by_id do
    local future = task.awaiting or task.blocked_for
    if future and future.call == call and not task.finished then
      return task
    end
  end
  return nil
end

-- Returns the state in which a task that does not run right now stands still.
function M.innermost(task)
  local state = task.blocked or task.state
  while state.inner and state.inner.by == state and state.inner.waiting do
    state = state.inner
  end
  return state
end

return M
