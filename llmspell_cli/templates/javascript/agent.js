#!/usr/bin/env llmspell
// /// spell
// name = "{{name}}"
// description = "Answers a question"
// ///

// Run it:  llmspell {{name}}.js "Why is the sky blue?"

const agent = new Agent({
  name: "{{name}}",
  systemPrompt: "Answer in two short sentences.",
  // model: "openai:gpt-5-mini",   // without it, the default model answers
});

const answer = await agent.run(ARGS[0] ?? "What is a spell?");
Logger.info("answered", { model: answer.model, tokens: answer.usage.outputTokens });
export default answer.text;
