-- Writes the message for a commit from its diff.
--
--   git diff --staged | llmspell commit_message.lua
--   git diff --staged | llmspell commit_message.lua --param style=plain | git commit -e -F -

-- /// spell
-- name = "commit_message"
-- description = "Write a commit message for the diff on standard input"
-- [params.style]
-- choices = ["conventional", "plain"]
-- default = "conventional"
-- [params.why]
-- default = ""
-- description = "Why the change is made, which no diff can tell"
-- [params.max_chars]
-- type = "integer"
-- default = 40000
-- description = "How much of the diff is sent"
-- ///

local text = require "llmspell.text"

local TYPES = { "feat", "fix", "docs", "refactor", "perf", "test", "build", "ci", "chore", "revert" }

local function field(kind, description)
  return { type = kind, description = description }
end

local fields = {
  subject = field("string", "What it does: imperative mood, at most 60 characters, no full stop"),
  body = field("string", "What changed and why; empty when the subject says it all"),
}
local required = { "subject", "body" }
if params.style == "conventional" then
  fields.type = { type = "string", enum = TYPES }
  fields.scope = field("string", "The part of the project in one word; empty when there is none")
  fields.breaking = field("boolean", "Whether users of the project must change something")
  required = { "type", "scope", "breaking", "subject", "body" }
end

local diff = Stdin.read()
if text.trim(diff) == "" then
  error{
    code = "invalid_argument",
    message = "there is no diff on standard input",
    hint = "stage something, then: git diff --staged | llmspell commit_message.lua",
  }
end
local sent = text.truncate(diff, params.max_chars)
if sent ~= diff then
  Logger.warn("the diff is long, so its end is left out", { max_chars = params.max_chars })
end

local message = LLM.complete{
  system = "You write commit messages. The user sends a diff."
    .. (params.why ~= "" and " The reason for the change: " .. params.why or ""),
  prompt = sent,
  schema = { type = "object", properties = fields, required = required },
}.output

local head = message.subject
if params.style == "conventional" then
  local scope = message.scope ~= "" and "(" .. message.scope .. ")" or ""
  head = message.type .. scope .. (message.breaking and "!" or "") .. ": " .. head
end
return message.body == "" and head or head .. "\n\n" .. text.wrap(message.body, 72)
