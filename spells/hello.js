// Says hello: an agent in three lines. Without any configuration the local model answers, offline.
//
//   llmspell hello.js
//   llmspell hello.js --param name=Ada --model openai:gpt-5-mini

// /// spell
// name = "hello"
// description = "Say hello through an agent"
// [params.name]
// default = "the world"
// description = "Who is greeted"
// ///

const greeter = new Agent({
  name: "greeter",
  systemPrompt: "Greet the user in one short, friendly sentence.",
  temperature: 0,
  maxTokens: 60,
});

console.log(`${await greeter.run(`Say hello to ${params.name}.`)}`);
