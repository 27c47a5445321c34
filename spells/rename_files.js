// Suggests names for text files by what is in them; renames them only when told to.
//
//   llmspell rename_files.js ~/scans --allow-read="$HOME/scans"
//   llmspell rename_files.js notes --param pattern='*.txt' --param apply=true
//
// Prints a line for each file that gets another name: the old path, a tab, the new path.

// /// spell
// name = "rename_files"
// description = "Name text files in a folder by their content; dry unless apply=true"
// [params.pattern]
// default = "*"
// description = "Which files, with * and ?"
// [params.apply]
// type = "boolean"
// default = false
// description = "Rename the files; without it the new names are only shown"
// [params.parallel]
// type = "integer"
// default = 4
// description = "Files in work at a time"
// ///

import { truncate } from "llmspell/text";

const CHARS = 3000; // the beginning says what a file is about
const system =
  "Name the file of the user by what it is about; begin with its date, as 2026-01-31, if it has one.";
const schema = {
  type: "object",
  properties: { name: { type: "string", description: "Two to five words" } },
  required: ["name"],
};

function slug(words) {
  const plain = words.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  return plain.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60);
}

async function suggest({ name, path }) {
  const extension = /(\.\w+)?$/.exec(name)[0];
  try {
    const prompt = truncate(File.read(path), CHARS);
    const { output } = await LLM.complete({ system, prompt, schema, temperature: 0 });
    return { path, extension, stem: slug(output.name) };
  } catch (error) {
    if (error.code !== "invalid_argument") throw error;
    Logger.warn("left as it is", { path, reason: error.message }); // not text
    return { path, extension, stem: "" };
  }
}

const folder = ARGS[0] ?? ".";
const taken = new Set(File.list(folder).map(({ path }) => path));
const files = File.list(folder, { pattern: params.pattern }).filter(
  ({ kind, name }) => kind === "file" && !name.startsWith("."),
);
const suggestions = await Async.map(files, suggest, { limit: params.parallel });

for (const { path, stem, extension } of suggestions) {
  const parent = path.slice(0, path.lastIndexOf("/") + 1);
  if (!stem || path === parent + stem + extension) continue;
  let target = parent + stem + extension;
  for (let number = 2; taken.has(target); number++) target = `${parent}${stem}-${number}${extension}`;
  taken.add(target);
  if (params.apply) File.move(path, target);
  console.log(`${path}\t${target}`);
}
if (!params.apply) Logger.warn("nothing was renamed; pass --param apply=true to do it");
