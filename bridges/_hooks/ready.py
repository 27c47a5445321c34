"""Hooks that come with the program: logging, metrics, cost, rate limit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from bridges._errors import InvalidArgument

if TYPE_CHECKING:
    from bridges._hooks.passages import Shown
    from bridges._log import Log

Asked = dict[str, "Callable[[Shown], Awaitable[Any]]"]
"""What a ready hook does, by when it is asked."""
MOST_ROWS = 1_000
OTHERS = "(others)"
"""Under which metrics count what has no row of its own: scripts may make up any names."""
MOST_A_WINDOW = 100_000


class Logging:
    """Writes a line to the log at the end of everything."""

    def __init__(self, log: Log, level: str) -> None:
        self._log = log
        self._level = level

    def asked(self) -> Asked:
        """Returns what it does."""
        return {"after": self._after, "error": self._error}

    def stats(self) -> dict[str, Any]:
        """Returns what it knows."""
        return {}

    async def _after(self, shown: Shown) -> None:
        self._log.write(self._level, "done", self._fields(shown))

    async def _error(self, shown: Shown) -> None:
        error = shown["error"]
        fields = {**self._fields(shown), "code": error["code"]}
        self._log.write("warn", f"failed: {error['message']}", fields)

    def _fields(self, shown: Shown) -> dict[str, Any]:
        found = {"point": shown["point"], "name": shown["name"]}
        if "duration" in shown:
            found["seconds"] = round(shown["duration"], 3)
        return found


@dataclass
class Row:
    """What was done under one name."""

    count: int = 0
    failed: int = 0
    seconds: float = 0.0
    longest: float = 0.0

    def add(self, seconds: float, failed: bool) -> None:
        """Counts one more."""
        self.count += 1
        self.failed += failed
        self.seconds += seconds
        self.longest = max(self.longest, seconds)


class Metrics:
    """Counts what is done, and how long it takes."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Row] = {}

    def asked(self) -> Asked:
        """Returns what it does."""
        return {"after": self._after, "error": self._error}

    def stats(self) -> dict[str, Any]:
        """Returns what it knows."""
        rows = [
            {"point": point, "name": name, **vars(row)} for (point, name), row in self._rows.items()
        ]
        return {"rows": rows}

    async def _after(self, shown: Shown) -> None:
        self._add(shown, failed=False)

    async def _error(self, shown: Shown) -> None:
        self._add(shown, failed=True)

    def _add(self, shown: Shown, failed: bool) -> None:
        key = shown["point"], shown["name"]
        if key not in self._rows and len(self._rows) >= MOST_ROWS:
            key = shown["point"], OTHERS
        self._rows.setdefault(key, Row()).add(shown.get("duration", 0.0), failed)


@dataclass
class Cost:
    """Denies requests to models when enough has been spent; what is under way is not stopped."""

    max_cost: float | None
    max_requests: int | None
    spent: float = 0.0
    requests: int = 0

    def asked(self) -> Asked:
        """Returns what it does."""
        return {"before": self._before, "after": self._after}

    def stats(self) -> dict[str, Any]:
        """Returns what it knows."""
        return {"cost": self.spent, "requests": self.requests}

    async def _before(self, _shown: Shown) -> dict[str, Any] | None:
        if self.max_requests is not None and self.requests >= self.max_requests:
            return {"deny": f"{self.max_requests} requests have been made"}
        if self.max_cost is not None and self.spent >= self.max_cost:
            return {"deny": f"${self.spent:.4f} of ${self.max_cost:g} have been spent"}
        self.requests += 1
        return None

    async def _after(self, shown: Shown) -> None:
        self.spent += shown["result"].get("cost", 0.0)


@dataclass
class RateLimit:
    """Lets so many begin within a time; more wait for their turn, or are denied."""

    count: int
    window: float
    is_waiting: bool
    waited: float = 0.0
    _turns: deque[float] = field(default_factory=deque)

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST_A_WINDOW:
            raise InvalidArgument(
                f"Hook.rate_limit: the limit must be 1 to {MOST_A_WINDOW}, got {self.count}"
            )

    def asked(self) -> Asked:
        """Returns what it does."""
        return {"before": self._before}

    def stats(self) -> dict[str, Any]:
        """Returns what it knows."""
        return {"waited": self.waited}

    async def _before(self, _shown: Shown) -> dict[str, Any] | None:
        now = monotonic()
        at = now
        if len(self._turns) >= self.count:
            at = max(now, self._turns[0] + self.window)
        if at > now and not self.is_waiting:
            return {"deny": f"more than {self.count} within {self.window:g} seconds"}
        # The turn is taken before the wait: who comes later waits behind it.
        if len(self._turns) >= self.count:
            self._turns.popleft()
        self._turns.append(at)
        self.waited += at - now
        await asyncio.sleep(at - now)
        return None
