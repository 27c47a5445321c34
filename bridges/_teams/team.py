"""Teams: agents that work on one input together and answer as one."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from bridges._agents.agent import RUNNING, AgentHandle, Tally, Turn, charged_to
from bridges._errors import LimitExceeded, SpellError, TimeLimit, WorkflowFailed
from bridges._pauses import Pauses
from bridges._tools import ENDS_RUN

if TYPE_CHECKING:
    from bridges._session import Session

T = TypeVar("T")
MOST_MEMBERS = 100
OnError = Literal["fail", "continue"]


@dataclass(frozen=True)
class TeamSpec:
    """What every team has.

    members: its agents, each under a name of its own
    timeout: seconds one run may take
    """

    name: str
    description: str
    kind: str
    members: tuple[tuple[str, AgentHandle], ...]
    on_error: OnError = "fail"
    timeout: float | None = None


@dataclass
class Assignment:
    """What one agent was asked in a team's run, and what came of it."""

    agent: str
    task: str = ""
    status: Literal["done", "failed", "cancelled"] = "cancelled"
    answer: dict[str, Any] = field(default_factory=dict)
    error: SpellError | None = None
    duration: float = 0.0

    def record(self) -> dict[str, Any]:
        """Returns the fields of `TeamMemberResult`."""
        found: dict[str, Any] = {
            "agent": self.agent,
            "status": self.status,
            "duration": self.duration,
        }
        if self.task:
            found["task"] = self.task
        for key in ("text", "output", "usage", "cost"):
            if self.answer.get(key) is not None:
                found[key] = self.answer[key]
        if self.error:
            found.update(error=self.error.message, code=self.error.code)
        return found


