-- Summarizes a file, or what is piped in.
--
--   llmspell summarize.lua report.txt --param words=50
--   curl -s https://example.org | llmspell summarize.lua --param style=bullets
--
-- For a text longer than the model can read at once, use map_reduce.js.

-- /// spell
-- name = "summarize"
-- description = "Summarize a file or standard input"
-- [params.words]
-- type = "integer"
-- default = 100
-- description = "How long the summary may get"
-- [params.style]
-- choices = ["paragraph", "bullets"]
-- default = "paragraph"
-- [params.language]
-- default = "the language of the text"
-- description = "Language of the summary"
-- ///

local STYLES = {
  paragraph = "as one paragraph of plain text",
  bullets = 'as a list, each line starting with "- "',
}

local text = ARGS[1] and File.read(ARGS[1]) or Stdin.read()
if not text:find("%S") then
  error{
    code = "invalid_argument",
    message = "there is nothing to summarize",
    hint = "name a file, or pipe text in",
  }
end

local task = "Summarize what the user sends in at most %d words, in %s, %s. "
  .. "Keep names and numbers exact, and write the summary only."
local summary = LLM.complete{
  system = task:format(params.words, params.language, STYLES[params.style]),
  prompt = text,
}
return summary.text
