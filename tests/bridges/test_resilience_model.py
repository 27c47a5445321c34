"""Breakers and rate limits against simple models of them, over random histories on a fake clock."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridges._resilience.breaker import Breaker, Ticket
from bridges._resilience.limits import RateLimit
from tests.clock import at_once, now

FAILURES, WITHIN, COOL_DOWN, HALF_OPEN = 2, 10, 5, 2

steps = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([1, 5, 6, 11])),
        st.tuples(st.just("enter"), st.just(0)),
        st.tuples(st.sampled_from(["failed", "succeeded", "cancelled"]), st.integers(0, 3)),
    ),
    min_size=10,
    max_size=60,
)


@dataclass
class Model:
    """What a breaker should do, told by the whole history since its last change of state."""

    now: int = 0
    opened: int | None = None
    failed: list[int] = field(default_factory=list)
    passed: int = 0
    trying: set[int] = field(default_factory=set)
    mine: set[int] = field(default_factory=set)

    def state(self) -> str:
        if self.opened is None:
            return "closed"
        return "open" if self.now < self.opened + COOL_DOWN else "half_open"

    def admits(self) -> bool:
        state = self.state()
        return state == "closed" or (state == "half_open" and len(self.trying) < HALF_OPEN)

    def enter(self, call: int) -> None:
        self.mine.add(call)
        if self.state() == "half_open":
            self.trying.add(call)

    def end(self, call: int, how: str) -> None:
        if call not in self.mine:
            return
        self.mine.discard(call)
        is_trial = call in self.trying
        self.trying.discard(call)
        if how == "failed":
            self.failed.append(self.now)
            recent = [at for at in self.failed if self.now - at <= WITHIN]
            if is_trial or len(recent) >= FAILURES:
                self.change(self.now)
        elif how == "succeeded" and is_trial:
            self.passed += 1
            if self.passed == HALF_OPEN:
                self.change(None)

    def change(self, opened: int | None) -> None:
        self.opened, self.passed = opened, 0
        self.failed.clear()
        self.trying.clear()
        self.mine.clear()


@settings(max_examples=500, deadline=None)
@given(steps)
def test_a_breaker_does_what_its_model_does(history: list[tuple[str, int]]) -> None:
    model = Model()
    breaker = Breaker(FAILURES, WITHIN, COOL_DOWN, HALF_OPEN, clock=lambda: model.now)
    tickets: list[Ticket] = []
    for what, number in history:
        if what == "wait":
            model.now += number
        elif what == "enter":
            ticket = breaker.enter()
            assert (ticket is not None) == model.admits()
            if ticket is not None:
                model.enter(len(tickets))
                tickets.append(ticket)
        elif tickets:
            # Ends may come late, in any order, and twice.
            call = max(0, len(tickets) - 1 - number)
            getattr(breaker, what)(tickets[call])
            model.end(call, what)
        assert breaker.state == model.state()
        assert (breaker.wait() is None) == model.admits()


@settings(deadline=None)
@given(
    st.integers(1, 5),
    st.floats(0.2, 50),
    st.lists(st.floats(0, 3), min_size=1, max_size=25),
    st.sets(st.integers(0, 24), max_size=8),
)
def test_no_stretch_of_time_holds_more_than_the_rate(
    burst: int, rate: float, gaps: list[float], leaving: set[int]
) -> None:
    begun: list[float] = []

    async def work() -> None:
        begun.append(now())

    async def run() -> None:
        limit = RateLimit(rate, burst)
        tasks: list[asyncio.Task[Any]] = []
        for number, gap in enumerate(gaps):
            await asyncio.sleep(gap)
            tasks.append(asyncio.create_task(limit.run(work)))
            if number in leaving and number:
                tasks[number - 1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert limit.stats()["waiting"] == 0
        stayed = sum(not task.cancelled() for task in tasks)
        assert len(begun) == stayed

    at_once(run())
    for first in range(len(begun)):
        for last in range(first, len(begun)):
            count = last - first + 1
            assert count <= burst + rate * (begun[last] - begun[first]) + 1e-6


def test_what_comes_late_from_another_state_counts_for_nothing() -> None:
    time = 0.0

    def state() -> str:
        return breaker.state

    breaker = Breaker(1, WITHIN, COOL_DOWN, 1, clock=lambda: time)
    early = [breaker.enter() for _ in range(4)]
    assert None not in early
    first, second, third, fourth = [ticket for ticket in early if ticket is not None]
    breaker.failed(first)
    time = COOL_DOWN - 1
    breaker.failed(second)
    time = COOL_DOWN
    assert state() == "half_open"
    trial = breaker.enter()
    assert trial is not None
    breaker.succeeded(third)
    assert state() == "half_open"
    breaker.failed(fourth)
    breaker.succeeded(trial)
    assert state() == "closed"
