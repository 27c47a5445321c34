-- Calls of the spell's functions by the host: each is a task, and its end the answer.

local host, codec, control, tasks, report = ...

local RETURN = 20

local M = {}

-- CALLBACK id to its task.
local callbacks = {}

local function run(payload)
  local request = codec.decode(payload, 1)
  local arguments = request[2]
  local count = #arguments
  for i = 1, count do
    if arguments[i] == codec.null then
      arguments[i] = nil
    end
  end
  -- Called without a name of ours: tracebacks would show it.
  local value = codec.script_function(request[1])(table.unpack(arguments, 1, count))
  return codec.encode(value, "the function's result")
end

-- Starts what a CALLBACK asks for.
function M.begin(id, payload)
  local function done(task)
    callbacks[id] = nil
    if task.failed and not task.cancelled then
      host.send(RETURN, id, "\1" .. report.describe(task.failure, task.frames))
    elseif not task.failed then
      host.send(RETURN, id, "\0" .. task.values[1])
    end
  end
  local ok, task = pcall(tasks.start, { on_done = done, observed = true, callback = id }, run, payload)
  if ok then
    callbacks[id] = task
  else
    host.send(RETURN, id, "\1" .. report.describe(task, {}))
  end
end

-- Ends what nobody waits for any more.
function M.abandon(id)
  if callbacks[id] then
    control.guest(tasks.cancel, callbacks[id])
  end
end

return M
