"""Policies: what they do over time, under cancelling, and to spells in both languages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bridges._errors import (
    BudgetExceeded,
    InvalidArgument,
    LimitExceeded,
    ProviderRateLimited,
    ProviderUnavailable,
    ScriptError,
    SpellError,
    TimeLimit,
)
from bridges._resilience.breaker import Breaker, CircuitBreaker
from bridges._resilience.combine import Combined, Fallback
from bridges._resilience.limits import Bulkhead, RateLimit, Timeout
from bridges._resilience.policy import Policy
from bridges._resilience.retry import Retry
from engines.languages import LANGUAGES
from tests.casting import cast
from tests.clock import at_once, now
from tests.door import Function, call, fails, finish, gives, sleeps, wait_for
from tests.sessions import make_session

DOWN = ProviderUnavailable("down")


def failing(
    error: SpellError, times: int = 10**9
) -> tuple[Callable[[], Awaitable[str]], list[float]]:
    """Returns work that fails so often, and the times at which it was begun."""
    begun: list[float] = []

    async def work() -> str:
        begun.append(now())
        if len(begun) <= times:
            raise error
        return "done"

    return work, begun


def test_waits_between_attempts_grow_to_the_longest() -> None:
    work, begun = failing(DOWN)
    retry = Retry(6, delay=1, backoff=3, max_delay=10, jitter=0)
    with pytest.raises(ProviderUnavailable):
        at_once(retry.run(work))
    assert begun == pytest.approx([0, 1, 4, 13, 23, 33], abs=1e-3)
    assert retry.stats()["retried"] == 5


def test_jitter_leaves_a_share_of_the_wait_to_chance() -> None:
    waits = set()
    for _ in range(20):
        work, begun = failing(DOWN, 1)
        at_once(Retry(2, delay=1, jitter=0.5).run(work))
        waits.add(begun[1])
    assert len(waits) > 1
    assert all(0.5 <= wait <= 1 for wait in waits)


def test_an_error_that_names_a_wait_gets_it() -> None:
    limited = ProviderRateLimited("slow down", details={"retry_after": 42})
    work, begun = failing(limited, 1)
    assert at_once(Retry(delay=1, max_delay=5).run(work)) == "done"
    assert begun == pytest.approx([0, 42], abs=1e-3)


def test_no_wait_is_begun_that_ends_after_the_time_is_up() -> None:
    work, begun = failing(DOWN)
    with pytest.raises(ProviderUnavailable):
        at_once(Retry(100, delay=1, backoff=2, max_delay=100, jitter=0, timeout=10).run(work))
    assert begun == pytest.approx([0, 1, 3, 7], abs=1e-3)


def test_the_time_of_a_retry_covers_an_attempt_under_way() -> None:
    with pytest.raises(TimeLimit, match="within 5 seconds"):
        at_once(Retry(timeout=5).run(lambda: asyncio.sleep(99)))


@pytest.mark.parametrize("error", [ScriptError("x"), BudgetExceeded("x", retryable=True)])
def test_what_will_not_pass_is_not_tried_again(error: SpellError) -> None:
    work, begun = failing(error)
    with pytest.raises(type(error)):
        at_once(Retry().run(work))
    assert len(begun) == 1


def test_many_runs_of_one_retry_do_not_disturb_each_other() -> None:
    retry = Retry(3, delay=1)

    async def both() -> list[str]:
        works = [failing(DOWN, times)[0] for times in (0, 1, 2, 2, 1)]
        return list(await asyncio.gather(*(retry.run(work) for work in works)))

    assert at_once(both()) == ["done"] * 5
    assert retry.stats()["succeeded"] == 5
    assert retry.stats()["retried"] == 6


def test_a_time_limit_inside_the_work_is_the_works_own() -> None:
    async def work() -> None:
        raise TimeoutError("its own")

    for policy in (Timeout(5), Retry(timeout=5)):
        with pytest.raises(TimeoutError, match="its own"):
            at_once(policy.run(work))


def test_runs_are_spaced_evenly_and_a_burst_is_let_in() -> None:
    async def begun(limit: RateLimit) -> list[float]:
        async def work() -> float:
            return now()

        return list(await asyncio.gather(*(limit.run(work) for _ in range(5))))

    assert at_once(begun(RateLimit(2))) == pytest.approx([0, 0.5, 1, 1.5, 2], abs=1e-3)
    assert at_once(begun(RateLimit(2, burst=3))) == pytest.approx([0, 0, 0, 0.5, 1], abs=1e-3)


def test_one_who_gives_up_waiting_does_not_use_up_a_turn() -> None:
    async def work() -> list[float]:
        limit = RateLimit(1)

        async def begin() -> float:
            return now()

        tasks = [asyncio.create_task(limit.run(begin)) for _ in range(4)]
        await asyncio.sleep(0.5)
        tasks[1].cancel()
        tasks[2].cancel()
        assert limit.stats()["waiting"] == 3
        return [await tasks[0], await tasks[3]]

    assert at_once(work()) == pytest.approx([0, 1], abs=1e-3)


def test_a_thousand_at_once_pass_a_bulkhead() -> None:
    async def work() -> tuple[int, float, dict[str, Any]]:
        hull = Bulkhead(50)
        most = 0

        async def one() -> None:
            nonlocal most
            most = max(most, hull.stats()["running"])
            await asyncio.sleep(1)

        await asyncio.gather(*(hull.run(one) for _ in range(1000)))
        return most, now(), hull.stats()

    most, took, stats = at_once(work())
    assert (most, round(took, 3)) == (50, 20)
    assert (stats["succeeded"], stats["running"], stats["waiting"]) == (1000, 0, 0)


def test_a_cancelled_run_leaves_its_place_whether_it_worked_or_waited() -> None:
    async def work() -> None:
        hull = Bulkhead(1, max_waiting=1)
        first = asyncio.create_task(hull.run(lambda: asyncio.sleep(99)))
        second = asyncio.create_task(hull.run(lambda: asyncio.sleep(99)))
        await asyncio.sleep(0)
        with pytest.raises(LimitExceeded):
            await hull.run(lambda: asyncio.sleep(0))
        second.cancel()
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        await hull.run(lambda: asyncio.sleep(0))
        assert hull.stats()["cancelled"] == 1
        assert hull.stats()["refused"] == 1

    at_once(work())


def test_a_cancelled_call_counts_for_nothing_with_a_breaker() -> None:
    async def work() -> None:
        breaker = CircuitBreaker(Breaker(failures=1, cool_down=10, clock=now))
        task = asyncio.create_task(breaker.run(lambda: asyncio.sleep(99)))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert breaker.stats()["state"] == "closed"
        with pytest.raises(ProviderUnavailable):
            await breaker.run(failing(DOWN)[0])
        assert breaker.stats()["state"] == "open"
        await asyncio.sleep(10)
        trial = asyncio.create_task(breaker.run(lambda: asyncio.sleep(99)))
        await asyncio.sleep(1)
        with pytest.raises(LimitExceeded):
            await breaker.run(lambda: asyncio.sleep(0))
        trial.cancel()
        await asyncio.gather(trial, return_exceptions=True)
        assert breaker.stats()["state"] == "half_open"
        await breaker.run(lambda: asyncio.sleep(0))
        assert breaker.stats()["state"] == "closed"

    at_once(work())


def test_the_callers_own_faults_open_no_breaker() -> None:
    breaker = CircuitBreaker(Breaker(failures=1))
    with pytest.raises(InvalidArgument):
        at_once(breaker.run(failing(InvalidArgument("wrong"))[0]))
    assert breaker.breaker.state == "closed"


def test_an_open_breaker_says_when_it_may_be_asked() -> None:
    async def work() -> None:
        breaker = CircuitBreaker(Breaker(failures=1, cool_down=10, clock=now))
        with pytest.raises(ProviderUnavailable):
            await breaker.run(failing(DOWN)[0])
        await asyncio.sleep(4)
        with pytest.raises(LimitExceeded) as caught:
            await breaker.run(failing(DOWN)[0])
        assert caught.value.retryable
        assert caught.value.details == {"limit": "circuit_breaker", "retry_after": 6.0}

    at_once(work())


def test_a_fallback_does_not_stand_in_for_what_ends_a_run() -> None:
    async def instead(error: SpellError) -> str:
        return error.code

    assert at_once(Fallback(instead).run(failing(DOWN)[0])) == "provider_unavailable"
    with pytest.raises(BudgetExceeded):
        at_once(Fallback(instead).run(failing(BudgetExceeded("spent"))[0]))
    with pytest.raises(ProviderUnavailable):
        at_once(Fallback(instead, frozenset({"timeout"})).run(failing(DOWN)[0]))


def every_policy() -> list[Policy]:
    async def instead(_error: SpellError) -> None:
        return None

    parts: list[Policy] = [
        Retry(timeout=1000),
        Timeout(1000),
        RateLimit(1),
        Bulkhead(1),
        CircuitBreaker(),
        Fallback(instead),
    ]
    return [*parts, Combined(tuple(parts))]


@pytest.mark.parametrize("kind", [policy.kind for policy in every_policy()])
def test_cancelling_the_outer_cancels_the_inner(kind: str) -> None:
    async def work() -> None:
        policy = next(policy for policy in every_policy() if policy.kind == kind)
        inner: list[str] = []

        async def slow() -> None:
            try:
                await asyncio.sleep(99)
            except asyncio.CancelledError:
                inner.append("cancelled")
                raise

        task = asyncio.create_task(policy.run(slow))
        await asyncio.sleep(5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert inner == ["cancelled"]
        assert policy.stats()["running"] == 0
        assert policy.stats()["cancelled"] == 1

    at_once(work())


# -- through the door


def made(tmp_path: Path, name: str, options: dict[str, Any]) -> tuple[Any, Any]:
    session = make_session(tmp_path)
    return session, call(session, f"Resilience.{name}", options)


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("retry", {"attempts": 0}, "attempts must be from 1"),
        ("retry", {"backoff": 1e300}, "backoff must be from 1 to 100"),
        ("retry", {"jitter": 2}, "jitter must be from 0 to 1"),
        ("retry", {"on": ["budget_exceeded"]}, "nothing can be done"),
        ("timeout", {"seconds": 0}, "seconds must be more than 0"),
        ("rate_limit", {}, "one of per_second and per_minute"),
        ("rate_limit", {"per_second": 0}, "per_second must be more than 0"),
        ("rate_limit", {"per_second": 1e-320}, "outside 1e-06 to 1e\\+09"),
        ("rate_limit", {"per_minute": 1e300}, "outside 1e-06 to 1e\\+09"),
        ("rate_limit", {"per_second": 1, "burst": 0}, "burst must be from 1"),
        ("circuit_breaker", {"failures": 0}, "failures must be from 1"),
        ("circuit_breaker", {"half_open": 10**9}, "half_open must be from 1"),
        ("bulkhead", {"max_concurrent": 0}, "max_concurrent must be from 1"),
        ("bulkhead", {"max_concurrent": 1, "max_waiting": -1}, "max_waiting must be from 0"),
        ("fallback", {"value": 1, "run": gives(1)}, "one of value and run"),
        ("combine", {"policies": []}, "no policies"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    name: str, options: dict[str, Any], says: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidArgument, match=says):
        made(tmp_path, name, options)


def test_a_policy_cannot_be_inside_itself(tmp_path: Path) -> None:
    session, hull = made(tmp_path, "bulkhead", {"max_concurrent": 1})
    inner = call(session, "Resilience.combine", {"policies": [hull]})
    with pytest.raises(InvalidArgument, match="twice"):
        call(session, "Resilience.combine", {"policies": [hull, inner]})


def test_the_last_policy_of_a_name_is_found(tmp_path: Path) -> None:
    session, _ = made(tmp_path, "timeout", {"name": "guard", "seconds": 1})
    second = call(session, "Resilience.retry", {"name": "guard"})
    assert call(session, "Resilience.get", "guard") is second


def test_cancelling_the_call_cancels_the_function(tmp_path: Path) -> None:
    session, policy = made(tmp_path, "retry", {"attempts": 5})
    slow = sleeps()

    async def work() -> None:
        task = asyncio.create_task(wait_for(session, "Policy:run", policy, slow))
        while not slow.calls:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    finish(session, work())
    assert (slow.cancelled, len(slow.calls)) == (1, 1)


def test_the_error_that_is_seen_is_the_functions_own(tmp_path: Path) -> None:
    session, policy = made(tmp_path, "retry", {"delay": 0})
    broken: Function = fails(ScriptError("broken"))
    with pytest.raises(ScriptError, match="broken"):
        finish(session, wait_for(session, "Policy:run", policy, broken, [1]))


WRAPPED = {
    "lua": """
