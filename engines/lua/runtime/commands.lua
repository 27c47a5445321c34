-- The host's commands to a debugged spell, at any time and while it stands still.

local host, errors, codec, follow, evaluation, stepping, breakpoints, exceptions, stops, inspect = ...

local ANSWER = 27
local MAX_TASKS = 1000
local REASONS = {
  pause = true, ["model call"] = true, ["tool call"] = true, ["workflow step"] = true, handoff = true,
}

local M = {}

-- Commands that came while an expression was evaluated, {id, request}.
local held = {}
-- Whether the stop is over.
local goes_on = false

local function list_of(items)
  return setmetatable(items, codec.list_mark)
end

local function task_of(id)
  for _, task in ipairs(stops.tasks(MAX_TASKS)) do
    if task.id == id then
      return task
    end
  end
  return errors.refuse("no task has the id " .. tostring(id))
end

local always, while_stopped = {}, {}

function always.breakpoints(request)
  return { breakpoints = list_of(breakpoints.set(request.file, request.breakpoints)) }
end

function always.exceptions(request)
  exceptions.set(request.filters)
  return {}
end

function always.tasks()
  local list = list_of({})
  for i, task in ipairs(stops.tasks(MAX_TASKS)) do
    list[i] = { id = task.id, name = task.name }
  end
  return { tasks = list }
end

function always.evaluate(request)
  return inspect.evaluate(request.source, stops.frame(request.frame))
end

function always.members(request)
  return { members = inspect.members(stops.frame(request.frame), request.path) }
end

function always.stop_evaluating()
  if evaluation.current then
    evaluation.stop(errors.make("cancelled", "the evaluation was stopped"))
  end
  return {}
end

-- Stops at the next line where the spell computes; at once where all of it waits.
function always.pause(request, is_waiting)
  if stops.current then
    errors.refuse("the spell is stopped already")
  end
  local reason = REASONS[request.reason] and request.reason or "pause"
  local task = request.call and follow.caller(request.call)
  if is_waiting then
    task = task or stops.tasks(1)[1]
  end
  if not is_waiting or not task then
    return {}, function() stepping.pause(reason, request.text, task) end
  end
  return {}, function()
    stops.stop(reason, { task = task, state = follow.innermost(task), text = request.text })
  end
end

local function resume()
  goes_on = true
  return {}
end

while_stopped["continue"] = resume

function while_stopped.step(request)
  local task = stops.current.task
  stepping.step(request.how, task, stops.state_of(task))
  return resume()
end

function while_stopped.run_to(request)
  if not stepping.run_to(request.file, request.line) then
    errors.refuse("no code at line " .. tostring(request.line) .. " of '" .. tostring(request.file)
      .. "' or after it")
  end
  return resume()
end

function while_stopped.stack(request)
  local frames, ids = stops.stack(task_of(request.task))
  local list = list_of({})
  for i, frame in ipairs(frames) do
    list[i] = {
      id = ids[i], name = frame.name, file = frame.file, line = frame.line, async = frame.async,
    }
  end
  return { frames = list }
end

function while_stopped.scopes(request)
  return { scopes = inspect.scopes(stops.frame(request.frame)) }
end

function while_stopped.variables(request)
  return { variables = inspect.variables(request.ref, request.start, request.count) }
end

function while_stopped.assign(request)
  return inspect.assign(request.ref, request.name, request.source)
end

local function handler_of(op)
  if stops.current and while_stopped[op] then
    return while_stopped[op]
  elseif always[op] then
    return always[op]
  end
  return function()
    errors.refuse(while_stopped[op] and "the spell is running"
      or "no command is called '" .. tostring(op) .. "'")
  end
end

local function answer(id, ok, result)
  if not ok then
    result = { error = stops.describe(evaluation.clean(result)) }
  end
  host.answer(ANSWER, id, codec.encode(result))
end

-- Serves a command; while an expression is evaluated all but its end have to wait.
local function take(id, request, is_waiting)
  if evaluation.current and request.op ~= "stop_evaluating" then
    held[#held + 1] = { id = id, request = request }
    return
  end
  local ok, result, after = pcall(handler_of(request.op), request, is_waiting)
  answer(id, ok, result)
  if ok and after then
    after()
  end
end

local function take_held(is_waiting)
  while #held > 0 and not evaluation.current and not goes_on do
    local command = table.remove(held, 1)
    take(command.id, command.request, is_waiting)
  end
end

-- Serves commands until the spell is to go on, or has to end.
function stops.serve()
  goes_on = false
  while not goes_on do
    take_held()
    if not goes_on then
      local id, bytes = host.take(true)
      if not id then
        break
      end
      take(id, codec.decode(bytes, 1))
    end
  end
  goes_on = false
end

-- Serves the commands that have come while the spell computes.
function M.look()
  local id, bytes = host.take(false)
  while id do
    take(id, codec.decode(bytes, 1))
    id, bytes = host.take(false)
  end
  take_held()
end

-- Serves a command that came while the spell waits.
function M.take(id, json)
  take(id, codec.decode(host.command(json), 1), true)
  take_held(true)
end

return M
