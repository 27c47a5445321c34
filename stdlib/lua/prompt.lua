--- Prompts from templates: strict names, parts to include, examples, messages.
---
---     local prompt = require "llmspell.prompt"
---     print(prompt.render("Translate to {{language}}: {{text}}", { language = "German", text = "cat" }))
---
--- `{{name}}` and `{{a.b}}` stand for values, `{{> part}}` for another template, `\{{` for two braces. What
--- is put in is never read as a template.

---@class PromptExample
---@field input any What is said
---@field output any What is answered

---@class PromptLabels
---@field input? string What stands before what is said; `Input: ` unless given
---@field output? string What stands before the answer; `Output: ` unless given

---@class PromptMessage
---@field role string
---@field content string

local M = {}

local MAX_DEPTH = 10

local function sorted(map)
  local names = {}
  for name in pairs(map) do
    names[#names + 1] = tostring(name)
  end
  table.sort(names)
  return #names > 0 and table.concat(names, ", ") or "none"
end

local function shown(value)
  if type(value) == "string" then
    return value
  elseif math.type(value) == "float" and value == math.floor(value) and math.abs(value) < 1e15 then
    return string.format("%d", value)
  elseif type(value) == "number" or type(value) == "boolean" then
    return tostring(value)
  elseif type(value) == "table" and getmetatable(value) == false and type(value.text) == "string" then
    return value.text -- what a model or a workflow has answered
  end
  return JSON.stringify(value)
end

local function check_text(text, name)
  if type(text) ~= "string" then
    error("prompt." .. name .. ": the template must be text, got a " .. type(text), 0)
  end
end

-- Goes through a template: calls plain(text), value(name) and part(name) for what it is made of.
local function walk(text, plain, value, part)
  local at = 1
  while true do
    local first, last = string.find(text, "\\?{{", at)
    if not first then
      return plain(string.sub(text, at))
    end
    plain(string.sub(text, at, first - 1))
    if string.sub(text, first, first) == "\\" then
      plain("{{")
      at = last + 1
    else
      local stop, after = string.find(text, "}}", last + 1, true)
      if not stop then
        error("prompt: '{{' without '}}' in the template; '\\{{' stands for two braces", 0)
      end
      local inside = string.match(string.sub(text, last + 1, stop - 1), "^%s*(.-)%s*$")
      local included = string.match(inside, "^>%s*([%a_][%w_]*)$")
      if included then
        part(included)
      elseif string.find("." .. inside, "^[%a_.][%w_.]*$") and not string.find("." .. inside .. ".", "%.[%d.]") then
        value(inside)
      else
        error("prompt: '{{" .. inside .. "}}' is not a name; '\\{{' stands for two braces", 0)
      end
      at = after + 1
    end
  end
end

local function look_up(values, name)
  local found, path = values, nil
  for key in string.gmatch(name, "[^.]+") do
    local known = type(found) == "table" and found ~= null and found[1] == nil
    if not known or found[key] == nil then
      error("prompt: there is no value '" .. name .. "'; known"
        .. (path and " in '" .. path .. "'" or "") .. ": " .. (known and sorted(found) or "none"), 0)
    end
    found, path = found[key], path and path .. "." .. key or key
  end
  return found
end

local function rendered(text, values, parts, depth)
  local out = {}
  local function put(piece) out[#out + 1] = piece end
  walk(text, put, function(name) put(shown(look_up(values, name))) end, function(name)
    if type(parts[name]) ~= "string" then
      error("prompt: there is no part '" .. name .. "'; known: " .. sorted(parts), 0)
    elseif depth >= MAX_DEPTH then
      error("prompt: parts include one another more than " .. MAX_DEPTH .. " deep", 0)
    end
    put(rendered(parts[name], values, parts, depth + 1))
  end)
  return table.concat(out)
end

--- Returns the template with its names replaced; a name without a value is an error.
---@param text string
---@param values? table<string, any>
---@param parts? table<string, string> Templates that `{{> name}}` includes
---@return string
function M.render(text, values, parts)
  check_text(text, "render")
  return rendered(text, values or {}, parts or {}, 0)
end

--- Returns the names in a template, each once, in order.
---@param text string
---@return string[]
function M.names(text)
  check_text(text, "names")
  local seen, found = {}, {}
  local function skip() end
  walk(text, skip, function(name)
    if not seen[name] then
      seen[name] = true
      found[#found + 1] = name
    end
  end, skip)
  return found
end

--- Returns a text as it has to stand in a template to mean itself.
---@param text string
---@return string
function M.escape(text)
  return (string.gsub(text, "{{", "\\{{"))
end

--- Returns examples as text, one after the other.
---@param examples PromptExample[]
---@param labels? PromptLabels
---@return string
function M.few_shot(examples, labels)
  labels = labels or {}
  local out = {}
  for i, example in ipairs(examples) do
    out[i] = (labels.input or "Input: ") .. shown(example.input) .. "\n"
      .. (labels.output or "Output: ") .. shown(example.output)
  end
  return table.concat(out, "\n\n")
end

---@class PromptOptions
---@field text string The template of what the user says
---@field system? string The template of the instructions
---@field examples? PromptExample[] What was said and answered before, as messages
---@field parts? table<string, string> Templates that `{{> name}}` includes
---@field defaults? table<string, any> Values for names that are not given

local KNOWN = { text = true, system = true, examples = true, parts = true, defaults = true }

---@class Prompt
local Prompt = {}
Prompt.__index = Prompt
Prompt.__name = "Prompt"

--- Makes a prompt of templates.
---@param options PromptOptions
---@return Prompt
function M.new(options)
  for key in pairs(options) do
    if not KNOWN[key] then
      error("prompt.new: '" .. tostring(key) .. "' is not an option", 2)
    end
  end
  check_text(options.text, "new")
  return setmetatable({ options = options }, Prompt)
end

local function values_of(prompt, values)
  local all = {}
  for _, map in ipairs({ prompt.options.defaults or {}, values or {} }) do
    for name, value in pairs(map) do
      all[name] = value
    end
  end
  return all
end

--- Returns what the user says.
---@param values? table<string, any>
---@return string
function Prompt:render(values)
  return M.render(self.options.text, values_of(self, values), self.options.parts)
end

--- Returns the messages: the instructions, the examples, and what the user says.
---@param values? table<string, any>
---@return PromptMessage[]
function Prompt:messages(values)
  local all, found = values_of(self, values), {}
  local options = self.options
  if options.system then
    found[1] = { role = "system", content = M.render(options.system, all, options.parts) }
  end
  for _, example in ipairs(options.examples or {}) do
    found[#found + 1] = { role = "user", content = shown(example.input) }
    found[#found + 1] = { role = "assistant", content = shown(example.output) }
  end
  found[#found + 1] = { role = "user", content = self:render(values) }
  return found
end

return M
