#!/usr/bin/env llmspell
-- /// spell
-- name = "{{name}}"
-- description = "Turns a message on standard input into a record"
-- ///

-- Run it:  echo "Ann from Oslo orders 3 lamps" | llmspell {{name}}.lua | jq .

local agent = Agent.new{
  name = "{{name}}",
  system_prompt = "Take the order out of the message.",
  output_schema = {
    customer = { type = "string", description = "Who orders" },
    article = { type = "string", description = "What is ordered" },
    count = { type = "integer", description = "How many" },
  },
}

return agent:run(Stdin.read()).output
