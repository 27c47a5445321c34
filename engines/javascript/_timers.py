"""The clock of a spell's timers."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from time import monotonic

MAX_TIMERS = 10_000


class Timers:
    """Timers by number, each due once."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, int]] = []
        self._due_at: dict[int, tuple[float, int, int]] = {}
        self._order = 0

    def __len__(self) -> int:
        return len(self._due_at)

    def start(self, number: int, milliseconds: float) -> bool:
        """Starts or restarts a timer; returns False when there are too many."""
        if len(self._due_at) >= MAX_TIMERS and number not in self._due_at:
            return False
        self._order += 1
        entry = (monotonic() + milliseconds / 1000, self._order, number)
        self._due_at[number] = entry
        heappush(self._heap, entry)
        return True

    def stop(self, number: int) -> None:
        """Forgets a timer."""
        self._due_at.pop(number, None)
        if len(self._heap) > 64 + 2 * len(self._due_at):
            self._heap = list(self._due_at.values())
            heapify(self._heap)

    def take_due(self) -> list[int]:
        """Returns the numbers of the timers whose time has come, in order, and forgets them."""
        due, now = [], monotonic()
        while self._heap and self._heap[0][0] <= now:
            entry = heappop(self._heap)
            if self._due_at.get(entry[2]) == entry:
                del self._due_at[entry[2]]
                due.append(entry[2])
        return due

    def wait(self) -> float | None:
        """Returns the seconds until the next timer, or None when there is none."""
        while self._heap and self._due_at.get(self._heap[0][2]) != self._heap[0]:
            heappop(self._heap)
        return max(0.0, self._heap[0][0] - monotonic()) if self._heap else None
