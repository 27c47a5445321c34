// Summarizes a file, or what is piped in.
//
//   llmspell summarize.js report.txt --param words=50
//   curl -s https://example.org | llmspell summarize.js --param style=bullets
//
// For a text longer than the model can read at once, use map_reduce.js.

// /// spell
// name = "summarize"
// description = "Summarize a file or standard input"
// [params.words]
// type = "integer"
// default = 100
// description = "How long the summary may get"
// [params.style]
// choices = ["paragraph", "bullets"]
// default = "paragraph"
// [params.language]
// default = "the language of the text"
// description = "Language of the summary"
// ///

const STYLES = {
  paragraph: "as one paragraph of plain text",
  bullets: 'as a list, each line starting with "- "',
};

const text = ARGS.length ? File.read(ARGS[0]) : await Stdin.read();
if (!text.trim()) {
  throw new SpellError("there is nothing to summarize", {
    code: "invalid_argument",
    hint: "name a file, or pipe text in",
  });
}

const { words, style, language } = params;
const summary = await LLM.complete({
  system:
    `Summarize what the user sends in at most ${words} words, in ${language}, ${STYLES[style]}. ` +
    "Keep names and numbers exact, and write the summary only.",
  prompt: text,
});
export default summary.text;
