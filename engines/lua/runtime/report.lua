-- Error maps: what the host learns of a spell's error.

local codec, control, errors = ...

local rawget, type, find, match = rawget, type, string.find, string.match

-- Codes a spell's own error table may carry; any other becomes spell_error.
local CODES = {}
for code in string.gmatch([[
  invalid_argument not_found permission_denied timeout cancelled limit_exceeded budget_exceeded
  provider_auth provider_rate_limited provider_unavailable provider_error model_not_found
  context_too_long tool_failed workflow_failed guardrail_blocked replay_miss config_error
]], "%S+") do
  CODES[code] = true
end
-- Codes only the engine and the host give: kept when the table is theirs.
local OURS = { interrupted = true, internal = true, worker_crashed = true }

-- main: the spell's own module id; chunks: short names of what was loaded, because a prefix
-- "name:3:" with another name is just text.
local M = { main = "", chunks = {} }

-- Returns `value` as text, letting a spell's __tostring have its say where a stop can reach it.
local function as_text(value)
  if type(value) == "string" then
    return value
  end
  local ok, text = control.guest(control.try, tostring, value)
  return ok and text or "an error object that cannot be shown as text"
end

-- Splits "file:line: message" and makes the frames start there.
local function located(message, frames)
  local file, line, rest = match(message, "^([^\n:]+):(%d+): (.*)$")
  if not file then
    return message, frames
  end
  line = math.tointeger(line)
  for i = 1, #frames do
    if frames[i].file == file and frames[i].line == line then
      return rest, table.move(frames, i, #frames, 1, {})
    end
  end
  if not M.chunks[file] then
    return message, frames
  end
  return rest, table.move(frames, 1, #frames, 2, { { file = file, line = line, ["function"] = "?" } })
end

local function from_text(text, frames)
  if not utf8.len(text) then
    text = string.gsub(text, "[\x80-\xff]", "?")
  end
  if find(text, "^not enough memory") then
    return {
      code = "limit_exceeded", message = "the spell used up its memory",
      hint = "raise the memory limit, or keep less at a time",
      details = { limit = "memory" }, traceback = frames,
    }
  end
  local message, at = located(text, frames)
  return { code = "spell_error", message = message, traceback = at }
end

local function field(value, key, kind)
  local found = rawget(value, key)
  return type(found) == kind and found or nil
end

local function from_table(value, frames)
  local code = field(value, "code", "string")
  if not CODES[code] and not (OURS[code] and errors.is(value)) then
    code = "spell_error"
  end
  local message = field(value, "message", "string")
  if message and not utf8.len(message) then
    message = string.gsub(message, "[\x80-\xff]", "?")
  elseif not message then
    local meta = debug.getmetatable(value)
    local shown = meta and rawget(meta, "__tostring")
    message = shown and as_text(value) or "the spell threw a table without a message"
  end
  local map = {
    code = code, message = message, hint = field(value, "hint", "string"),
    name = field(value, "name", "string"), details = field(value, "details", "table"),
    traceback = errors.frames_of(value, frames),
  }
  map.retryable = rawget(value, "retryable") == true or nil
  return map
end

-- Returns the error map's bytes; `frames` are where the error came from.
function M.describe(failure, frames)
  local map
  if type(failure) == "table" then
    map = from_table(failure, frames)
  else
    map = from_text(as_text(failure), frames)
  end
  debug.setmetatable(map.traceback, codec.list_mark)
  local ok, bytes = pcall(codec.encode, map, "error")
  if not ok then
    map.details = nil
    ok, bytes = pcall(codec.encode, map, "error")
  end
  return ok and bytes or codec.encode({ code = "spell_error", message = "an error" }, "error")
end

return M
