-- Error values: tables with code, message, hint, retryable and details that also act as text.

local M = {}

local meta = { __name = "Error", __metatable = false }

local function text_of(value)
  if M.is(value) then
    return tostring(rawget(value, "message"))
  elseif type(value) == "string" or type(value) == "number" then
    return value
  end
  return error("attempt to concatenate a " .. type(value) .. " value", 3)
end

function meta.__tostring(self)
  return tostring(rawget(self, "message"))
end

function meta.__concat(left, right)
  return text_of(left) .. text_of(right)
end

-- Whether a value is one of our error tables.
function M.is(value)
  return debug.getmetatable(value) == meta
end

-- Makes an error value of a map (of a host's answer, or written here).
function M.from(fields)
  if type(fields) ~= "table" then
    fields = { code = "internal", message = tostring(fields) }
  end
  debug.setmetatable(fields, meta)
  return fields
end

-- Frames of the functions that failed inside a host call, by the error value that tells of it.
local inner = setmetatable({}, { __mode = "k" })

-- Makes an error value of a host's answer.
function M.from_host(fields)
  local failure = M.from(fields)
  inner[failure], failure.traceback = failure.traceback, nil
  return failure
end

-- Returns where an error value comes from: what failed inside a host call, then `frames`.
function M.frames_of(failure, frames)
  local before = inner[failure]
  return before and table.move(frames, 1, #frames, #before + 1, table.move(before, 1, #before, 1, {}))
    or frames
end

function M.make(code, message, hint, details)
  return M.from({
    code = code, message = message, hint = hint, details = details, retryable = false,
  })
end

-- Throws invalid_argument: the error nearly every check here ends in.
function M.refuse(message, hint)
  error(M.make("invalid_argument", message, hint), 0)
end

function M.cancelled()
  return M.make("cancelled", "the task was cancelled")
end

return M