@dataclass
class TeamRun:
    """One run of a team.

    tally: counts what all of its agents use
    done: what its agents were asked, in the order of the results
    vote: the fields of `TeamVote`, where there was one
    """

    session: Session
    spec: TeamSpec
    turn: Turn
    tally: Tally
    streaming: bool = False
    done: list[Assignment] = field(default_factory=list)
    vote: dict[str, Any] | None = None

    @property
    def said(self) -> str:
        """What the team was asked."""
        return self.turn.prompt or ""

    def plan(self) -> list[Assignment]:
        """Returns an assignment for every member, in order; all of them are among the results."""
        self.done = [Assignment(name) for name, _ in self.spec.members]
        return self.done

    async def ask(
        self,
        assignment: Assignment,
        agent: AgentHandle,
        said: str,
        options: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Asks one agent and notes what comes of it."""
        with _noted(assignment):
            token = RUNNING.set(self.tally)
            try:
                assignment.answer = await agent.ask(said, options or {})
            finally:
                RUNNING.reset(token)
        return assignment.answer

    async def pieces(
        self,
        assignment: Assignment,
        agent: AgentHandle,
        said: str,
        options: Mapping[str, Any] | None = None,
    ) -> AsyncGenerator[str | dict[str, Any]]:
        """Asks one agent whose answer is the team's; in pieces where they are wanted."""
        if not self.streaming:
            yield await self.ask(assignment, agent, said, options)
            return
        with _noted(assignment):
            source = charged_to(self.tally, agent.pieces(said, options or {}))
            async with aclosing(source) as pieces:
                async for piece in pieces:
                    if not isinstance(piece, str):
                        assignment.answer = piece
                    yield piece

    def goes_on(self, error: SpellError) -> bool:
        """Tells whether the team works on after an agent's failure."""
        return self.spec.on_error == "continue" and self.may_go_on(error)

    def may_go_on(self, error: SpellError) -> bool:
        """Tells whether others could still have an answer: not when the budget is used up."""
        return not isinstance(error, ENDS_RUN)

    def failed(self, why: str, **details: Any) -> WorkflowFailed:
        """Returns the failure of the whole team."""
        return WorkflowFailed(f"the team {self.spec.name!r} {why}", details=details)

    def none_done(self) -> WorkflowFailed:
        """Returns the failure of a team none of whose agents has an answer."""
        causes = [one.error for one in self.done if one.error]
        last = f": {causes[-1].message}" if causes else ""
        return self.failed(f"has no answer: all of its agents failed{last}")


class _noted:
    """Notes in an assignment how what happens inside ends."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._assignment.duration = time.monotonic() - self._began
        if error is None:
            self._assignment.status = "done"
        elif isinstance(error, SpellError):
            self._assignment.status = "failed"
            self._assignment.error = error


class Work(ABC):
    """How the agents of a team work together; one class for every kind of team."""

    @abstractmethod
    def pieces(self, run: TeamRun) -> AsyncGenerator[str | dict[str, Any]]:
        """Yields text as it arrives and, last, `text` and `output` of the team's answer."""

    def facts(self) -> dict[str, Any]:
        """Returns the fields of `TeamInfo` that this kind has."""
        return {}


async def together(
    works: list[Callable[[], Awaitable[T]]],
    most: int | None,
    enough: Callable[[T], bool] = lambda _found: False,
) -> list[T | None]:
    """Does several things at a time; a failure, or one that is enough, cancels the rest.

    most: how many at a time; None is all
    """
    room = asyncio.Semaphore(most or max(1, len(works)))

    async def one(place: int) -> tuple[int, T]:
        async with room:
            return place, await works[place]()

    found: list[T | None] = [None] * len(works)
    tasks = [asyncio.ensure_future(one(place)) for place in range(len(works))]
    try:
        for ended in asyncio.as_completed(tasks):
            place, result = await ended
            found[place] = result
            if enough(result):
                break
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return found


class AtWork:
    """How many members of teams a run has at work; a team of teams of teams grows quickly."""

    def __init__(self, session: Session) -> None:
        self._most = session.limits.in_flight
        self._now = 0

    @contextmanager
    def room_for(self, count: int) -> Iterator[None]:
        """Counts members while they work; LimitExceeded when they would be too many."""
        if self._now + count > self._most:
            raise LimitExceeded(
                f"more than {self._most} members of teams would work at the same time",
                hint="make the teams smaller, or nest fewer of them",
                details={"limit": "in_flight"},
            )
        self._now += count
        try:
            yield
        finally:
            self._now -= count


async def ask_all(
    run: TeamRun,
    most: int | None,
    asks: Callable[[AgentHandle], tuple[str, dict[str, Any]]],
    *,
    first: bool = False,
) -> list[Assignment]:
    """Asks every member at the same time; returns what was asked of them, in order.

    asks: gives what an agent is asked, and fields of its `AgentRunOptions`
    first: one answer is enough, and failures count only when there are no others
    """
    plan = run.plan()

    async def one(assignment: Assignment, agent: AgentHandle) -> bool:
        try:
            await run.ask(assignment, agent, *asks(agent))
        except SpellError as error:
            if not run.goes_on(error) and not (first and run.may_go_on(error)):
                raise
            return False
        return True

    works: list[Callable[[], Awaitable[bool]]] = [
        partial(one, assignment, agent)
        for assignment, (_, agent) in zip(plan, run.spec.members, strict=True)
    ]
    at_work: AtWork = run.session.shared(AtWork)
    with at_work.room_for(len(works)):
        await together(works, most, (lambda done: done) if first else (lambda _done: False))
    if not any(one.status == "done" for one in plan):
        raise run.none_done()
    return plan


async def run_team(run: TeamRun, work: Work) -> AsyncGenerator[str | dict[str, Any]]:
    """Yields text as it arrives and, last, the fields of `TeamResult`."""
    spec = run.spec
    began = time.monotonic()
    answer: dict[str, Any] = {}
    pauses: Pauses = run.session.shared(Pauses)
    try:
        async with pauses.limit(spec.timeout) as clock, aclosing(work.pieces(run)) as pieces:
            async for piece in pieces:
                if isinstance(piece, str):
                    yield piece
                else:
                    answer = piece
    except TimeoutError:
        if not clock.expired():
            raise
        raise TimeLimit(
            f"the team {spec.name!r} took longer than {spec.timeout:g} seconds",
            hint="raise the option timeout",
            details={"results": [one.record() for one in run.done]},
        ) from None
    except SpellError as error:
        # What the others have found is not lost with the one that failed.
        results = [one.record() for one in run.done]
        error.details = {**error.details, "results": results}
        raise
    yield _result(run, answer, began)


def _result(run: TeamRun, answer: dict[str, Any], began: float) -> dict[str, Any]:
    asked = [] if run.turn.prompt is None else [{"role": "user", "content": run.said}]
    said = {"role": "assistant", "content": answer["text"]}
    models = [one.answer["model"] for one in run.done if one.answer.get("model")]
    found = {
        "text": answer["text"],
        "output": answer["output"],
        **run.tally.fields(),
        "model": answer.get("model") or (models[-1] if models else ""),
        "messages": [*run.turn.history, *asked, said],
        "steps": [step for one in run.done for step in one.answer.get("steps", [])],
        "duration": time.monotonic() - began,
        "agent": run.spec.name,
        "handoffs": [],
        "results": [one.record() for one in run.done],
    }
    return found if run.vote is None else {**found, "vote": run.vote}
