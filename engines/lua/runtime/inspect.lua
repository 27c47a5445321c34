-- Scopes, variables and values of a stopped spell, as a debugger asks for them.

local codec, errors, frames, evaluation, show, literals, members = ...

local rawget, type = rawget, type

-- A variable's text, in one line; the text of what was evaluated.
local BRIEF = { depth = 1, width = math.huge, items = 20, size = 300 }
local FULL = { depth = 3, width = math.huge, items = 100, size = 10000 }
local MAX_CHILDREN = 1000

local M = {}

-- Number to {kind, frame, value}: what can be looked into. Numbers are never used twice.
local refs, last_ref = {}, 0

-- Forgets every reference: the spell goes on.
function M.forget()
  refs = {}
end

local function list_of(items)
  return setmetatable(items, codec.list_mark)
end

local function new_ref(kind, frame, value)
  last_ref = last_ref + 1
  refs[last_ref] = { kind = kind, frame = frame, value = value }
  return last_ref
end

local function ref_of(number)
  return refs[number] or errors.refuse("no variables have the reference " .. tostring(number))
end

-- Returns a value as an answer shows it: {text, type, ref, named, indexed}.
local function shown(value, frame, options)
  local named, indexed = show.size(value)
  local result = { text = show.text(value, options), type = show.type(value), ref = 0 }
  if named + indexed > 0 then
    result.ref = new_ref("value", frame, value)
    result.named, result.indexed = named, indexed
  end
  return result
end

function M.scopes(frame)
  local scopes = list_of({})
  local function scope(name, kind, expensive)
    scopes[#scopes + 1] = { name = name, ref = new_ref(kind, frame), expensive = expensive }
  end
  if frame.co then
    scope("Locals", "locals", false)
    if #frames.upvalues(frame) > 0 then
      scope("Upvalues", "upvalues", false)
    end
  end
  scope("Globals", "globals", true)
  return scopes
end

-- Returns the children of a reference from `start` on: {name, value}.
local function children(ref, start, count)
  if ref.kind == "value" then
    return show.children(ref.value, start, count)
  elseif ref.kind == "globals" then
    return show.children(frames.globals(ref.frame), start, count)
  end
  local variables, list = frames[ref.kind](ref.frame), {}
  for i = start + 1, math.min(start + count, #variables) do
    local variable = variables[i]
    list[#list + 1] = { name = variable.name, value = frames.get(ref.frame, variable) }
  end
  return list
end

function M.variables(number, start, count)
  local ref = ref_of(number)
  local list = list_of({})
  count = math.min(count or MAX_CHILDREN, MAX_CHILDREN)
  for i, child in ipairs(children(ref, start or 0, count)) do
    local result = shown(child.value, ref.frame, BRIEF)
    result.name = child.name
    list[i] = result
  end
  return list
end

-- Evaluates a text in a frame, or with the globals; returns its first value.
local function value_of(source, frame)
  local ok, values = evaluation.call(evaluation.compile(source), frame)
  if not ok then
    error(values, 0)
  end
  return values[1]
end

function M.evaluate(source, frame)
  return shown(value_of(source, frame), frame, FULL)
end

-- Returns the key that is shown as `name`.
local function key_of(name)
  if literals.is_name(name) then
    return name
  end
  local inside = string.match(name, "^%[(.*)%]$")
  local is_literal = inside and string.find(inside, '^["%-%w][^\n]*$')
  local f = is_literal and load("return " .. inside, "=(debug)", "t", { math = math })
  local ok, key
  if f then
    ok, key = pcall(f)
  end
  if not ok or key == nil or key ~= key then
    errors.refuse("'" .. name .. "' cannot be assigned")
  end
  return key
end

local function assign_to(ref, name, value)
  if ref.kind == "locals" or ref.kind == "upvalues" then
    local variable = frames.variable(ref.frame, name)
    if not variable then
      errors.refuse("no variable is called '" .. name .. "' here")
    end
    frames.set(ref.frame, variable, value)
  elseif ref.kind == "globals" then
    rawset(frames.globals(ref.frame), key_of(name), value)
  else
    rawset(ref.value, key_of(name), value)
  end
end

-- Gives the variable that `name` is under a reference the value of a text.
function M.assign(number, name, source)
  local ref = ref_of(number)
  local value = value_of(source, ref.frame)
  assign_to(ref, name, value)
  return shown(value, ref.frame, BRIEF)
end

-- Returns the members of the value at a path of names, all that a frame sees for an empty one.
function M.members(frame, path)
  local visible = {}
  for _, kind in ipairs(frame and { "upvalues", "locals" } or {}) do
    for _, variable in ipairs(frames[kind](frame)) do
      visible[variable.name] = frames.get(frame, variable)
    end
  end
  return members.at({ visible, frames.globals(frame) }, path)
end

return M
