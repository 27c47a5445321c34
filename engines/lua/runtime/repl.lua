-- A session: commands of the host, one after the other, in one engine. Every command is a task, so
-- that what it calls may wait while timers and background tasks go on, and an interrupt ends it.

local host, errors, codec, control, tasks, report, streams, show, literals, locals, members, scope,
  env = ...

local pack, select, type = table.pack, select, type
local match, gsub, now = string.match, string.gsub, control.now
local variables = scope.variables

local ANSWER, EVENT = 27, 28
local MAX_TEXT, MAX_VALUES = 20000, 100
-- The variables that one answer lists, and how much it says of each.
local MAX_VARIABLES = 1000
local BRIEF = { depth = 1, width = 1 << 20, items = 10, size = 200 }

-- Tasks of commands that are not answered yet, to the commands' ids.
local running = {}

local function send(kind, id, message)
  host.answer(kind, id, codec.encode(message))
end

local function error_map(failure, frames)
  return codec.decode(report.describe(failure, frames or {}), 1)
end

-- Compiling ------------------------------------------------------------------------

local function cleaned(source)
  return (gsub(gsub(source, "^\xef\xbb\xbf", ""), "^#!", "--#!"))
end

-- Compiles what gives values: the value nil comes first, since a call alone would be a tail call,
-- whose line no traceback would know.
local function as_expression(source, name)
  local space, rest = match(source, "^(%s*)return%f[^%w_](.*)$")
  return load((space or "") .. "return nil, " .. (rest or source) .. "\n", "@" .. name, "t", variables)
end

local function as_statements(source, name)
  local text, names = locals.rewrite(source)
  local chunk = load(text .. "\n", "@" .. name, "t", variables)
  if chunk then
    scope.declare(names)
    return chunk
  end
  return load(source, "@" .. name, "t", variables)
end

-- Returns the chunk and whether it gives one value too many in front; throws Lua's message.
local function compile(source, name)
  report.main = name
  report.chunks[debug.getinfo(load("", "@" .. name), "S").short_src] = true
  source = cleaned(source)
  local chunk = as_expression(source, name)
  if chunk then
    return chunk, true
  end
  local trouble
  chunk, trouble = as_statements(source, name)
  if not chunk then
    error(trouble, 0)
  end
  return chunk, false
end

-- Evaluating -----------------------------------------------------------------------

-- The text of a spell's own kind of table, or nil. Called in a command's task, where a stop can
-- reach it.
local function as_text(value)
  local ok, text = control.pcall(tostring, value)
  return ok and type(text) == "string" and text or nil
end

-- Prints what comes out of a stream and returns what the whole gave.
local function play(stream)
  local guard <close> = stream
  for piece in stream do
    host.print(type(piece) == "string" and literals.shown(piece) or show.text(piece))
  end
  host.print("\n")
  return stream:result()
end

local function shown(values, request)
  local value, texts, plain = values[1], {}, false
  if values.n == 1 and codec.record_of(value) and type(rawget(value, "text")) == "string" then
    return { text = literals.plain(value.text, MAX_TEXT), type = show.type(value), plain = true }
  end
  local options = {
    depth = request.depth, width = request.width, size = MAX_TEXT // math.min(values.n, MAX_VALUES),
    as_text = function(found)
      local text = as_text(found)
      plain = plain or (text ~= nil and values.n == 1 and rawequal(found, value))
      return text
    end,
  }
  for i = 1, math.min(values.n, MAX_VALUES) do
    texts[i] = show.text(values[i], options)
  end
  if values.n > MAX_VALUES then
    texts[MAX_VALUES] = "… " .. values.n - MAX_VALUES + 1 .. " more"
  end
  return { text = table.concat(texts, "\t"), type = show.type(value), plain = plain }
end

local commands = {}

function commands.evaluate(request)
  local chunk, is_led = compile(request.source, request.name or "repl")
  local values
  if is_led then
    values = pack(select(2, chunk()))
  else
    values = pack(chunk())
  end
  local value = values[1]
  if streams.is_unread(value) then
    value = play(value)
    values.n = 0
  end
  if value ~= nil then
    rawset(variables, "_", value)
  end
  if values.n == 0 or (values.n == 1 and value == nil) then
    return {}
  end
  return { value = shown(values, request) }
end

-- Looking --------------------------------------------------------------------------

local function is_unfinished(trouble)
  return trouble and match(trouble, "near <eof>$") ~= nil
end

