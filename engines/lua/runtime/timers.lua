-- Timers: futures ordered by when they are due, in a binary heap.

local host = ...

local M = {}
local heap, size = {}, 0

local function swap(i, j)
  heap[i], heap[j] = heap[j], heap[i]
end

-- Makes `future` due `seconds` from now. At every instant all others are in the heap: an interrupt
-- may strike in between.
function M.add(seconds, future)
  local item = { at = host.clock() + seconds, future = future }
  heap[size + 1] = item
  size = size + 1
  local i = size
  while i > 1 and item.at < heap[i // 2].at do
    heap[i] = heap[i // 2]
    i = i // 2
  end
  heap[i] = item
end

local function remove_first()
  heap[1] = heap[size]
  heap[size] = nil
  size = size - 1
  local i = 1
  while true do
    local least = i
    for child = 2 * i, math.min(2 * i + 1, size) do
      if heap[child].at < heap[least].at then
        least = child
      end
    end
    if least == i then
      return
    end
    swap(i, least)
    i = least
  end
end

-- Futures that are done already (their task was cancelled, or did not need the time) do not count.
local function drop_done()
  while size > 0 and heap[1].future.done do
    remove_first()
  end
end

-- Returns the seconds until the next timer, or nil when there is none.
function M.due_in()
  drop_done()
  if size == 0 then
    return nil
  end
  return math.max(heap[1].at - host.clock(), 0)
end

-- Removes and returns the futures that are due, in order.
function M.take_due()
  local due = {}
  drop_done()
  if size > 0 then
    local time = host.clock()
    while size > 0 and heap[1].at <= time do
      due[#due + 1] = heap[1].future
      remove_first()
    end
  end
  return due
end

return M
