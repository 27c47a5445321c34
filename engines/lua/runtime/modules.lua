-- require: the host finds a module's source, the spell's own coroutine runs it, so it may wait.

local errors, control, tasks, report, load_chunk = ...

local now = control.now

-- Module id to {value} once loaded, or to {task, future} while loading.
local modules = {}
-- "importing module NUL wanted name" to {id, source}, so that the host is asked once.
local found = {}

-- Returns the id of the module whose code called require.
local function importing()
  for level = 3, 40 do
    local info = debug.getinfo(level, "S")
    if not info then
      break
    elseif string.sub(info.source, 1, 1) == "@" then
      return string.sub(info.source, 2)
    end
  end
  return report.main
end

local function find(name)
  local key = importing() .. "\0" .. name
  local known = found[key]
  if not known then
    local answer = tasks.ask_module(key)
    local id, source = string.match(answer, "^([^\0]*)\0(.*)$")
    known = { id = id, source = source }
    found[key] = known
  end
  return known.id, known.source
end

-- Whether waiting for `module` would be waiting for oneself.
local function is_circular(module)
  while module do
    if module.task == now.task then
      return true
    end
    module = module.task.loading
  end
  return false
end

local function wait_for(module, name)
  if is_circular(module) then
    errors.refuse("modules require each other in a circle: '" .. name .. "'",
      "move what both need into a third module")
  end
  local outer = now.task.loading
  now.task.loading = module
  tasks.await(module.future)
  now.task.loading = outer
end

local function run(module, id, name, source)
  local chunk, trouble = load_chunk(source, id)
  if not chunk then
    error(trouble, 0)
  end
  local value = chunk(name)
  if value == nil then
    value = true
  end
  module.value = value
end

local function load_module(id, name, source)
  local module = { task = now.task, future = {} }
  modules[id] = module
  local guard <close> = setmetatable({}, { __close = function()
    if module.value == nil then
      modules[id] = nil
    end
    tasks.resolve(module.future)
  end })
  run(module, id, name, source)
  return module.value
end

return function(name)
  if type(name) ~= "string" then
    error("bad argument #1 to 'require' (string expected, got " .. type(name) .. ")", 2)
  elseif name == "" or #name > 200 or string.find(name, "[%z\n]") then
    errors.refuse("not the name of a module")
  end
  local id, source = find(name)
  local module = modules[id]
  if module and module.value == nil then
    wait_for(module, name)
    module = modules[id]
  end
  if module then
    return module.value
  end
  return load_module(id, name, source)
end
