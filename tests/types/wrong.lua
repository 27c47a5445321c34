-- Every line that ends in a comment is wrong in the way that it names, and no other line is.
local helper = Agent.new{ name = "helper", systemprompt = "Be brief." } -- inject-field
local named = Agent.new{ name = 5 } -- param-type-mismatch
helper:runn("a question") -- undefined-field
helper:new{} -- undefined-field
local answer = helper:run("a question", { max_tokens = "many" }) -- param-type-mismatch
print(answer.txt) -- undefined-field
print(answer.usage.tokens) -- undefined-field

File.read() -- missing-parameter
File.read("a.txt", "b.txt") -- redundant-parameter
File.reed("a.txt") -- undefined-field
Env.get(5) -- param-type-mismatch
fetch("https://example.com/") -- undefined-global
os.execute("ls") -- undefined-field
io.open("a.txt") -- undefined-field

Tool.new{ name = "nothing" } -- missing-fields
Tool.new{ name = "five", run = 5 } -- param-type-mismatch
Http.get("https://example.com/", { redirect = 3 }) -- inject-field
Async.map({ "a" }, function(item) return item end, { limits = 3 }) -- inject-field
Async.sleep("1s") -- param-type-mismatch
exit("done") -- param-type-mismatch
helper:run("a question", { messages = { { role = "human", content = "hello" } } }) -- param-type-mismatch

local text = require "llmspell.text"
text.trimm("a") -- undefined-field
text.split("a b") -- missing-parameter