local resilience = require "llmspell.resilience"
local tried = 0
local again = Resilience.retry{ name = "again", delay = 0, on = {"spell_error"} }
local add = resilience.wrap(again, function(a, b)
  tried = tried + 1
  if tried < 3 then error("not yet") end
  return a + b
end)
local both = Async.all{ function() return add(1, 2) end, function() return add(3, 4) end }
local ok, failure = pcall(resilience.wrap, "nobody", print)
return { both, tried, failure.code, resilience.wrap("again", function(x) return x end)("x") }
""",
    "javascript": """
import { wrap } from 'llmspell/resilience';
let tried = 0;
const add = wrap(Resilience.retry({ name: "again", delay: 0, on: ["spell_error"] }), (a, b) => {
  if (++tried < 3) throw new Error("not yet");
  return a + b;
});
const both = await Promise.all([add(1, 2), add(3, 4)]);
let code;
try { wrap("nobody", () => 1); } catch (failure) { code = failure.code; }
export default [both, tried, code, await wrap("again", (x) => x)("x")];
""",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_function_is_made_of_a_policy(language: str, tmp_path: Path) -> None:
    outcome, _ = cast(language, WRAPPED[language], make_session(tmp_path))
    assert outcome.error is None, outcome.error
    assert outcome.value == [[3, 7], 4, "not_found", "x"]


NESTED = {
    "lua": """
