#!/usr/bin/env llmspell
// /// spell
// name = "{{name}}"
// description = "Turns a message on standard input into a record"
// ///

// Run it:  echo "Ann from Oslo orders 3 lamps" | llmspell {{name}}.js | jq .

const agent = new Agent({
  name: "{{name}}",
  systemPrompt: "Take the order out of the message.",
  outputSchema: {
    customer: { type: "string", description: "Who orders" },
    article: { type: "string", description: "What is ordered" },
    count: { type: "integer", description: "How many" },
  },
});

const answer = await agent.run(await Stdin.read());
export default answer.output;
