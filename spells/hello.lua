-- Says hello: an agent in three lines. Without any configuration the local model answers, offline.
--
--   llmspell hello.lua
--   llmspell hello.lua --param name=Ada --model openai:gpt-5-mini

-- /// spell
-- name = "hello"
-- description = "Say hello through an agent"
-- [params.name]
-- default = "the world"
-- description = "Who is greeted"
-- ///

local greeter = Agent.new{
  name = "greeter",
  system_prompt = "Greet the user in one short, friendly sentence.",
  temperature = 0,
  max_tokens = 60,
}

print(greeter:run("Say hello to " .. params.name .. "."))
