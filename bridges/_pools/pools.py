"""Pools of models: what they are made of, and how well their members are; no model is loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridges._errors import (
    InvalidArgument,
    LimitExceeded,
    ModelNotFound,
    ProviderAuth,
    ProviderRateLimited,
    ProviderUnavailable,
    SpellError,
    TimeLimit,
)
from bridges._names import did_you_mean
from bridges._pools.specs import PoolMember, PoolSpec
from bridges._resilience.breaker import Breaker, Ticket

if TYPE_CHECKING:
    from bridges._session import Session

PROVIDER = "pool"
"""What stands before a pool's name where a model is named."""
POOL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
MOST_POOLS = 1000
MOST_MEMBERS = 32
MOST_ASKED = 32
"""Answers that one request may ask for."""
ABILITIES = ("tools", "schema", "images", "thinking")
LONGEST_REST = 3600.0
"""Seconds that a provider can have a member left alone for."""
SMOOTHING = 0.3
"""Share that the newest answer has in the time a member takes."""


def pool_of(options: Mapping[str, Any], where: str) -> PoolSpec:
    """Reads a pool's options; raises InvalidArgument.

    options: the fields of PoolSpec, members as names or maps with the fields of PoolMember
    where: what messages begin with
    """
    name = options["name"]
    if not POOL_NAME.fullmatch(name):
        raise InvalidArgument(
            f"{where}: {name!r} cannot be the name of a pool",
            hint="use up to 64 letters, digits, _, - and .",
        )
    members = tuple(_member(part, where) for part in options["members"])
    spec = PoolSpec(**{**options, "members": members})
    _check_members(spec, where)
    _check_numbers(spec, where)
    return spec


def _member(part: Any, where: str) -> PoolMember:
    if isinstance(part, str):
        return PoolMember(part)
    given = dict(part)
    if "capabilities" in given:
        given["capabilities"] = frozenset(given["capabilities"])
        for word in given["capabilities"]:
            if word not in ABILITIES:
                raise InvalidArgument(
                    f"{where}: {word!r} is no capability", hint=f"known are {', '.join(ABILITIES)}"
                )
    member = PoolMember(**given)
    if not 0 < member.weight <= 1000:
        raise InvalidArgument(f"{where}: weight must be above 0, and 1000 at most")
    if member.cost is not None and not 0 <= member.cost < 1e9:
        raise InvalidArgument(f"{where}: cost must not be negative, got {member.cost}")
    return member


def _check_members(spec: PoolSpec, where: str) -> None:
    if not spec.members:
        raise InvalidArgument(f"{where}: the pool {spec.name!r} has no members")
    if len(spec.members) > MOST_MEMBERS:
        raise InvalidArgument(f"{where}: a pool may have {MOST_MEMBERS} members at most")
    if spec.judge is not None and spec.strategy != "consensus":
        raise InvalidArgument(f"{where}: only the strategy consensus has a judge")


def _check_numbers(spec: PoolSpec, where: str) -> None:
    asked = spec.asked
    for name, value, most in (
        ("ask", spec.ask, MOST_ASKED),
        ("quorum", spec.quorum, asked),
        ("failures", spec.failures, 1000),
    ):
        if value is not None and not 1 <= value <= most:
            raise InvalidArgument(f"{where}: {name} must be from 1 to {most}, got {value}")
    for name, seconds in (
        ("hedge_after", spec.hedge_after),
        ("member_timeout", spec.member_timeout),
        ("cool_down", spec.cool_down),
    ):
        if seconds is not None and not 0 < seconds < 1e9:
            raise InvalidArgument(f"{where}: {name} must be more than 0, got {seconds}")


