---@meta
-- Generated from the declarations in bridges/; do not edit.

---What a map or list holds where there is no value; `JSON.null` is the same.
---@class null
---@type null
null = nil

---The parameters of this run, as the manifest's types make them.
---@type table<string, any>
params = nil

---What stood behind the spell on the command line.
---@type string[]
ARGS = nil

---Ends the run now with an exit code from 0 to 255; nothing after it runs.
---@param code? integer|boolean
function exit(code) end

---Loads one of the spell's own modules (`require "lib.name"`) or `llmspell.NAME`.
---@param name string
---@return any
function require(name) end

---The error of every host function; a spell may throw a table with the same fields.
---@class Error
---@field code string What kind of error, such as `not_found` or `timeout`; stable across releases
---@field message string What happened
---@field hint? string What to do about it
---@field retryable boolean Whether the same call may succeed later
---@field details? table<string, any> More about it
---@operator concat(string): string

---Pieces of an answer as they arrive: `for piece in stream do`. Leaving the loop closes it.
---@class Stream
---@overload fun(): any
local Stream = {}

---Returns what the whole stream gave, after its end.
---@return any
function Stream:result() end

---Stops the stream; what has not arrived is given up.
function Stream:close() end

---A started function.
---@class Task
local Task = {}

---Waits and returns what the function returned, or throws what it threw.
---@return any ...
function Task:wait() end

---Ends the task: what it waits for is given up, and waiting for it fails with `cancelled`.
function Task:cancel() end

---Tells whether the task has finished, failed or been cancelled.
---@return boolean
function Task:done() end

---Many things at once. Times are in seconds.
---@class Async
Async = {}

---Waits until all have finished; the first failure cancels the others and is thrown.
---@param tasks (Task|fun(): any)[]
---@return any[] # what they returned, in the order of the list
function Async.all(tasks) end

---Runs a function on every item, at the same time.
---@generic T, R
---@param items T[]
---@param fn fun(item: T, position: integer): R
---@param options? MapOptions
---@return R[]
function Async.map(items, fn, options) end

---Waits until the first has finished or failed, and cancels the others.
---@param tasks (Task|fun(): any)[]
---@return any # what the first one returned
function Async.race(tasks) end

---Waits while other tasks run.
---@param seconds number
function Async.sleep(seconds) end

---Starts a function and goes on; the run waits for it before it ends.
---@param fn fun(...): any
---@param ... any The function's arguments
---@return Task
function Async.spawn(fn, ...) end

---Runs a function, which is cancelled with a `timeout` error when it takes too long.
---@generic R
---@param seconds number
---@param fn fun(): R
---@return R
function Async.timeout(seconds, fn) end

---Standard input and output; files are read and written with `File`.
---@class io
---@field stdin Input
---@field stdout Output
---@field stderr Output
io = {}

---@alias ReadFormat integer|"l"|"L"|"n"|"a"

---@class Input
local Input = {}
---@param ... ReadFormat
---@return any ...
function Input:read(...) end
---@param ... ReadFormat
---@return fun(): any ...
function Input:lines(...) end

---@class Output
local Output = {}
---@param ... string|number
---@return Output
function Output:write(...) end
---@return Output
function Output:flush() end

---Reads from standard input: a line, unless formats say otherwise.
---@param ... ReadFormat
---@return any ...
function io.read(...) end

---Iterates over standard input, line by line unless formats say otherwise.
---@param name? nil
---@param ... ReadFormat
---@return fun(): any ...
function io.lines(name, ...) end

---Writes to standard output, without line ends.
---@param ... string|number
---@return Output
function io.write(...) end

---Time.
---@class os
os = {}

---@param when? table
---@return integer
function os.time(when) end
---@return number
function os.clock() end
---@param format? string
---@param time? integer
---@return string|table
function os.date(format, time) end
---@param later integer
---@param earlier integer
---@return number
function os.difftime(later, earlier) end

---@class debug
debug = {}
---@param message? any
---@return string
function debug.traceback(message) end

---How a conversation is handed over.
---@class HandoffOptions
---@field name? string What the tool is called that hands over: `transfer_to_NAME`; the agent's name unless set
---@field description? string When to hand over, for the model; the agent's description unless set
---@field state? any Data that goes with it, or a function that gives it: it takes a map of `from_agent`, `to_agent`, `reason`, `arguments`, `state` (as it is so far) and `messages`. Without it the state goes on as it is
---@field condition? function Takes the same map and tells whether a handoff is possible now
---@field validate? function Takes the same map, with the new `state`; false, or a text that says why, refuses
---@field on_rollback? function Takes the same map, with `error` and the state as it is again, when the handoff was refused, or a later failure or the end of a cancelled run undid it
---@field keep_history? ("all"|"summary"|"none")|integer What the agent is shown of the conversation: all of it, a summary that the model of the other agent writes, nothing but the last message of the user, or so many messages
---@field input_schema? table<string, any> The tool's arguments: JSON Schema or the short form; `reason`, a text, unless set

---What a handoff's functions are told.
---@class HandoffRequest
---@field from_agent? string Who hands over; absent when the spell does
---@field to_agent? string Who is to take over
---@field reason? string Why, as the model said
---@field arguments? table<string, any> What the model said in the tool
---@field state? any What is handed on
---@field messages? AgentMessage[] The conversation so far
---@field error? string Of a handoff that was undone: why

---What a handoff by the spell itself starts from.
---@class HandoffRunOptions
---@field messages? AgentMessage[] The conversation so far, such as the `messages` of an earlier result
---@field state? any The state so far
---@field arguments? table<string, any> What a model would say in the handoff's tool
---@field max_handoffs? integer Handoffs of the run at most, this one included; 10 unless set

---What a handoff is.
---@class HandoffInfo
---@field agent? string Who takes over
---@field tool? string What models call to hand over
---@field description? string What models are told of it
---@field parameters? table<string, any> JSON Schema of the tool's arguments
---@field keep_history? string|integer What the agent is shown of the conversation

---One message of a conversation.
---@class LLMMessage
---@field role? "system"|"user"|"assistant" Who says it: system, user or assistant
---@field content? string What is said

---What is asked, and how.
---@class LLMOptions
---@field model? string Model name or alias; without it the default model answers
---@field prompt? string The question; instead of messages
---@field messages? LLMMessage[] The conversation so far, ending with what the user says now
---@field system? string Instructions for the model
---@field schema? table<string, any> JSON Schema (or its short form) that the answer must fit; the data is in `output`
---@field images? string[] Image files to look at
---@field image_urls? string[] Addresses of images to look at; the provider fetches them
---@field temperature? number How freely the model chooses words, 0 for the least
---@field max_tokens? integer The longest answer, in tokens
---@field top_p? number Share of likely words to choose from, 0 to 1
---@field stop? string[] Texts that end the answer
---@field seed? integer A number that makes answers repeatable where the provider can
---@field timeout? number|string The longest the request may take, retries included
---@field retries? integer How often it is tried again when that may help

---Tokens and requests that were used.
---@class LLMUsage
---@field input_tokens integer Tokens that were sent
---@field output_tokens integer Tokens that came back
---@field total_tokens integer Both together
---@field requests integer Requests that were made

---An answer; it acts as its text.
---@class LLMResult
---@field text? string The answer; with a schema, the data as JSON
---@field output? any The data that fits the schema
---@field usage? LLMUsage Tokens and requests used
---@field cost? number US dollars; absent when the price is not known
---@field model? string The model that answered
---@field finish_reason? string Why the answer ended: stop, length, content_filter or error
---@field duration? number Seconds it took
---@operator concat(any): string
---@operator len: integer

---What is turned into vectors, and how.
---@class LLMEmbedOptions
---@field model? string Name or alias of an embedding model, such as openai:text-embedding-3-small
---@field input? string|string[] A text, or a list of texts
---@field timeout? number|string The longest the request may take, retries included
---@field retries? integer How often it is tried again when that may help

---Vectors of texts.
---@class LLMVectors
---@field vectors? number[][] One list of numbers for each text, in order
---@field model? string The model that made them
---@field usage? LLMUsage Tokens and requests used
---@field cost? number US dollars; absent when the price is not known

---What is known of a model; what is not known is absent.
---@class ModelInfo
---@field name? string Its full name, `provider:name`
---@field provider? string The provider part of the name
---@field ready? boolean Whether it could be asked now: its provider needs no key, or the key is there
---@field context_window? integer The most tokens that go in
---@field max_output? integer The most tokens that come out
---@field input_price? number US dollars for a million tokens that go in
---@field output_price? number US dollars for a million tokens that come out
---@field capabilities? string[] Some of tools, schema (answers that fit one), images (looks at them), thinking

---A model of a pool.
---@class ModelPoolMember
---@field model string Its name or alias
---@field weight? number Its share of the turns with `round_robin`; 1 unless set
---@field cost? number US dollars for a million tokens, for `cheapest`; what the price list says unless set
---@field capabilities? string[] Some of tools, schema, images, thinking, for `capability`; what is known of the model unless set

---What a pool is.
---@class ModelPoolOptions
---@field name string `pool:NAME` is what it is called wherever a model is named
---@field members (string|ModelPoolMember)[] Names of models, aliases and other pools, or maps with `model` and more
---@field strategy? "fallback"|"fastest"|"consensus"|"cheapest"|"capability"|"round_robin" `fallback` (unless set) asks them in order, `fastest` the one that is, and others when it is slow, `consensus` several and takes what most answer, `cheapest` in the order of their prices, `capability` in order those that can do what is asked, `round_robin` in turns
---@field hedge_after? number|string With `fastest`: when the next is asked as well; unless set, after twice the time that the first has usually taken
---@field ask? integer With `consensus`: how many answers are asked for; one of each member unless set
---@field quorum? integer With `consensus`: how many have to be the same; more than half of them unless set. With a judge: how many there have to be; 1 unless set
---@field judge? string|function With `consensus`: chooses the answer. A model's name, or a function that takes a list of answers with `index`, `model` and `text` and returns the index of the best
---@field member_timeout? number|string When a member that has not answered, or begun to, is given up for the next
---@field failures? integer Failures within twice the cool-down after which a member is left alone; 3 unless set
---@field cool_down? number|string How long it is left alone; 30 seconds unless set

---What a pool is.
---@class ModelPoolInfo
---@field name string What it is called wherever a model is named
---@field strategy "fallback"|"fastest"|"consensus"|"cheapest"|"capability"|"round_robin" How its members are asked
---@field members string[] The full names of its members

---How well a model has answered as a member of pools.
---@class ModelHealth
---@field model? string Its full name
---@field state? "closed"|"open"|"half_open" `closed` when it is asked, `open` when it is left alone, `half_open` when it is tried
---@field requests? integer Requests that have ended
---@field failures? integer Those that failed
---@field latency? number Seconds that its answers took, the newest counting most; of a stream, until it began
---@field last_error? string What the last failure was
---@field retry_after? number Seconds until it is tried again

---What a tool is.
---@class ToolOptions
---@field name string What models call it: letters, digits, _ and -
---@field description? string What it does and when to use it, for models
---@field parameters? table<string, any> A JSON Schema, or the short form: name to `{type, required, description, enum …}`
---@field run function Takes the arguments as one map; what it returns goes to the model
---@field timeout? number|string How long one call may take

---What a tool is, as models are told.
---@class ToolInfo
---@field name string What models call it
---@field description string What it does
---@field parameters table<string, any> JSON Schema of its arguments
---@field builtin boolean Whether it comes with the program

---When something is tried again.
---@class RetryPolicyOptions
---@field name? string What `Resilience.get` finds the policy by
---@field attempts? integer How often it is tried at most, the first time included; 3 unless set
---@field delay? number|string Wait before the second attempt; 0.5 seconds unless set
---@field backoff? number What each further wait is multiplied by; 2 unless set
---@field max_delay? number|string The longest wait, unless the error asks for a longer one; 20 seconds unless set
---@field jitter? number Share of a wait that is left to chance, 0 to 1; 0.5 unless set
---@field on? string[] Codes of the errors that are tried again; unless set, those that say they are retryable
---@field timeout? number|string Time for everything, waits included

---How long something may take.
---@class TimeoutPolicyOptions
---@field name? string What `Resilience.get` finds the policy by
---@field seconds number|string The time; what takes longer is cancelled and fails with `timeout`

---How many calls may begin in a time; set one of per_second and per_minute.
---@class RateLimitPolicyOptions
---@field name? string What `Resilience.get` finds the policy by
---@field per_second? number Calls that may begin in a second
---@field per_minute? number Calls that may begin in a minute
---@field burst? integer How many may begin at once after a quiet time; 1 unless set, which spaces them evenly
---@field wait? boolean Whether further calls wait for their turn, as they do unless set, or fail at once

---When something that fails is left alone for a while.
---@class CircuitBreakerPolicyOptions
---@field name? string What `Resilience.get` finds the policy by
---@field failures? integer Failures that open it; 5 unless set
---@field within? number|string Time in which they happen; a minute unless set
---@field cool_down? number|string How long it lets nothing through then; 30 seconds unless set
---@field half_open? integer Calls that may try at a time after that, and that have to succeed until it closes; 1 unless set
---@field on? string[] Codes of the errors that count; unless set, all but those that are the caller's fault

---How many calls may be at work at a time.
---@class BulkheadPolicyOptions
---@field name? string What `Resilience.get` finds the policy by
---@field max_concurrent integer Calls at work at a time
---@field max_waiting? integer Calls that may wait for a place, 1000 unless set; further ones fail at once

---What is given where something fails; set one of value and run.
---@class FallbackPolicyOptions
---@field name? string What `Resilience.get` finds the policy by
---@field value? any The value
---@field run? function Takes the error and returns the value
---@field on? string[] Codes of the errors it stands in for; unless set, all but those that end a run

---Policies inside one another.
---@class CombinedPolicyOptions
---@field name? string What `Resilience.get` finds the whole by
---@field policies (string|Policy)[] Policies or their names, the outermost first

---How often a policy was run since it was made or reset, and how that ended.
---@class PolicyStats
---@field kind? string Which policy it is
---@field calls? integer How often it was run
---@field succeeded? integer Runs that gave a value
---@field failed? integer Runs that failed
---@field cancelled? integer Runs that were cancelled
---@field refused? integer Runs that were not let in
---@field running? integer Runs at work now
---@field waiting? integer Runs that wait now, for their turn or a place
---@field retried? integer Of a retry: how often something was tried again
---@field fallbacks? integer Of a fallback: how often something else was given
---@field state? "closed"|"open"|"half_open" Of a circuit breaker: what it does now
---@field retry_after? number Of an open circuit breaker: seconds until it lets something through

