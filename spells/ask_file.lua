-- Answers a question about a file of any length.
--
--   llmspell ask_file.lua contract.txt "Who may end the contract, and when?"
--
-- A long file is read in pieces at the same time: what each holds on the question is noted first,
-- and the answer is made of the notes. It says in which lines it was found.

-- /// spell
-- name = "ask_file"
-- description = "Answer a question about a file"
-- [params.chunk]
-- type = "integer"
-- default = 8000
-- description = "Characters read at a time"
-- [params.parallel]
-- type = "integer"
-- default = 4
-- description = "Pieces in work at a time"
-- ///

local text = require "llmspell.text"

local path, question = ARGS[1], table.concat(ARGS, " ", 2)
if question == "" then
  error{
    code = "invalid_argument",
    message = "a file and a question are needed",
    hint = 'llmspell ask_file.lua notes.txt "What was decided?"',
  }
end

local lines = text.lines(File.read(path))
for number, line in ipairs(lines) do
  lines[number] = number .. ": " .. line
end
local pieces = text.chunk(table.concat(lines, "\n"), params.chunk)

local function take_notes(piece)
  local notes = LLM.complete{
    system = "The user sends numbered lines of a file. Copy out, with their numbers, the facts that "
      .. "help to answer this question: " .. question .. " Answer NONE when there are none.",
    prompt = piece,
    temperature = 0,
  }
  return notes.text
end

local material = pieces[1] or ""
if #pieces > 1 then
  Logger.info("reading in pieces", { file = path, pieces = #pieces })
  local found = {}
  for _, notes in ipairs(Async.map(pieces, take_notes, { limit = params.parallel })) do
    if text.trim(notes) ~= "NONE" then
      found[#found + 1] = notes
    end
  end
  material = table.concat(found, "\n\n")
end
if material == "" then
  return "The file says nothing on that."
end

local answer = LLM.complete{
  system = "Answer the question from the numbered lines of a file only, and name the lines that say "
    .. "so, like (line 3) or (lines 3-5). When they do not say it, say that.",
  prompt = material .. "\n\nThe question: " .. question,
  temperature = 0,
}
return answer.text
