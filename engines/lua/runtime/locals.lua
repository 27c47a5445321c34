-- Makes a chunk's own `local` variables those of the session: `local x = 1` becomes `x = 1`, at the
-- same place in the text, and its names are told. Locals inside blocks stay what they are.

local byte, find, sub, rep, match = string.byte, string.find, string.sub, string.rep, string.match
local concat = table.concat

local M = {}

-- What a word adds to the depth of blocks. `while` and `for` have their `do`, `elseif` its `if`.
local DEPTHS = { ["do"] = 1, ["if"] = 1, ["function"] = 1, ["repeat"] = 1, ["end"] = -1, ["until"] = -1 }

-- Returns where the long bracket that starts at `at` ends, or nil if none starts there.
local function long_bracket(text, at)
  local equals = match(text, "^%[(=*)%[", at)
  if not equals then
    return nil
  end
  local _, stop = find(text, "]" .. equals .. "]", at + #equals + 2, true)
  return stop or #text
end

local function comment_end(text, at)
  return long_bracket(text, at + 2) or (find(text, "\n", at, true) or #text + 1) - 1
end

local function string_end(text, at, quote)
  local i = at + 1
  while i <= #text do
    local char = sub(text, i, i)
    if char == "\\" then
      i = i + 1
    elseif char == quote then
      return i
    end
    i = i + 1
  end
  return #text
end

-- Returns where the token at `at` ends, and its word if it is one.
local function token_end(text, at)
  local word = match(text, "^[%a_][%w_]*", at)
  if word then
    return at + #word - 1, word
  end
  local char = sub(text, at, at)
  if char == '"' or char == "'" then
    return string_end(text, at, char)
  elseif char == "[" then
    return long_bracket(text, at) or at
  end
  local number = match(text, "^%.?%d[%w_.]*", at)
  return number and at + #number - 1 or at
end

-- Returns the tokens as {first, last, word}; comments and spaces are not among them.
function M.tokens(text)
  local tokens, at = {}, 1
  while true do
    at = find(text, "%S", at)
    if not at then
      return tokens
    elseif sub(text, at, at + 1) == "--" then
      at = comment_end(text, at) + 1
    else
      local last, word = token_end(text, at)
      tokens[#tokens + 1] = { first = at, last = last, word = word }
      at = last + 1
    end
  end
end

-- Reads the names after the `local` at index `i`. Returns them and the index of the last, or nil
-- where the statement has to stay: a constant, a variable to close, or an error.
local function names_after(text, tokens, i)
  local names = {}
  while true do
    i = i + 1
    local name, after = tokens[i], tokens[i + 1]
    if not name or not name.word then
      return nil
    end
    names[#names + 1] = name.word
    local sign = after and byte(text, after.first)
    if sign == 60 then -- <
      return nil
    elseif sign ~= 44 then -- ,
      return names, i
    end
    i = i + 1
  end
end

-- Returns the text with its top-level `local`s taken away, and the list of the names they had.
function M.rewrite(text)
  local tokens, depth, parts, kept, found = M.tokens(text), 0, {}, 1, {}
  local function replace(first, last, by)
    parts[#parts + 1] = sub(text, kept, first - 1) .. by
    kept = last + 1
  end
  for i, token in ipairs(tokens) do
    local following = tokens[i + 1]
    if token.word == "local" and depth == 0 and following then
      local names, last = names_after(text, tokens, i)
      if following.word == "function" then
        names, last = { tokens[i + 2] and tokens[i + 2].word }, nil
      end
      if names then
        replace(token.first, token.last, rep(" ", 5))
        table.move(names, 1, #names, #found + 1, found)
      end
      local after = last and tokens[last + 1]
      if last and not (after and sub(text, after.first, after.last) == "=") then
        replace(tokens[last].last + 1, tokens[last].last, " = nil")
      end
    end
    depth = depth + (DEPTHS[token.word] or 0)
  end
  return concat(parts) .. sub(text, kept), found
end

return M
