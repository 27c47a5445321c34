--- Patterns for things that take time, on top of `Async`.
---
---     local async = require "llmspell.async"
---     local pool = async.pool(4)
---     local page = pool:run(function() return Http.get(url) end)

local M = {}

M.retry = require("llmspell.retry")

local FOREVER = 1000000

local function check(fn, name)
  if type(fn) ~= "function" then
    error("async." .. name .. ": fn must be a function, got a " .. type(fn), 3)
  end
end

local function check_limit(limit, name)
  if math.type(limit) ~= "integer" or limit < 1 then
    error("async." .. name .. ": limit must be an integer of at least 1", 3)
  end
  return limit
end

-- Calls f when the block that holds it as a `<close>` variable is left; cancellation too leaves that way only.
local function at_end(f)
  return setmetatable({}, { __close = f })
end

-- Something to wait at until it opens: a task that sleeps and is woken by its end.
local function new_gate()
  local gate = {}
  local sleeper = Async.spawn(function() Async.sleep(FOREVER) end)
  function gate.open()
    gate.is_open = true
    sleeper:cancel()
  end
  function gate.wait()
    local _ <close> = at_end(function() sleeper:cancel() end)
    local ok, failure = pcall(sleeper.wait, sleeper)
    if not ok and not gate.is_open then
      error(failure, 0)
    end
  end
  return gate
end

--- Waits while other tasks run.
---@param seconds number
function M.sleep(seconds)
  Async.sleep(seconds)
end

--- Runs fn, which is cancelled with a `timeout` error when it takes too long.
---@generic T
---@param fn fun(): T
---@param seconds number
---@return T
function M.timeout(fn, seconds)
  check(fn, "timeout")
  return Async.timeout(seconds, fn)
end

--- Runs fn on every item, at most `limit` at a time (all unless given); returns what it gave for each.
---@generic T, R
---@param items T[]
---@param fn fun(item: T, index: integer): R
---@param limit? integer
---@return R[]
function M.map(items, fn, limit)
  check(fn, "map")
  return Async.map(items, fn, limit and { limit = check_limit(limit, "map") })
end

---@class Pool
local Pool = {}
Pool.__index = Pool
Pool.__name = "Pool"

--- Makes a pool, in which at most `limit` functions run at a time.
---@param limit integer
---@return Pool
function M.pool(limit)
  return setmetatable({ limit = check_limit(limit, "pool"), running = 0, waiting = {} }, Pool)
end

-- Hands the place on to who has waited longest.
local function hand_on(pool)
  local gate = table.remove(pool.waiting, 1)
  if gate then
    gate.open()
  else
    pool.running = pool.running - 1
  end
end

-- Gives up waiting: the place, if it has come meanwhile, is somebody else's.
local function leave(pool, gate)
  if gate.is_open then
    return hand_on(pool)
  end
  for i, one in ipairs(pool.waiting) do
    if one == gate then
      table.remove(pool.waiting, i)
      return
    end
  end
end

--- Runs fn when there is room, and returns what it returned.
---@generic T
---@param fn fun(): T
---@return T
function Pool:run(fn)
  check(fn, "pool: run")
  if self.running < self.limit then
    self.running = self.running + 1
  else
    local gate, is_in = new_gate(), false
    table.insert(self.waiting, gate)
    local _ <close> = at_end(function()
      if not is_in then
        leave(self, gate)
      end
    end)
    gate.wait()
    is_in = true
  end
  local _ <close> = at_end(function() hand_on(self) end)
  local results = table.pack(fn())
  return table.unpack(results, 1, results.n)
end

---@class Queue
local Queue = {}
Queue.__index = Queue
Queue.__name = "Queue"

--- Makes a queue: what is pushed is worked on in order, `limit` (1 unless given) at a time.
---@param fn fun(item: any): any
---@param limit? integer
---@return Queue
function M.queue(fn, limit)
  check(fn, "queue")
  return setmetatable({ fn = fn, pool = M.pool(limit or 1), open = {} }, Queue)
end

--- Adds an item; returns the task that works on it.
---@param item any
---@return Task
function Queue:push(item)
  local task
  task = Async.spawn(function()
    local _ <close> = at_end(function()
      if task then
        self.open[task] = nil
      end
    end)
    return (self.pool:run(function() return self.fn(item) end))
  end)
  if not task:done() then
    self.open[task] = true
  end
  return task
end

--- Returns how many items are waited for or worked on.
---@return integer
function Queue:size()
  local count = 0
  for _ in pairs(self.open) do
    count = count + 1
  end
  return count
end

--- Waits until nothing is left to do; then the first failure is thrown. A failure that neither this nor
--- anybody else waits for fails the run.
function Queue:idle()
  local failure
  while next(self.open) do
    local tasks = {}
    for task in pairs(self.open) do
      tasks[#tasks + 1] = task
    end
    Async.map(tasks, function(task)
      local ok, reason = pcall(task.wait, task)
      self.open[task] = nil
      failure = failure or not ok and { reason } or nil
    end)
  end
  if failure then
    error(failure[1], 0)
  end
end

--- Returns a function that runs fn the first time and gives the same afterwards. A failure is not kept.
---@param fn function
---@return function
function M.once(fn)
  check(fn, "once")
  local task
  return function(...)
    local arguments = table.pack(...)
    if not task then
      task = Async.spawn(function() return fn(table.unpack(arguments, 1, arguments.n)) end)
    end
    local mine = task
    local results = table.pack(pcall(mine.wait, mine))
    if results[1] then
      return table.unpack(results, 2, results.n)
    end
    if task == mine and mine:done() then
      task = nil
    end
    return error(results[2], 0)
  end
end

--- Returns a function that runs fn once nobody has called it for so many seconds, with the last arguments.
---@param fn function
---@param seconds number
---@return function
function M.debounce(fn, seconds)
  check(fn, "debounce")
  local pending
  return function(...)
    local arguments = table.pack(...)
    if pending then
      pending:cancel()
    end
    pending = Async.spawn(function()
      Async.sleep(seconds)
      pending = nil
      fn(table.unpack(arguments, 1, arguments.n))
    end)
  end
end

--- Returns a function that runs fn at once, and then at most once in so many seconds, with the last
--- arguments.
---@param fn function
---@param seconds number
---@return function
function M.throttle(fn, seconds)
  check(fn, "throttle")
  local resting, arguments
  local function rest()
    Async.sleep(seconds)
    local latest = arguments
    arguments = nil
    if latest then
      resting = Async.spawn(rest)
      fn(table.unpack(latest, 1, latest.n))
    else
      resting = nil
    end
  end
  return function(...)
    if resting then
      arguments = table.pack(...)
      return
    end
    resting = Async.spawn(rest)
    fn(...)
  end
end

return M
