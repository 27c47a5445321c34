"""Policies made of others, and what is given where work failed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bridges._errors import SpellError
from bridges._resilience.policy import NEVER_AGAIN, Counts, Policy, Work, is_named


@dataclass
class Fallback:
    """Gives something else where work fails.

    instead: makes it from the error
    on: codes of errors it stands in for; None means every one about which something can be done
    """

    instead: Callable[[SpellError], Awaitable[Any]]
    on: frozenset[str] | None = None
    kind: str = field(default="fallback", init=False)
    _counts: Counts = field(default_factory=Counts, init=False)
    _used: int = field(default=0, init=False)

    async def run(self, work: Work) -> Any:
        """Returns what the work gives, or what stands in for it."""
        try:
            return await self._counts.run(work)
        except SpellError as error:
            wanted = error.code not in NEVER_AGAIN if self.on is None else is_named(error, self.on)
            if not wanted:
                raise
            self._used += 1
            return await self.instead(error)

    def stats(self) -> dict[str, Any]:
        """Returns the counts, and how often something else was given."""
        return {**self._counts.as_map(), "fallbacks": self._used}

    def reset(self) -> None:
        """Sets the counts to zero."""
        self._counts.clear()
        self._used = 0


@dataclass
class Combined:
    """Policies inside one another, the first outermost."""

    policies: tuple[Policy, ...]
    kind: str = field(default="combined", init=False)
    _counts: Counts = field(default_factory=Counts, init=False)

    async def run(self, work: Work) -> Any:
        """Returns what the work gives inside all of them."""
        for policy in reversed(self.policies):
            work = partial(policy.run, work)
        return await self._counts.run(work)

    def stats(self) -> dict[str, Any]:
        """Returns the counts of the whole."""
        return self._counts.as_map()

    def reset(self) -> None:
        """Resets the whole and every part."""
        self._counts.clear()
        for policy in self.policies:
            policy.reset()
