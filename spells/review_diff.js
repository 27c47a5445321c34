// Reviews a diff, file by file, and gives what it found as JSON.
//
//   git diff main | llmspell review_diff.js | jq .
//   git diff main | llmspell review_diff.js --param fail_on=high > review.json    # for CI
//
// With fail_on the spell ends with code 1 when something that bad was found.

// /// spell
// name = "review_diff"
// description = "Review the diff on standard input; the findings come as JSON"
// [params.focus]
// default = "bugs, security, and what will be hard to maintain"
// description = "What to look for"
// [params.fail_on]
// choices = ["never", "low", "medium", "high"]
// default = "never"
// description = "The least severity that ends the spell with code 1"
// [params.parallel]
// type = "integer"
// default = 4
// description = "Files under review at a time"
// ///

const SEVERITIES = ["none", "low", "medium", "high"];
const schema = {
  type: "array",
  items: {
    type: "object",
    properties: {
      line: { type: "integer", description: "Line in the new file" },
      severity: { type: "string", enum: SEVERITIES.slice(1) },
      comment: { type: "string", description: "What is wrong and what to do, in a sentence or two" },
    },
    required: ["line", "severity", "comment"],
  },
};
const system =
  `You review code. The user sends the diff of one file. Look for ${params.focus}. Report only what ` +
  "the change brings in and what you are sure of; an empty list when there is nothing.";

const diff = await Stdin.read();
if (!diff.trim()) {
  throw new SpellError("there is no diff on standard input", {
    code: "invalid_argument",
    hint: "pipe one in: git diff | llmspell review_diff.js",
  });
}

function fileOf(patch) {
  const found = /^diff --git a\/.* b\/(.*)$/m.exec(patch) ?? /^\+\+\+ (?:b\/)?([^\t\n]*)/m.exec(patch);
  return found ? found[1] : "(no name)";
}

async function review(patch) {
  const { output } = await LLM.complete({ system, prompt: patch, schema, temperature: 0 });
  return output.map((finding) => ({ file: fileOf(patch), ...finding }));
}

const rank = (severity) => SEVERITIES.indexOf(severity);
const patches = diff.split(/^(?=diff --git )/m).filter((part) => part.trim());
const findings = (await Async.map(patches, review, { limit: params.parallel }))
  .flat()
  .sort((one, other) => rank(other.severity) - rank(one.severity));
const severity = findings.length ? findings[0].severity : "none";

console.log(JSON.stringify({ severity, findings }, null, 2));
if (params.fail_on !== "never" && rank(severity) >= rank(params.fail_on)) exit(1);
