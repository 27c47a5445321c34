// Summarizes a text of any length: its pieces at the same time, then the summaries of the pieces.
//
//   llmspell map_reduce.js book.txt --param words=300
//   pdftotext report.pdf - | llmspell map_reduce.js --param parallel=8
//
// --max-cost and --max-requests hold for the whole run.

// /// spell
// name = "map_reduce"
// description = "Summarize a long text in parallel pieces"
// [params.words]
// type = "integer"
// default = 200
// description = "How long the summary may get"
// [params.chunk]
// type = "integer"
// default = 12000
// description = "Characters read at a time"
// [params.parallel]
// type = "integer"
// default = 6
// description = "Pieces in work at a time"
// ///

import { chunk } from "llmspell/text";

const text = ARGS.length ? File.read(ARGS[0]) : await Stdin.read();
if (!text.trim()) {
  throw new SpellError("there is nothing to summarize", {
    code: "invalid_argument",
    hint: "name a file, or pipe text in",
  });
}

async function summarize(part, kind) {
  const answer = await LLM.complete({
    system:
      `Summarize ${kind} in at most ${params.words} words. ` +
      "Keep names and numbers exact, and write the summary only.",
    prompt: part,
    temperature: 0,
  });
  return answer.text;
}

let material = text;
let kind = "what the user sends";
for (let round = 1; ; round++) {
  const pieces = chunk(material, params.chunk);
  if (pieces.length === 1) break;
  Logger.info("summarizing pieces", { round, pieces: pieces.length });
  const each = (piece) => summarize(piece, "this piece of a longer text");
  const summaries = await Async.map(pieces, each, { limit: params.parallel });
  const joined = summaries.join("\n\n");
  if (joined.length >= material.length) {
    throw new SpellError("the summaries are no shorter than the text", {
      hint: "lower --param words, or raise --param chunk",
    });
  }
  material = joined;
  kind = "the text whose pieces' summaries the user sends in order, as one text,";
}
export default await summarize(material, kind);
