
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
