"""The time limit of a run, which stands still while a debugger holds the spell."""

from __future__ import annotations

import math
from time import monotonic


class Clock:
    """Counts down from the limit.

    seconds: until the deadline; infinity is no limit
    """

    def __init__(self, seconds: float) -> None:
        self._deadline = monotonic() + seconds
        self._left: float | None = None

    @property
    def deadline(self) -> float:
        """Monotonic seconds at which time is up; infinity while the clock stands still."""
        return self._deadline if self._left is None else math.inf

    def set(self, seconds: float) -> None:
        """Counts down from `seconds` again."""
        self._deadline, self._left = monotonic() + seconds, None

    def pause(self) -> None:
        """Stands still until `go_on`."""
        if self._left is None:
            self._left = self._deadline - monotonic()

    def go_on(self) -> None:
        """Counts on from where it stood still."""
        if self._left is not None:
            self._deadline, self._left = monotonic() + self._left, None
