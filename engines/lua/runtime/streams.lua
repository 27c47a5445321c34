-- Streams as iterators: `for chunk in agent:stream(x) do`, with result() and close().

local codec = ...

local M = {}

-- The methods of the host's class Stream; set once the bindings are built.
M.methods = nil

-- Iterator object to {stream, items, at, done, closed}.
local states = setmetatable({}, { __mode = "k" })

local function state_of(self)
  local state = states[self]
  if not state then
    error("a stream is expected: call its methods with a colon", 3)
  end
  return state
end

local function advance(state)
  while state.at > #state.items do
    if state.done then
      return nil
    end
    local batch = M.methods.next(state.stream)
    state.items, state.at, state.done = batch.items, 1, batch.done
  end
  local item = state.items[state.at]
  state.at = state.at + 1
  return item
end

local function close(state)
  if not state.done and not state.closed then
    state.closed, state.done, state.items = true, true, {}
    M.methods.close(state.stream)
  end
end

local methods = {}

function methods.result(self)
  local state = state_of(self)
  while advance(state) ~= nil do end
  return M.methods.result(state.stream)
end

function methods.close(self)
  close(state_of(self))
end

local meta = {
  __name = "stream",
  __metatable = false,
  __index = methods,
  __newindex = function() error("attempt to change a stream", 2) end,
  __call = function(self) return advance(state_of(self)) end,
  __close = function(self) close(state_of(self)) end,
}

local function begin(stream)
  return { stream = stream, items = {}, at = 1, done = false, closed = false }
end

-- Returns what a generic `for` takes: the iterator and, fourth, what leaving the loop closes.
function M.open(stream)
  local self = setmetatable({}, meta)
  states[self] = begin(stream)
  codec.opaque[self] = "a stream"
  return self, nil, nil, self
end

-- Whether a value is a stream that still has something to give.
function M.is_unread(value)
  local state = states[value]
  return state ~= nil and not state.closed and not (state.done and state.at > #state.items)
end

-- Gives every piece to `receiver`; returns what the whole stream gave.
function M.feed(stream, receiver)
  local state = begin(stream)
  local guard <close> = setmetatable({}, { __close = function() close(state) end })
  for piece in advance, state do
    receiver(piece)
  end
  return M.methods.result(stream)
end

return M
