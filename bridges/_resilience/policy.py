"""What every policy is, what it counts, and how a run finds it by name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol

from bridges._declare import HostObject
from bridges._errors import LimitExceeded, NotFound, SpellError
from bridges._names import did_you_mean

if TYPE_CHECKING:
    from bridges._session import Session

Work = Callable[[], Awaitable[Any]]

CALLERS_FAULT = frozenset(
    {"invalid_argument", "permission_denied", "cancelled", "budget_exceeded", "replay_miss"}
)
"""Codes that say nothing about how well what was called is."""
NEVER_AGAIN = frozenset({"cancelled", "budget_exceeded", "replay_miss", "worker_crashed"})
"""Codes after which nothing else is tried, whatever a policy was told."""


class Policy(Protocol):
    """What goes around work; one event loop at a time."""

    kind: str

    async def run(self, work: Work) -> Any:
        """Returns what the work gives, as far as the policy lets it; cancelling cancels the work.

        work: begins the work; called once, several times or not at all
        """
        ...

    def stats(self) -> dict[str, Any]:
        """Returns counts since the start or the last reset, and the present state."""
        ...

    def reset(self) -> None:
        """Forgets what happened so far; work under way goes on."""
        ...


@dataclass
class Counts:
    """How often a policy was run, how that ended, and how many runs are under way."""

    calls: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    refused: int = 0
    running: int = 0

    async def run(self, work: Work) -> Any:
        """Returns what the work gives and counts it."""
        self.calls += 1
        self.running += 1
        try:
            result = await work()
        except SpellError:
            self.failed += 1
            raise
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        self.succeeded += 1
        return result

    def refuse(self) -> None:
        """Counts work that was not let in."""
        self.calls += 1
        self.refused += 1

    def clear(self) -> None:
        """Sets everything to zero but what is under way."""
        for each in fields(self):
            if each.name != "running":
                setattr(self, each.name, 0)

    def as_map(self) -> dict[str, Any]:
        """Returns the counts as plain data."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def refusal(message: str, limit: str, hint: str, retry_after: float | None = None) -> LimitExceeded:
    """Returns the error for work that a policy did not let in.

    limit: the policy's kind; retry_after: seconds after which it may be let in
    """
    details: dict[str, Any] = {"limit": limit}
    if retry_after is not None:
        details["retry_after"] = round(max(0.0, retry_after), 3)
    return LimitExceeded(message, hint=hint, retryable=True, details=details)


def is_named(error: SpellError, codes: frozenset[str]) -> bool:
    """Tells whether an error has one of the codes, and something can still be done about it."""
    return error.code in codes and error.code not in NEVER_AGAIN


class PolicyHandle(HostObject):
    """A policy as scripts hold it; the noun's own module adds the methods."""

    name = "Policy"
    policy: Policy


class Policies:
    """The policies of one run that have names."""

    def __init__(self, _session: Session) -> None:
        self._named: dict[str, PolicyHandle] = {}

    def add(self, name: str, handle: PolicyHandle) -> None:
        """Gives a policy a name; one that had it before is found no more."""
        self._named[name] = handle

    def find(self, name: str) -> PolicyHandle:
        """Returns a policy; an unknown name is NotFound with the nearest one."""
        found = self._named.get(name)
        if found is None:
            hint = did_you_mean(name, self._named) or "give a policy the option name"
            raise NotFound(f"there is no policy {name!r}", hint=hint)
        return found
