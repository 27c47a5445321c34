"""Policies for functions that may fail: retries, limits, circuit breakers, fallbacks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Required, TypedDict

from bridges._declare import NOTHING, Bridge, host_function
from bridges._errors import BY_CODE, InvalidArgument, SpellError
from bridges._names import did_you_mean
from bridges._pauses import Pauses
from bridges._resilience.breaker import Breaker, CircuitBreaker
from bridges._resilience.combine import Combined, Fallback
from bridges._resilience.limits import Bulkhead, RateLimit, Timeout
from bridges._resilience.policy import NEVER_AGAIN, Policies, Policy, PolicyHandle
from bridges._resilience.retry import Retry
from bridges._types import Callback, Duration

if TYPE_CHECKING:
    from bridges._session import Session

MOST_ATTEMPTS = 1000
MOST_AT_ONCE = 100_000
LEAST_RATE, MOST_RATE = 1e-6, 1e9
"""Calls per second: what is less than one in eleven days, or more than a clock tells apart."""
MOST_PARTS = 20
"""Policies in one combination, those of its parts included."""


class RetryPolicyOptions(TypedDict, total=False):
    """When something is tried again.

    name: What `Resilience.get` finds the policy by
    attempts: How often it is tried at most, the first time included; 3 unless set
    delay: Wait before the second attempt; 0.5 seconds unless set
    backoff: What each further wait is multiplied by; 2 unless set
    max_delay: The longest wait, unless the error asks for a longer one; 20 seconds unless set
    jitter: Share of a wait that is left to chance, 0 to 1; 0.5 unless set
    on: Codes of the errors that are tried again; unless set, those that say they are retryable
    timeout: Time for everything, waits included
    """

    name: str
    attempts: int
    delay: Duration
    backoff: float
    max_delay: Duration
    jitter: float
    on: list[str]
    timeout: Duration


class TimeoutPolicyOptions(TypedDict, total=False):
    """How long something may take.

    name: What `Resilience.get` finds the policy by
    seconds: The time; what takes longer is cancelled and fails with `timeout`
    """

    name: str
    seconds: Required[Duration]


class RateLimitPolicyOptions(TypedDict, total=False):
    """How many calls may begin in a time; set one of per_second and per_minute.

    name: What `Resilience.get` finds the policy by
    per_second: Calls that may begin in a second
    per_minute: Calls that may begin in a minute
    burst: How many may begin at once after a quiet time; 1 unless set, which spaces them evenly
    wait: Whether further calls wait for their turn, as they do unless set, or fail at once
    """

    name: str
    per_second: float
    per_minute: float
    burst: int
    wait: bool


class CircuitBreakerPolicyOptions(TypedDict, total=False):
    """When something that fails is left alone for a while.

    name: What `Resilience.get` finds the policy by
    failures: Failures that open it; 5 unless set
    within: Time in which they happen; a minute unless set
    cool_down: How long it lets nothing through then; 30 seconds unless set
    half_open: Calls that may try at a time after that, and that have to succeed until it closes;
        1 unless set
    on: Codes of the errors that count; unless set, all but those that are the caller's fault
    """

    name: str
    failures: int
    within: Duration
    cool_down: Duration
    half_open: int
    on: list[str]


class BulkheadPolicyOptions(TypedDict, total=False):
    """How many calls may be at work at a time.

    name: What `Resilience.get` finds the policy by
    max_concurrent: Calls at work at a time
    max_waiting: Calls that may wait for a place, 1000 unless set; further ones fail at once
    """

    name: str
    max_concurrent: Required[int]
    max_waiting: int


class FallbackPolicyOptions(TypedDict, total=False):
    """What is given where something fails; set one of value and run.

    name: What `Resilience.get` finds the policy by
    value: The value
    run: Takes the error and returns the value
    on: Codes of the errors it stands in for; unless set, all but those that end a run
    """

    name: str
    value: Any
    run: Callback
    on: list[str]


class CombinedPolicyOptions(TypedDict, total=False):
    """Policies inside one another.

    name: What `Resilience.get` finds the whole by
    policies: Policies or their names, the outermost first
    """

    name: str
    policies: Required[list[str | PolicyHandle]]


class PolicyStats(TypedDict, total=False):
    """How often a policy was run since it was made or reset, and how that ended.

    kind: Which policy it is
    calls: How often it was run
    succeeded: Runs that gave a value
    failed: Runs that failed
    cancelled: Runs that were cancelled
    refused: Runs that were not let in
    running: Runs at work now
    waiting: Runs that wait now, for their turn or a place
    retried: Of a retry: how often something was tried again
    fallbacks: Of a fallback: how often something else was given
    state: Of a circuit breaker: what it does now
    retry_after: Of an open circuit breaker: seconds until it lets something through
    """

    kind: str
    calls: int
    succeeded: int
    failed: int
    cancelled: int
    refused: int
    running: int
    waiting: int
    retried: int
    fallbacks: int
    state: Literal["closed", "open", "half_open"]
    retry_after: float


class PolicyObject(PolicyHandle):
    """A policy that goes around any function; `llmspell.resilience` makes functions of it."""

    name = "Policy"

    def __init__(self, session: Session, policy: Policy) -> None:
        self._session = session
        self.policy = policy

    @host_function(needs=NOTHING, since=2)
    async def run(self, fn: Callback, arguments: list[Any] | None = None) -> Any:
        """Runs a function under the policy.

        fn: The function; it may be called once, several times or not at all
        arguments: What it is called with
        returns: What it returned, or what the policy gives instead
        """
        given = arguments or []
        return await self.policy.run(lambda: fn(*given))

    @host_function(needs=NOTHING, since=2)
    def stats(self) -> PolicyStats:
        """Tells how often the policy was run and how that ended.

        returns: The counts and the present state
        """
        found: Any = {"kind": self.policy.kind, **self.policy.stats()}
        return found  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=2)
    def reset(self) -> None:
        """Sets the counts to zero and closes a circuit breaker; what is at work goes on."""
        self.policy.reset()


class Resilience(Bridge):
    """Makes policies that go around functions which may fail, be slow, or be called too often."""

    @host_function(needs=NOTHING, since=2)
    def retry(self, options: RetryPolicyOptions | None = None) -> PolicyObject:
        """Makes a policy that tries again after failures that may pass.

        options: How often, after which waits, after which errors
        returns: The policy
        """
        where = "Resilience.retry"
        given: dict[str, Any] = dict(options or {})
        _within(given, where, attempts=(1, MOST_ATTEMPTS), backoff=(1, 100), jitter=(0, 1))
        _positive(given, where, "timeout")
        given["on"] = _codes(given, where)
        name = given.pop("name", None)
        return self._new(name, Retry(**given, limit=self._limit()))

    @host_function(needs=NOTHING, since=2)
    def timeout(self, options: TimeoutPolicyOptions) -> PolicyObject:
        """Makes a policy that cancels what takes too long.

        options: How long it may take
        returns: The policy
        """
        _positive(options, "Resilience.timeout", "seconds")
        return self._new(options.get("name"), Timeout(options["seconds"], self._limit()))

    @host_function(needs=NOTHING, since=2)
    def rate_limit(self, options: RateLimitPolicyOptions) -> PolicyObject:
        """Makes a policy that lets so many calls begin in a time.

        options: How many, and what happens to further ones
        returns: The policy
        """
        where = "Resilience.rate_limit"
        per_second, per_minute = options.get("per_second"), options.get("per_minute")
        if (per_second is None) == (per_minute is None):
            raise InvalidArgument(f"{where}: set one of per_second and per_minute")
        _positive(options, where, "per_second", "per_minute")
        _within(options, where, burst=(1, MOST_AT_ONCE))
        rate = per_second if per_second is not None else (per_minute or 0.0) / 60
        if not LEAST_RATE <= rate <= MOST_RATE:
            raise InvalidArgument(
                f"{where}: {rate:g} calls a second are outside {LEAST_RATE:g} to {MOST_RATE:g}"
            )
        policy = RateLimit(rate, options.get("burst", 1), options.get("wait", True))
        return self._new(options.get("name"), policy)

    @host_function(needs=NOTHING, since=2)
    def circuit_breaker(self, options: CircuitBreakerPolicyOptions | None = None) -> PolicyObject:
        """Makes a policy that leaves alone for a while what fails again and again.

        options: Which failures open it, and for how long
        returns: The policy
        """
        where = "Resilience.circuit_breaker"
        given: dict[str, Any] = dict(options or {})
        _within(given, where, failures=(1, MOST_ATTEMPTS), half_open=(1, MOST_ATTEMPTS))
        _positive(given, where, "within", "cool_down")
        on = _codes(given, where)
        name = given.pop("name", None)
        given.pop("on", None)
        return self._new(name, CircuitBreaker(Breaker(**given), on))

    @host_function(needs=NOTHING, since=2)
    def bulkhead(self, options: BulkheadPolicyOptions) -> PolicyObject:
        """Makes a policy that runs so many calls at a time and has others wait.

        options: How many work, and how many wait
        returns: The policy
        """
        _within(
            options,
            "Resilience.bulkhead",
            max_concurrent=(1, MOST_AT_ONCE),
            max_waiting=(0, MOST_AT_ONCE),
        )
        policy = Bulkhead(options["max_concurrent"], options.get("max_waiting", 1000))
        return self._new(options.get("name"), policy)

    @host_function(needs=NOTHING, since=2)
    def fallback(self, options: FallbackPolicyOptions) -> PolicyObject:
        """Makes a policy that gives something else where a call fails.

        options: What is given, and for which errors
        returns: The policy
        """
        where = "Resilience.fallback"
        if "value" in options and "run" in options:
            raise InvalidArgument(f"{where}: set one of value and run")
        run, value = options.get("run"), options.get("value")

        async def instead(error: SpellError) -> Any:
            return value if run is None else await run(error.as_map())

        return self._new(options.get("name"), Fallback(instead, _codes(options, where)))

    @host_function(needs=NOTHING, since=2)
    def combine(self, options: CombinedPolicyOptions) -> PolicyObject:
        """Makes one policy of several.

        options: The policies, the outermost first
        returns: The policy
        """
        where = "Resilience.combine"
        parts = [self._policy(part) for part in options["policies"]]
        if not parts:
            raise InvalidArgument(f"{where}: there are no policies")
        every = [leaf for part in parts for leaf in _leaves(part)]
        if len(every) > MOST_PARTS:
            raise InvalidArgument(f"{where}: {MOST_PARTS} policies may be combined at most")
        if len({id(leaf) for leaf in every}) < len(every):
            raise InvalidArgument(f"{where}: a policy is in there twice")
        return self._new(options.get("name"), Combined(tuple(parts)))

    @host_function(needs=NOTHING, since=2)
    def get(self, name: str) -> PolicyHandle:
        """Returns a policy that was given a name.

        name: Its name
        returns: The policy; an unknown name is an error with code not_found
        """
        return self._known().find(name)

    def _known(self) -> Policies:
        known: Policies = self.session.shared(Policies)
        return known

    def _policy(self, part: str | PolicyHandle) -> Policy:
        return (self._known().find(part) if isinstance(part, str) else part).policy

    def _new(self, name: str | None, policy: Policy) -> PolicyObject:
        made = PolicyObject(self.session, policy)
        if name is not None:
            self._known().add(name, made)
        return made

    def _limit(self) -> Any:
        # Time does not pass for the spell while a debugger holds it.
        return self.session.shared(Pauses).limit


def _leaves(policy: Policy) -> list[Policy]:
    if isinstance(policy, Combined):
        return [leaf for part in policy.policies for leaf in _leaves(part)]
    return [policy]


def _within(options: Mapping[str, Any], where: str, **bounds: tuple[float, float]) -> None:
    for name, (least, most) in bounds.items():
        value = options.get(name)
        if value is not None and not least <= value <= most:
            raise InvalidArgument(f"{where}: {name} must be from {least} to {most}, got {value}")


def _positive(options: Mapping[str, Any], where: str, *names: str) -> None:
    for name in names:
        value = options.get(name)
        if value is not None and not (value > 0 and math.isfinite(value)):
            raise InvalidArgument(f"{where}: {name} must be more than 0, got {value}")


def _codes(options: Mapping[str, Any], where: str) -> frozenset[str] | None:
    codes = options.get("on")
    if codes is None:
        return None
    for code in codes:
        if code not in BY_CODE:
            raise InvalidArgument(
                f"{where}: {code!r} is not the code of an error", hint=did_you_mean(code, BY_CODE)
            )
        if code in NEVER_AGAIN:
            raise InvalidArgument(f"{where}: nothing can be done about {code!r}")
    return frozenset(codes)
