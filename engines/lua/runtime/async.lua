-- The global Async: tasks that run side by side, and what can be done with them.

local errors, codec, control, tasks, timers = ...

local now = control.now
local M = {}

-- What a spell holds of a task, to the task.
local hidden = setmetatable({}, { __mode = "k" })

local function check(value, kind, what)
  if type(value) ~= kind then
    errors.refuse(what .. " must be a " .. (kind == "table" and "list" or kind)
      .. ", got " .. (value == nil and "nothing" or "a " .. type(value)))
  end
end

local function check_seconds(value, name)
  if type(value) ~= "number" or value ~= value or value < 0 then
    errors.refuse(name .. ": 'seconds' must be a number that is not negative")
  end
end

-- Returns the functions that do what a list of functions and tasks stands for.
local function works(list, name)
  check(list, "table", name .. ": 'tasks'")
  local found = {}
  for i = 1, rawlen(list) do
    local work = rawget(list, i)
    if type(work) ~= "function" and not hidden[work] then
      errors.refuse(name .. ": 'tasks'[" .. i .. "] must be a function or a task, got a " .. type(work))
    end
    found[i] = hidden[work] and function() return work:wait() end or work
  end
  return found
end

-- Groups: tasks that end together --------------------------------------------------

-- Cancels what is unfinished when a group's owner leaves it, however that happens.
local group_meta = {
  __close = function(group)
    for _, task in next, group.tasks do
      tasks.cancel(task)
    end
  end,
}

-- Returns a group; tasks among `list` belong to it from the start.
local function new_group(list)
  local group = setmetatable({ tasks = {}, future = {} }, group_meta)
  for i = 1, rawlen(list) do
    group.tasks[i] = hidden[rawget(list, i)]
  end
  return group
end

local function add(group, done, f)
  local task = tasks.start({ on_done = done, observed = true }, f)
  table.insert(group.tasks, task)
  return task
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
-- Tasks in `members` share the group's fate.
local function gather(count, limit, work, members)
  local group <close> = new_group(members)
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
    add(group, done, function() results[i] = work(i) end)
  end
  for _ = 1, math.min(count, limit) do
    start()
  end
  if count > 0 then
    join(group)
  end
  return results
end

function M.all(list)
  local functions = works(list, "Async.all")
  return gather(#functions, #functions, function(i)
    return (functions[i]())
  end, list)
end

local function limit_of(options, count)
  if options == nil then
    return count
  end
  check(options, "table", "Async.map: 'options'")
  for key in next, options do
    if key ~= "limit" then
      errors.refuse("Async.map: 'options': '" .. tostring(key) .. "' is not an option",
        "the only one is 'limit'")
    end
  end
  local limit = options.limit or count
  if math.type(limit) ~= "integer" or (limit < 1 and count > 0) then
    errors.refuse("Async.map: 'options'.limit must be an integer of at least 1")
  end
  return limit
end

function M.map(items, f, options)
  check(items, "table", "Async.map: 'items'")
  check(f, "function", "Async.map: 'fn'")
  local count = rawlen(items)
  return gather(count, limit_of(options, count), function(i)
    return (f(items[i], i))
  end, {})
end

function M.race(list)
  local functions = works(list, "Async.race")
  if #functions == 0 then
    errors.refuse("Async.race: 'tasks' must not be empty")
  end
  local group <close> = new_group(list)
  local function done(task)
    if task.failed then
      return fail_group(group, task)
    end
    group.winner = group.winner or task
    tasks.resolve(group.future)
  end
  for _, work in ipairs(functions) do
    add(group, done, work)
  end
  join(group)
  return group.winner.values[1]
end

function M.timeout(seconds, f)
  check_seconds(seconds, "Async.timeout")
  check(f, "function", "Async.timeout: 'fn'")
  local group <close> = new_group({})
  local function done(task)
    if task.failed then
      return fail_group(group, task)
    end
    tasks.resolve(group.future)
  end
  local task = add(group, done, f)
  timers.add(seconds, group.future)
  join(group)
  if not task.finished then
    local late = errors.make("timeout", "it took longer than " .. seconds .. " seconds")
    late.retryable = true
    error(late, 0)
  end
  return table.unpack(task.values, 1, task.values.n)
end

function M.sleep(seconds)
  check_seconds(seconds, "Async.sleep")
  local future = {}
  timers.add(seconds, future)
  tasks.await(future)
end

-- Tasks as the spell holds them ------------------------------------------------------

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
  check(f, "function", "Async.spawn: 'fn'")
  local self = setmetatable({}, task_meta)
  hidden[self] = tasks.start({}, f, ...)
  codec.opaque[self] = "a task"
  return self
end

return M
