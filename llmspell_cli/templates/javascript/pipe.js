#!/usr/bin/env llmspell
// /// spell
// name = "{{name}}"
// description = "Sums up standard input"
// [params.words]
// type = "integer"
// default = 100
// description = "How long the summary may be"
// ///

// Run it:  llmspell {{name}}.js < report.txt > summary.txt

const text = await Stdin.read();
if (text === "") throw new Error("there is nothing on standard input");

const answer = await LLM.complete({
  system: `Sum up what you are given in at most ${params.words} words.`,
  prompt: text,
});
export default answer.text;
