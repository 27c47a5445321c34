--- Functions under a policy.
---
---     local resilience = require "llmspell.resilience"
---     local fetch = resilience.wrap(Resilience.retry{ attempts = 5 }, function(url) return Http.get(url) end)
---     local page = fetch("https://example.org/")

local resilience = {}

--- Returns a function that runs `fn` under a policy (or the one of that name) with what it is given.
---@param policy Policy|string
---@param fn function
---@return fun(...): any
function resilience.wrap(policy, fn)
  if type(policy) == "string" then
    policy = Resilience.get(policy)
  end
  if type(fn) ~= "function" then
    error("resilience.wrap: fn must be a function, got a " .. type(fn), 2)
  end
  return function(...)
    return (policy:run(fn, { ... }))
  end
end

return resilience
