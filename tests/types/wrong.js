// Every line that ends in a comment is wrong in the way that it names, and no other line is.
import { trimm } from "llmspell/text"; // TS2724
const helper = new Agent({ name: "helper", systemPromt: "Be brief." }); // TS2561
const named = new Agent({ name: 5 }); // TS2322
helper.runn("a question"); // TS2551
const answer = await helper.run("a question", { maxTokens: "many" }); // TS2322
answer.txt; // TS2551
answer.usage.tokens; // TS2339
(await LLM.complete({ promt: "hello" })).text; // TS2561

File.read(); // TS2554
File.read("a.txt", "b.txt"); // TS2554
File.reed("a.txt"); // TS2339
Env.get(5); // TS2345
fetch("https://example.com/"); // TS2304
process.exit(1); // TS2591
new Tool({ name: "nothing" }); // TS2345 TS2741
new Tool({ name: "five", run: 5 }); // TS2322
await Http.get("https://example.com/", { redirect: 3 }); // TS2561
await Async.map(["a"], (item) => item.foo); // TS2339
await Async.map(["a"], (item) => item, { limits: 3 }); // TS2561
await Async.sleep("1s"); // TS2345
await helper.run("a question", { messages: [{ role: "human", content: "hello" }] }); // TS2322
for await (const piece of helper.stream("a question")) piece.foo; // TS2339
(await Async.all([() => 1]))[0].trim(); // TS2339
exit("done"); // TS2345
