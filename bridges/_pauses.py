"""Time limits of host calls that stand still while a debugger holds the spell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridges._session import Session


class Pauses:
    """The limits of one run on what waits for the spell's own code, among other things."""

    def __init__(self, _session: Session) -> None:
        self._limits: set[asyncio.Timeout] = set()
        self._left: dict[asyncio.Timeout, float] = {}
        self._since: float | None = None
        self._lost = 0.0

    @property
    def lost(self) -> float:
        """Seconds that the spell has been held so far."""
        return self._lost + (0.0 if self._since is None else monotonic() - self._since)

    @asynccontextmanager
    async def limit(self, seconds: float | None) -> AsyncIterator[asyncio.Timeout]:
        """Limits what happens inside as `asyncio.timeout` does; the spell's pauses do not count."""
        if seconds is None:
            yield asyncio.timeout(None)  # not entered: most steps and calls have no limit of theirs
            return
        async with asyncio.timeout(seconds) as limit:
            self._limits.add(limit)
            try:
                yield limit
            finally:
                self._limits.discard(limit)
                self._left.pop(limit, None)

    def hold(self) -> None:
        """Stops the limits under way. One that begins now is that of an evaluation, and counts."""
        if self._since is not None:
            return
        self._since = monotonic()
        now = asyncio.get_running_loop().time()
        for limit in self._limits:
            at = limit.when()
            if at is not None and not limit.expired():
                self._left[limit] = at - now
                limit.reschedule(None)

    def go_on(self) -> None:
        """Has the limits go on from where they stopped."""
        if self._since is None:
            return
        self._lost, self._since = self.lost, None
        now = asyncio.get_running_loop().time()
        for limit, left in self._left.items():
            limit.reschedule(now + left)
        self._left.clear()