---What is known of a file or folder.
---@class FileInfo
---@field name string Its last part
---@field path string Its path, relative to the working directory when it lies there
---@field kind string file, folder, or other (a pipe, a socket, a device)
---@field size integer Bytes in the file; 0 for anything else
---@field modified string When it was last changed, as ISO 8601 text in UTC
---@field epoch number The same in seconds since 1970

---How a folder is listed.
---@class ListOptions
---@field pattern? string Names to list, with `*` for any characters and `?` for one; the default is all
---@field recursive? boolean Whether folders inside are listed as well; links to folders are not entered

---How a request is made.
---@class HttpOptions
---@field headers? table<string, string> Header names and values
---@field query? table<string, any> Names and values to add to the URL's query; a list gives a name several times
---@field timeout? number|string Time for the whole request; the default is 30 seconds
---@field redirects? integer How many redirects are followed, at most 20; the default is 10, and 0 returns the redirect itself

---One request.
---@class HttpRequest
---@field url string Where to; http:// or https://
---@field method? "GET"|"HEAD"|"POST"|"PUT"|"PATCH"|"DELETE"|"OPTIONS"|"QUERY" What to do; the default is GET, or POST with a body
---@field body? string|string What to send, as it is: text or bytes
---@field json? any What to send, as JSON
---@field headers? table<string, string> Header names and values
---@field query? table<string, any> Names and values to add to the URL's query; a list gives a name several times
---@field timeout? number|string Time for the whole request; the default is 30 seconds
---@field redirects? integer How many redirects are followed, at most 20; the default is 10

---An answer, whatever its status.
---@class HttpResponse
---@field status integer The status code
---@field ok boolean Whether the status is 200 to 299
---@field headers table<string, string> Header names in lower case, and values
---@field text string The body as text; empty when it is not text
---@field json? any The body's value, when the server says it is JSON and it is
---@field bytes? string The body, when it is not text
---@field url string Where it came from, after redirects

---How JSON is written.
---@class JsonOptions
---@field indent? integer Spaces per level, at most 10; the default writes everything on one line

---Which lines are captured, and what else becomes of them.
---@class LogCaptureOptions
---@field level? "trace"|"debug"|"info"|"warn"|"error" The least level that is captured; that of the log unless set
---@field quiet? boolean Whether the lines are kept from the log

---One log line.
---@class LogLine
---@field level "trace"|"debug"|"info"|"warn"|"error" Its level
---@field message string Its text
---@field fields? table<string, any> More values, kept apart from the text
---@field time? number When it was written: seconds since 1970

---What a function wrote to the log.
---@class LogCapture
---@field lines LogLine[] The lines, in order
---@field dropped integer How many more there were than the 10,000 that are kept
---@field result? any What the function returned

---What a metric is.
---@class MetricOptions
---@field unit? string What its values are counted in: `s`, `By`, `tokens`
---@field description? string What it says

---How a time is noted.
---@class TimerOptions
---@field labels? table<string, string|boolean|integer|number> What the time is counted under
---@field description? string What the histogram says

---What was measured under one combination of labels.
---@class MetricSeries
---@field labels? table<string, string> The labels
---@field value? number Of a counter or a gauge: its value
---@field count? integer Of a histogram: how many values there were
---@field sum? number Of a histogram: all of them together
---@field min? number Of a histogram: the least
---@field max? number Of a histogram: the greatest
---@field mean? number Of a histogram: the average
---@field p50? number Of a histogram: half of the values are at most this, of the first 1,000 or of as many chosen fairly
---@field p90? number Of a histogram: 90 of 100 values are at most this
---@field p95? number Of a histogram: 95 of 100 values are at most this
---@field p99? number Of a histogram: 99 of 100 values are at most this

---One metric and what it has measured.
---@class MetricRecord
---@field name string Its name
---@field kind "counter"|"gauge"|"histogram" What it is
---@field unit string What its values are counted in
---@field description string What it says
---@field series MetricSeries[] What was measured, by labels

---What a span says from the start.
---@class TraceOptions
---@field attributes? table<string, any> Values by name: text, numbers, booleans or lists of those; others become JSON

---Which span lasts now.
---@class TraceContext
---@field name string Its name; the run's own span is called after the spell
---@field trace_id string Names everything that happens in the run: 32 hexadecimal digits
---@field span_id string Names the span: 16 hexadecimal digits
---@field traceparent string Both as the header of this name, for a server that traces as well

---Something that happened during a span.
---@class TraceEvent
---@field name string What happened
---@field time number When: seconds since 1970
---@field attributes table<string, any> Values by name

---A span that has ended.
---@class TraceSpan
---@field name? string Its name
---@field kind? "spell"|"span"|"model"|"tool"|"agent"|"workflow"|"step"|"state"|"handoff" What it was: `span` those of the spell; the others belong to built-in things
---@field trace_id? string Names everything that happens in the run
---@field span_id? string Names the span
---@field parent_id? string The span it happened in
---@field spell? string The spell it happened in
---@field start? number When it began: seconds since 1970
---@field duration? number Seconds it took
---@field status? "ok"|"error" Whether what happened inside failed
---@field error? string Why it failed
---@field attributes? table<string, any> Values by name
---@field events? TraceEvent[] What happened during it, in order

---How a list is worked through.
---@class MapOptions
---@field limit? integer Items in work at a time; the default is all of them

---What a spell knows of itself.
---@class SpellRecord
---@field name? string Its name
---@field description? string What it does
---@field path? string Its file; missing when it was given on the command line
---@field language? string The language it is written in
---@field level? integer The level of the API it runs on
---@field depth? integer How many spells run it, one inside the other; 0 for the first
---@field params? table<string, any> Its parameters

---What is said of a session as it is started.
---@class SessionOptions
---@field metadata? table<string, any> Whatever is to be known of it; added to what is known already
---@field tags? string[] Words to find it by; added to those it has

---What is known of a session.
---@class SessionInfo
---@field name string Its name
---@field status string open, or complete
---@field created number When it was made, in seconds since 1970
---@field updated number When a run joined or changed it last, in seconds since 1970
---@field metadata table<string, any> Whatever was said of it
---@field tags string[] Words to find it by
---@field current boolean Whether this run is in it

---A run that joined a session.
---@class SessionRun
---@field number integer Counts the runs of all sessions
---@field spell string The spell's name
---@field began number When it joined, in seconds since 1970
---@field ended number|nil When it ended, in seconds since 1970
---@field status string running, done, failed, interrupted, or unfinished (it was killed)
---@field exit integer|nil Its exit code
---@field error string|nil The code of the error it ended with
---@field requests integer Model requests
---@field input_tokens integer Tokens the models read
---@field output_tokens integer Tokens the models wrote
---@field cost number US dollars, where the prices are known

---What has arrived since the last call.
---@class StreamItems
---@field items any[] The pieces, in order; at least one unless the stream has ended
---@field done boolean Whether the stream has ended

---How an agent differs from the one it is made of.
---@class AgentChanges
---@field name? string What logs, errors and other agents call it; `agent` unless set
---@field description? string What it is good for, for agents that have it as a tool
---@field model? string A model's name or alias; the default model unless set
---@field system_prompt? string Instructions for the model
---@field tools? (string|Tool|Agent|Team|AgentTool)[] Names of tools, tools, other agents, teams, or maps with `name`, `description`, `parameters` and `run`
---@field temperature? number How freely the model chooses words; 0 is least
---@field max_tokens? integer Tokens of one answer of the model at most
---@field output_schema? table<string, any> JSON Schema of the answer, or the short form, where every name is required unless it says `required = false`
---@field max_steps? integer Model requests of one run at most; 10 unless set
---@field timeout? number|string How long one run may take
---@field retries? integer How often a failed model request is tried again
---@field guardrails? Guardrail[] What looks at its input, its answer and its tools' calls, in this order
---@field handoffs? (Handoff|Agent|Team)[] Agents it can hand the conversation over to, or what `Handoff.to` gives
---@field max_handoffs? integer Handoffs of one run at most; 10 unless set
---@field more_tools? (string|Tool|Agent|Team|AgentTool)[] Tools beside those it has
---@field more_instructions? string Instructions after those it has

---The settings of an agent.
---@class AgentInfo
---@field name string Its name
---@field description string What it is good for
---@field model string The model it asks
---@field system_prompt string Its instructions
---@field tools string[] The names of its tools
---@field temperature number|nil How freely the model chooses words
---@field max_tokens integer|nil Tokens of one answer at most
---@field output_schema table<string, any>|nil JSON Schema of its answers
---@field max_steps integer Model requests of one run at most
---@field timeout number|nil Seconds one run may take
---@field retries integer|nil How often a failed model request is tried again
---@field handoffs string[] The names of the agents it can hand over to
---@field max_handoffs integer Handoffs of one run at most

---One message of a conversation.
---@class AgentMessage
---@field role "system"|"user"|"assistant"|"tool" Who speaks
---@field content? any What is said: text; other data is sent as JSON
---@field tool_calls? AgentToolCall[] The tools that the assistant calls
---@field tool_call_id? string Of a tool's message: the call it answers
---@field name? string Of a tool's message: the tool
---@field error? boolean Of a tool's message: whether the call failed

---What an agent is.
---@class AgentOptions
---@field name? string What logs, errors and other agents call it; `agent` unless set
---@field description? string What it is good for, for agents that have it as a tool
---@field model? string A model's name or alias; the default model unless set
---@field system_prompt? string Instructions for the model
---@field tools? (string|Tool|Agent|Team|AgentTool)[] Names of tools, tools, other agents, teams, or maps with `name`, `description`, `parameters` and `run`
---@field temperature? number How freely the model chooses words; 0 is least
---@field max_tokens? integer Tokens of one answer of the model at most
---@field output_schema? table<string, any> JSON Schema of the answer, or the short form, where every name is required unless it says `required = false`
---@field max_steps? integer Model requests of one run at most; 10 unless set
---@field timeout? number|string How long one run may take
---@field retries? integer How often a failed model request is tried again
---@field guardrails? Guardrail[] What looks at its input, its answer and its tools' calls, in this order
---@field handoffs? (Handoff|Agent|Team)[] Agents it can hand the conversation over to, or what `Handoff.to` gives
---@field max_handoffs? integer Handoffs of one run at most; 10 unless set

---The answer of an agent; it acts as its text.
---@class AgentResult
---@field text string The answer as text
---@field output any The answer: data that fits `output_schema`, or the text
---@field usage AgentUsage What it used
---@field cost number|nil US dollars, where the prices are known
---@field model string The model that answered last
---@field messages AgentMessage[] The whole conversation, to be passed to a later run
---@field steps AgentStep[] What the agent did, in order
---@field duration number Seconds it took
---@field agent string Who answered: the agent, or the one that the conversation was handed over to last
---@field handoffs HandoffRecord[] How the conversation was handed over, in order
---@operator concat(any): string
---@operator len: integer

---How one run differs from the agent's settings.
---@class AgentRunOptions
---@field messages? AgentMessage[] The conversation so far, such as the `messages` of an earlier result
---@field model? string A model's name or alias
---@field temperature? number How freely the model chooses words
---@field max_tokens? integer Tokens of one answer of the model at most
---@field max_steps? integer Model requests of the run at most
---@field timeout? number|string How long the run may take
---@field retries? integer How often a failed model request is tried again
---@field max_handoffs? integer Handoffs of the run at most

---One thing an agent did.
---@class AgentStep
---@field kind "model"|"tool" An answer of the model, or a tool's call
---@field text? string Of a model's step: its text
---@field tool? string Of a tool's step: the tool
---@field arguments? table<string, any> Of a tool's step: what it was called with
---@field result? any Of a tool's step: what it gave
---@field error? string Of a tool's step: why it failed
---@field duration number Seconds it took

---What a template of agents is.
---@class AgentTemplateInfo
---@field name string Its name
---@field description string What agents made from it are good for
---@field tools string[] The names of their tools
---@field built_in boolean Whether it comes with the program

---What a template of agents is.
---@class AgentTemplateOptions
---@field name? string What logs, errors and other agents call it; `agent` unless set
---@field description? string What it is good for, for agents that have it as a tool
---@field model? string A model's name or alias; the default model unless set
---@field system_prompt? string Instructions for the model
---@field tools? (string|Tool|Agent|Team|AgentTool)[] Names of tools, tools, other agents, teams, or maps with `name`, `description`, `parameters` and `run`
---@field temperature? number How freely the model chooses words; 0 is least
---@field max_tokens? integer Tokens of one answer of the model at most
---@field output_schema? table<string, any> JSON Schema of the answer, or the short form, where every name is required unless it says `required = false`
---@field max_steps? integer Model requests of one run at most; 10 unless set
---@field timeout? number|string How long one run may take
---@field retries? integer How often a failed model request is tried again
---@field guardrails? Guardrail[] What looks at its input, its answer and its tools' calls, in this order
---@field handoffs? (Handoff|Agent|Team)[] Agents it can hand the conversation over to, or what `Handoff.to` gives
---@field max_handoffs? integer Handoffs of one run at most; 10 unless set
---@field more_tools? (string|Tool|Agent|Team|AgentTool)[] Tools beside those it has
---@field more_instructions? string Instructions after those it has
---@field based_on? string The template it begins with; nothing unless set

---A tool for one agent only.
---@class AgentTool
---@field name string What the model calls it: letters, digits, _ and -
---@field description? string What it does and when to use it, for the model
---@field parameters? table<string, any> A JSON Schema, or the short form: name to `{type, required, description, enum …}`
---@field run function Takes the arguments as one map; what it returns goes to the model
---@field timeout? number|string How long one call may take

---A tool call that a model asked for.
---@class AgentToolCall
---@field id string Names the call
---@field name string The tool
---@field arguments? table<string, any> The arguments by name

---How an agent appears as a tool.
---@class AgentToolOptions
---@field name? string The tool's name; the agent's unless set
---@field description? string What it does and when to use it; the agent's unless set

