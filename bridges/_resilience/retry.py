"""Trying again; the only module that knows tenacity."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bridges._errors import SpellError, TimeLimit
from bridges._resilience.policy import NEVER_AGAIN, Counts, Work, is_named

if TYPE_CHECKING:
    from tenacity import RetryCallState

Limit = Callable[[float | None], AbstractAsyncContextManager[asyncio.Timeout]]
"""`asyncio.timeout`, or what stands in for it."""
MOST_DOUBLINGS = 60
"""Waits grow no further after so many attempts: numbers stay numbers."""


@dataclass
class Retry:
    """Tries again after failures that may pass.

    attempts: how often at most, the first included
    delay: seconds before the second attempt; each further wait is `backoff` times the one before,
        `max_delay` at most; `jitter` is the share of a wait that is left to chance, 0 to 1
    on: codes of errors that are tried again; None means errors that say they are retryable
    timeout: seconds for everything, waits included; a wait that would last longer is not begun
    A `retry_after` in an error's details is waited for, where it is longer.
    """

    attempts: int = 3
    delay: float = 0.5
    backoff: float = 2.0
    max_delay: float = 20.0
    jitter: float = 0.5
    on: frozenset[str] | None = None
    timeout: float | None = None
    limit: Limit = asyncio.timeout
    kind: str = field(default="retry", init=False)
    _counts: Counts = field(default_factory=Counts, init=False)
    _retried: int = field(default=0, init=False)

    async def run(self, work: Work) -> Any:
        """Returns what the first attempt gives that succeeds; the last one's error is raised."""
        return await self._counts.run(lambda: self._run(work))

    async def _run(self, work: Work) -> Any:
        from tenacity import AsyncRetrying, retry_if_exception

        async def attempt() -> Any:  # tenacity awaits nothing but coroutine functions
            return await work()

        try:
            async with self.limit(self.timeout) as clock:
                # One object a run: it holds the state of the attempts.
                retrying = AsyncRetrying(
                    retry=retry_if_exception(self._may_pass),
                    wait=self._wait,
                    stop=lambda state: self._is_over(state, clock),
                    before_sleep=self._note,
                    sleep=asyncio.sleep,
                    reraise=True,
                )
                return await retrying(attempt)
        except TimeoutError:
            if not clock.expired():
                raise
            raise TimeLimit(
                f"there was no success within {self.timeout:g} seconds",
                hint="raise the option timeout",
            ) from None

    def _may_pass(self, error: BaseException) -> bool:
        if not isinstance(error, SpellError):
            return False
        if self.on is None:
            return error.retryable and error.code not in NEVER_AGAIN
        return is_named(error, self.on)

    def _wait(self, state: RetryCallState) -> float:
        steps = min(state.attempt_number - 1, MOST_DOUBLINGS)
        wait = min(self.delay * self.backoff**steps, self.max_delay)
        wait *= random.uniform(1.0 - self.jitter, 1.0)
        failure = state.outcome.exception() if state.outcome else None
        asked = failure.details.get("retry_after") if isinstance(failure, SpellError) else None
        is_wait = isinstance(asked, (int, float)) and not isinstance(asked, bool)
        return max(wait, float(asked)) if is_wait else wait  # type: ignore[arg-type]

    def _is_over(self, state: RetryCallState, clock: asyncio.Timeout) -> bool:
        if state.attempt_number >= self.attempts:
            return True
        end = clock.when()
        now = asyncio.get_running_loop().time()
        return end is not None and now + state.upcoming_sleep >= end

    def _note(self, _state: RetryCallState) -> None:
        self._retried += 1

    def stats(self) -> dict[str, Any]:
        """Returns the counts, and how often something was tried again."""
        return {**self._counts.as_map(), "retried": self._retried}

    def reset(self) -> None:
        """Sets the counts to zero."""
        self._counts.clear()
        self._retried = 0
