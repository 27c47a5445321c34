-- Looks at the spell's stack every millisecond or so while it computes, and wherever it calls the
-- host. Loaded only where a run is profiled; what becomes of the stacks is Python's business.

local host, control, timers, number_of, pass_to, set_here, set_timer = ...

local getinfo, sethook, concat = debug.getinfo, debug.sethook, table.concat
local CALL = 17
-- Instructions between two looks at the clock: some 50 microseconds.
local STEP = 5000
local INTERVAL = 0.001
local MAX_DEPTH = 64
local SKIPPED = false

-- Function to its number, or SKIPPED for the engine's own.
local known = setmetatable({}, { __mode = "k" })

local function describe(info)
  if info.what == "C" or string.sub(info.source, 1, 2) == "=[" then
    return SKIPPED
  end
  local name = info.name
  if info.what == "main" then
    name = "main chunk"
  elseif not name or name == "?" then
    name = "function at line " .. info.linedefined
  end
  return number_of(name, info.short_src, info.linedefined)
end

-- Adds the numbers of a coroutine's functions to a list, innermost first.
local function add_frames(list, co, level)
  while #list < MAX_DEPTH do
    local info
    if co then
      info = getinfo(co, level, "f")
    else
      info = getinfo(level, "f")
    end
    if not info then
      return
    end
    local f = info.func
    local number = known[f]
    if number == nil then
      number = describe(co and getinfo(co, level, "Sn") or getinfo(level, "Sn"))
      known[f] = number
    end
    if number then
      list[#list + 1] = number
    end
    level = level + 1
  end
end

-- Returns the numbers of the functions that run, outermost first, through coroutines down to the
-- task's own.
local function stack()
  local list = {}
  add_frames(list, nil, 3)
  local state = control.here()
  while state and not state.task and state.resumer and #list < MAX_DEPTH do
    state = state.resumer
    if state.co then
      add_frames(list, state.co, 0)
    end
  end
  local count = #list
  for i = 1, count // 2 do
    list[i], list[count + 1 - i] = list[count + 1 - i], list[i]
  end
  return concat(list, ",")
end

local clock, last = host.clock, 0

local function look()
  local time = clock()
  if time - last >= INTERVAL then
    last = time
    pass_to(stack())
  end
end

local new, run = control.new, control.run

function control.new(f)
  local state = new(f)
  sethook(state.co, look, "", STEP)
  return state
end

function control.run(state, ...)
  state.resumer = control.here()
  return run(state, ...)
end

local send, ask, add = host.send, host.ask, timers.add

function host.send(kind, id, payload)
  if kind == CALL then
    set_here(stack())
  end
  return send(kind, id, payload)
end

function host.ask(kind, id, payload)
  set_here(stack())
  return ask(kind, id, payload)
end

function timers.add(seconds, future)
  set_timer(stack())
  return add(seconds, future)
end
