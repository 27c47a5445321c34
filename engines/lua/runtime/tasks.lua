-- Tasks and what they wait for: the spell's event loop.
--
-- A task is a coroutine of its own; it waits for futures. `serve` runs ready tasks and, when
-- there are none, waits for the host. Code that cannot yield (inside a sort comparator, say)
-- waits in a nested `serve`, so that the rest goes on.

local host, errors, codec, control, timers = ...

local co_yield, co_status, isyieldable = coroutine.yield, coroutine.status, coroutine.isyieldable
local pack, unpack, byte, error = table.pack, table.unpack, string.byte, error
local WAIT, now = control.WAIT, control.now

local RESULT, CALLBACK, ABANDON, COMMAND = 1, 2, 4, 5
local CALL, NOTE, CANCEL, MODULE, WITHIN, SETTLE = 17, 19, 21, 25, 29, 30

local MAX_TASKS = 10000
-- Nested waits cost C stack, of which Lua has 200 levels.
local MAX_NESTING = 16
-- Ready tasks may keep each other busy for ever: the host is heard at least this often.
local STEPS_BEFORE_LOOK = 64

local M = {}

-- CALL id to its future {call = id, payload, done, [1..n] = tasks that wait}.
local calls, last_id, pending = {}, 0, 0
local ready, head, tail = {}, 1, 0
local live, nesting = 0, 0
-- Failed tasks that nobody waited for.
local unhandled = {}
-- The course of which the host was told last.
local told = 0
local idle = { done = false }
-- While the debugger evaluates: tasks it froze that became ready since, and which it froze.
local parked, is_frozen

-- Set by a REPL or a debugger: takes a command's id and its JSON.
M.command = nil
-- Set by init.lua: callbacks.lua.
M.callbacks = nil
-- Whether the host may be waited for with nothing under way: in a REPL, whose user may go on.
M.may_wait = function() return false end

function M.new_id()
  last_id = last_id + 1
  return last_id
end

-- Futures -------------------------------------------------------------------

