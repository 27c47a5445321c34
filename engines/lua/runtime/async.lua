-- The global Async: tasks that run side by side, and what can be done with them.

local errors, codec, control, tasks, timers = ...

local now = control.now
local M = {}

local function check_function(value, what)
  if type(value) ~= "function" then
    errors.refuse(what .. " must be a function, got a " .. type(value))
  end
end

local function check_list(value, what)
  if type(value) ~= "table" then
    errors.refuse(what .. " must be a list, got a " .. type(value))
  end
end

local function check_functions(list)
  check_list(list, "functions")
  for i = 1, rawlen(list) do
    check_function(rawget(list, i), "functions[" .. i .. "]")
  end
end

local function check_seconds(value)
  if type(value) ~= "number" or value ~= value or value < 0 then
    errors.refuse("seconds must be a number that is not negative")
  end
end

-- Groups: tasks that end together --------------------------------------------------

-- Cancels what is unfinished when a group's owner leaves it, however that happens.
local group_meta = {
  __close = function(group)
    for _, task in ipairs(group.tasks) do
      tasks.cancel(task)
    end
  end,
}

local function new_group()
  return setmetatable({ tasks = {}, future = {} }, group_meta)
end

local function fail_group(group, task)
  if not group.failed then
    group.failed, group.failure = true, task.failure
    tasks.resolve(group.future)
  end
end

local function join(group)
  tasks.await(group.future)
  if group.failed then
    error(group.failure, 0)
  end
end

-- Runs work(i) for i = 1..count, at most `limit` at a time; returns the list of what they gave.
local function gather(count, limit, work)
  local group <close> = new_group()
  local results, started, left = setmetatable({}, codec.list_mark), 0, count
  local start
  local function done(task)
    if task.failed then
      return fail_group(group, task)
    end
    left = left - 1
    if left == 0 then
      tasks.resolve(group.future)
    elseif started < count and not group.failed then
      start()
    end
  end
  function start()
    started = started + 1
    local i = started
    group.tasks[i] = tasks.start({ on_done = done, observed = true }, function()
      results[i] = work(i)
    end)
  end
  for _ = 1, math.min(count, limit) do
    start()
  end
  if count > 0 then
    join(group)
  end
  return results
end

function M.all(functions)
  check_functions(functions)
  local count = rawlen(functions)
  return gather(count, count, function(i)
    return (functions[i]())
  end)
end

function M.map(list, f, options)
  check_list(list, "list")
  check_function(f, "function")
  local count = rawlen(list)
  local limit = count
  if options ~= nil then
    check_list(options, "options")
    limit = options.limit or count
    for key in next, options do
      if key ~= "limit" then
        errors.refuse("options: '" .. tostring(key) .. "' is not an option", "the only one is limit")
      end
    end
  end
  if math.type(limit) ~= "integer" or (limit < 1 and count > 0) then
    errors.refuse("options.limit must be an integer of at least 1")
  end
  return gather(count, limit, function(i)
    return (f(list[i], i))
  end)
end

function M.race(functions)
  check_functions(functions)
  if rawlen(functions) == 0 then
    errors.refuse("functions must not be empty")
  end
  local group <close> = new_group()
  local function done(task)
    if task.failed then
      return fail_group(group, task)
    end
    group.winner = group.winner or task
    tasks.resolve(group.future)
  end
  for i = 1, rawlen(functions) do
    group.tasks[i] = tasks.start({ on_done = done, observed = true }, functions[i])
  end
  join(group)
  return group.winner.values[1]
end

function M.timeout(seconds, f)
  check_seconds(seconds)
  check_function(f, "function")
  local group <close> = new_group()
  local function done(task)
    if task.failed then
      return fail_group(group, task)
    end
    tasks.resolve(group.future)
  end
  local task = tasks.start({ on_done = done, observed = true }, f)
  group.tasks[1] = task
  timers.add(seconds, group.future)
  join(group)
  if not task.finished then
    local late = errors.make("timeout", "it took longer than " .. seconds .. " s")
    late.retryable = true
    error(late, 0)
  end
  return table.unpack(task.values, 1, task.values.n)
end

function M.sleep(seconds)
  check_seconds(seconds)
  local future = {}
  timers.add(seconds, future)
  tasks.await(future)
end

-- Tasks as the spell holds them ------------------------------------------------------

local hidden = setmetatable({}, { __mode = "k" })

local function task_of(self)
  local task = hidden[self]
  if not task then
    errors.refuse("a task is expected: call its methods with a colon")
  end
  return task
end

local methods = {}

function methods.wait(self)
  local task = task_of(self)
  if task == now.task then
    errors.refuse("a task cannot wait for itself")
  end
  task.observed = true
  tasks.await(task.future)
  if task.failed then
    error(task.failure, 0)
  end
  return table.unpack(task.values, 1, task.values.n)
end

function methods.cancel(self)
  local task = task_of(self)
  tasks.cancel(task)
  if task == now.task then
    control.check()
  end
end

function methods.done(self)
  return task_of(self).finished == true
end

local task_meta = {
  __name = "Task",
  __metatable = false,
  __index = methods,
  __newindex = function() error("attempt to change a task", 2) end,
}

function M.spawn(f, ...)
  check_function(f, "function")
  local self = setmetatable({}, task_meta)
  hidden[self] = tasks.start({}, f, ...)
  codec.opaque[self] = "a task"
  return self
end

return M