-- Returns the column where the token starts that is wrong: the first with which the text before it
-- cannot be the start of anything.
local function column_of(source, number)
  local start = 1
  for _ = 2, number do
    start = (string.find(source, "\n", start, true) or #source) + 1
  end
  local tokens = locals.tokens(source)
  local low, high = 1, #tokens
  while low < high do
    local middle = (low + high) // 2
    local _, trouble = load(string.sub(source, 1, tokens[middle].last) .. "\n", "@repl", "t")
    if trouble and not is_unfinished(trouble) then
      high = middle
    else
      low = middle + 1
    end
  end
  local before = tokens[low] and string.sub(source, start, tokens[low].first - 1) or ""
  return (utf8.len(before) or #before) + 1
end

function commands.check(request)
  local source = cleaned(request.source)
  local chunk, trouble = as_expression(source, "repl")
  if chunk then
    return { state = "complete" }
  end
  local statements, wrong = load(source .. "\n", "@repl", "t", variables)
  if statements then
    return { state = "complete" }
  elseif is_unfinished(trouble) or is_unfinished(wrong) then
    return { state = "incomplete" }
  end
  local line, message = match(wrong, "^repl:(%d+): (.*)$")
  line = math.tointeger(line) or 1
  message = message or wrong
  return {
    state = "wrong", message = literals.plain(message, 1000), line = line,
    column = column_of(source, line),
  }
end

function commands.members(request)
  return { members = members.at({ variables, env }, request.path) }
end

function commands.variables()
  local list = debug.setmetatable({}, codec.list_mark)
  local names, value_of = scope.made()
  for i = 1, math.min(#names, MAX_VARIABLES) do
    local value = value_of(names[i])
    list[i] = {
      name = literals.plain(names[i], 100), type = show.type(value), text = show.text(value, BRIEF),
    }
  end
  return { variables = list }
end

-- The session ----------------------------------------------------------------------

local function answer_error(task, failure, frames)
  rawset(variables, "_error", failure)
  send(ANSWER, running[task], { error = error_map(failure, frames) })
  running[task] = nil
end

-- Answers the command that a task was for.
local function answered(task)
  if task.failed then
    return answer_error(task, task.failure, task.frames)
  end
  send(ANSWER, running[task], task.values[1])
  running[task] = nil
end

local function begin(id, payload)
  local request = codec.decode(host.command(payload), 1)
  local ok, task = pcall(tasks.start, { on_done = answered, observed = true }, function()
    local command = commands[request.op]
    if not command then
      errors.refuse("a session has no command '" .. tostring(request.op) .. "'")
    end
    return command(request)
  end)
  if not ok then
    return send(ANSWER, id, { error = error_map(task) })
  end
  host.make_room()
  running[task], task.owner = id, task
end

-- Gives up what the failure that reached the session's loop ends: the commands under way and what
-- they started, and the tasks an interrupt struck; without a command, every task.
local function give_up(failure, frames)
  local doomed = {}
  for co, state in next, control.states do
    local task = state.task
    if task and not task.finished and (next(running) == nil or running[task.owner]
      or coroutine.status(co) == "dead") then
      doomed[#doomed + 1] = task
    end
  end
  for _, task in ipairs(doomed) do
    task.frames = #frames > 0 and frames or control.frames(task.state.co)
    tasks.drop(task, failure)
  end
  -- Those whose answer could not be made: a __tostring that never ends, say.
  for task in next, running do
    answer_error(task, failure, frames)
  end
  return doomed
end

-- Takes back an interrupt; returns its error and the frames it struck.
local function forgive()
  local failure, frames = now.fatal, now.stopped_at
  control.forgive()
  return failure, frames or {}
end

local function recover(failure)
  local frames = {}
  if now.fatal then
    failure, frames = forgive()
  elseif next(running) == nil then
    return send(EVENT, 0, { event = "failed", error = error_map(failure) })
  end
  for _, task in ipairs(give_up(failure, frames)) do
    -- A second interrupt ends what a task's end does, and that alone.
    if not pcall(control.guest, control.close, task.state) and now.fatal then
      forgive()
    end
  end
end

local function report_failed(task)
  send(EVENT, 0, { event = "failed", error = error_map(task.failure, task.frames) })
end

-- Serves commands for ever.
return function()
  tasks.command = begin
  tasks.may_wait = function() return next(running) == nil end
  while true do
    local _, failure = pcall(tasks.serve_for_ever, report_failed)
    recover(failure)
  end
end
