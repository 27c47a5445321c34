--- Text helpers. Sizes and widths count characters, not bytes.
---
---     local text = require "llmspell.text"
---     for i, piece in ipairs(text.chunk(long, 4000, 200)) do ... end

local M = {}

-- Returns the text that a function was given; what models and workflows answer is text as well.
local function given(text, name)
  if type(text) == "table" and type(text.text) == "string" then
    return text.text
  elseif type(text) ~= "string" then
    error("text." .. name .. ": this works on text, got " .. type(text), 3)
  end
  return text
end

--- Returns the text without the white space around it.
---@param text string|{ text: string }
---@return string
function M.trim(text)
  text = given(text, "trim")
  local first = string.find(text, "%S")
  return first and string.match(text, "^.*%S", first) or ""
end

--- Returns the parts between separators; the separator is plain text, not a pattern.
---@param text string|{ text: string }
---@param separator string
---@return string[]
function M.split(text, separator)
  text = given(text, "split")
  if type(separator) ~= "string" or separator == "" then
    error("split: the separator must be text, and must not be empty", 2)
  end
  local parts, from = {}, 1
  while true do
    local first, last = string.find(text, separator, from, true)
    if not first then
      parts[#parts + 1] = string.sub(text, from)
      return parts
    end
    parts[#parts + 1] = string.sub(text, from, first - 1)
    from = last + 1
  end
end

--- Returns the lines, without their line ends; a line end at the very end begins no further line.
---@param text string|{ text: string }
---@return string[]
function M.lines(text)
  text = given(text, "lines")
  local found = M.split(text, "\n")
  if found[#found] == "" then
    found[#found] = nil
  end
  for i, line in ipairs(found) do
    found[i] = (string.gsub(line, "\r$", ""))
  end
  return found
end

-- Returns the byte where the character `count` characters after byte `from` begins, or nil past
-- the end. Text that is not UTF-8 counts bytes.
local function forward(text, from, count, is_utf8)
  if is_utf8 then
    return utf8.offset(text, count + 1, from)
  end
  return from + count <= #text + 1 and from + count or nil
end

local function backward(text, from, count, is_utf8)
  if count == 0 then
    return from
  elseif is_utf8 then
    return utf8.offset(text, -count, from) or 1
  end
  return math.max(from - count, 1)
end

local function length(text)
  return utf8.len(text) or #text
end

--- Returns the text cut to at most `size` characters; cut text ends in "…", which counts.
---@param text string|{ text: string }
---@param size integer
---@return string
function M.truncate(text, size)
  text = given(text, "truncate")
  if length(text) <= size then
    return text
  elseif size < 1 then
    return ""
  end
  local stop = forward(text, 1, size - 1, utf8.len(text) ~= nil)
  return (string.gsub(string.sub(text, 1, stop - 1), "%s+$", "")) .. "…"
end

-- Returns the byte after which to end a piece: behind the last blank line, line end or space in
-- the second half of bytes `from` to `stop`, or `stop`.
local function good_end(text, from, stop)
  local half = from + (stop - from) // 2
  local window = string.sub(text, half, stop)
  for _, pattern in ipairs({ "^.*\n\n()", "^.*\n()", "^.*%s()" }) do
    local after = string.match(window, pattern)
    if after then
      return half + after - 2
    end
  end
  return stop
end

--- Returns the text in pieces of at most `size` characters. A piece ends after a blank line, a line
--- or a word where it can; each begins with the last `overlap` characters of the one before.
---@param text string|{ text: string }
---@param size integer
---@param overlap? integer
---@return string[]
function M.chunk(text, size, overlap)
  text = given(text, "chunk")
  overlap = overlap or 0
  if size < 1 or overlap < 0 or overlap * 2 > size then
    error("chunk: size must be at least 1, and overlap at most half of it", 2)
  end
  local is_utf8 = utf8.len(text) ~= nil
  local pieces, from = {}, 1
  while from <= #text do
    local beyond = forward(text, from, size, is_utf8)
    local stop = #text
    if beyond and beyond <= #text then
      stop = good_end(text, from, beyond - 1)
    end
    pieces[#pieces + 1] = string.sub(text, from, stop)
    if stop >= #text then
      break
    end
    local next_from = backward(text, stop + 1, overlap, is_utf8)
    from = next_from > from and next_from or stop + 1
  end
  return pieces
end

--- Returns the text with its lines broken at spaces so that none is wider than `width`; a longer
--- word stands alone.
---@param text string|{ text: string }
---@param width integer
---@return string
function M.wrap(text, width)
  text = given(text, "wrap")
  local out = {}
  for _, line in ipairs(M.split(text, "\n")) do
    local current, used = {}, 0
    for word in string.gmatch(line, "%S+") do
      local size = length(word)
      if used > 0 and used + 1 + size > width then
        out[#out + 1] = table.concat(current, " ")
        current, used = {}, 0
      end
      current[#current + 1] = word
      used = used + size + (used > 0 and 1 or 0)
    end
    out[#out + 1] = table.concat(current, " ")
  end
  return table.concat(out, "\n")
end

--- Returns the text without the indentation that all its lines share; blank lines do not count.
---@param text string|{ text: string }
---@return string
function M.dedent(text)
  text = given(text, "dedent")
  local shared
  for _, line in ipairs(M.split(text, "\n")) do
    local indent = string.match(line, "^([ \t]*)%S")
    if indent and (not shared or #indent < #shared) then
      shared = indent
    end
  end
  local out = M.split(text, "\n")
  for i, line in ipairs(out) do
    out[i] = string.find(line, "%S") and string.sub(line, #(shared or "") + 1) or ""
  end
  return table.concat(out, "\n")
end

--- Returns the text with every line that is not blank indented: by two spaces, so many, or a text.
---@param text string|{ text: string }
---@param indent? string|integer
---@return string
function M.indent(text, indent)
  text = given(text, "indent")
  indent = math.type(indent) and string.rep(" ", indent) or indent or "  "
  local out = M.split(text, "\n")
  for i, line in ipairs(out) do
    out[i] = string.find(line, "%S") and indent .. line or line
  end
  return table.concat(out, "\n")
end

-- Punctuation beyond ASCII; everything else there belongs to words.
local function is_mark(code)
  return code >= 0x80 and code <= 0xBF and code ~= 0xAA and code ~= 0xB5 and code ~= 0xBA
    or code == 0xD7 or code == 0xF7 or code >= 0x2000 and code <= 0x206F or code >= 0x3000 and code <= 0x303F
end

--- Returns the words: letters, digits, `_`, and apostrophes within.
---@param text string|{ text: string }
---@return string[]
function M.words(text)
  text = given(text, "words")
  local plain = utf8.len(text) and string.gsub(text, utf8.charpattern, function(character)
    return #character > 1 and is_mark(utf8.codepoint(character)) and character ~= "’" and " " or nil
  end) or text
  local found = {}
  for piece in string.gmatch(string.gsub(plain, "’", "'"), "[%w_'\128-\255]+") do
    local word = string.match(piece, "^'*(.-)'*$")
    if word ~= "" then
      found[#found + 1] = word
    end
  end
  return found
end

local PLAIN = {
  a = "àáâãäåāăą", c = "çćč", d = "ďđ", e = "èéêëēęě", g = "ğģ", i = "ìíîïīį", l = "ĺļľł", n = "ñńņň",
  o = "òóôõöøōő", r = "ŕř", s = "śşšș", t = "ţťț", u = "ùúûüūůűų", y = "ýÿ", z = "źżž", ss = "ß", ae = "æ", oe = "œ",
  A = "ÀÁÂÃÄÅĀĂĄ", C = "ÇĆČ", D = "ĎĐ", E = "ÈÉÊËĒĘĚ", G = "ĞĢ", I = "ÌÍÎÏĪĮİ", L = "ĹĻĽŁ", N = "ÑŃŅŇ",
  O = "ÒÓÔÕÖØŌŐ", R = "ŔŘ", S = "ŚŞŠȘ", T = "ŢŤȚ", U = "ÙÚÛÜŪŮŰŲ", Y = "ÝŸ", Z = "ŹŻŽ", AE = "Æ", OE = "Œ",
}
local plain_of = {}
for plain, letters in pairs(PLAIN) do
  for letter in string.gmatch(letters, utf8.charpattern) do
    plain_of[letter] = plain
  end
end

--- Returns the text as a name for files and addresses: lower-case ASCII letters and digits joined by `-`.
---@param text string|{ text: string }
---@return string
function M.slug(text)
  text = given(text, "slug")
  local ascii = string.gsub(text, "[\194-\244][\128-\191]*", plain_of)
  local joined = string.gsub(string.lower(ascii), "[^a-z0-9]+", "-")
  return (string.gsub(string.gsub(joined, "^%-", ""), "%-$", ""))
end

--- Returns the text with each `{name}` replaced by the value of that name; other braces stay.
---@param text string|{ text: string }
---@param values table<string, any>
---@return string
function M.fill(text, values)
  text = given(text, "fill")
  return (string.gsub(text, "{([%a_][%w_]*)}", function(name)
    local value = values[name]
    if value == nil then
      error("fill: there is no value '" .. name .. "'", 4)
    end
    return tostring(value)
  end))
end

local function pairs_of(text)
  local found, total, before = {}, 0, nil
  for character in string.gmatch(text, utf8.charpattern) do
    if before then
      local both = before .. character
      found[both] = (found[both] or 0) + 1
      total = total + 1
    end
    before = character
  end
  return found, total
end

--- Returns how alike two texts are, from 0 to 1: the part of their pairs of characters that both have.
---@param a string|{ text: string }
---@param b string|{ text: string }
---@return number
function M.similarity(a, b)
  a, b = given(a, "similarity"), given(b, "similarity")
  if a == b then
    return 1
  end
  local left, count = pairs_of(a)
  local right, other = pairs_of(b)
  local shared = 0
  for both, times in pairs(left) do
    shared = shared + math.min(times, right[both] or 0)
  end
  return count + other > 0 and 2 * shared / (count + other) or 0
end

return M
