#!/usr/bin/env llmspell
-- /// spell
-- name = "{{name}}"
-- description = "Sums up standard input"
-- [params.words]
-- type = "integer"
-- default = 100
-- description = "How long the summary may be"
-- ///

-- Run it:  llmspell {{name}}.lua < report.txt > summary.txt

local text = Stdin.read()
if text == "" then
  error("there is nothing on standard input")
end

local answer = LLM.complete{
  system = "Sum up what you are given in at most " .. params.words .. " words.",
  prompt = text,
}
return answer.text
