#!/usr/bin/env llmspell
// /// spell
// name = "{{name}}"
// description = "Greets somebody"
// [params.who]
// default = "world"
// description = "Who is greeted"
// ///

// Run it:  llmspell {{name}}.js --param who=you
// What is printed goes to standard output, and so does the value at the end.

Logger.info("greeting", { who: params.who });
export default `Hello, ${params.who}!`;
