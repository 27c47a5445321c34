#!/usr/bin/env llmspell
-- /// spell
-- name = "{{name}}"
-- description = "Answers questions about the weather, with a tool of its own"
-- ///

-- Run it:  llmspell {{name}}.lua "Do I need a coat in Oslo?"

-- The model asks for the tool; this function runs here, in the spell, and the model gets
-- what it returns. An error tells the model what went wrong.
local weather = Tool.new{
  name = "weather",
  description = "Tells today's weather in a city",
  parameters = { city = { type = "string", required = true, description = "Its name" } },
  run = function(arguments)
    local known = { Oslo = "snow, -3 degrees", Lisbon = "sun, 19 degrees" }
    return known[arguments.city] or error("no weather is known for " .. arguments.city)
  end,
}

local agent = Agent.new{
  name = "{{name}}",
  system_prompt = "Answer in one sentence. Use the tools; do not guess.",
  tools = { weather, "datetime" },
}

return agent:run(ARGS[1] or "Do I need a coat in Oslo?").text
