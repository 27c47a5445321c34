-- Nothing here is a mistake: forms of calls that the stubs must allow.
local retry = require "llmspell.retry"
local text = require "llmspell.text"
local Promise = require "llmspell.promise"

local counter = Tool.new{
  name = "count",
  description = "Counts the letters of a word",
  parameters = { word = { type = "string", required = true } },
  run = function(found) return #found.word end,
}
local helper = Agent.new{ name = "helper", tools = { "file_read", counter }, max_steps = 5, timeout = "20s" }
local answer = helper:run("How long is 'word'?", { max_tokens = 200 })
print(answer, answer.text, answer.usage.input_tokens, "said: " .. answer, #answer)
print(helper:run{ { role = "user", content = "hello" } })

for piece in helper:stream("a question") do io.write(piece) end
local whole = helper:stream("a question", function(piece) io.write(piece:upper()) end)
print(whole.model)
local stream = LLM.stream("a question")
for piece in stream do print(piece) end
print(stream:result().text)

local lengths = Async.map({ "a", "b" }, function(word) return #word:upper() end, { limit = 2 })
print(lengths[1] + 1, Async.timeout(5, function() return 1 end) + 1)
local task = Async.spawn(function(a, b) return a + b end, 1, 2)
if not task:done() then print(task:wait()) end
Async.all{ task, function() return LLM.complete("x") end }

local page = retry(function() return Http.get("https://example.com/", { query = { q = "x" } }) end, { attempts = 2 })
print(page.status, page.headers["content-type"], text.trim(page.text), text.chunk(page.text, 100)[1])
Promise.new(function() return 1 end):next(function(value) return value + 1 end):catch(print):wait()

Logger.info("read", { count = 2 })
Logger.with({ part = "one" }):warn("slow")
io.write("a", 1, "\n"):write("b")
for line in io.lines() do print(line) end
print(os.date("%Y"), os.time() - os.clock(), debug.traceback())
print(params.words, ARGS[1], JSON.null, JSON.parse("{}"), null)
kept = kept or 1
print(kept)
local ok, failure = pcall(File.read, "missing.txt")
if not ok and failure.code == "not_found" then exit(3) end
exit()