---What a run used, agents it called as tools or handed over to included.
---@class AgentUsage
---@field requests integer Model requests
---@field input_tokens integer Tokens the models read
---@field output_tokens integer Tokens the models wrote

---Which version is meant.
---@class ArtifactChoice
---@field version? integer Its number; the latest unless set
---@field scope? "spell"|"session"|"global" spell, session or global; looked for in session and spell unless set

---What an artifact is that a file becomes.
---@class ArtifactFileOptions
---@field name? string Its name; the file's unless set
---@field type? string Its media type, such as text/csv; guessed from the name unless set
---@field metadata? table<string, any> Whatever is to be known of it
---@field tags? string[] Words to find it by
---@field scope? "spell"|"session"|"global" spell, session or global; the session where the run has joined one, else the spell

---What is known of one version of an artifact.
---@class ArtifactInfo
---@field id string Names this version
---@field name string Its name
---@field version integer Its number; the first is 1
---@field scope string spell, session or global: whose it is
---@field type string Its media type
---@field size integer Its bytes
---@field sha256 string The checksum of its content
---@field created number When it was stored, in seconds since 1970
---@field metadata table<string, any> Whatever was said of it
---@field tags string[] Words to find it by

---What an artifact is.
---@class ArtifactOptions
---@field name string Its name: what is stored under it before becomes an older version
---@field type? string Its media type, such as text/csv; guessed from the name unless set
---@field metadata? table<string, any> Whatever is to be known of it
---@field tags? string[] Words to find it by
---@field scope? "spell"|"session"|"global" spell (this spell's own), session (of all runs in the session) or global (of all spells that are granted it); the session where the run has joined one, else the spell

---How an artifact is cut.
---@class ArtifactPieces
---@field size? integer Bytes of each piece; 65,536 unless set, 1,048,576 at most

---Which artifacts are wanted.
---@class ArtifactQuery
---@field name? string Names, with `*` for any characters and `?` for one
---@field type? string Media types, with `*` and `?`, such as `image/*`
---@field tags? string[] Words that each must have
---@field metadata? table<string, any> Values that each must have
---@field since? number Only those stored since then, in seconds since 1970
---@field limit? integer How many at most; 100 unless set, 1,000 at most
---@field versions? boolean Whether older versions count as well
---@field scope? "spell"|"session"|"global" spell, session or global; spell and session unless set

---What a conversation is.
---@class ConversationOptions
---@field agent? Agent|Team|AgentOptions|string What answers: an agent, the options of one, or a template's name
---@field model? string The model that answers, where no agent is given; the default model unless set
---@field system_prompt? string Instructions for the model, where no agent is given
---@field tools? (string|Tool)[] Names of tools, or tools, where no agent is given
---@field name? string Under what name it is saved
---@field messages? AgentMessage[] What was said already
---@field max_messages? integer Messages to be kept; the oldest turns go first
---@field max_tokens? integer The same in tokens, by an estimate: one for four bytes of text, and four a message
---@field summarize? boolean|ConversationSummary Whether a model's summary takes the place of the oldest turns, or how

---How older messages become a summary.
---@class ConversationSummary
---@field agent? Agent|Team|AgentOptions|string What writes it: an agent, the options of one, or a template's name
---@field model? string The model that writes it, where no agent is given; the conversation's unless set
---@field keep? integer Turns at the end that stay as they are; 2 unless set
---@field prompt? string Instructions for the model, in place of the usual ones

---A conversation that is kept.
---@class ConversationTitle
---@field name string Its name
---@field scope string spell, session or global: whose it is
---@field updated number When it was saved last, in seconds since 1970
---@field messages integer How many messages it has
---@field first string What the user said first, its beginning

---What a conversation used so far, and how long it is now.
---@class ConversationUsage
---@field turns integer What was said and answered
---@field requests integer Model requests, those for summaries included
---@field input_tokens integer Tokens the models read
---@field output_tokens integer Tokens the models wrote
---@field cost number US dollars, where the prices are known
---@field messages integer Messages there are now
---@field tokens integer Tokens of them, by the estimate of `max_tokens`
---@field dropped integer Messages that went for the limits
---@field summaries integer Summaries that were written

---When a handler gets what has gathered; whichever comes first.
---@class EventBatch
---@field size? integer With so many; 1000 at most, which is also what holds unless set
---@field seconds? number|string So long after the first; never unless set

---Events for which there was no room.
---@class EventDropped
---@field handlers integer Of those that waited for handlers
---@field streams integer Of those that waited in streams and for `wait_for`

---More about an event.
---@class EventEmitOptions
---@field correlation? string Its correlation id; that of what happens around it unless set

---Which of the remembered events are wanted.
---@class EventHistoryOptions
---@field pattern? string Of their names
---@field correlation? string Their correlation id
---@field limit? integer The last so many

---What a handler hears, and how.
---@class EventOptions
---@field filter? function|table<string, any> A function of the event that tells whether it is wanted, or values that fields of its data must have
---@field once? boolean Whether the handler goes after its first event
---@field batch? EventBatch Gathers events and hands over a list
---@field map? function Makes of the event what the handler gets

---Something that happened.
---@class EventRecord
---@field name? string What happened
---@field data? any More about it; of built-in events a map
---@field id? integer Counts up in the run
---@field time? number When: seconds since 1970
---@field correlation? string What it has in common with the events that belong together
---@field source? "spell"|"llmspell" Whether the spell told it, or the program
---@field spell? string The spell in which it happened
---@field replayed? boolean Whether it only happens again: see `replay`

---How events happen again.
---@class EventReplayOptions
---@field speed? number 1 leaves the time between them as it was, 2 halves it; they follow at once unless set

---What became of the events of the run.
---@class EventStats
---@field emitted integer That happened, in spells that this one runs as well
---@field delivered integer That handlers were given, one counted for each handler
---@field failed integer Deliveries in which the handler failed
---@field dropped EventDropped For which there was no room
---@field waiting integer That wait for handlers now
---@field handlers integer How many handlers there are

---What a stream gives.
---@class EventStreamOptions
---@field filter? function|table<string, any> A function of the event, or values that fields of its data must have
---@field map? function Makes of each event what the stream gives
---@field reduce? function Makes one value of all: gets the value so far and what the stream gives
---@field initial? any The first value so far
---@field limit? integer The stream ends after so many
---@field seconds? number|string The stream ends after this time

---Which event is waited for, and for how long.
---@class EventWaitOptions
---@field timeout? number|string Then it is an error with code timeout
---@field filter? function|table<string, any> A function of the event, or values that fields of its data must have

---How a conversation is written.
---@class ExportOptions
---@field format? "json"|"jsonl"|"markdown"|"text" json (all of it; the default), jsonl (a message a line), markdown, or text

---A guardrail that a function decides.
---@class GuardrailCustomOptions
---@field name? string What errors, events and logs call it; the kind of its rule unless set
---@field on? ("input"|"output"|"tool_input"|"tool_output")[] What it looks at in an agent; input and output unless set
---@field action? "block"|"redact"|"warn"|"retry" What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again
---@field retries? integer How often a model may try again; 2 unless set
---@field on_failure? "block"|"warn" What happens when a rule cannot decide; block unless set
---@field replacement? string What stands for redacted text; such as `[EMAIL]` unless set
---@field run function Takes the value and a map with `where`; returns true, false, or a map with `ok`, `reason` and `value`, which is used instead

---A guardrail, or one of those it is made of.
---@class GuardrailInfo
---@field name string Its name
---@field on string[] What it looks at
---@field action string What happens on a violation
---@field retries integer How often a model may try again
---@field on_failure string What happens when a rule cannot decide
---@field rules GuardrailRuleInfo[] Its rules

---A guardrail for the length of a text, or of the JSON of other data.
---@class GuardrailLengthOptions
---@field name? string What errors, events and logs call it; the kind of its rule unless set
---@field on? ("input"|"output"|"tool_input"|"tool_output")[] What it looks at in an agent; input and output unless set
---@field action? "block"|"redact"|"warn"|"retry" What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again
---@field retries? integer How often a model may try again; 2 unless set
---@field on_failure? "block"|"warn" What happens when a rule cannot decide; block unless set
---@field replacement? string What stands for redacted text; such as `[EMAIL]` unless set
---@field unit? "characters"|"words"|"tokens" What is counted; characters unless set. A token counts as four characters
---@field min? integer The least
---@field max? integer The most

---What a guardrail is.
---@class GuardrailOptions
---@field name? string What errors, events and logs call it; the kind of its rule unless set
---@field on? ("input"|"output"|"tool_input"|"tool_output")[] What it looks at in an agent; input and output unless set
---@field action? "block"|"redact"|"warn"|"retry" What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again
---@field retries? integer How often a model may try again; 2 unless set
---@field on_failure? "block"|"warn" What happens when a rule cannot decide; block unless set
---@field replacement? string What stands for redacted text; such as `[EMAIL]` unless set
---@field rules GuardrailRule[] What it objects to

---A guardrail for personal data.
---@class GuardrailPiiOptions
---@field name? string What errors, events and logs call it; the kind of its rule unless set
---@field on? ("input"|"output"|"tool_input"|"tool_output")[] What it looks at in an agent; input and output unless set
---@field action? "block"|"redact"|"warn"|"retry" What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again
---@field retries? integer How often a model may try again; 2 unless set
---@field on_failure? "block"|"warn" What happens when a rule cannot decide; block unless set
---@field replacement? string What stands for redacted text; such as `[EMAIL]` unless set
---@field types? ("email"|"phone"|"credit_card"|"iban"|"ip"|"ssn")[] What to look for; everything unless set
---@field regions? string[] Where phone numbers without a country code are dialled, such as US, GB or DE; US unless set

---What a value is.
---@class GuardrailPlace
---@field where? "input"|"output"|"tool_input"|"tool_output" What the guardrail takes it for; it looks only at what it is for. Unless set, it looks whatever it is for

---A guardrail with a regular expression.
---@class GuardrailRegexOptions
---@field name? string What errors, events and logs call it; the kind of its rule unless set
---@field on? ("input"|"output"|"tool_input"|"tool_output")[] What it looks at in an agent; input and output unless set
---@field action? "block"|"redact"|"warn"|"retry" What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again
---@field retries? integer How often a model may try again; 2 unless set
---@field on_failure? "block"|"warn" What happens when a rule cannot decide; block unless set
---@field replacement? string What stands for redacted text; such as `[EMAIL]` unless set
---@field pattern string What must not be found in any text
---@field ignore_case? boolean Whether the case of letters does not matter
---@field required? boolean Whether it must be found instead

---What comes of a check.
---@class GuardrailReport
---@field ok boolean Whether the value may be used
---@field action string What is done: pass, warn, redact, retry or block
---@field value? any The value to use, redacted where needed; absent when it may not be used
---@field violations GuardrailViolation[] What was found, 100 at most

---One rule; which options it has depends on its kind.
---@class GuardrailRule
---@field kind "regex"|"words"|"pii"|"secrets"|"schema"|"length"|"topic"|"run" What kind of rule it is
---@field name? string What violations call it; the kind unless set
---@field pattern? string Of `regex`: a regular expression that must not be found in any text
---@field ignore_case? boolean Of `regex`: whether the case of letters does not matter
---@field required? boolean Of `regex`: whether it must be found instead
---@field words? string[] Of `words`: words and phrases that must not be found, whatever their case
---@field types? ("email"|"phone"|"credit_card"|"iban"|"ip"|"ssn")[] Of `pii`: what to look for; everything unless set
---@field regions? string[] Of `pii`: where phone numbers without a country code are dialled; US unless set
---@field schema? table<string, any> Of `schema`: JSON Schema of the value or of the JSON in a text, or the short form
---@field unit? "characters"|"words"|"tokens" Of `length`: what is counted; characters unless set. A token counts as four characters
---@field min? integer Of `length`: the least
---@field max? integer Of `length`: the most
---@field allowed? string[] Of `topic`: what the text must be about, one of these at least
---@field denied? string[] Of `topic`: what the text must not be about
---@field model? string Of `topic`: the model that judges; the default model unless set
---@field run? function Of `run`: takes the value and a map with `where`; returns true, false, or a map with `ok`, `reason` and `value`

---A rule.
---@class GuardrailRuleInfo
---@field name string Its name
---@field kind string Its kind

---A guardrail for the form of data.
---@class GuardrailSchemaOptions
---@field name? string What errors, events and logs call it; the kind of its rule unless set
---@field on? ("input"|"output"|"tool_input"|"tool_output")[] What it looks at in an agent; input and output unless set
---@field action? "block"|"redact"|"warn"|"retry" What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again
---@field retries? integer How often a model may try again; 2 unless set
---@field on_failure? "block"|"warn" What happens when a rule cannot decide; block unless set
---@field replacement? string What stands for redacted text; such as `[EMAIL]` unless set
---@field schema table<string, any> JSON Schema of the value or of the JSON in a text, or the short form

---A guardrail for keys, tokens and passwords.
---@class GuardrailSecretsOptions
---@field name? string What errors, events and logs call it; the kind of its rule unless set
---@field on? ("input"|"output"|"tool_input"|"tool_output")[] What it looks at in an agent; input and output unless set
---@field action? "block"|"redact"|"warn"|"retry" What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again
---@field retries? integer How often a model may try again; 2 unless set
---@field on_failure? "block"|"warn" What happens when a rule cannot decide; block unless set
---@field replacement? string What stands for redacted text; such as `[EMAIL]` unless set

---A guardrail for what a text is about, which a model judges.
---@class GuardrailTopicOptions
---@field name? string What errors, events and logs call it; the kind of its rule unless set
---@field on? ("input"|"output"|"tool_input"|"tool_output")[] What it looks at in an agent; input and output unless set
---@field action? "block"|"redact"|"warn"|"retry" What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again
---@field retries? integer How often a model may try again; 2 unless set
---@field on_failure? "block"|"warn" What happens when a rule cannot decide; block unless set
---@field replacement? string What stands for redacted text; such as `[EMAIL]` unless set
---@field allowed? string[] What it must be about, one of these at least
---@field denied? string[] What it must not be about
---@field model? string The model that judges; the default model unless set

---What a rule objects to.
---@class GuardrailViolation
---@field guardrail string The guardrail
---@field rule string The rule's name
---@field kind string The rule's kind
---@field message string What is wrong, without the text it is about
---@field path? string Where in a map or list; keys that may hold anything are `?`
---@field start? integer Of a place in a text: its first character, counted from 1
---@field length? integer Of a place in a text: how many characters

---A guardrail with a list of words.
---@class GuardrailWordsOptions
---@field name? string What errors, events and logs call it; the kind of its rule unless set
---@field on? ("input"|"output"|"tool_input"|"tool_output")[] What it looks at in an agent; input and output unless set
---@field action? "block"|"redact"|"warn"|"retry" What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again
---@field retries? integer How often a model may try again; 2 unless set
---@field on_failure? "block"|"warn" What happens when a rule cannot decide; block unless set
---@field replacement? string What stands for redacted text; such as `[EMAIL]` unless set
---@field words string[] Words and phrases that must not be found, whatever their case

---One handoff of a conversation.
---@class HandoffRecord
---@field from_agent? string Who handed over; absent when the spell did
---@field to_agent string Who took over
---@field reason string Why, as the model said
---@field state? any What was handed on
---@field at number When, in seconds since 1970

---What is kept, and how long.
---@class HookCacheOptions
---@field ttl? number|string How long a result is given again; for the run unless set
---@field size? integer How many are kept; the one not asked for longest goes first; 100 unless set
---@field point? "model"|"tool"|"agent"|"workflow"|"step"|"state"|"handoff"|"run"|"*" Results of what; model unless set
---@field name? string Of the model, tool, agent …; `*` stands for any characters
---@field priority? number See `before`

---How much may be spent on models; one of the two limits has to be given.
---@class HookCostOptions
---@field max_cost? number US dollars; models without a known price cost nothing
---@field max_requests? integer Requests
---@field name? string Of the models that count; `*` stands for any characters
---@field priority? number See `before`

---What a hook is.
---@class HookInfo
---@field label string What errors and events call it
---@field point string What it is asked about
---@field when ("before"|"after"|"error")[] At which times
---@field name string The pattern of names
---@field priority number Its priority

---What is logged, and how.
---@class HookLoggingOptions
---@field point? "model"|"tool"|"agent"|"workflow"|"step"|"state"|"handoff"|"run"|"*" About what; everything unless set
---@field name? string Of the model, tool, agent …; `*` stands for any characters
---@field priority? number See `before`
---@field level? "trace"|"debug"|"info"|"warn" Of the lines; failures are warnings; info unless set

---What is counted.
---@class HookMetricsOptions
---@field point? "model"|"tool"|"agent"|"workflow"|"step"|"state"|"handoff"|"run"|"*" About what; everything unless set
---@field name? string Of the model, tool, agent …; `*` stands for any characters
---@field priority? number See `before`

---Which operations a hook is asked about, and when.
---@class HookOptions
---@field name? string Of the model, tool, agent …; `*` stands for any characters; all unless set
---@field priority? number Hooks of a higher one are further outside: asked earlier before, later after; 0 unless set
---@field condition? function A function of what the hook would get that tells whether to ask it

---How many may begin; one of the two limits has to be given.
---@class HookRateOptions
---@field per_second? integer So many within a second
---@field per_minute? integer So many within a minute
---@field wait? boolean Whether more wait for their turn, as they do unless set; otherwise they are denied
---@field point? "model"|"tool"|"agent"|"workflow"|"step"|"state"|"handoff"|"run"|"*" Of what; model unless set
---@field name? string Of the model, tool, agent …; `*` stands for any characters
---@field priority? number See `before`

---What is taken out.
---@class HookRedactOptions
---@field patterns? string[] Regular expressions
---@field words? string[] Words, large or small letters
---@field replacement? string What stands in their place; `[redacted]` unless set
---@field point? "model"|"tool"|"agent"|"workflow"|"step"|"state"|"handoff"|"run"|"*" Of what; model unless set
---@field name? string Of the model, tool, agent …; `*` stands for any characters
---@field priority? number See `before`

---What was done under one name.
---@class HookRow
---@field point string What it was
---@field name string Its name
---@field count integer How often
---@field failed integer How often it failed
---@field seconds number That it took in all
---@field longest number That the longest one took

---What a hook did; what one does not do is not there.
---@class HookStats
---@field asked? integer How often it was asked
---@field denied? integer How often it refused
---@field replaced? integer How often it put its own result in the place of another
---@field rows? HookRow[] Of `metrics`: counts and times
---@field cost? number Of `cost`: US dollars spent
---@field requests? integer Of `cost`: requests made
---@field waited? number Of `rate_limit`: seconds waited in all
---@field hits? integer Of `cache`: how often a result was given again
---@field misses? integer Of `cache`: how often there was none
---@field kept? integer Of `cache`: how many results it has
---@field redacted? integer Of `redact`: how much was taken out

---What a document is, and what is to answer.
---@class ImportOptions
---@field format? "json"|"jsonl" json or jsonl, as export writes them; json unless set
---@field agent? Agent|Team|AgentOptions|string What answers from now on, in place of the model that the document names

---Which conversation is meant, and what is to answer.
---@class LoadOptions
---@field scope? "spell"|"session"|"global" spell, session or global; looked for in session and spell unless set
---@field agent? Agent|Team|AgentOptions|string What answers from now on, in place of what answered before

---How one conversation takes over another.
---@class MergeOptions
---@field strategy? "append"|"interleave"|"summary" append (behind it; the default), interleave (turn by turn), or summary (one message in which a model tells what the other was about)

---A team whose agents work at the same time.
---@class ParallelTeam
---@field name? string What logs, errors and other agents call it; `team` unless set
---@field description? string What it is good for, for agents that have it as a tool
---@field on_error? "fail"|"continue" What an agent's failure does: with `fail` it ends the run, with `continue` it is kept among the results and the others go on. Unless set it is `fail`, and `continue` where a supervisor is told of it
---@field timeout? number|string How long one run may take
---@field agents (Agent|Team|AgentOptions|string)[] The agents: agents, teams, options of agents, or names of templates
---@field merge? ("all"|"first"|"vote")|function|Agent|Team What makes one answer of theirs: `all` of them by name (so it is unless set), the `first` one, which cancels the others, a `vote` between equal answers, a function that takes the list of results, or an agent that reads them
---@field max_concurrency? integer How many work at a time; all unless set

---Where a conversation is kept.
---@class SaveOptions
---@field scope? "spell"|"session"|"global" spell (this spell's own), session (of all runs in the session) or global (of all spells that are granted it); the session where the run has joined one, else the spell

---How one answer differs from the agent's settings.
---@class SayOptions
---@field model? string A model's name or alias
---@field temperature? number How freely the model chooses words
---@field max_tokens? integer Tokens of the answer at most
---@field max_steps? integer Model requests for the answer at most
---@field timeout? number|string How long the answer may take
---@field retries? integer How often a failed model request is tried again

---A team whose agents work one after the other.
---@class SequentialTeam
---@field name? string What logs, errors and other agents call it; `team` unless set
---@field description? string What it is good for, for agents that have it as a tool
---@field on_error? "fail"|"continue" What an agent's failure does: with `fail` it ends the run, with `continue` it is kept among the results and the others go on. Unless set it is `fail`, and `continue` where a supervisor is told of it
---@field timeout? number|string How long one run may take
---@field agents (Agent|Team|AgentOptions|string)[] The agents in order: agents, teams, options of agents, or names of templates

---A change that a state remembers.
---@class StateChange
---@field revision integer The revision it led to
---@field time number When, in seconds since 1970
---@field action string What made it: set, remove, update, merge, patch, transform, restore, clear …
---@field keys string[] The keys that changed

---How much of the history to return.
---@class StateHistoryOptions
---@field limit? integer Changes at most; all that are remembered unless set

---What is known of a state without its values.
---@class StateInfo
---@field name? string Its name
---@field scope? string Who shares it, or `file`
---@field agent? string The agent whose it is
---@field store? string Where it is kept: memory, file or sqlite
---@field version? integer The version of its schema
---@field revision? integer How often it has changed
---@field count? integer How many keys it has
---@field size? integer Bytes of its values
---@field updated? number When it was last changed, in seconds since 1970; missing if never

---Which states to list.
---@class StateListOptions
---@field scope? "run"|"spell"|"agent"|"session"|"global" `spell` (the spell's own and its agents'; the default), `agent`, `session` or `global`

---How values come together.
---@class StateMergeOptions
---@field strategy? ("theirs"|"ours"|"deep"|"concat")|function For keys that both have: `theirs` (the given value; the default), `ours` (the one there), `deep` (maps inside one another), `concat` (as `deep`, and lists one after the other), or a function of both values and the key that returns one

---How values get from one version of a state's schema to the next.
---@class StateMigration
---@field version integer The version it leads to, from the one before
---@field up function Takes the values and returns those of the new version

---What a state is.
---@class StateOptions
---@field name string What it is called; the same name and scope is the same state
---@field scope? "run"|"spell"|"agent"|"session"|"global" Who shares it: `run` (gone with the run; the default), `spell` (all runs of this spell), `agent` (those of one agent of this spell), `session` (all runs of the session), or `global` (all spells; has to be granted)
---@field agent? string|Agent The agent, or its name, for the scope `agent`
---@field store? "memory"|"file"|"sqlite" Where it is kept: `memory` for `run`, `sqlite` for the other scopes, `file` with `path`
---@field path? string A file to keep it in, as JSON, instead of a scope
---@field initial? table<string, any> Its values where there are none yet
---@field schema? table<string, any> A JSON Schema of all values, or the short form; what does not fit is not written
---@field version? integer Of the schema; 1 unless set
---@field migrations? StateMigration[] How values of older versions become those of this one
---@field max_history? integer Changes that are remembered for `undo`; 20 unless set, 1000 at most
---@field readonly? boolean Whether this object only reads

---Which state of a name is meant.
---@class StateRemoveOptions
---@field scope? "run"|"spell"|"agent"|"session"|"global" Its scope; `spell` unless set
---@field agent? string|Agent The agent, or its name, for the scope `agent`

---What is masked besides what looks like a key or has a telling name, such as `password`.
---@class StateSanitizeOptions
---@field names? string[] More keys whose texts are secret
---@field patterns? string[] More texts that are secret: regular expressions

---How a state appears as a tool.
---@class StateToolOptions
---@field name? string What models call it; `state_` and its name unless set
---@field description? string What it is for, for models
---@field keys? string[] The keys that models can use, dotted paths for parts of values; all unless set
---@field readonly? boolean Whether models may only read; false unless set

---What to make of the values, in this order.
---@class StateTransformOptions
---@field pick? string[] Keys to keep, others go
---@field omit? string[] Keys to leave out
---@field filter? function Takes a value and its key; a key for which it does not return true is left out
---@field map? function Takes a value and its key and returns the new value, nothing to leave it out
---@field flatten? boolean Makes maps within maps one level, keys joined by dots
---@field sanitize? boolean|StateSanitizeOptions Masks secrets with `***`; true, or what more to mask
---@field apply? boolean Writes the result to the state as well

---What of a state a view shows.
---@class StateViewOptions
---@field keys? string[] The keys that can be seen, dotted paths for parts of values; all unless set
---@field readonly? boolean Whether it only reads; true unless set

---A team in which one agent gives out the work.
---@class SupervisedTeam
---@field name? string What logs, errors and other agents call it; `team` unless set
---@field description? string What it is good for, for agents that have it as a tool
---@field on_error? "fail"|"continue" What an agent's failure does: with `fail` it ends the run, with `continue` it is kept among the results and the others go on. Unless set it is `fail`, and `continue` where a supervisor is told of it
---@field timeout? number|string How long one run may take
---@field supervisor Agent|Team|AgentOptions|string The agent that leads: an agent, its options, or the name of a template
---@field workers (Agent|Team|AgentOptions|string)[] The others: agents, teams, options of agents, or names of templates
---@field max_rounds? integer Tasks that may be given out in one run; 10 unless set

---One agent's vote.
---@class TeamBallot
---@field agent string Its name in the team
---@field choice? string What it chose
---@field reason? string Why, where it said so
---@field error? string Why its vote does not count

---What a team is.
---@class TeamInfo
---@field name string Its name
---@field description string What it is good for
---@field kind "sequential"|"parallel"|"vote"|"supervisor" How its agents work together
---@field agents string[] Their names in the team
---@field on_error "fail"|"continue" What an agent's failure does
---@field timeout? number Seconds one run may take
---@field merge? string Of a parallel team: what makes one answer, or who
---@field max_concurrency? integer How many work at a time
---@field options? string[] Of a vote: what can be chosen
---@field quorum? integer Of a vote: valid votes that are needed
---@field supervisor? string Of a supervised team: who leads
---@field max_rounds? integer Of a supervised team: tasks that may be given out

---What one agent of a team did.
---@class TeamMemberResult
---@field agent string Its name in the team
---@field status "done"|"failed"|"cancelled" Whether it has answered, has failed, or was cancelled
---@field task? string What a supervisor asked it
---@field text? string Its answer as text
---@field output? any Its answer
---@field error? string Why it failed
---@field code? string The code of its failure
---@field usage? AgentUsage What it used
---@field cost? number US dollars, where the prices are known
---@field duration number Seconds it took

---The answer of a team; it acts as its text.
---@class TeamResult
---@field text string The answer as text
---@field output any The answer
---@field usage AgentUsage What all of its agents used
---@field cost number|nil US dollars, where the prices are known
---@field model string The model that was asked last
---@field messages AgentMessage[] What the team was asked and has answered, to be passed to a later run
---@field steps AgentStep[] What its agents did
---@field duration number Seconds it took
---@field agent string The team
---@field handoffs HandoffRecord[] Empty: what its agents hand over stays inside
---@field results TeamMemberResult[] What every agent did
---@field vote? TeamVote How the vote went, where there was one
---@operator concat(any): string
---@operator len: integer

---How one run differs from the team's settings.
---@class TeamRunOptions
---@field messages? AgentMessage[] The conversation so far, such as the `messages` of an earlier result
---@field timeout? number|string How long the run may take

---How a vote went.
---@class TeamVote
---@field winner string What has won
---@field counts table<string, integer> Votes by choice
---@field ballots TeamBallot[] Every agent's vote
---@field tied boolean Whether several had most votes

---How much of a conversation stays.
---@class TruncateOptions
---@field messages? integer Messages at most
---@field tokens? integer Tokens at most, by the estimate of `max_tokens`

---A team whose agents vote.
---@class VotingTeam
---@field name? string What logs, errors and other agents call it; `team` unless set
---@field description? string What it is good for, for agents that have it as a tool
---@field on_error? "fail"|"continue" What an agent's failure does: with `fail` it ends the run, with `continue` it is kept among the results and the others go on. Unless set it is `fail`, and `continue` where a supervisor is told of it
---@field timeout? number|string How long one run may take
---@field agents (Agent|Team|AgentOptions|string)[] The voters: agents, teams, options of agents, or names of templates
---@field options? string[] What can be chosen; unless set, answers that are equal but for case and spaces are votes for the same
---@field quorum? integer Valid votes that are needed; 1 unless set
---@field tie? ("first"|"error")|Agent|Team What happens when several have most votes: the `first` of them wins (so it is unless set), the run fails with `error`, or an agent decides
---@field max_concurrency? integer How many work at a time; all unless set

---One way a conditional workflow can go.
---@class WorkflowBranch
---@field when function|WorkflowCondition Whether it goes this way: a function, or a condition
---@field steps WorkflowStep[] The steps, in order

---A condition without a function: what a value of the workflow is like.
---@class WorkflowCondition
---@field path string The value's name, such as `steps.rate.output.score`, `state.ready` or `item`
---@field op? "=="|"!="|">"|">="|"<"|"<="|"in"|"contains"|"exists"|"missing" How it is compared; without it the value must be there and neither false nor null
---@field value? any What it is compared with

---Why something failed.
---@class WorkflowError
---@field code string The error's code
---@field message string What happened
---@field hint? string What to do about it
---@field at? string The line of the spell that failed, as `file:line`, where that is known

---What happens in a run, as it happens.
---@class WorkflowEvent
---@field event string `workflow.started`, `step.started`, `step.ended`, `step.failed`, `step.skipped`, `step.retried`, `step.compensated`, `workflow.ended` or `workflow.failed`
---@field workflow string The workflow's name, those around it first: `report/search`
---@field step? string The step's name
---@field attempt? integer Of a retry: which try begins
---@field output? any What was given
---@field error? WorkflowError What went wrong
---@field duration? number Seconds it took

---What a workflow is.
---@class WorkflowInfo
---@field name string Its name
---@field description string What it is for
---@field type string Which kind it is
---@field steps WorkflowStepInfo[] Its steps, in order

---What a workflow is.
---@class WorkflowOptions
---@field name? string What results, events and messages call it; it must be set
---@field description? string What it is for
---@field type? "sequential"|"parallel"|"conditional"|"loop"|"map_reduce"|"pipeline" Which kind it is; `sequential` unless set
---@field steps? WorkflowStep[] The steps, of every kind but conditional and map_reduce
---@field branches? WorkflowBranch[] Of a conditional workflow: the first whose `when` holds is taken
---@field default? WorkflowStep[] Of a conditional workflow: the steps where no branch is taken
---@field items? any Of a loop or map_reduce: the list it works through, or a template that gives one
---@field range? table<string, integer> Of a loop: whole numbers `from`, `to` (included) and `step` instead of items
---@field repeat_while? function|WorkflowCondition Of a loop: asked before each round, a function or a condition
---@field repeat_until? function|WorkflowCondition Of a loop: asked after each round; the loop ends when it holds
---@field max_iterations? integer Of a loop: its rounds at most; more is an error; 1000 unless set
---@field map? WorkflowStep Of map_reduce: the step for each item, all at the same time
---@field reduce? WorkflowStep Of map_reduce: the step that makes one output of the list of outputs
---@field max_concurrency? integer Of parallel and map_reduce: steps that run at a time; 50 unless set
---@field merge? ("by_name"|"first"|"all"|"vote")|function Of a parallel workflow, what its output is: `by_name` is a map, `all` a list, `first` what finishes first, and the others are cancelled; `vote` what most gave; or a function
---@field params? table<string, any> Values of `{{params}}`, where a run does not give them
---@field state? State|table<string, any> Values of `{{state}}`: a state, read anew for each step, or a map
---@field timeout? number|string How long a run may take
---@field on_error? "fail"|"continue"|"retry"|"compensate" What the failure of a step does that says nothing itself

---What is wrong with a workflow.
---@class WorkflowProblem
---@field where string The place, such as `steps[2].tool`
---@field message string What is wrong there

---How a run went; it acts as its output's text.
---@class WorkflowResult
---@field name string The workflow's name
---@field text string The output as text
---@field output? any The output: of the last step, or what the kind of workflow makes of its steps
---@field outputs table<string, any> What the steps gave, by name
---@field status "done"|"partial"|"failed" How it ended; `partial` went on after the failure of a step, in it or deeper inside
---@field steps table<string, WorkflowStepResult> How each step went, by name
---@field usage AgentUsage What its agents used
---@field cost? number US dollars, where the prices are known
---@field duration number Seconds it took
---@field correlation? string What its events have in common
---@field error? WorkflowError Why it failed
---@operator concat(any): string
---@operator len: integer

---How often a failing step is tried.
---@class WorkflowRetry
---@field attempts? integer How often at most, the first try included; 3 unless set
---@field delay? number|string How long to wait before the second try; 0.2 s unless set
---@field backoff? number What the wait is multiplied by after each try; 2 unless set
---@field max_delay? number|string The longest wait; 30 s unless set

---How one run differs.
---@class WorkflowRunOptions
---@field params? table<string, any> Values of `{{params}}`
---@field timeout? number|string How long the run may take

---One step: a name, and exactly one of `run`, `tool`, `agent`, `workflow`, `spell`.
---@class WorkflowStep
---@field name string What results, templates and messages call it: letters, digits, _ and -
---@field run? function A function of the spell; it gets the context as one map, and gives the step's output
---@field tool? string|Tool A tool or its name
---@field params? table<string, any> The tool's arguments or the spell's parameters, a template
---@field agent? Agent|Team|AgentOptions|string An agent, its options, or the name of a template
---@field prompt? any What the agent is asked, a template; the workflow's input unless set
---@field workflow? Workflow|string|table<string, any> A workflow, or its options; in a workflow file also another one's path
---@field input? any What the workflow works on, a template; this workflow's input unless set
---@field spell? string Another spell's file, in any language, relative to this spell's folder
---@field when? function|WorkflowCondition Whether the step runs at all: a function, or a condition
---@field retry? integer|WorkflowRetry How often it is tried at most, or how
---@field timeout? number|string How long one try may take
---@field on_error? "fail"|"continue"|"retry"|"compensate" What its failure does: `fail` ends the workflow, `continue` goes on without its output, `retry` tries it three times before it fails, `compensate` undoes the finished steps, newest first, and then fails. The workflow's own `on_error` unless set
---@field compensate? function|WorkflowUndo Undoes the step once it has finished: a function, or a step without a name

---What a step is.
---@class WorkflowStepInfo
---@field name string Its name
---@field kind string What it does: run, tool, agent, workflow or spell

---How a step went. Of one that ran several times, in a loop: how the last time went.
---@class WorkflowStepResult
---@field status "done"|"failed"|"skipped"|"cancelled"|"compensated" What became of it; `compensated` has finished and was undone
---@field output? any What it gave
---@field duration number Seconds it took, all times together
---@field attempts integer How often it was tried, all times together
---@field usage AgentUsage What its agents used
---@field cost? number US dollars, where the prices are known
---@field error? WorkflowError Why it failed
---@field compensation_error? WorkflowError Why it could not be undone
---@field steps? table<string, any> Of a workflow: how its steps went, by name

---A step that undoes another one. It does one thing, as a step does.
---@class WorkflowUndo
---@field run? function A function of the spell
---@field tool? string|Tool A tool or its name
---@field params? table<string, any> The tool's arguments or the spell's parameters, a template
---@field agent? Agent|Team|AgentOptions|string An agent, its options, or the name of a template
---@field prompt? any What the agent is asked, a template
---@field workflow? Workflow|string|table<string, any> A workflow, or its options
---@field input? any What the workflow works on, a template
---@field spell? string Another spell's file
---@field retry? integer|WorkflowRetry How often it is tried at most, or how
---@field timeout? number|string How long one try may take; 60 s unless set

---Makes agents: models with instructions and tools.
---@class AgentGlobal
Agent = {}

---Makes an agent; no model is asked before it runs.
---@param options AgentOptions What the agent is
---@return Agent # The agent
function Agent.new(options) end

---Returns the agents that the spell has made, in order.
---@return Agent[] # The agents
function Agent.list() end

---Makes an agent from a template.
---@param name string Name of the template: chat, research, code, data_analyst, planner, orchestrator, or one that `Agent.add_template` added
---@param changes? AgentChanges How the agent differs from the template; a list replaces the one there is
---@return Agent # The agent
function Agent.template(name, changes) end

---Returns the templates there are: those of the program, then the spell's own.
---@return AgentTemplateInfo[] # What each is
function Agent.templates() end

---Adds a template for the rest of the run, in place of an own one of that name.
---@param name string Letters, digits, _ and -; not the name of one that comes with the program
---@param options AgentTemplateOptions What agents made from it are; `based_on` names the template it begins with
function Agent.add_template(name, options) end

---A model with instructions and tools.
---@class Agent
local Agent = {}

---Works on an input until there is an answer.
---@param input any Text, a list of messages, another agent's answer, or data
---@param options? AgentRunOptions How this run differs from the agent's settings
---@return AgentResult # The answer
function Agent:run(input, options) end

---Works on an input and gives the text of every step as it arrives.
---@param input any Text, a list of messages, another agent's answer, or data
---@param options? AgentRunOptions How this run differs from the agent's settings
---@return Stream # The pieces of text; its result is the answer
---@overload fun(self: Agent, input: any, receiver: fun(piece: string)): AgentResult
function Agent:stream(input, options) end

---Makes the agent a tool of the run, which takes an `input` and gives the answer.
---@param options? AgentToolOptions How it appears
---@return Tool # The tool
function Agent:as_tool(options) end

---Returns the agent's settings.
---@return AgentInfo # The settings, defaults filled in
function Agent:info() end

---Lets the agent hand conversations over, from its next run on; agents may do so in turns.
---@param handoff Handoff|Agent|Team What `Handoff.to` gives, or the agent that takes over
function Agent:add_handoff(handoff) end

---Makes another agent like this one.
---@param changes? AgentChanges How it differs; a list replaces the one there is
---@return Agent # The new agent
function Agent:clone(changes) end

---Has the agent ask another model from its next request on, in a run under way as well.
---
---Runs that named a model themselves keep it.
---@param name string A model's name or alias, or a pool's
function Agent:set_model(name) end

---Makes agents hand conversations over to one another.
---@class HandoffGlobal
Handoff = {}

---Makes a handoff, which can stand in the `handoffs` of other agents.
---@param agent Agent|Team Who takes over: an agent or a team
---@param options? HandoffOptions When, and with what
---@return Handoff # The handoff
function Handoff.to(agent, options) end

---Hands an input over to one agent and its answer to the next, to the last one.
---@param handoffs Handoff[] The handoffs, in order
---@param input any Text, a list of messages, another agent's answer, or data
---@param options? HandoffRunOptions The conversation and the state so far
---@return AgentResult # The answer of the agent that answered last, with the usage of all
function Handoff.chain(handoffs, input, options) end

---A way for a conversation to go on with another agent; stands in an agent's `handoffs`.
---@class Handoff
local Handoff = {}

---Hands an input over as an agent would; a refusal is `guardrail_blocked`.
---@param input any Text, a list of messages, another agent's answer, or data
---@param options? HandoffRunOptions The conversation and the state so far
---@return AgentResult # The answer of the agent that answered last
function Handoff:run(input, options) end

---Returns what the handoff is.
---@return HandoffInfo # Who takes over, and what models are told
function Handoff:info() end

---Makes teams: agents that work on one input together and act as one agent.
---@class TeamGlobal
Team = {}

---Makes a team whose agents work one after the other, each on the answer of the last.
---@param options SequentialTeam What the team is
---@return Team # The team
function Team.sequential(options) end

---Makes a team whose agents work on the input at the same time.
---@param options ParallelTeam What the team is, and how one answer is made of theirs
---@return Team # The team
function Team.parallel(options) end

---Makes a team whose agents vote; the choice with most votes is the answer.
---@param options VotingTeam What the team is, what can be chosen, and what happens in a tie
---@return Team # The team
function Team.vote(options) end

---Makes a team that one agent leads: it decides which worker does what next.
---@param options SupervisedTeam Who leads, and who works
---@return Team # The team
function Team.supervisor(options) end

---Agents that work together; wherever an agent is taken, so is a team.
---@class Team
local Team = {}

---Has the team work on an input until there is an answer.
---@param input any Text, a list of messages, another agent's answer, or data
---@param options? TeamRunOptions How this run differs from the team's settings
---@return TeamResult # The answer, and what every agent did
function Team:run(input, options) end

---Has the team work on an input and gives the text of its answer as it arrives.
---@param input any Text, a list of messages, another agent's answer, or data
---@param options? TeamRunOptions How this run differs from the team's settings
---@return Stream # The pieces of text; its result is the answer
---@overload fun(self: Team, input: any, receiver: fun(piece: string)): TeamResult
function Team:stream(input, options) end

---Makes the team a tool of the run, which takes an `input` and gives the answer.
---@param options? AgentToolOptions How it appears
---@return Tool # The tool
function Team:as_tool(options) end

---Returns what the team is.
---@return TeamInfo # Its settings, defaults filled in
function Team:info() end

---Asks language models single questions. For tools and several steps, use Agent.
---@class LLM
LLM = {}

---Asks a model and waits for the whole answer.
---@param prompt string|LLMOptions The question as text, or all options with `prompt` or `messages` in them
---@param options? LLMOptions Further options when the question is text
---@return LLMResult # The answer, which acts as its text
function LLM.complete(prompt, options) end

---Asks a model and gives the answer's text piece by piece as it comes.
---@param prompt string|LLMOptions The question as text, or all options with `prompt` or `messages` in them
---@param options? LLMOptions Further options when the question is text
---@return Stream # Pieces of text; the whole answer is the stream's result
---@overload fun(prompt: string|LLMOptions, receiver: fun(piece: string)): LLMResult
function LLM.stream(prompt, options) end

---Turns texts into vectors whose nearness is nearness of meaning.
---@param input string|string[]|LLMEmbedOptions A text, a list of texts, or all options with `input` in them
---@param options? LLMEmbedOptions Further options when the first argument is text
---@return LLMVectors # The vectors, one for each text
function LLM.embed(input, options) end

---Says which models there are, what they can do and how well they are, and makes pools.
---@class Model
Model = {}

---Lists model names that can be used as they are.
---@param provider? string Only this provider's; without it, those of every provider that has a key
---@return string[] # Names such as `openai:gpt-5-mini`
function Model.list(provider) end

---Returns what is known of a model.
---@param name? string Model name or alias; without it, the default model
---@return ModelInfo # Its context window, prices and capabilities
function Model.info(name) end

---Returns the name of the model that answers when none is named.
---@return string # Its full name
function Model.default() end

---Has another model answer from the next request on where none is named.
---@param name string A model's name or alias, or a pool's
function Model.set_default(name) end

---Makes a pool of models; `pool:NAME` is a model's name from now on.
---@param options ModelPoolOptions What the pool is
---@return ModelPool # The pool
function Model.pool(options) end

---Tells how well the models that were asked as members of pools have answered.
---@return ModelHealth[] # One record a model
function Model.health() end

---Defines, finds and calls tools.
---@class ToolGlobal
Tool = {}

---Defines a tool; agents and `Tool.call` find it by its name from now on.
---@param options ToolOptions What the tool is
---@return Tool # The tool
function Tool.new(options) end

---Runs a tool; its arguments are checked first.
---@param tool string|Tool A tool or its name
---@param arguments? table<string, any> The arguments by name
---@return any # What the tool gives
function Tool.call(tool, arguments) end

---Returns every tool there is: the built-in ones first.
---@return ToolInfo[] # What models are told of each
function Tool.list() end

---Returns a tool.
---@param name string Its name
---@return Tool # The tool; an unknown name is an error with code not_found
function Tool.get(name) end

---Takes a tool of the spell away; agents that have it keep it.
---@param name string Its name
function Tool.remove(name) end

---A tool; it can stand in an agent's list of tools.
---@class Tool
local Tool = {}

---Runs the tool; its arguments are checked first.
---@param arguments? table<string, any> The arguments by name
---@return any # What the tool gives
function Tool:call(arguments) end

---Returns what models are told of the tool.
---@return ToolInfo # Name, description and parameters
function Tool:info() end

---Makes guardrails, which agents are given as `guardrails` and functions are called through.
---@class GuardrailGlobal
Guardrail = {}

---Makes a guardrail of rules.
---@param options GuardrailOptions What the guardrail is
---@return Guardrail # The guardrail
function Guardrail.new(options) end

---Makes a guardrail that looks for a regular expression.
---@param options GuardrailRegexOptions The pattern, and the guardrail's settings
---@return Guardrail # The guardrail
function Guardrail.regex(options) end

---Makes a guardrail that looks for words.
---@param options GuardrailWordsOptions The words, and the guardrail's settings
---@return Guardrail # The guardrail
function Guardrail.words(options) end

---Makes a guardrail that looks for what tells who somebody is.
---@param options? GuardrailPiiOptions What to look for, and the guardrail's settings
---@return Guardrail # The guardrail
function Guardrail.pii(options) end

---Makes a guardrail that looks for keys, tokens and passwords.
---@param options? GuardrailSecretsOptions The guardrail's settings
---@return Guardrail # The guardrail
function Guardrail.secrets(options) end

---Makes a guardrail for the form of data.
---@param options GuardrailSchemaOptions The schema, and the guardrail's settings
---@return Guardrail # The guardrail
function Guardrail.schema(options) end

---Makes a guardrail for how long a text is.
---@param options GuardrailLengthOptions The least and the most, and the guardrail's settings
---@return Guardrail # The guardrail
function Guardrail.length(options) end

---Makes a guardrail for what a text is about; a model judges.
---@param options GuardrailTopicOptions The topics, and the guardrail's settings
---@return Guardrail # The guardrail
function Guardrail.topic(options) end

---Makes a guardrail that a function decides.
---@param options GuardrailCustomOptions The function, and the guardrail's settings
---@return Guardrail # The guardrail
function Guardrail.custom(options) end

---Makes one guardrail of several, which look one after the other.
---@param guardrails Guardrail[] The guardrails; each gets what the one before left
---@return Guardrail # The guardrail
function Guardrail.all(guardrails) end

---Rules for what goes in and comes out, and what happens when one is violated.
---@class Guardrail
local Guardrail = {}

---Looks at a value and reports; a violation is no error.
---@param value any Text, or data whose texts are all looked at
---@param options? GuardrailPlace What the value is
---@return GuardrailReport # Whether it may be used, the value to use, and what was found
function Guardrail:check(value, options) end

---Looks at a value and returns the one to use.
---@param value any Text, or data whose texts are all looked at
---@param options? GuardrailPlace What the value is
---@return any # The value, redacted where needed; one that may not be used is an error with code guardrail_blocked
function Guardrail:enforce(value, options) end

---Calls a function between two looks: at what it is given and at what it returns.
---@param fn function Takes the input as far as it may be used
---@param input? any What it is called with
---@return any # What it returned, redacted where needed
function Guardrail:call(fn, input) end

---Returns what the guardrail is.
---@return GuardrailInfo[] # One map, or one for each guardrail that `Guardrail.all` put together
function Guardrail:info() end

---Makes workflows.
---@class WorkflowGlobal
Workflow = {}

---Makes a workflow; nothing runs yet.
---@param options WorkflowOptions What the workflow is
---@return Workflow # The workflow; one that is not sound is an error that lists all that is wrong
function Workflow.new(options) end

---Makes a workflow whose steps run one after the other.
---@param options WorkflowOptions What the workflow is
---@return Workflow # The workflow
function Workflow.sequential(options) end

---Makes a workflow whose steps run at the same time.
---@param options WorkflowOptions What the workflow is
---@return Workflow # The workflow
function Workflow.parallel(options) end

---Makes a workflow that goes one of several ways.
---@param options WorkflowOptions What the workflow is
---@return Workflow # The workflow
function Workflow.conditional(options) end

---Makes a workflow whose steps run again and again, and whose output is a list.
---@param options WorkflowOptions What the workflow is
---@return Workflow # The workflow
function Workflow.loop(options) end

---Makes a workflow that runs a step for each item at the same time, and one on all outputs.
---@param options WorkflowOptions What the workflow is
---@return Workflow # The workflow
function Workflow.map_reduce(options) end

---Makes a workflow each of whose steps has the output of the step before as its input.
---@param options WorkflowOptions What the workflow is
---@return Workflow # The workflow
function Workflow.pipeline(options) end

---Begins a workflow that is put together call by call.
---@param name string Its name
---@param options? WorkflowOptions What else it is; its name is not used
---@return WorkflowBuilder # The builder
function Workflow.builder(name, options) end

---Reads a workflow file; no function can stand in one, but tools, agents, spells can.
---@param path string A TOML or YAML file, relative to this spell's folder or else to the working directory
---@return Workflow # The workflow; what is wrong with it is an error that names the lines
function Workflow.load(path) end

---Steps that run in an order, with what happens when one fails.
---@class Workflow
local Workflow = {}

---Runs the workflow to its end.
---@param input? any What it works on: `{{input}}` in its templates
---@param options? WorkflowRunOptions How this run differs
---@return WorkflowResult # How it went; a failure is an error with code `workflow_failed`, which has the same in `details.record`
function Workflow:run(input, options) end

---Runs the workflow and tells what happens as it happens.
---@param input? any What it works on: `{{input}}` in its templates
---@param options? WorkflowRunOptions How this run differs
---@return Stream # What happens; its result is what `run` returns
---@overload fun(self: Workflow, receiver: fun(piece: WorkflowEvent)): WorkflowResult
function Workflow:stream(input, options) end

---Checks the workflow again: a tool or a spell may be gone since it was made.
---@return WorkflowProblem[] # What is wrong; nothing where it is sound
function Workflow:validate() end

---Draws the workflow as a Mermaid flow chart.
---@param result? table<string, any> A run's result; the steps are coloured by how they went
---@return string # The text of the chart
function Workflow:diagram(result) end

---Returns what the workflow is.
---@return WorkflowInfo # Its name, type and steps
function Workflow:info() end

---Makes policies that go around functions which may fail, be slow, or be called too often.
---@class Resilience
Resilience = {}

---Makes a policy that tries again after failures that may pass.
---@param options? RetryPolicyOptions How often, after which waits, after which errors
---@return Policy # The policy
function Resilience.retry(options) end

---Makes a policy that cancels what takes too long.
---@param options TimeoutPolicyOptions How long it may take
---@return Policy # The policy
function Resilience.timeout(options) end

---Makes a policy that lets so many calls begin in a time.
---@param options RateLimitPolicyOptions How many, and what happens to further ones
---@return Policy # The policy
function Resilience.rate_limit(options) end

---Makes a policy that leaves alone for a while what fails again and again.
---@param options? CircuitBreakerPolicyOptions Which failures open it, and for how long
---@return Policy # The policy
function Resilience.circuit_breaker(options) end

---Makes a policy that runs so many calls at a time and has others wait.
---@param options BulkheadPolicyOptions How many work, and how many wait
---@return Policy # The policy
function Resilience.bulkhead(options) end

---Makes a policy that gives something else where a call fails.
---@param options FallbackPolicyOptions What is given, and for which errors
---@return Policy # The policy
function Resilience.fallback(options) end

---Makes one policy of several.
---@param options CombinedPolicyOptions The policies, the outermost first
---@return Policy # The policy
function Resilience.combine(options) end

---Returns a policy that was given a name.
---@param name string Its name
---@return Policy # The policy; an unknown name is an error with code not_found
function Resilience.get(name) end

---Reads and writes files under the spell's grants.
---
---Paths are relative to the working directory. Only regular files are opened.
---@class File
File = {}

---Reads a text file.
---@param path string File to read
---@return string # The whole text
function File.read(path) end

---Reads a file of any kind.
---@param path string File to read
---@return string # The whole content
function File.read_bytes(path) end

---Writes a file, in place of the one that is there: as a whole or not at all.
---@param path string File to write; its folder must exist
---@param content string|string The new content
function File.write(path, content) end

---Adds to the end of a file, and makes it when it is not there.
---@param path string File to add to; its folder must exist
---@param content string|string What to add; nothing is put between it and what is there
function File.append(path, content) end

---Tells whether there is a file or folder.
---@param path string File or folder to look for
---@return boolean # Whether it is there
function File.exists(path) end

---Returns what is known of a file or folder.
---@param path string File or folder to look at
---@return FileInfo # Its size, kind and date
function File.info(path) end

---Lists a folder. What may not be read is not listed.
---@param path string Folder to list
---@param options? ListOptions Which names to list, and how deep
---@return FileInfo[] # What is in it, by path
function File.list(path, options) end

---Removes a file, a link (not what it points to), or an empty folder.
---@param path string What to remove
function File.remove(path) end

---Moves a file or folder, or gives it another name.
---@param path string What to move
---@param to string Its new path; nothing may be there yet
function File.move(path, to) end

---Makes a folder, and the folders above it; one that is there already is left as it is.
---@param path string Folder to make
function File.new_folder(path) end

---Makes HTTP requests to hosts the spell is granted.
---
---An answer with an error status is an answer, not an error. Private and link-local addresses are
---reached only when they are granted by name. Proxies of the environment are not used.
---@class Http
Http = {}

---Gets a resource.
---@param url string Where it is; http:// or https://
---@param options? HttpOptions Headers, query, timeout, redirects
---@return HttpResponse # The answer
function Http.get(url, options) end

---Sends a body.
---@param url string Where to; http:// or https://
---@param body? any Text and bytes are sent as they are, any other value as JSON
---@param options? HttpOptions Headers, query, timeout, redirects
---@return HttpResponse # The answer
function Http.post(url, body, options) end

---Makes any request.
---@param options HttpRequest The URL, and what else it takes
---@return HttpResponse # The answer
function Http.request(options) end

---Reads the environment variables that the spell is granted.
---@class Env
Env = {}

---Returns a variable.
---@param name string Name of the variable
---@param fallback? string Returned when it is not set
---@return string|nil # Its value
function Env.get(name, fallback) end

---Lists the variables that are set and granted.
---@return string[] # Their names, sorted
function Env.list() end

---Keeps values between steps, agents and runs; `State.get` and the like are the run's own.
---@class StateGlobal
State = {}

---Makes a state, or finds the one that is there; it is opened when it is first used.
---@param options StateOptions What the state is
---@return State # The state
function State.new(options) end

---Returns a value of the run's own state.
---@param key string|string[] A name; `a.b` is `b` inside `a`, and so is the list of both
---@param fallback? any Returned where the key is not set
---@return any # A copy of the value
function State.get(key, fallback) end

---Keeps a value in the run's own state, until the run ends.
---@param key string|string[] A name, a dotted path, or a list of names
---@param value any Plain data; nothing takes the key away
---@return integer # The state's new revision
function State.set(key, value) end

---Takes a key of the run's own state away.
---@param key string|string[] A name, a dotted path, or a list of names
---@return integer # The state's new revision
function State.remove(key) end

---Replaces a value of the run's own state by what a function makes of it.
---@param key string|string[] A name, a dotted path, or a list of names
---@param change function Takes the value (nothing where there is none) and returns the new one
---@return any # The new value
function State.update(key, change) end

---Returns the keys of the run's own state, sorted.
---@return string[] # The names
function State.keys() end

---Returns all values of the run's own state.
---@return table<string, any> # A copy
function State.all() end

---Returns the states that are kept for later runs and that this spell may use.
---@param options? StateListOptions Which; the spell's own and its agents' unless set
---@return StateInfo[] # What is known of each, by name
function State.list(options) end

---Removes a state that is kept, with its history; an unknown one is not_found.
---@param name string Its name
---@param options? StateRemoveOptions Its scope
function State.remove_state(name, options) end

---Values that are kept under a name; what is read is a copy.
---@class State
local State = {}

---Returns a value.
---@param key string|string[] A name; `a.b` is `b` inside `a`, and so is the list of both
---@param fallback? any Returned where the key is not set
---@return any # A copy of the value
function State:get(key, fallback) end

---Keeps a value; nothing takes the key away.
---@param key string|string[] A name, a dotted path, or a list of names
---@param value any Plain data
---@return integer # The state's new revision
function State:set(key, value) end

---Takes a key away; one that is not set is fine.
---@param key string|string[] A name, a dotted path, or a list of names
---@return integer # The state's new revision
function State:remove(key) end

---Tells whether a key is set.
---@param key string|string[] A name, a dotted path, or a list of names
---@return boolean # Whether it is set
function State:exists(key) end

---Returns the keys at the top, sorted.
---@return string[] # The names
function State:keys() end

---Returns all values as they are at this moment.
---@return table<string, any> # A copy
function State:all() end

---Replaces a value by what a function makes of it; nobody's change in between is lost.
---@param key string|string[] A name, a dotted path, or a list of names
---@param change function Takes the value (nothing where there is none) and returns the new one; it is called again with the newer value where somebody else was quicker
---@return any # The new value
function State:update(key, change) end

---Keeps a value if the one there is the expected one.
---@param key string|string[] A name, a dotted path, or a list of names
---@param expected any The value that has to be there; nothing where the key must not be set
---@param value any The new value; nothing takes the key away
---@return boolean # Whether it was, and the new value is kept
function State:compare_and_set(key, expected, value) end

---Brings values together with those that are there, all at once.
---@param values table<string, any> The values by key; a null takes its key away
---@param options? StateMergeOptions Whose value counts
---@return integer # The state's new revision
function State:merge(values, options) end

---Takes all keys away; `undo` brings them back.
---@return integer # The state's new revision
function State:clear() end

---Returns what leads from other values to these, as JSON Patch; `patch` takes it.
---@param other State|integer|table<string, any> Another state, a map of values, or an older revision of this state
---@return table<string, any>[] # The operations: maps with `op`, `path`, `value`, `from`
function State:diff(other) end

---Applies a JSON Patch (RFC 6902), all of it or nothing.
---@param operations table<string, any>[] Maps with `op` (add, remove, replace, move, copy, test) and `path`
---@return integer # The state's new revision
function State:patch(operations) end

---Makes another map of the values: some keys, other values, one level, no secrets.
---@param options StateTransformOptions What to make of them
---@return table<string, any> # The new values; the state has them only with `apply`
function State:transform(options) end

---Returns the changes that are remembered, newest first.
---@param options? StateHistoryOptions How many
---@return StateChange[] # The changes
function State:history(options) end

---Takes the last changes back, whoever made them.
---@param steps? integer How many
---@return integer # The state's new revision
function State:undo(steps) end

---Puts other values in the place of all.
---@param values integer|table<string, any> A map of values, such as `all` gave, or an older revision that is remembered
---@return integer # The state's new revision
function State:restore(values) end

---Tells how the values do not fit a schema.
---@param schema? table<string, any> A JSON Schema, or the short form; the state's own unless given
---@return string[] # What is wrong, a sentence each, at most five; none where they fit
function State:validate(schema) end

---Returns what is known of the state without its values.
---@return StateInfo # Name, scope, store, version, revision, size …
function State:metadata() end

---Returns the same state as somebody else may use it: only to read, only some keys.
---@param options? StateViewOptions What it shows
---@return State # The view; what this object may not do, it may not either
function State:view(options) end

---Makes the state a tool of the run, for agents that share it.
---@param options? StateToolOptions How it appears, and what models may do
---@return Tool # The tool; it takes an `action` (get, all, set, remove), a `key` and a `value`
function State:as_tool(options) end

---Reads and writes JSON. (In JavaScript this is the language's own object.)
---@class JSON
---@field null null
JSON = {}

---Reads JSON.
---@param text string The JSON text
---@return any # Its value; null stays null
function JSON.parse(text) end

---Writes JSON, keys in order.
---@param value? any What to write
---@param options? JsonOptions How to write it
---@return string # The JSON text
function JSON.stringify(value, options) end

---Reads standard input, which must be UTF-8 text. Nothing is read before the spell asks.
---@class Stdin
Stdin = {}

---Reads all that has not been read yet.
---@return string # The text; empty at the end
function Stdin.read() end

---Reads one line.
---@return string|nil # The line without its end, or nothing at the end of input
function Stdin.read_line() end

---Reads line by line, as they arrive.
---@return Stream # The lines, without their ends
---@overload fun(receiver: fun(piece: string)): nil
function Stdin.lines() end

---Reads all of it as JSON.
---@return any # The value
function Stdin.json() end

---Tells whether somebody would have to type the input.
---@return boolean # Whether standard input is a terminal
function Stdin.is_terminal() end

---Writes log lines, which go to standard error or where the user sends them.
---@class LoggerGlobal
Logger = {}

---Writes a line for somebody who follows every step.
---@param message any Text; another value is written as JSON
---@param fields? table<string, any> More values, kept apart from the text
function Logger.trace(message, fields) end

---Writes a line for somebody who looks for a defect.
---@param message any Text; another value is written as JSON
---@param fields? table<string, any> More values, kept apart from the text
function Logger.debug(message, fields) end

---Writes a line that tells what happens.
---@param message any Text; another value is written as JSON
---@param fields? table<string, any> More values, kept apart from the text
function Logger.info(message, fields) end

---Writes a line about something that may be wrong.
---@param message any Text; another value is written as JSON
---@param fields? table<string, any> More values, kept apart from the text
function Logger.warn(message, fields) end

---Writes a line about something that failed.
---@param message any Text; another value is written as JSON
---@param fields? table<string, any> More values, kept apart from the text
function Logger.error(message, fields) end

---Makes a logger that adds fields to every line.
---@param fields table<string, any> The fields
---@return Logger # The logger
function Logger.with(fields) end

---Sets the least level that is written, for the rest of the run.
---@param level "trace"|"debug"|"info"|"warn"|"error" trace, debug, info, warn or error
function Logger.set_level(level) end

---Tells whether lines of a level are written.
---@param level "trace"|"debug"|"info"|"warn"|"error" trace, debug, info, warn or error
---@return boolean # Whether they are
function Logger.is_enabled(level) end

---Runs a function and gives the lines that it writes, and that are written for it.
---@param fn function Called without arguments; its error is raised as it is, after the log has got the lines that were kept from it
---@param options? LogCaptureOptions Which lines, and whether the log gets them as well
---@return LogCapture # The lines, and what the function returned
function Logger.capture(fn, options) end

---Writes captured lines again; levels that are not enabled are left out.
---@param lines LogLine[] The lines, as `capture` gives them; at most 10,000
function Logger.replay(lines) end

---Writes log lines with fields of its own.
---@class Logger
local Logger = {}

---Writes a line for somebody who follows every step.
---@param message any Text; another value is written as JSON
---@param fields? table<string, any> More values, beside the logger's own
function Logger:trace(message, fields) end

---Writes a line for somebody who looks for a defect.
---@param message any Text; another value is written as JSON
---@param fields? table<string, any> More values, beside the logger's own
function Logger:debug(message, fields) end

---Writes a line that tells what happens.
---@param message any Text; another value is written as JSON
---@param fields? table<string, any> More values, beside the logger's own
function Logger:info(message, fields) end

---Writes a line about something that may be wrong.
---@param message any Text; another value is written as JSON
---@param fields? table<string, any> More values, beside the logger's own
function Logger:warn(message, fields) end

---Writes a line about something that failed.
---@param message any Text; another value is written as JSON
---@param fields? table<string, any> More values, beside the logger's own
function Logger:error(message, fields) end

---Makes a logger that adds these fields to this one's.
---@param fields table<string, any> The fields
---@return Logger # The logger
function Logger:with(fields) end

---Sets the least level that is written, for the rest of the run.
---@param level "trace"|"debug"|"info"|"warn"|"error" trace, debug, info, warn or error
function Logger:set_level(level) end

---Tells whether lines of a level are written.
---@param level "trace"|"debug"|"info"|"warn"|"error" trace, debug, info, warn or error
---@return boolean # Whether they are
function Logger:is_enabled(level) end

---Measures what a spell does; what models and tools did is measured beside it.
---@class Metrics
Metrics = {}

---Returns a counter; the same name gives the same one.
---@param name string Letters, digits, `_` and dots, as in `app.requests`
---@param options? MetricOptions What it is
---@return Counter # The counter
function Metrics.counter(name, options) end

---Returns a gauge; the same name gives the same one.
---@param name string Letters, digits, `_` and dots, as in `app.queue`
---@param options? MetricOptions What it is
---@return Gauge # The gauge
function Metrics.gauge(name, options) end

---Returns a histogram; the same name gives the same one.
---@param name string Letters, digits, `_` and dots, as in `app.answer_time`
---@param options? MetricOptions What it is
---@return Histogram # The histogram
function Metrics.histogram(name, options) end

---Runs a function and counts the seconds it took, even where it fails.
---@param name string The histogram that gets the time
---@param fn function Called without arguments
---@param options? TimerOptions How the time is noted
---@return any # What the function returned
function Metrics.timer(name, fn, options) end

---Returns everything measured so far.
---@return MetricRecord[] # The metrics, in order of name
function Metrics.snapshot() end

---Writes everything measured so far as text.
---@param format? "json"|"prometheus" JSON, or what Prometheus reads, where a histogram is a summary
---@return string # The text
function Metrics.export(format) end

---Follows what happens in a run as spans, each inside of another.
---@class Trace
Trace = {}

---Runs a function inside a span; what it starts has the span as its parent.
---@param name string What the span is called
---@param fn function Called with the span's names, as `current` gives them
---@param options? TraceOptions What the span says from the start
---@return any # What the function returned; its error is raised as it is
function Trace.span(name, fn, options) end

---Tells which span lasts now; outside of every span it is the run's own.
---@return TraceContext # Its names
function Trace.current() end

---Sets a value of the span that lasts now.
---@param name string Name of the value
---@param value any Text, a number, a boolean or a list of those; another value becomes JSON
function Trace.set_attribute(name, value) end

---Sets values of the span that lasts now.
---@param attributes table<string, any> The values by name
function Trace.set_attributes(attributes) end

---Notes in the span that lasts now that something happened.
---@param name string What happened
---@param attributes? table<string, any> Values by name
function Trace.add_event(name, attributes) end

---Returns the spans of the run that have ended, the last 2,000 of them.
---@return TraceSpan[] # The spans, in the order in which they ended
function Trace.spans() end

---Tells about the spell that runs, and runs others.
---@class Spell
Spell = {}

---Returns what is known of this spell.
---@return SpellRecord # Its name, file, language and parameters
function Spell.info() end

---Runs another spell, in any language, under no more than this spell's grants and budget.
---@param path string Its file, relative to this spell's folder or else to the working directory
---@param params? table<string, any> Its parameters
---@return any # The value it returns
function Spell.run(path, params) end

---Writes text to standard output, as it is; printing adds a line end.
---@param text string What to write
function Spell.write(text) end

---Writes text to standard error, as it is.
---@param text string What to write; no line end is added
function Spell.write_error(text) end

---Tells what happens in the run, and of what spells tell each other.
---
---In patterns `*` stands for any characters within one word, `**` for any number of words.
---@class Event
Event = {}

---Has a function called for every event that matches, one event after the other.
---@param pattern string Names: `model.ended`, `model.*` for two words of which the first is model, `**` for every event
---@param fn function Gets the event; what it returns is ignored, and its failure is logged
---@param options? EventOptions Which events, and how they are handed over
---@return EventHandler # The handler
function Event.on(pattern, fn, options) end

---Has a function called for the first event that matches.
---@param pattern string Names, as for `on`
---@param fn function Gets the event
---@param options? EventOptions Which events, and how they are handed over
---@return EventHandler # The handler
function Event.once(pattern, fn, options) end

---Takes handlers off.
---@param handler EventHandler|string What `on` gave, or the pattern of all to take off
---@return integer # How many there were
function Event.off(handler) end

---Takes every handler of the spell off.
function Event.clear() end

---Tells of an event, and waits until its handlers have run.
---
---A handler that emits does not wait: what it emits comes after the event it handles.
---@param name string Lower-case words joined by dots; the first is none of the built-in events'
---@param data? any More about it: text, numbers, lists, maps
---@param options? EventEmitOptions More about the event
function Event.emit(name, data, options) end

---Waits for the next event that matches.
---@param pattern string Names, as for `on`
---@param options? EventWaitOptions Which event, and how long to wait
---@return EventRecord # The event
function Event.wait_for(pattern, options) end

---Gives the events that match from now on; it has to be closed where nothing ends it.
---@param pattern string Names, as for `on`
---@param options? EventStreamOptions Which events, as what, and how many
---@return Stream # The events, or what `map` makes of them; its result is what `reduce` made of all, or how many there were
---@overload fun(pattern: string, receiver: fun(piece: any)): any
function Event.stream(pattern, options) end

---Runs a function; the events of what it does have a correlation id in common.
---@param id string The id
---@param fn function The function
---@return any # What it returned
function Event.correlate(id, fn) end

---Returns the last events of the run, oldest first; 1000 are remembered.
---@param options? EventHistoryOptions Which of them
---@return EventRecord[] # The events
function Event.history(options) end

---Hands recorded events to handlers and streams once more, marked as `replayed`.
---@param events table<string, any>[]|string What `history` gave, or text with one event as JSON in each line
---@param options? EventReplayOptions How fast
---@return integer # How many there were
function Event.replay(events, options) end

---Returns what became of the events of the run.
---@return EventStats # How many there were, and how many handlers were told
function Event.stats() end

---Has functions asked before and after everything that models, tools, agents and the like do.
---
---They get one map: point, name, request, correlation, attempt, and where there are such things
---result, error and duration. A hook that fails makes what it was asked about fail.
---@class HookGlobal
Hook = {}

---Has a function asked before something begins.
---@param point "model"|"tool"|"agent"|"workflow"|"step"|"state"|"handoff"|"run"|"*" What it is asked about; `run` is a spell that this one runs, `*` is everything
---@param fn function Returns nothing; or a map with `request` (parts of it changed), `deny` (why not) or `result` (instead of doing it)
---@param options? HookOptions About which of them, and in which order
---@return Hook # The hook
function Hook.before(point, fn, options) end

---Has a function asked when something has ended well.
---@param point "model"|"tool"|"agent"|"workflow"|"step"|"state"|"handoff"|"run"|"*" What it is asked about; `run` is a spell that this one runs, `*` is everything
---@param fn function Returns nothing; or a map with `result` (instead of the one there is), `retry` (true: once more, 10 times at most) or `deny` (why not)
---@param options? HookOptions About which of them, and in which order
---@return Hook # The hook
function Hook.after(point, fn, options) end

---Has a function asked when something has failed.
---@param point "model"|"tool"|"agent"|"workflow"|"step"|"state"|"handoff"|"run"|"*" What it is asked about; `run` is a spell that this one runs, `*` is everything
---@param fn function Returns nothing; or a map with `result` (instead of the failure), `retry` (true: once more, 10 times at most) or `deny` (another reason)
---@param options? HookOptions About which of them, and in which order
---@return Hook # The hook
function Hook.on_error(point, fn, options) end

---Writes a line to the log when something has ended or failed.
---@param options? HookLoggingOptions What, and how
---@return Hook # The hook
function Hook.logging(options) end

---Counts what ends and fails, and how long it takes; `stats` tells.
---@param options? HookMetricsOptions What
---@return Hook # The hook
function Hook.metrics(options) end

---Denies requests to models when a limit is reached; those under way go on.
---@param options HookCostOptions The limit
---@return Hook # The hook
function Hook.cost(options) end

---Lets only so many begin within a time.
---@param options HookRateOptions The limit
---@return Hook # The hook
function Hook.rate_limit(options) end

---Gives the result of an equal request again instead of making it.
---@param options? HookCacheOptions Of what, and how long
---@return Hook # The hook
function Hook.cache(options) end

---Takes words and patterns out of requests and results.
---@param options HookRedactOptions What is taken out of what
---@return Hook # The hook
function Hook.redact(options) end

---Takes a hook away.
---@param hook Hook The hook
---@return boolean # Whether it was still there
function Hook.remove(hook) end

---Takes every hook of the spell away.
function Hook.clear() end

---Returns the hooks there are, in the order in which they are asked before.
---@return HookInfo[] # What each is
function Hook.list() end

---A function, or one of the ready hooks, that is asked.
---@class Hook
local Hook = {}

---Takes the hook away.
---@return boolean # Whether it was still there
function Hook:remove() end

---Returns what the hook is.
---@return HookInfo # What it is asked about
function Hook:info() end

---Returns what the hook did so far.
---@return HookStats # How often it was asked, and what a ready hook counts besides
function Hook:stats() end

---Groups runs under a name, with what they keep; a run joins one by --session, or by itself.
---
---A spell finds its own sessions, and the one that the user named with --session.
---@class SessionGlobal
Session = {}

---Returns the session that this run has joined.
---@return Session|nil # The session; nothing where it has joined none
function Session.current() end

---Joins a session of this spell's; it is made where there is none.
---
---What the run keeps from now on is kept in it, unless something else is said.
---@param name string Its name
---@param options? SessionOptions What is said of it
---@return Session # The session; one that is complete is an error with code invalid_argument
function Session.start(name, options) end

---Joins a session that there is, and opens it again where it is complete.
---@param name string Its name
---@return Session # The session; an unknown name is an error with code not_found
function Session.resume(name) end

---Returns a session without joining it.
---@param name string Its name
---@return Session # The session; an unknown name is an error with code not_found
function Session.get(name) end

---Returns the sessions of this spell, and the one it was run in, the latest first.
---@return SessionInfo[] # What is known of each
function Session.list() end

---Removes a session with all that is kept in it; one that a run is in is not removed.
---@param name string Its name
function Session.remove(name) end

---A named group of runs, and of what they keep.
---@class Session
local Session = {}

---Returns what is known of it now.
---@return SessionInfo # Name, status, and what was said of it
function Session:info() end

---Returns the runs that joined it, oldest first.
---@return SessionRun[] # How each of them went; the latest 10,000
function Session:runs() end

---Returns something from its metadata.
---@param key string What it is called
---@param fallback? any Returned when there is no such key
---@return any # The value
function Session:get(key, fallback) end

---Changes its metadata.
---@param key string What it is called
---@param value any The value; nothing takes the key away
function Session:set(key, value) end

---Notes what this run has used so far, so that it is known even if the run is killed.
---
---All else that a session holds is saved as it is made.
function Session:save() end

---Marks it as complete: runs join it only where they resume it.
function Session:complete() end

---Returns the states of the scope session that are kept in it.
---@return StateInfo[] # What is known of each, by name
function Session:states() end

---Returns the artifacts that are kept in it.
---@return ArtifactInfo[] # What is known of every version, by name
function Session:artifacts() end

---Returns the conversations that are kept in it.
---@return ConversationTitle[] # What is known of each, the latest first
function Session:conversations() end

---Returns it as JSON: runs, states, conversations, and what is known of artifacts.
---@return string # The text of the document
function Session:export() end

---Removes it with all that is kept in it; one that a run is in is not removed.
function Session:remove() end

---Holds conversations with models, and keeps them for later runs.
---@class ConversationGlobal
Conversation = {}

---Begins a conversation; no model is asked before something is said.
---@param options? ConversationOptions What it is
---@return Conversation # The conversation
function Conversation.new(options) end

---Begins a conversation with what a document holds.
---@param text string The document, as `export` writes it
---@param options? ImportOptions What it is
---@return Conversation # The conversation
function Conversation.import(text, options) end

---Goes on with a conversation that was saved.
---@param name string Its name
---@param options? LoadOptions Which is meant, and what answers
---@return Conversation # The conversation; an unknown name is an error with code not_found
function Conversation.load(name, options) end

---Returns the conversations that were saved, the latest first.
---@param options? SaveOptions Where; the spell's and the session's unless given
---@return ConversationTitle[] # What is known of each
function Conversation.list(options) end

---Removes a conversation that was saved.
---@param name string Its name
---@param options? SaveOptions Which is meant; looked for in the session first
function Conversation.remove(name, options) end

---What was said so far, and an agent that answers.
---@class Conversation
local Conversation = {}

---Says something and returns the answer; both are part of the conversation then.
---
---What is said while an answer is awaited waits its turn. An answer that fails leaves the
---conversation as it was.
---@param input any Text, an answer of an agent, or data
---@param options? SayOptions How this answer differs from the agent's settings
---@return AgentResult # The answer
function Conversation:say(input, options) end

---Says something and gives the answer as it arrives.
---
---Until the stream has ended, or is closed, whatever else is said waits.
---@param input any Text, an answer of an agent, or data
---@param options? SayOptions How this answer differs from the agent's settings
---@return Stream # The pieces of text; its result is the answer
---@overload fun(self: Conversation, input: any, receiver: fun(piece: string)): AgentResult
function Conversation:stream(input, options) end

---Returns what was said so far.
---@return AgentMessage[] # The messages, oldest first
function Conversation:messages() end

---Adds a message that nobody answers.
---@param role "system"|"user"|"assistant" Who speaks
---@param content any What is said: text, or data
function Conversation:add(role, content) end

---Takes the oldest turns away; instructions stay, and a tool's call and answer together.
---@param options TruncateOptions How much stays
---@return integer # How many messages went
function Conversation:truncate(options) end

---Puts a model's summary in the place of all turns but the last.
---@param options? ConversationSummary How the summary is made; as the conversation does unless given
---@return string|nil # The summary; nothing where there was too little to summarize
function Conversation:summarize(options) end

---Makes a conversation that begins like this one and goes its own way.
---@param at? integer With how many of the messages it begins; all unless given
---@return Conversation # The new conversation, with the same agent and limits
function Conversation:branch(at) end

---Takes over what another conversation has; what both begin with stays there once.
---@param other Conversation The other conversation, which stays as it is
---@param options? MergeOptions How
function Conversation:merge(other, options) end

---Returns what the conversation used, and how long it is.
---@return ConversationUsage # Numbers since its beginning, runs before this one included
function Conversation:usage() end

---Returns the conversation as a document.
---@param options? ExportOptions How it is written
---@return string # The text of the document
function Conversation:export(options) end

---Keeps the conversation for later runs, in the place of what is kept under the name.
---
---One that another run has saved since it was loaded, or saved, here is not replaced: that is
---an error with code invalid_argument.
---@param name? string Under what name; the conversation's own unless given
---@param options? SaveOptions Where
---@return string # The name
function Conversation:save(name, options) end

---Keeps what spells make: reports, pictures, data, by name and version.
---@class ArtifactGlobal
Artifact = {}

---Stores a content; under a name that there is, it becomes the next version.
---@param content string|string Text, or bytes
---@param options ArtifactOptions What it is
---@return Artifact # The artifact
function Artifact.store(content, options) end

---Stores what a file holds; it does not pass the spell, however large it is.
---@param path string File to read
---@param options? ArtifactFileOptions What it is
---@return Artifact # The artifact
function Artifact.from_file(path, options) end

---Returns an artifact.
---@param name string Its name, or the id of a version
---@param options? ArtifactChoice Which version is meant
---@return Artifact # The artifact; an unknown name is an error with code not_found
function Artifact.get(name, options) end

---Returns the latest version of every artifact, the latest first; 1,000 at most.
---@return ArtifactInfo[] # What is known of each
function Artifact.list() end

---Returns the artifacts that are wanted, the latest first.
---@param options ArtifactQuery Which
---@return ArtifactInfo[] # What is known of each
function Artifact.query(options) end

---Removes an artifact, all versions of it unless one is said.
---@param name string Its name
---@param options? ArtifactChoice Which is meant
---@return integer # How many versions were removed
function Artifact.remove(name, options) end

---One version of an artifact.
---@class Artifact
local Artifact = {}

---Returns what is known of it.
---@return ArtifactInfo # Name, version, type, size and what was said of it
function Artifact:info() end

---Returns the content as text.
---@return string # The whole content, which must be UTF-8
function Artifact:text() end

---Returns the content.
---@return string # The whole content
function Artifact:bytes() end

---Gives the content line by line, without line ends.
---@return Stream # The lines; its result is how many they are
---@overload fun(self: Artifact, receiver: fun(piece: string)): integer
function Artifact:lines() end

---Gives the content in pieces.
---@param options? ArtifactPieces How it is cut
---@return Stream # The pieces; its result is how many they are
---@overload fun(self: Artifact, receiver: fun(piece: string)): integer
function Artifact:stream(options) end

---Writes the content to a file, as a whole or not at all; it does not pass the spell.
---@param path string File to write; its folder must exist
---@return integer # How many bytes were written
function Artifact:write_to(path) end

---Returns every version there is of it.
---@return ArtifactInfo[] # What is known of each, the latest first
function Artifact:versions() end

---Stores the same content, by the same name, in another scope; nothing is copied.
---@param scope "spell"|"session"|"global" session, for every run in the session this run has joined; global, for every spell that is granted it; or spell, to keep for this spell alone what a session has
---@return Artifact # The artifact there
function Artifact:share(scope) end

---Removes this version; what is being read of it can be read to its end.
function Artifact:remove() end

---Several models under one name; `pool:NAME` names it wherever a model is named.
---@class ModelPool
local ModelPool = {}

---Returns what the pool is.
---@return ModelPoolInfo # Its name, its strategy, its members
function ModelPool:info() end

---Tells how well the members have answered, in this pool or in another.
---@return ModelHealth[] # One record a member, in order
function ModelPool:health() end

---Has members that were left alone be asked again.
function ModelPool:reset() end

---A workflow in the making: each call adds a step, and `build` makes it.
---@class WorkflowBuilder
local WorkflowBuilder = {}

---Adds a step.
---@param step WorkflowStep What it is
---@return WorkflowBuilder # The builder
function WorkflowBuilder:step(step) end

---Adds a step that is a sequential workflow, and is called as that is.
---@param options WorkflowOptions What the workflow is
---@return WorkflowBuilder # The builder
function WorkflowBuilder:sequential(options) end

---Adds a step that is a pipeline, and is called as that is.
---@param options WorkflowOptions What the pipeline is
---@return WorkflowBuilder # The builder
function WorkflowBuilder:pipeline(options) end

---Adds a step that is a parallel workflow, and is called as that is.
---@param options WorkflowOptions What the workflow is
---@return WorkflowBuilder # The builder
function WorkflowBuilder:parallel(options) end

---Adds a step that is a conditional workflow, and is called as that is.
---@param options WorkflowOptions What the workflow is
---@return WorkflowBuilder # The builder
function WorkflowBuilder:conditional(options) end

---Adds a step that is a loop, and is called as that is.
---@param options WorkflowOptions What the loop is
---@return WorkflowBuilder # The builder
function WorkflowBuilder:loop(options) end

---Adds a step that is a map_reduce workflow, and is called as that is.
---@param options WorkflowOptions What the workflow is
---@return WorkflowBuilder # The builder
function WorkflowBuilder:map_reduce(options) end

---Makes the workflow; the builder can go on.
---@return Workflow # The workflow
function WorkflowBuilder:build() end

---A policy that goes around any function; `llmspell.resilience` makes functions of it.
---@class Policy
local Policy = {}

---Runs a function under the policy.
---@param fn function The function; it may be called once, several times or not at all
---@param arguments? any[] What it is called with
---@return any # What it returned, or what the policy gives instead
function Policy:run(fn, arguments) end

---Tells how often the policy was run and how that ended.
---@return PolicyStats # The counts and the present state
function Policy:stats() end

---Sets the counts to zero and closes a circuit breaker; what is at work goes on.
function Policy:reset() end

---Counts what only grows.
---@class Counter
local Counter = {}

---Counts on.
---@param amount? number How much, 0 or more
---@param labels? (table<string, string|boolean|integer|number>) What it is counted under
function Counter:add(amount, labels) end

---Holds a value that goes up and down.
---@class Gauge
local Gauge = {}

---Sets the value.
---@param value number The value
---@param labels? (table<string, string|boolean|integer|number>) What it is held under
function Gauge:set(value, labels) end

---Changes the value.
---@param amount number How much is added; less than 0 takes away
---@param labels? (table<string, string|boolean|integer|number>) What it is held under
function Gauge:add(amount, labels) end

---Tells how values are distributed.
---@class Histogram
local Histogram = {}

---Counts one value.
---@param value number The value
---@param labels? (table<string, string|boolean|integer|number>) What it is counted under
function Histogram:record(value, labels) end

---A function that is told of events.
---@class EventHandler
local EventHandler = {}

---Takes the handler off; events that a batch has gathered are handed over first.
---@return boolean # Whether it was still there
function EventHandler:off() end