local hull = Resilience.bulkhead{ max_concurrent = 20 }
local now, most = 0, 0
local items = {}
for i = 1, 1000 do items[i] = i end
local found = Async.map(items, function(item)
  return hull:run(function()
    now = now + 1; most = math.max(most, now); Async.sleep(0.001); now = now - 1
    return item
  end)
end)
return { #found, found[1000], most }
""",
    "javascript": """
const hull = Resilience.bulkhead({ maxConcurrent: 20 });
let now = 0, most = 0;
const items = Array.from({ length: 1000 }, (_, i) => i + 1);
const found = await Async.map(items, (item) => hull.run(async () => {
  now++; most = Math.max(most, now); await Async.sleep(0.001); now--;
  return item;
}));
export default [found.length, found[999], most];
""",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_spell_sends_a_thousand_calls_through_a_bulkhead(language: str, tmp_path: Path) -> None:
    outcome, _ = cast(language, NESTED[language], make_session(tmp_path))
    assert outcome.error is None, outcome.error
    assert outcome.value == [1000, 1000, 20]


GIVEN_UP = {
    "lua": """
local inner = Resilience.bulkhead{ max_concurrent = 1 }
local outer = Resilience.timeout{ seconds = 1 }
local ok, failure = pcall(function()
  return outer:run(function() return inner:run(function() Async.sleep(60) end) end)
end)
while inner:stats().running > 0 do Async.sleep(0.01) end
return failure.code .. inner:stats().cancelled
""",
    "javascript": """
const inner = Resilience.bulkhead({ maxConcurrent: 1 });
const outer = Resilience.timeout({ seconds: 1 });
const code = await outer.run(() => inner.run(() => Async.sleep(60))).catch((e) => e.code);
while (inner.stats().running > 0) await Async.sleep(0.01);
export default `${code}${inner.stats().cancelled}`;
""",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_runs_under_a_policy_is_cancelled_with_it(language: str, tmp_path: Path) -> None:
    outcome, _ = cast(language, GIVEN_UP[language], make_session(tmp_path))
    assert outcome.error is None, outcome.error
    assert outcome.value == "timeout1"
