// Nothing here is a mistake: forms of calls that the declarations must allow.
import retry, { retry as again } from "llmspell/retry";
import { chunk, trim } from "llmspell/text";

const counter = new Tool({
  name: "count",
  description: "Counts the letters of a word",
  parameters: { word: { type: "string", required: true } },
  run: ({ word }) => word.length,
});
const helper = new Agent({ name: "helper", tools: ["file_read", counter], maxSteps: 5, timeout: "20s" });
const answer = await helper.run("How long is 'word'?", { maxTokens: 200, signal: AbortSignal.timeout(500) });
console.log(`${answer}`, answer.text, answer.usage.inputTokens);
console.log(await helper.run([{ role: "user", content: "hello" }]));

for await (const piece of helper.stream("a question")) console.log(piece.toUpperCase());
const whole = await helper.stream("a question", (piece) => console.log(piece.toUpperCase()));
console.log(whole.model);
const stream = LLM.stream("a question");
for await (const piece of stream) console.log(piece.length);
console.log((await stream.result()).text.trim());

const lengths = await Async.map(["a", "b"], async (word) => word.toUpperCase().length, { limit: 2 });
console.log(lengths[0] + 1, (await Async.timeout(5, () => 1)) + 1);
const task = Async.spawn((a, b) => a + b, 1, 2);
if (!task.done()) console.log((await task).toFixed(1));
const [sum, said] = await Async.all([task, () => LLM.complete("x")]);
console.log(sum.toFixed(1), said.text);
console.log((await Async.race([Async.sleep(1).then(() => "slow"), () => "quick"])).length);

const page = await retry(() => Http.get("https://example.com/", { query: { q: "x" } }), { attempts: 2 });
console.log(page.status, page.headers["content-type"], trim(page.text), chunk(page.text, 100)[0]);
await again(() => 1);

Logger.info("read", { count: 2 });
Logger.with({ part: "one" }).warn("slow");
setTimeout((name) => console.log(name.length), 5, "later");
console.log(params.words, ARGS[0], JSON.parse("{}"), structuredClone({ a: 1 }).a, atob("YQ=="));
console.log(new TextDecoder().decode(File.readBytes("a.bin")));
try {
  File.read("missing.txt");
} catch (failure) {
  if (failure instanceof SpellError && failure.code === "not_found") exit(3);
  throw new SpellError("it did not work", { code: "spell_error", hint: "try again" });
}
export default answer.text;
