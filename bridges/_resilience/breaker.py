"""Circuit breakers: what fails again and again is left alone for a while.

Of the kept libraries, purgatory knows neither a window, nor several trial calls, nor a clock that
tests can set; pyresilience lets any number of trial calls through and counts calls, not time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal

from bridges._errors import SpellError
from bridges._resilience.policy import CALLERS_FAULT, Counts, Work, is_named, refusal

State = Literal["closed", "open", "half_open"]


@dataclass
class Ticket:
    """One call that a breaker let through; `era` tells which of its states did."""

    era: int
    is_trial: bool
    is_out: bool = False


@dataclass
class Breaker:
    """Opens after `failures` failures within `within` seconds, and lets nothing through then.

    After `cool_down` seconds it is half open: `half_open` calls may try at a time, and as many have
    to succeed until it closes; the first that fails opens it again. What a call says that was let
    through in an earlier state counts for nothing.
    """

    failures: int = 5
    within: float = 60.0
    cool_down: float = 30.0
    half_open: int = 1
    clock: Callable[[], float] = monotonic
    _failed: deque[float] = field(init=False)
    _open_until: float | None = field(default=None, init=False)
    _trials: int = field(default=0, init=False)
    _passed: int = field(default=0, init=False)
    _era: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._failed = deque(maxlen=self.failures)

    @property
    def state(self) -> State:
        """What it does now."""
        if self._open_until is None:
            return "closed"
        return "open" if self.clock() < self._open_until else "half_open"

    def wait(self) -> float | None:
        """Returns None when a call would be let through, else the seconds until one may be."""
        if self._open_until is None:
            return None
        left = self._open_until - self.clock()
        if left > 0:
            return left
        return None if self._trials < self.half_open else 0.0

    def enter(self) -> Ticket | None:
        """Lets a call through, or returns None."""
        if self.wait() is not None:
            return None
        is_trial = self._open_until is not None
        self._trials += is_trial
        return Ticket(self._era, is_trial)

    def succeeded(self, ticket: Ticket) -> None:
        """Notes that a call went well."""
        if self._counts(ticket) and ticket.is_trial:
            self._passed += 1
            if self._passed >= self.half_open:
                self.close()

    def failed(self, ticket: Ticket) -> None:
        """Notes that a call failed."""
        if not self._counts(ticket):
            return
        if ticket.is_trial:
            self.trip(self.cool_down)
            return
        now = self.clock()
        self._failed.append(now)
        if len(self._failed) == self.failures and now - self._failed[0] <= self.within:
            self.trip(self.cool_down)

    def cancelled(self, ticket: Ticket) -> None:
        """Notes that nobody waited for a call's end: as if it had not been made."""
        self._counts(ticket)

    def trip(self, seconds: float) -> None:
        """Lets nothing through for so long, and trials after that."""
        self._begin()
        self._open_until = self.clock() + seconds

    def close(self) -> None:
        """Lets everything through, with no failure known."""
        self._begin()
        self._open_until = None

    def _begin(self) -> None:
        self._era += 1
        self._trials = self._passed = 0
        self._failed.clear()

    def _counts(self, ticket: Ticket) -> bool:
        """Takes a call out, once, and tells whether what it says still matters."""
        if ticket.is_out or ticket.era != self._era:
            return False
        ticket.is_out = True
        self._trials -= ticket.is_trial
        return True


@dataclass
class CircuitBreaker:
    """A breaker around work.

    on: codes of errors that count as failures; None means all but those that are the caller's fault
    """

    breaker: Breaker = field(default_factory=Breaker)
    on: frozenset[str] | None = None
    kind: str = field(default="circuit_breaker", init=False)
    _calls: Counts = field(default_factory=Counts, init=False)

    async def run(self, work: Work) -> Any:
        """Returns what the work gives, where it is let through."""
        ticket = self.breaker.enter()
        if ticket is None:
            self._calls.refuse()
            raise refusal(
                "the circuit breaker is open: what it guards failed too often",
                self.kind,
                "try again later",
                self.breaker.wait(),
            )
        try:
            result = await self._calls.run(work)
            self.breaker.succeeded(ticket)
        except SpellError as error:
            if self._is_failure(error):
                self.breaker.failed(ticket)
            raise
        finally:
            # Nothing any more, unless it was cancelled or failed by its caller's fault.
            self.breaker.cancelled(ticket)
        return result

    def _is_failure(self, error: SpellError) -> bool:
        if self.on is None:
            return error.code not in CALLERS_FAULT
        return is_named(error, self.on)

    def stats(self) -> dict[str, Any]:
        """Returns the counts, the state, and the seconds until calls are let through again."""
        found = {**self._calls.as_map(), "state": self.breaker.state}
        wait = self.breaker.wait()
        return found if wait is None else {**found, "retry_after": round(wait, 3)}

    def reset(self) -> None:
        """Closes it and sets the counts to zero."""
        self.breaker.close()
        self._calls.clear()
