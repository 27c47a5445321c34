#!/usr/bin/env llmspell
-- /// spell
-- name = "{{name}}"
-- description = "Answers a question"
-- ///

-- Run it:  llmspell {{name}}.lua "Why is the sky blue?"

local agent = Agent.new{
  name = "{{name}}",
  system_prompt = "Answer in two short sentences.",
  -- model = "openai:gpt-5-mini",   -- without it, the default model answers
}

local answer = agent:run(ARGS[1] or "What is a spell?")
Logger.info("answered", { model = answer.model, tokens = answer.usage.output_tokens })
return answer.text
