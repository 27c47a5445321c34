-- The last step of the digest: a table for people.

-- /// spell
-- name = "format"
-- description = "Draw the table of a digest"
-- [params.found]
-- type = "map"
-- required = true
-- [params.outputs]
-- type = "map"
-- required = true
-- ///

local found, advice = params.found, params.outputs.advise
if found.total == 0 then
  return "nothing to look at"
end
local lines = { ("%5s  %-8s %s"):format("times", "level", "message") }
for _, entry in ipairs(found.entries) do
  lines[#lines + 1] = ("%5d  %-8s %s"):format(entry.count, entry.level, entry.message)
end
if advice and advice.output then
  lines[#lines + 1] = "\n" .. advice.output
end
return table.concat(lines, "\n")
