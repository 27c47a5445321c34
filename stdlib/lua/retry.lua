--- Tries again when something fails.
---
---     local retry = require "llmspell.retry"
---     local page = retry(function() return Http.get(url) end, { attempts = 5 })

---@class RetryOptions
---@field attempts? integer How often to try in all; 3 unless given
---@field delay? number Seconds before the second attempt; 0.5 unless given
---@field backoff? number What each further delay is multiplied by; 2 unless given
---@field retryable? fun(failure: any): boolean Decides whether to try again after an error

local KNOWN = { attempts = true, delay = true, backoff = true, retryable = true }

local function may_retry(failure)
  return type(failure) ~= "table" or failure.retryable ~= false
end

--- Calls f until it succeeds and returns what it returned. An error that says it is not retryable
--- is thrown at once, the last attempt's error after that.
---@generic T
---@param f fun(): T
---@param options? RetryOptions
---@return T
local function retry(f, options)
  options = options or {}
  for key in pairs(options) do
    if not KNOWN[key] then
      error("retry: '" .. tostring(key) .. "' is not an option; there are attempts, backoff, delay, retryable", 2)
    end
  end
  local attempts, backoff = options.attempts or 3, options.backoff or 2
  local delay, decide = options.delay or 0.5, options.retryable or may_retry
  for attempt = 1, attempts do
    local results = table.pack(pcall(f))
    if results[1] then
      return table.unpack(results, 2, results.n)
    elseif attempt == attempts or not decide(results[2]) then
      error(results[2], 0)
    end
    Async.sleep(delay)
    delay = delay * backoff
  end
  error("retry: attempts must be at least 1", 2)
end

return retry
