-- Breakpoints: where they are, and whether they are hit.

local lines, evaluation, show, literals, tell = ...

local tointeger, match = math.tointeger, string.match

local M = {
  -- Every line, of any file, that has a breakpoint: what the hook asks first.
  lines = {},
  -- Set by debugger.lua: called when those lines have changed.
  changed = nil,
}

-- Module id to {functions, last, final, added} once it is loaded, to what is wanted there, and to
-- line to list of the breakpoints that are set.
local loaded, wanted, placed = {}, {}, {}

local function is_equal(count, number)
  return count == number
end

-- How a hit count may be compared.
local TESTS = {
  [""] = is_equal, ["="] = is_equal, ["=="] = is_equal,
  [">="] = function(count, number) return count >= number end,
  [">"] = function(count, number) return count > number end,
  ["<="] = function(count, number) return count <= number end,
  ["<"] = function(count, number) return count < number end,
  ["%"] = function(count, number) return count % number == 0 end,
}

-- Returns the test of a hit count's text, or nil and why there is none.
local function hit_test(text)
  local sign, digits = match(text, "^%s*([<>=%%]*)%s*(%d+)%s*$")
  local test, number = TESTS[sign], digits and tointeger(tonumber(digits))
  if not test or not number or number == 0 then
    return nil, "the hit count must be like '3', '>= 3' or '% 3'"
  end
  return function(count) return test(count, number) end
end

-- Returns a log text's pieces: texts, and functions for what stands in braces.
local function log_pieces(text)
  local pieces, at = {}, 1
  for before, inside, after in string.gmatch(text, "()(%b{})()") do
    pieces[#pieces + 1] = string.sub(text, at, before - 1)
    local f, trouble = evaluation.expression(string.sub(inside, 2, -2))
    if not f then
      return nil, inside .. " in the log text: " .. trouble
    end
    pieces[#pieces + 1] = f
    at = after
  end
  pieces[#pieces + 1] = string.sub(text, at)
  return pieces
end

-- Compiles what a breakpoint asks for; returns why that is impossible.
local function prepare(point, given)
  local trouble
  if given.condition then
    point.condition, trouble = evaluation.expression(given.condition)
    if trouble then
      return "the condition is wrong: " .. trouble
    end
  end
  if given.hit then
    point.hit, trouble = hit_test(given.hit)
  end
  if given.log and not trouble then
    point.log, trouble = log_pieces(given.log)
  end
  return trouble
end

local function place(file, given)
  local point = { id = given.id, file = file, count = 0 }
  local chunk = loaded[file]
  local trouble = prepare(point, given)
  if not trouble and not chunk then
    trouble = "the file is not loaded yet"
  elseif not trouble then
    point.line = lines.place(chunk.functions, given.line, chunk.last)
    trouble = not point.line and "no code at this line or after it" or nil
  end
  if trouble then
    return { id = given.id, verified = false, line = given.line, message = trouble }
  end
  placed[file][point.line] = placed[file][point.line] or {}
  table.insert(placed[file][point.line], point)
  return { id = given.id, verified = true, line = point.line }
end

local function count_lines()
  for line in next, M.lines do
    M.lines[line] = nil
  end
  for file, at in next, placed do
    local chunk = loaded[file]
    for line in next, at do
      M.lines[line] = true
      if line == chunk.final then
        M.lines[chunk.added] = true
      end
    end
  end
  M.changed()
end

-- Sets a file's breakpoints, in place of those it had; returns how each of them stands.
function M.set(file, list)
  local counts = {}
  for _, points in next, placed[file] or {} do
    for _, point in ipairs(points) do
      counts[point.id] = point
    end
  end
  -- The hook holds the table of a file's lines.
  placed[file] = placed[file] or {}
  for line in next, placed[file] do
    placed[file][line] = nil
  end
  wanted[file] = list
  local results = {}
  for i, given in ipairs(list) do
    results[i] = place(file, given)
  end
  for _, points in next, placed[file] do
    for _, point in ipairs(points) do
      local old = counts[point.id]
      point.count = old and old.line == point.line and old.count or 0
    end
  end
  count_lines()
  return results
end

-- The engine compiles a final `return` with something after it, on a line that the text does not
-- have. Returns what is known of such a chunk: its functions are those of the text alone, and
-- `final` is the line that `added` stands for, unless that line has other code.
local function without_addition(text, functions, last)
  local added = lines.last(functions[1])
  local alone = added > last and (load(text, "=", "t") or load("return " .. text, "=", "t"))
  if not alone then
    return { functions = functions, last = last }
  end
  local own = lines.read(alone)
  local final = lines.last(own[1])
  if functions[1].lines[final] then
    final = nil
  end
  return { functions = own, last = last, final = final, added = added }
end

-- Learns of a file that was compiled, and sets the breakpoints that waited for it.
function M.load(file, text, chunk)
  -- Lua ends a line at a carriage return too.
  local _, breaks = string.gsub((string.gsub(text, "\r\n", "\n")), "[\r\n]", "")
  loaded[file] = without_addition(text, lines.read(chunk), breaks + 1)
  tell({ event = "loaded", file = file })
  for _, result in ipairs(wanted[file] and M.set(file, wanted[file]) or {}) do
    tell({ event = "breakpoint", breakpoint = result })
  end
end

-- Returns {at = line to breakpoints, last, final, name} of a loaded file, nil for another. Code
-- after the `last` line stands for the `final` one, or for nothing.
function M.file(file)
  local chunk = loaded[file]
  if not chunk then
    return nil
  end
  placed[file] = placed[file] or {}
  return { at = placed[file], last = chunk.last, final = chunk.final, name = file }
end

-- Returns the line of a file's text that a line of its code stands for.
function M.shown_line(file, line)
  local chunk = loaded[file]
  return chunk and line > chunk.last and lines.last(chunk.functions[1]) or line
end

-- Returns the line with code at which a run to `line` would stop, or nil.
function M.line(file, line)
  local chunk = loaded[file]
  return chunk and lines.place(chunk.functions, line, chunk.last)
end

-- Hits -------------------------------------------------------------------------------

local function log(point, frame)
  local parts = {}
  for i, piece in ipairs(point.log) do
    if type(piece) == "function" then
      local ok, value = evaluation.call(piece, frame)
      if not ok then
        piece = "<" .. evaluation.text_of(value) .. ">"
      elseif type(value[1]) == "string" then
        piece = literals.plain(value[1], 2000)
      else
        piece = show.text(value[1], { depth = 2, width = math.huge, size = 2000 })
      end
    end
    parts[i] = piece
  end
  tell({ event = "log", text = table.concat(parts), file = point.file, line = point.line })
end

-- Whether a breakpoint is hit now, and a text that says why it may not have been meant to.
local function is_hit(point, frame)
  local text
  if point.condition then
    local ok, values = evaluation.call(point.condition, frame)
    if ok and not values[1] then
      return false
    elseif not ok then
      text = "the condition failed: " .. evaluation.text_of(values)
    end
  end
  point.count = point.count + 1
  return not point.hit or point.hit(point.count), text
end

-- Returns the ids of those among `points` at which the spell has to stop, nil if at none, and a text.
function M.hits(points, frame)
  local ids, text
  for _, point in ipairs(points) do
    local hit, why = is_hit(point, frame)
    if hit and point.log and not why then
      log(point, frame)
    elseif hit then
      ids = ids or {}
      ids[#ids + 1] = point.id
      text = text or why
    end
  end
  return ids, text
end

return M
