// Puts every line of standard input (or of a file) under one of your labels, many at a time.
//
//   llmspell classify.js --param labels=bug --param labels=question --param labels=praise < titles.txt
//   llmspell classify.js --param labels='["spam", "ham"]' --param format=tsv mails.txt | cut -f1
//
// Lines come out in their order, each as soon as it and those before it are known.

// /// spell
// name = "classify"
// description = "Classify lines into given labels, in parallel"
// [params.labels]
// type = "list"
// required = true
// description = "The labels, two or more"
// [params.about]
// default = ""
// description = "What the labels mean"
// [params.format]
// choices = ["jsonl", "tsv"]
// default = "jsonl"
// [params.parallel]
// type = "integer"
// default = 8
// description = "Lines in work at a time"
// ///

import { lines, trim } from "llmspell/text";

const { labels, about, format, parallel } = params;
if (new Set(labels).size < 2) {
  throw new SpellError("two different labels are needed at least", {
    code: "invalid_argument",
    hint: "pass --param labels=one --param labels=two",
  });
}

const text = ARGS.length ? File.read(ARGS[0]) : await Stdin.read();
const items = lines(text).map(trim).filter(Boolean);

const show = {
  jsonl: (line, label) => JSON.stringify({ label, text: line }),
  tsv: (line, label) => `${label}\t${line.replaceAll("\t", " ")}`,
}[format];

const system = `Choose the label that fits the text of the user best. ${about}`.trim();
const schema = { type: "string", enum: labels };
const known = [];
let shown = 0;

async function classify(line, index) {
  const { output: label } = await LLM.complete({ system, prompt: line, schema, temperature: 0 });
  known[index] = show(line, label);
  while (known[shown] !== undefined) console.log(known[shown++]);
}

await Async.map(items, classify, { limit: parallel });
Logger.info("classified", { lines: items.length });
