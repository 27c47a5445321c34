// Finds the records that a text holds, and gives them as a JSON list.
//
//   llmspell extract.js --param schema='{"name": "string", "age": "integer"}' < people.txt
//   llmspell extract.js --param schema=invoice.schema.json mail.txt | jq '.[].total'
//
// The schema is that of one record: a file or JSON text; JSON Schema, or just names and types.

// /// spell
// name = "extract"
// description = "Extract records that fit a schema from a file or standard input"
// [params.schema]
// required = true
// description = "JSON Schema of one record, or its file, or names and types"
// [params.about]
// default = ""
// description = "What the records are, such as 'people who attended'"
// ///

function readSchema(given) {
  const source = given.trimStart().startsWith("{") ? given : File.read(given);
  let schema;
  try {
    schema = JSON.parse(source);
  } catch (error) {
    throw new SpellError(`the parameter 'schema' is not JSON: ${error.message}`, {
      code: "invalid_argument",
      hint: `write it as --param schema='{"name": "string"}', or name a JSON file`,
    });
  }
  if (schema.type || schema.properties || schema.$ref) return schema;
  const properties = {};
  for (const [name, kind] of Object.entries(schema)) {
    properties[name] = typeof kind === "string" ? { type: kind } : kind;
  }
  return { type: "object", properties, required: Object.keys(properties) };
}

const record = readSchema(params.schema);
const text = ARGS.length ? File.read(ARGS[0]) : await Stdin.read();
if (!text.trim()) {
  throw new SpellError("there is nothing to extract from", {
    code: "invalid_argument",
    hint: "name a file, or pipe text in",
  });
}

const { $defs, ...items } = record;
const about = params.about && `: ${params.about}`;
const answer = await LLM.complete({
  system:
    `Extract every record that the text of the user holds, in its order${about}. ` +
    "Use only what the text says; give no record twice, and an empty list when it has none.",
  prompt: text,
  schema: { type: "array", items, ...($defs && { $defs }) },
  temperature: 0,
});
export default answer.output;
