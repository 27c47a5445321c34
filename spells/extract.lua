-- Finds the records that a text holds, and gives them as a JSON list.
--
--   llmspell extract.lua --param schema='{"name": "string", "age": "integer"}' < people.txt
--   llmspell extract.lua --param schema=invoice.schema.json mail.txt | jq '.[].total'
--
-- The schema is that of one record: a file or JSON text; JSON Schema, or just names and types.

-- /// spell
-- name = "extract"
-- description = "Extract records that fit a schema from a file or standard input"
-- [params.schema]
-- required = true
-- description = "JSON Schema of one record, or its file, or names and types"
-- [params.about]
-- default = ""
-- description = "What the records are, such as 'people who attended'"
-- ///

local function read_schema(given)
  local source = given:find("^%s*{") and given or File.read(given)
  local ok, schema = pcall(JSON.parse, source)
  if not ok then
    error{
      code = "invalid_argument",
      message = "the parameter 'schema' is not JSON: " .. schema.message,
      hint = [[write it as --param schema='{"name": "string"}', or name a JSON file]],
    }
  end
  if schema.type or schema.properties or schema["$ref"] then
    return schema
  end
  local properties, required = {}, {}
  for name, kind in pairs(schema) do
    properties[name] = type(kind) == "table" and kind or { type = kind }
    required[#required + 1] = name
  end
  return { type = "object", properties = properties, required = required }
end

local record = read_schema(params.schema)
local text = ARGS[1] and File.read(ARGS[1]) or Stdin.read()
if not text:find("%S") then
  error{
    code = "invalid_argument",
    message = "there is nothing to extract from",
    hint = "name a file, or pipe text in",
  }
end

local answer = LLM.complete{
  system = "Extract every record that the text of the user holds, in its order"
    .. (params.about ~= "" and ": " .. params.about or "")
    .. ". Use only what the text says; give no record twice, and an empty list when it has none.",
  prompt = text,
  schema = { type = "array", items = record, ["$defs"] = record["$defs"] },
  temperature = 0,
}
return answer.output
