--- Promises over Async, for code that reads better in steps.
---
---     local Promise = require "llmspell.promise"
---     Promise.new(function() return Http.get(url) end)
---       :next(function(answer) return answer.text end)
---       :catch(function(failure) return "nothing: " .. tostring(failure) end)
---       :wait()

---@class Promise
local Promise = {}
Promise.__index = Promise
Promise.__name = "Promise"

-- Waits for a value that may itself be a promise.
local function settle(value)
  while getmetatable(value) == Promise do
    value = value:wait()
  end
  return value
end

--- Runs f beside everything else; the promise holds what it returns, or what it throws.
---@param f fun(): any
---@return Promise
function Promise.new(f)
  local self = setmetatable({}, Promise)
  self.task = Async.spawn(function() return settle(f()) end)
  return self
end

--- Returns a promise of a value that is there already.
---@param value any
---@return Promise
function Promise.resolve(value)
  return Promise.new(function() return value end)
end

--- Returns a promise of the list of all values; the first failure is its failure.
---@param promises Promise[]
---@return Promise
function Promise.all(promises)
  return Promise.new(function()
    local waits = {}
    for i, promise in ipairs(promises) do
      waits[i] = function() return promise:wait() end
    end
    return Async.all(waits)
  end)
end

--- Returns a promise of what on_value makes of the value, or on_failure of the failure.
---@param on_value? fun(value: any): any
---@param on_failure? fun(failure: any): any
---@return Promise
function Promise:next(on_value, on_failure)
  return Promise.new(function()
    local ok, value = pcall(self.wait, self)
    if ok then
      if on_value then
        return on_value(value)
      end
      return value
    elseif on_failure then
      return on_failure(value)
    end
    error(value, 0)
  end)
end

--- Returns a promise of the value, or of what on_failure makes of the failure.
---@param on_failure fun(failure: any): any
---@return Promise
function Promise:catch(on_failure)
  return self:next(nil, on_failure)
end

--- Waits and returns the value, or throws the failure.
---@return any
function Promise:wait()
  return (self.task:wait())
end

return Promise
