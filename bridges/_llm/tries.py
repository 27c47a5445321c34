"""Deadlines and retries of one request: the only layer that retries."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from bridges._errors import SpellError, TimeLimit
from bridges._llm.failures import known, translate
from bridges._pauses import Pauses

if TYPE_CHECKING:
    from bridges._llm.names import ModelRef
    from bridges._session import Session

T = TypeVar("T")

FIRST_WAIT = 0.5
LONGEST_WAIT = 20.0
"""Seconds between tries when the provider names none: doubled each time, up to the longest."""


@dataclass(frozen=True)
class Policy:
    """How long a request may take, in seconds, and how often it is tried again.

    timeout: everything, retries and waits included
    first_byte: until a stream brings its first event; idle: between its events
    """

    timeout: float
    first_byte: float
    idle: float
    retries: int


def policy_of(session: Session, settings: dict[str, Any]) -> Policy:
    """Returns the policy of a request and removes `timeout` and `max_retries` from its settings."""
    models = session.models
    timeout = settings.pop("timeout", None)
    retries = settings.pop("max_retries", None)
    return Policy(
        models.timeout if timeout is None else timeout,
        models.first_byte,
        models.idle,
        models.retries if retries is None else retries,
    )


class Request:
    """One request on its way: its deadline, and its tries.

    A spell that takes its time over a stream because it is held loses none of the request's.
    """

    def __init__(self, session: Session, ref: ModelRef, policy: Policy) -> None:
        self._log = session.log
        self._ref = ref
        self.policy = policy
        self._loop = asyncio.get_running_loop()
        self.started = self._loop.time()
        self._pauses: Pauses = session.shared(Pauses)
        self._lost: float = self._pauses.lost

    @property
    def deadline(self) -> float:
        """The loop's time at which the request has to be over."""
        return self.started + self.policy.timeout + self._pauses.lost - self._lost

    def seconds(self) -> float:
        """Returns how long it has been running."""
        return self._loop.time() - self.started

    async def run(self, call: Callable[[], Awaitable[T]], within: float | None = None) -> T:
        """Returns what `call` gives, trying again after failures that may pass.

        within: seconds that one try may take
        """
        tried = 0
        while True:
            try:
                return await self.bounded(call(), within)
            except SpellError as failure:
                wait = self._wait(failure, tried)
                if wait is None:
                    raise
                tried += 1
                self._log.write(
                    "info",
                    f"trying again in {wait:.1f} s: {failure.message}",
                    {"model": self._ref.name, "try": tried + 1},
                )
            await asyncio.sleep(wait)

    async def bounded(self, work: Awaitable[T], within: float | None, what: str = "answer") -> T:
        """Awaits a part of the request; its errors are translated, too much time is TimeLimit."""
        own = self.deadline if within is None else self._loop.time() + within
        try:
            async with asyncio.timeout_at(min(own, self.deadline)) as clock:
                return await work
        except TimeoutError as error:
            if not clock.expired():
                raise translate(error, self._ref.name) from error
            raise self._too_slow(own < self.deadline, within, what) from None
        except known() as error:
            raise translate(error, self._ref.name, self._ref.server.key_hint) from error

    def _too_slow(self, is_part: bool, within: float | None, what: str) -> TimeLimit:
        seconds = within if is_part else self.policy.timeout
        limit = "" if is_part else " in all"
        return TimeLimit(
            f"{self._ref.name} did not {what} within {seconds:g} seconds{limit}",
            hint="" if is_part else "give it more time with the option `timeout`",
            details={"model": self._ref.name},
        )

    def _wait(self, failure: SpellError, tried: int) -> float | None:
        """Returns the seconds to wait before the next try, or None when there is none."""
        if not failure.retryable or tried >= self.policy.retries:
            return None
        asked = failure.details.get("retry_after")
        if isinstance(asked, (int, float)):
            wait = float(asked)
        else:
            # Jitter, so that requests that failed together do not come back together.
            wait = min(FIRST_WAIT * 2**tried, LONGEST_WAIT) * random.uniform(0.5, 1.0)
        return wait if self._loop.time() + wait < self.deadline else None