class Pools:
    """The pools of one run: those it makes, those of the configuration, and its callers'."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._own: dict[str, PoolSpec] = {}

    def add(self, spec: PoolSpec, where: str) -> None:
        """Gives a pool to the run; one of that name made before is no longer found.

        Raises ModelNotFound for a member that there is not, InvalidArgument for members that are
        the same, or that lead back to the pool.
        """
        before = self._own.get(spec.name)
        if before is None and len(self._own) >= MOST_POOLS:
            raise LimitExceeded(f"the spell has more than {MOST_POOLS} pools")
        self._own[spec.name] = spec
        try:
            self.check(spec, where)
        except SpellError:
            del self._own[spec.name]
            if before is not None:
                self._own[spec.name] = before
            raise

    def names(self) -> list[str]:
        """Returns the names of all pools."""
        found = {**dict.fromkeys(self._session.models.pools), **dict.fromkeys(self._own)}
        if self._session.caller is not None:
            above: Pools = self._session.caller.shared(Pools)
            found = {**dict.fromkeys(above.names()), **found}
        return list(found)

    def find(self, name: str) -> PoolSpec:
        """Returns a pool; an unknown name is ModelNotFound with the nearest one."""
        spec = self._find(name)
        if spec is None:
            hint = did_you_mean(name, self.names()) or "make one with Model.pool"
            raise ModelNotFound(f"there is no pool {name!r}", hint=hint)
        return spec

    def _find(self, name: str) -> PoolSpec | None:
        found = self._own.get(name) or self._session.models.pools.get(name)
        if found is None and self._session.caller is not None:
            above: Pools = self._session.caller.shared(Pools)
            found = above._find(name)
        return found

    def check(self, spec: PoolSpec, where: str) -> None:
        """Raises what is wrong with the names in a pool, as it would be asked now."""
        from bridges._llm.names import full_name

        names = [full_name(self._session, member.model) for member in spec.members]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InvalidArgument(f"{where}: {twice} is in the pool {spec.name!r} twice")
        self._check_circle(spec, [spec.name], where)

    def _check_circle(self, spec: PoolSpec, way: list[str], where: str) -> None:
        from bridges._llm.names import full_name, split

        judge = [spec.judge] if isinstance(spec.judge, str) else []
        for model in [*(member.model for member in spec.members), *judge]:
            provider, name = split(full_name(self._session, model))
            if provider != PROVIDER:
                continue
            if name in way:
                circle = " -> ".join([*way, name])
                raise InvalidArgument(f"{where}: pools go in a circle: {circle}")
            self._check_circle(self.find(name), [*way, name], where)


@dataclass
class Health:
    """How well one model has answered as a member of pools.

    latency: seconds its answers took, the newest counting most
    in_vain: seconds that it was waited for since its last answer, until nobody did any more
    """

    model: str
    breaker: Breaker
    requests: int = 0
    failures: int = 0
    latency: float | None = None
    in_vain: float = 0.0
    last_error: str = ""
    is_known_bad: bool = False

    def succeeded(self, ticket: Ticket, seconds: float) -> None:
        """Notes an answer."""
        self.breaker.succeeded(ticket)
        self.requests += 1
        self.is_known_bad = False
        self.in_vain = 0.0
        before = seconds if self.latency is None else self.latency
        self.latency = before + SMOOTHING * (seconds - before)

    def given_up(self, seconds: float) -> None:
        """Notes that nobody waited any longer: an answer would have taken more than this."""
        self.in_vain = max(self.in_vain, seconds)

    def slowness(self) -> float:
        """Returns the seconds that an answer may take; 0 where nobody knows."""
        return max(self.latency or 0.0, self.in_vain)

    def failed(self, ticket: Ticket, error: SpellError) -> None:
        """Notes a failure; what needs a person, or names a time, has the model left alone now."""
        self.requests += 1
        self.failures += 1
        self.last_error = error.message
        asked = error.details.get("retry_after")
        if isinstance(error, (ProviderAuth, ModelNotFound)):
            self.breaker.trip(self.breaker.cool_down)
        elif isinstance(asked, (int, float)) and error.retryable:
            self.breaker.trip(max(0.0, min(float(asked), LONGEST_REST)))
        elif isinstance(error, (ProviderRateLimited, ProviderUnavailable, TimeLimit)):
            self.breaker.failed(ticket)
        else:
            # The request did not suit it; others may.
            self.breaker.cancelled(ticket)

    def record(self) -> dict[str, Any]:
        """Returns the fields of `ModelHealth`."""
        wait = self.breaker.wait()
        return {
            "model": self.model,
            "state": self.breaker.state,
            "requests": self.requests,
            "failures": self.failures,
            "latency": None if self.latency is None else round(self.latency, 6),
            "last_error": self.last_error or None,
            "retry_after": None if wait is None else round(wait, 3),
        }


class Healths:
    """How well the members of all pools of a run are; spells that it runs add to the same."""

    def __init__(self, session: Session) -> None:
        self._known: dict[str, Health] = {}
        if session.caller is not None:
            above: Healths = session.caller.shared(Healths)
            self._known = above._known

    def of(self, model: str, spec: PoolSpec) -> Health:
        """Returns a member's health; the pool that has it first decides when it is left alone."""
        if model not in self._known:
            breaker = Breaker(spec.failures, spec.cool_down * 2, spec.cool_down)
            self._known[model] = Health(model, breaker)
        return self._known[model]

    def records(self) -> list[dict[str, Any]]:
        """Returns what is known of every member."""
        return [health.record() for health in self._known.values()]


def all_failed(name: str, failures: list[tuple[str, SpellError]]) -> ProviderUnavailable:
    """Returns the error for a request that no member of a pool has answered."""
    said = "; ".join(f"{model}: {error.message}" for model, error in failures)
    details: dict[str, Any] = {
        "pool": name,
        "failures": [
            {"model": model, "code": error.code, "message": error.message}
            for model, error in failures
        ],
    }
    waits = [error.details.get("retry_after") for _, error in failures if error.retryable]
    known = [wait for wait in waits if isinstance(wait, (int, float))]
    if known and len(known) == len(waits):
        details["retry_after"] = min(known)
    return ProviderUnavailable(
        f"no model of the pool {name!r} answered: {said}",
        retryable=any(error.retryable for _, error in failures),
        hint="details.failures has each member's reason",
        details=details,
    )
