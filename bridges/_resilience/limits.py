"""Limits on time, on how many a second, on how many at once; the only one to know aiolimiter."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bridges._errors import TimeLimit
from bridges._resilience.policy import Counts, Work, refusal
from bridges._resilience.retry import Limit

if TYPE_CHECKING:
    from aiolimiter import AsyncLimiter


@dataclass
class Timeout:
    """Cancels work that takes longer than so many seconds; the error is TimeLimit."""

    seconds: float
    limit: Limit = asyncio.timeout
    kind: str = field(default="timeout", init=False)
    _counts: Counts = field(default_factory=Counts, init=False)

    async def run(self, work: Work) -> Any:
        """Returns what the work gives in time."""
        return await self._counts.run(lambda: self._run(work))

    async def _run(self, work: Work) -> Any:
        try:
            async with self.limit(self.seconds) as clock:
                return await work()
        except TimeoutError:
            if not clock.expired():
                raise
            raise TimeLimit(
                f"it took longer than {self.seconds:g} seconds", hint="raise the option seconds"
            ) from None

    def stats(self) -> dict[str, Any]:
        """Returns the counts."""
        return self._counts.as_map()

    def reset(self) -> None:
        """Sets the counts to zero."""
        self._counts.clear()


@dataclass
class RateLimit:
    """Lets so many runs a second begin.

    rate: runs a second; burst: how many may begin at once after a quiet time
    wait: whether further ones wait for their turn; else they are refused
    """

    rate: float
    burst: int = 1
    wait: bool = True
    kind: str = field(default="rate_limit", init=False)
    _counts: Counts = field(default_factory=Counts, init=False)
    _waiting: int = field(default=0, init=False)
    _bucket: AsyncLimiter | None = field(default=None, init=False)

    async def run(self, work: Work) -> Any:
        """Returns what the work gives once its turn has come."""
        if self._bucket is None:
            self._bucket = self._new_bucket()
        bucket = self._bucket
        if not self.wait and not bucket.has_capacity():
            self._counts.refuse()
            raise refusal(
                f"there were more calls than {self.rate:g} a second",
                self.kind,
                "wait, or set the option wait",
                1.0 / self.rate,
            )
        self._waiting += 1
        try:
            await bucket.acquire()
        finally:
            self._waiting -= 1
        return await self._counts.run(work)

    def _new_bucket(self) -> AsyncLimiter:
        from aiolimiter import AsyncLimiter

        return AsyncLimiter(self.burst, self.burst / self.rate)

    def stats(self) -> dict[str, Any]:
        """Returns the counts, and how many wait."""
        return {**self._counts.as_map(), "waiting": self._waiting}

    def reset(self) -> None:
        """Sets the counts to zero; the rate still holds."""
        self._counts.clear()


@dataclass
class Bulkhead:
    """Runs so many at a time; so many more may wait in a row, the rest is refused."""

    max_concurrent: int
    max_waiting: int = 1000
    kind: str = field(default="bulkhead", init=False)
    _counts: Counts = field(default_factory=Counts, init=False)
    _waiting: int = field(default=0, init=False)
    _places: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.max_concurrent)

    async def run(self, work: Work) -> Any:
        """Returns what the work gives once there is a place for it."""
        if self._places.locked() and self._waiting >= self.max_waiting:
            self._counts.refuse()
            raise refusal(
                f"{self.max_concurrent} calls are at work and {self._waiting} wait, which is all "
                "that may",
                self.kind,
                "start fewer at a time, or raise max_concurrent or max_waiting",
            )
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            return await self._counts.run(work)
        finally:
            self._places.release()

    def stats(self) -> dict[str, Any]:
        """Returns the counts, and how many wait."""
        return {**self._counts.as_map(), "waiting": self._waiting}

    def reset(self) -> None:
        """Sets the counts to zero; those at work keep their places."""
        self._counts.clear()