local function push(task)
  if parked and is_frozen(task) then
    parked[#parked + 1] = task
    return
  end
  ready[tail + 1] = task
  tail = tail + 1
end

local function pop()
  while head <= tail do
    local task = ready[head]
    ready[head] = nil
    head = head + 1
    if not task.finished then
      return task
    end
  end
  return nil
end

-- Keeps ready tasks of which `frozen` is true from running, until `thaw`.
function M.freeze(frozen)
  local waiting = table.move(ready, head, tail, 1, {})
  ready, head, tail = {}, 1, 0
  parked, is_frozen = {}, frozen
  for _, task in ipairs(waiting) do
    push(task)
  end
end

function M.thaw()
  local waiting = parked
  parked = nil
  for _, task in ipairs(waiting) do
    push(task)
  end
end

-- Wakes the tasks that wait for a future.
function M.resolve(future)
  future.done = true
  for i = 1, #future do
    local task = future[i]
    future[i] = nil
    if task.awaiting == future then
      task.awaiting = nil
      push(task)
    end
  end
end

-- Suspends the running task until a future is done.
function M.await(future)
  while not future.done do
    local task = now.task
    if task and isyieldable() then
      future[#future + 1] = task
      task.awaiting = future
      co_yield(WAIT)
    else
      control.block(future)
    end
  end
end

-- Tells the host that nobody waits for a call any more.
local function abandon(future)
  if future and future.call and calls[future.call] then
    calls[future.call] = nil
    pending = pending - 1
    host.send(CANCEL, future.call, "")
  end
end

-- Tasks ---------------------------------------------------------------------

-- Starts f(...) as a task. `options`: on_done(task), observed (somebody handles its failure),
-- callback (the id of the CALLBACK it answers). Its course is the callback in which it began; its
-- owner, in a REPL, is the evaluation it serves.
function M.start(options, f, ...)
  if live >= MAX_TASKS then
    error(errors.make("limit_exceeded", "more than " .. MAX_TASKS .. " tasks at a time",
      "run them in groups: Async.map with a limit", { limit = "tasks" }), 0)
  end
  local task = {
    future = {}, on_done = options.on_done, observed = options.observed, callback = options.callback,
    course = options.callback or now.task and now.task.course,
    owner = now.task and now.task.owner,
  }
  local arguments = pack(...)
  task.state = control.new(function()
    task.values = pack(f(unpack(arguments, 1, arguments.n)))
  end)
  task.state.task = task
  live = live + 1
  push(task)
  return task
end

local function finish(task)
  task.finished = true
  live = live - 1
  -- Somebody waits: the failure is theirs.
  task.observed = task.observed or #task.future > 0
  M.resolve(task.future)
  if task.on_done then
    task.on_done(task)
  end
  if task.failed and not task.observed then
    unhandled[#unhandled + 1] = task
  end
  if live == 0 then
    idle.done = true
  end
end

local function fail(task, failure)
  failure, task.frames = control.remember(task.state.co, failure)
  now.stopped_at = now.stopped_at or (now.fatal and task.frames)
  control.check_run()
  control.guest(control.close, task.state)
  task.failed, task.failure = true, failure
  task.observed = task.observed or task.cancelled
  finish(task)
end

local function step(task)
  local outer = now.task
  now.task = task
  host.arm()
  local ok, failure = control.run(task.state)
  host.disarm()
  now.task = outer
  if not ok then
    fail(task, failure)
  elseif co_status(task.state.co) == "dead" then
    finish(task)
  end
end

-- Ends a task: what it waits for is given up, what it has to close is closed.
function M.cancel(task)
  if task.finished or task.cancelled then
    return
  end
  task.cancelled = true
  abandon(task.awaiting)
  task.awaiting = nil
  if co_status(task.state.co) ~= "suspended" then
    return -- it runs, or waits in a nested serve: the next check ends it
  end
  control.close(task.state)
  control.check_run()
  task.failed, task.failure, task.observed = true, errors.cancelled(), true
  finish(task)
end

-- Gives a task up that an interrupt stopped, before what it has to close is closed.
function M.drop(task, failure)
  abandon(task.awaiting)
  task.awaiting = nil
  task.failed, task.failure, task.observed = true, failure, true
  finish(task)
end

-- The host ------------------------------------------------------------------

-- Returns the value of a RESULT's payload, or throws its error; `is_text` if the value is bare text.
local function answer(payload, is_text)
  if not payload then
    error(errors.make("limit_exceeded", "the answer does not fit into the spell's memory",
      "raise the memory limit or ask for less", { limit = "memory" }), 0)
  elseif byte(payload, 1) == 0 then
    return is_text and string.sub(payload, 2) or codec.decode(payload, 2)
  end
  return error(errors.from_host(codec.decode(payload, 2)), 0)
end

local function proceed()
  if now.fatal or (now.task and now.task.cancelled) then
    control.check()
  end
end

-- Tells the host in the course of which callback the next call is made.
local function place()
  local course = now.task and now.task.course or 0
  if course ~= told then
    host.send(WITHIN, course, "")
    told = course
  end
end

-- Calls the host and suspends the task until it answers.
function M.call(payload)
  proceed()
  place()
  local id = M.new_id()
  local future = { call = id }
  calls[id] = future
  pending = pending + 1
  host.send(CALL, id, payload)
  M.await(future)
  return answer(future.payload)
end

-- Asks the host and blocks until it answers.
local function ask(kind, payload)
  proceed()
  place()
  local bytes = host.ask(kind, M.new_id(), payload)
  host.arm()
  if bytes == nil then
    control.check()
  end
  return bytes
end

-- Calls the host and blocks until it answers.
function M.call_now(payload)
  return answer(ask(CALL, payload))
end

-- Calls the host, which answers nothing.
function M.note(payload)
  place()
  host.send(NOTE, 0, payload)
end

-- Asks for a module: `key` is "importing module NUL wanted name"; returns "id NUL source".
function M.ask_module(key)
  return answer(ask(MODULE, key), true)
end

local function dispatch(kind, id, payload)
  if kind == RESULT then
    local future = calls[id]
    if future then
      calls[id] = nil
      pending = pending - 1
      future.payload = payload
      M.resolve(future)
    end
  elseif kind == CALLBACK then
    M.callbacks.begin(id, payload)
  elseif kind == ABANDON then
    M.callbacks.abandon(id)
  elseif kind == COMMAND and M.command then
    M.command(id, payload)
  end
  control.check_run()
end

-- Handles one frame and the timers that are due; waits for them when `patient`.
local function look(patient)
  local due = timers.due_in()
  if patient and pending == 0 and not due and not M.may_wait() then
    error(errors.make("spell_error", "the spell waits for something that can never happen",
      "no host call, timer or callback is under way that could wake a task"), 0)
  end
  local kind, id, payload = host.receive(not patient and 0 or due or -1)
  if kind then
    dispatch(kind, id, payload)
  end
  for _, future in ipairs(timers.take_due()) do
    M.resolve(future)
  end
end

local function first_unhandled()
  for _, task in ipairs(unhandled) do
    if not task.observed then
      return task
    end
  end
  return nil
end

local function serve(goal)
  local steps = 0
  while not goal.done do
    local task = pop()
    if task then
      step(task)
      steps = steps + 1
      if steps % STEPS_BEFORE_LOOK == 0 then
        look(false)
      end
    elseif goal == idle and first_unhandled() then
      return -- every task that could still have handled it has had its turn
    else
      look(true)
    end
    if now.task and now.task.cancelled then
      return
    end
  end
end

function control.block(goal)
  if nesting >= MAX_NESTING then
    abandon(goal)
    error(errors.make("limit_exceeded", "too many waits inside functions that cannot suspend",
      "move host calls out of comparators, metamethods and gsub functions",
      { limit = "stack" }), 0)
  end
  local task, state = now.task, control.here()
  nesting = nesting + 1
  host.disarm()
  local ok, failure = pcall(serve, goal)
  nesting = nesting - 1
  control.return_to(state)
  now.task = task
  host.arm()
  if not ok then
    error(failure, 0)
  elseif not goal.done then
    abandon(goal)
    control.check()
  end
end

-- Lets the host call the handlers of events that still wait; tells whether there were any.
local function settle()
  local id = M.new_id()
  local future = { call = id }
  calls[id] = future
  pending = pending + 1
  host.send(SETTLE, id, "")
  serve(future)
  return answer(future.payload)
end

-- Serves until all tasks have ended and no handler of an event is left to be called.
local function serve_to_the_end()
  repeat
    idle.done = live == 0
    serve(idle)
  until first_unhandled() or not codec.has_functions() or not settle()
end

-- Runs f as the spell's main body, and everything it starts.
-- Returns true and f's first value, or false, the failure and its frames.
function M.run(f)
  local main = M.start({ observed = true }, f)
  local ok, failure = pcall(serve, main.future)
  if ok and main.failed then
    return false, main.failure, main.frames
  elseif ok then
    ok, failure = pcall(serve_to_the_end)
  end
  if not ok then
    local stopped = now.stopped_at
    if not stopped or #stopped == 0 then
      stopped = main.frames or control.frames(main.state.co)
    end
    return false, failure, stopped
  end
  local lost = first_unhandled()
  if lost then
    return false, lost.failure, lost.frames
  end
  return true, main.values[1]
end

-- Serves the host for ever; tells `report` of failed tasks that nobody waited for.
function M.serve_for_ever(report)
  while true do
    idle.done = live == 0
    serve(idle)
    local lost = unhandled
    unhandled = {}
    for _, task in ipairs(lost) do
      if not task.observed then
        report(task)
      end
    end
    if idle.done then
      look(true)
    end
  end
end

return M
