#!/usr/bin/env llmspell
// /// spell
// name = "{{name}}"
// description = "Answers questions about the weather, with a tool of its own"
// ///

// Run it:  llmspell {{name}}.js "Do I need a coat in Oslo?"

// The model asks for the tool; this function runs here, in the spell, and the model gets
// what it returns. An error tells the model what went wrong.
const weather = new Tool({
  name: "weather",
  description: "Tells today's weather in a city",
  parameters: { city: { type: "string", required: true, description: "Its name" } },
  run({ city }) {
    const known = { Oslo: "snow, -3 degrees", Lisbon: "sun, 19 degrees" };
    if (!known[city]) throw new Error(`no weather is known for ${city}`);
    return known[city];
  },
});

const agent = new Agent({
  name: "{{name}}",
  systemPrompt: "Answer in one sentence. Use the tools; do not guess.",
  tools: [weather, "datetime"],
});

const answer = await agent.run(ARGS[0] ?? "Do I need a coat in Oslo?");
export default answer.text;
