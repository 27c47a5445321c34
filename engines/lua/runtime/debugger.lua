-- The debugger inside a spell: a hook at every line, and what it needs. Loaded only for a spell that
-- is debugged.

local part, host, errors, codec, control, tasks, report, env, globals, classes, settings = ...

local getinfo, sethook, sub = debug.getinfo, debug.sethook, string.sub

-- A spell that computes is asked for commands after so many lines; where no line matters, and the
-- hook is not called at each, after so many instructions.
local LINES_BEFORE_LOOK = 500
local INSTRUCTIONS_BEFORE_LOOK = 10000
local EVENT = 28

local function tell(event)
  host.answer(EVENT, 0, codec.encode(event))
end

local literals = part("literals")
local show = part("show", codec, errors, literals)
show.learn(globals, classes)
local follow = part("follow", host, control, tasks)
local frames = part("frames", control, env)
local evaluation =
  part("evaluation", host, errors, control, tasks, follow, frames, env, settings.patience or 5)
local breakpoints = part("breakpoints", part("lines"), evaluation, show, literals, tell)
local stepping = part("stepping", control, follow, frames, breakpoints)
local stops = part("stops", host, errors, codec, control, report, follow, frames, evaluation,
  stepping, tell)
local exceptions = part("exceptions", host, control, stops, frames, evaluation)
local inspect = part("inspect", codec, errors, frames, evaluation, show, literals,
  part("members", codec, errors, literals, env.string))
local commands = part("commands", host, errors, codec, follow, evaluation, stepping, breakpoints,
  exceptions, stops, inspect)

local function move_on()
  frames.moment = frames.moment + 1
  inspect.forget()
end

stops.forget = move_on
frames.shown_line = breakpoints.shown_line
tasks.command = commands.take

-- Function to what is known of its file, false for the engine's own; and the same by source.
local by_function, by_source = setmetatable({}, { __mode = "k" }), {}

-- `level` is the function's, for the caller.
local function file_of(func, level)
  local source = getinfo(level + 1, "S").source
  local file = by_source[source]
  if file == nil then
    local name = frames.file(source)
    file = sub(source, 1, 2) ~= "=["
      and (breakpoints.file(name) or { at = {}, last = math.huge, name = name })
    by_source[source] = file
  end
  by_function[func] = file
  return file
end

-- Runs what the breakpoints of a line ask for; returns the ids of those that are hit, and a text.
local function hits(points)
  local ids, text
  stops.aside(function()
    ids, text = breakpoints.hits(points, frames.stack(control.here(), 1)[1])
  end)
  move_on()
  control.check_run()
  return ids, text
end

-- Looks at a line of the function at level 3; whoever asks for the function here counts from there.
local function at_line(line, file)
  local points = file.at[line]
  local ids, reason, text, task
  if points then
    ids, text = hits(points)
  end
  if stepping.busy then
    local why
    reason, why, task = stepping.reason(file.name, line, 4)
    text = text or why
  end
  if ids and reason ~= "entry" then
    reason = "breakpoint"
  end
  if reason then
    task = task or stops.running_task()
    local state = task == control.now.task and control.here() or nil
    stops.stop(reason, { task = task, state = state, text = text, breakpoints = ids })
    control.check_run()
  end
end

local lines, left = breakpoints.lines, LINES_BEFORE_LOOK

local function file_at(level)
  local func = getinfo(level + 1, "f").func
  local file = by_function[func]
  if file == nil then
    file = file_of(func, level + 1)
  end
  return file
end

-- Commands are only served on the spell's own lines: the engine may be in the middle of something.
local function look(is_spell)
  if evaluation.current then
    left = LINES_BEFORE_LOOK
    if is_spell then
      commands.look()
    end
    evaluation.check()
  elseif is_spell then
    left = LINES_BEFORE_LOOK
    control.check_run()
    commands.look()
  end
end

local function interesting(line)
  -- What the debugger needs is not the spell's memory.
  local was_armed = follow.armed
  if was_armed then
    host.disarm()
  end
  local file = file_at(3)
  if left <= 0 then
    look(file)
  end
  if file and line > file.last then
    line = file.final
  end
  if file and line and line > 0 and not evaluation.current then
    at_line(line, file)
  end
  if was_armed then
    host.arm()
  end
end

local function at_each_line(_, line)
  left = left - 1
  if left <= 0 or lines[line] or stepping.busy then
    interesting(line)
  end
end

local function now_and_then()
  left = 0
  interesting(0)
end

-- Whether the hook is called at each line: several times the price.
local is_close = false

local function arm_hook(co)
  if is_close then
    sethook(co, at_each_line, "l")
  else
    sethook(co, now_and_then, "", INSTRUCTIONS_BEFORE_LOOK)
  end
end

local function adjust()
  local is_needed = stepping.busy or next(lines) ~= nil
  if is_needed ~= is_close then
    is_close = is_needed
    for co in next, control.states do
      arm_hook(co)
    end
  end
end

breakpoints.changed, stepping.changed = adjust, adjust
follow.watch_coroutines(arm_hook)
follow.watch_tasks(frames.creators)
for file, list in next, settings.breakpoints or {} do
  breakpoints.set(file, list)
end
exceptions.set(settings.exceptions or {})
if settings.stop_on_entry then
  stepping.on_entry()
end

-- Learns of a chunk that was compiled: its module id, its text, its function.
return function(name, text, chunk)
  local was_armed = follow.armed
  host.disarm()
  by_source["@" .. name] = nil
  breakpoints.load(name, text, chunk)
  if was_armed then
    host.arm()
  end
end
