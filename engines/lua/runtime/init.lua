-- Puts the runtime together. Runs in Lua's own globals, which no spell ever sees.
--
-- Only text, numbers, booleans and nil cross to Python, whose functions arrive here one by one.

local source, description, max_bytes,
  switch, poll, arm, disarm, send, print_out, ask, receive, clock, exit,
  command, answer, make_room, forget_interrupt, take, take_room = ...

local host = {
  switch = switch, poll = poll, arm = arm, disarm = disarm, send = send, print = print_out,
  ask = ask, receive = receive, clock = clock, exit = exit,
  command = command, answer = answer, make_room = make_room, forget_interrupt = forget_interrupt,
  take = take, take_room = take_room,
}
-- lupa's own way back into Python.
python = nil

local function part(name, ...)
  return assert(load(source(name), "=[engine]" .. name, "t"))(...)
end

local errors = part("errors")
local codec = part("codec", errors, max_bytes)
local control = part("control", host, errors)
local timers = part("timers", host)
local tasks = part("tasks", host, errors, codec, control, timers)
local report = part("report", codec, control, errors)
tasks.callbacks = part("callbacks", host, codec, control, tasks, report)
local streams = part("streams", codec)
local extras = { Async = part("async", errors, codec, control, tasks, timers) }
local env = part("sandbox", host, errors, codec, control, part("coroutines", control))
local bindings = part("bindings", errors, codec, tasks, extras, streams)

local globals, classes = bindings.build(description)
for name, value in next, globals do
  env[name] = value
end
streams.methods = classes.Stream
env.JSON = env.JSON or {}
env.JSON.null = codec.null
local stdin, spell = globals.Stdin or {}, globals.Spell or {}
env.io = part("io", host, errors, stdin.read_line, stdin.read, spell.write_error)

local DONE, FAIL = 22, 23

-- Set where the spell is debugged: learns of every chunk that is compiled.
local compiled

-- Compiles text with its final `return` statement in parentheses: `return File.read(name)` is a
-- tail call, whose line no traceback would know. Which `return` is the final one the compiler
-- finds out: what follows it has to be one expression. Nil if none of the last three is.
local function without_tail_call(text, name)
  local before = text
  for _ = 1, 3 do
    local start, stop = string.match(before, "^.*()%f[%w_]return()%f[^%w_]")
    if not start then
      return nil
    end
    local body = string.sub(text, 1, stop - 1) .. "(" .. string.sub(text, stop) .. "\n)"
    local chunk = load(body, "@" .. name, "t", env)
    if chunk then
      return chunk
    end
    before = string.sub(text, 1, start - 1)
  end
  return nil
end

-- Returns the compiled chunk of a module, or nil and Lua's message.
local function load_chunk(text, name)
  text = string.gsub(text, "^\xef\xbb\xbf", "", 1)
  text = string.gsub(text, "^#", "--#", 1)
  local chunk, trouble = without_tail_call(text, name)
  if not chunk then
    chunk, trouble = load(text, "@" .. name, "t", env)
  end
  if chunk then
    report.chunks[debug.getinfo(chunk, "S").short_src] = true
    if compiled then
      compiled(name, text, chunk)
    end
  else
    report.chunks[string.match(trouble, "^([^\n:]+):%d+: ") or ""] = true
  end
  return chunk, trouble
end

env.require = part("modules", errors, control, tasks, report, load_chunk)

-- Compiles the spell: as an expression if it is one, so that its value is the result. The
-- parentheses keep its frame on the stack; a tail call would lose it.
local function compile(text, name)
  if string.byte(text, 1) ~= 35 then
    local chunk = load("return (" .. text .. "\n)", "@" .. name, "t", env)
    if chunk then
      report.chunks[debug.getinfo(chunk, "S").short_src] = true
      if compiled then
        compiled(name, text, chunk)
      end
      return chunk, true
    end
  end
  local chunk, trouble = load_chunk(text, name)
  if not chunk then
    error(trouble, 0)
  end
  return chunk
end

-- Serves a session for ever.
local function converse(values)
  local given = codec.decode(values, 1)
  env.params, env.ARGS = given.params, given.args
  local literals = part("literals")
  local show = part("show", codec, errors, literals)
  show.learn(env, classes)
  part("repl", host, errors, codec, control, tasks, report, streams, show, literals,
    part("locals"), part("members", codec, errors, literals, env.string), part("scope", env), env)()
end

-- Runs a spell, or only compiles it when `form` is "check", and sends its end: DONE or FAIL.
return function(text, name, form, values, debugging, ...)
  if form == "repl" then
    return converse(values)
  elseif debugging then
    compiled = part("debugger", part, host, errors, codec, control, tasks, report, env, globals,
      classes, codec.decode(debugging, 1))
  elseif ... then
    part("profiler", host, control, timers, ...)
  end
  report.main = name
  local function body()
    local given = codec.decode(values, 1)
    env.params, env.ARGS = given.params, given.args
    local chunk, is_expression = compile(text, name)
    if form == "check" then
      return codec.encode(nil)
    end
    local value = chunk()
    -- A spell that is one call, `Async.spawn(main)` say, did not ask for its value to be shown.
    if is_expression and not codec.is_data(value) then
      value = nil
    end
    return codec.encode(value, "the spell's result")
  end
  local ok, value, frames = tasks.run(body)
  disarm()
  if ok then
    return send(DONE, 0, value)
  end
  local described, bytes = pcall(report.describe, value, frames)
  if not described then
    bytes = report.describe(control.now.fatal or "the error could not be described", frames)
  end
  send(FAIL, 0, bytes)
end
