"""The run's budget: what model calls may cost in money, tokens and requests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from bridges._errors import BudgetExceeded


@dataclass
class Budget:
    """Limits of a run (None is no limit) and what it has used.

    max_cost: US dollars; max_tokens: input and output tokens together; max_requests: model requests
    waiting: requests that have no answer yet
    parent: the budget of the run that started this one; it is charged as well
    """

    max_cost: Decimal | None = None
    max_tokens: int | None = None
    max_requests: int | None = None
    cost: Decimal = field(default=Decimal(0))
    input_tokens: int = 0
    output_tokens: int = 0
    requests: int = 0
    waiting: int = 0
    parent: Budget | None = None

    def check(self) -> None:
        """Raises BudgetExceeded when nothing is left for another request."""
        used = (
            ("max_cost", self.max_cost, self.cost, "US dollars"),
            ("max_tokens", self.max_tokens, self.input_tokens + self.output_tokens, "tokens"),
            ("max_requests", self.max_requests, self.requests + self.waiting, "requests"),
        )
        for name, limit, spent, unit in used:
            if limit is not None and spent >= limit:
                raise BudgetExceeded(
                    f"the budget of {limit} {unit} is used up ({spent} spent)",
                    hint=f"raise {name} under [budget], or pass --{name.replace('_', '-')}",
                )
        if self.parent:
            self.parent.check()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Checks the budget and counts a request as waiting while the body asks for its answer."""
        self.check()
        self._wait(1)
        try:
            yield
        finally:
            self._wait(-1)

    def _wait(self, change: int) -> None:
        self.waiting += change
        if self.parent:
            self.parent._wait(change)

    def add(self, input_tokens: int, output_tokens: int, cost: Decimal | None) -> None:
        """Charges one answered request; an unknown price costs nothing."""
        self.requests += 1
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
        self.cost += cost or Decimal(0)
        if self.parent:
            self.parent.add(input_tokens, output_tokens, cost)

    def tokens_left(self) -> int | None:
        """Returns how many tokens are left, or None without a limit."""
        own = None
        if self.max_tokens is not None:
            own = max(0, self.max_tokens - self.input_tokens - self.output_tokens)
        above = self.parent.tokens_left() if self.parent else None
        known = [left for left in (own, above) if left is not None]
        return min(known) if known else None
