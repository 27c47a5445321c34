"""Pools: several models under one name, asked as a strategy says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from pydantic_ai import RunContext
from pydantic_ai.exceptions import FallbackExceptionGroup
from pydantic_ai.messages import ModelMessage, ModelResponse, UserPromptPart
from pydantic_ai.models import (
    CompletedStreamedResponse,
    ModelRequestParameters,
    StreamedResponse,
)
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.settings import ModelSettings

from bridges._errors import ProviderFailed, TimeLimit
from bridges._llm.named import NamedModel
from bridges._llm.pool_members import Member, Round, moves_on, resting
from bridges._llm.pool_orders import Candidate, Order
from bridges._llm.pool_votes import (
    charged,
    chosen,
    judged_by_function,
    judged_by_model,
    leading,
    quorum_of,
)
from bridges._llm.tries import Request, policy_of
from bridges._pools.pools import all_failed
from bridges._resilience.races import AllFailed, first, several

if TYPE_CHECKING:
    from bridges._llm.names import ModelRef
    from bridges._pools.specs import PoolSpec
    from bridges._session import Session

FIRST_HEDGE = 1.0
LEAST_HEDGE = 0.1
"""Seconds until another model is asked as well: where nothing was measured, and at least."""
USUALLY = 2.0
"""How many times its usual time the fastest model gets before another is asked as well."""
Asked = tuple[list[ModelMessage], ModelSettings, ModelRequestParameters]


class Pool(NamedModel):
    """Models that answer under one name.

    Its members are models of the run like any other: each request that leaves for one of them
    passes hooks, budget and log by itself. The pool has the deadline, and tries again when all of
    them have failed; they do not.
    """

    def __init__(self, session: Session, ref: ModelRef, spec: PoolSpec) -> None:
        self.spec = spec
        self._order = Order(session, spec)
        idle = Round(session, spec, Request(session, ref, policy_of(session, {})))
        super().__init__(self._chain(self._members(idle, self._order.all())), session, ref)

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Makes a request whose answer comes whole."""
        settings, request = self._begin(model_settings)
        asked = messages, settings, model_request_parameters
        return await request.run(lambda: self._whole(Round(*self._about, request), asked))

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Makes a request whose answer comes in pieces; another is asked only before the first."""
        settings, request = self._begin(model_settings)
        asked = messages, settings, model_request_parameters
        async with AsyncExitStack() as stack:

            async def begin() -> StreamedResponse:
                opening = self._pieces(Round(*self._about, request), asked, run_context)
                return await stack.enter_async_context(opening)

            yield await request.run(begin)

    @property
    def _about(self) -> tuple[Session, PoolSpec]:
        return self._session, self.spec

    def _begin(self, given: ModelSettings | None) -> tuple[ModelSettings, Request]:
        settings: dict[str, Any] = dict(given or {})
        request = Request(self._session, self.ref, policy_of(self._session, settings))
        return cast("ModelSettings", settings), request

    def _members(self, round: Round, candidates: list[Candidate]) -> list[Member]:
        return [Member(round, one.name, one.health) for one in candidates]

    def _chain(self, members: list[Member]) -> FallbackModel:
        return FallbackModel(*members, fallback_on=(moves_on,))

    async def _choose(self, round: Round, asked: Asked) -> list[Candidate]:
        """Returns who is asked, the first to be asked first; notes who is left alone."""
        ready = []
        for one in self._order.all():
            if one.health.breaker.wait() is None:
                ready.append(one)
            else:
                round.failures.append((one.name, resting(one.health)))
        if not ready:
            raise all_failed(self.spec.name, round.failures)
        return await self._order.choose(ready, asked[0], asked[2])

    # -- whole answers

    async def _whole(self, round: Round, asked: Asked) -> ModelResponse:
        candidates = await self._choose(round, asked)
        members = self._members(round, candidates)
        try:
            if self.spec.strategy == "consensus":
                return await self._agreed(round, members, asked)
            if self.spec.strategy == "fastest":
                starts = [partial(self._chain([member]).request, *asked) for member in members]
                hedge = self._hedge(candidates[0])
                return await first(_unwrapped(starts), hedge, moves_on, _forget)
            return await self._chain(members).request(*asked)
        except (FallbackExceptionGroup, AllFailed):
            raise all_failed(self.spec.name, round.failures) from None

    def _hedge(self, best: Candidate) -> float:
        if self.spec.hedge_after is not None:
            return self.spec.hedge_after
        usual = best.health.latency
        return FIRST_HEDGE if usual is None else max(LEAST_HEDGE, USUALLY * usual)

    async def _agreed(self, round: Round, members: list[Member], asked: Asked) -> ModelResponse:
        spec, quorum = self.spec, quorum_of(self.spec)
        voters = [members[place % len(members)] for place in range(spec.asked)]
        starts = [partial(self._chain([voter]).request, *asked) for voter in voters]

        def enough(answers: list[ModelResponse]) -> bool:
            return spec.judge is None and len(leading(answers)) >= quorum

        answers = await several(_unwrapped(starts), enough, moves_on)
        if len(answers) < quorum:
            raise all_failed(spec.name, round.failures)
        if spec.judge is None:
            return charged(chosen(spec, answers, self), answers)
        if not isinstance(spec.judge, str):
            best = await judged_by_function(spec.judge, answers, self)
            return charged(best, answers)
        from bridges._llm.models import open_model

        judge = await open_model(self._session, spec.judge)
        try:
            best, verdict = await judged_by_model(judge, _question(asked[0]), answers)
        except (ProviderFailed, TimeLimit) as error:
            # It was tried again; all the answers are not asked for again because of it.
            error.retryable = False
            raise
        return charged(best, [*answers, verdict])

    # -- answers in pieces

    @asynccontextmanager
    async def _pieces(
        self, round: Round, asked: Asked, context: RunContext[Any] | None
    ) -> AsyncGenerator[StreamedResponse]:
        if self.spec.strategy == "consensus":
            response = await self._whole(round, asked)
            yield CompletedStreamedResponse(
                response, model_request_parameters=asked[2], replay_events=True
            )
            return
        candidates = await self._choose(round, asked)
        members = self._members(round, candidates)
        async with AsyncExitStack() as stack:
            try:
                if self.spec.strategy == "fastest":
                    openings = [
                        _Opening(self._chain([member]).request_stream(*asked, context))
                        for member in members
                    ]
                    starts = _unwrapped([opening.begin for opening in openings])
                    won = await first(starts, self._hedge(candidates[0]), moves_on, _Opening.end)
                    stack.push_async_exit(won.leave)
                    stream = won.stream
                else:
                    opening = self._chain(members).request_stream(*asked, context)
                    stream = await stack.enter_async_context(opening)
            except (FallbackExceptionGroup, AllFailed):
                raise all_failed(self.spec.name, round.failures) from None
            yield stream


class _Opening:
    """A stream that a task of its own opens, holds and closes, so that several can be opened."""

    def __init__(self, opening: AbstractAsyncContextManager[StreamedResponse]) -> None:
        self._opening = opening
        loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[StreamedResponse] = loop.create_future()
        self._over: asyncio.Future[None] = loop.create_future()
        self._task: asyncio.Task[None] | None = None

    @property
    def stream(self) -> StreamedResponse:
        """The stream, once it is open."""
        return self._ready.result()

    async def begin(self) -> _Opening:
        """Opens the stream; cancelling closes it again."""
        task = self._task = asyncio.ensure_future(self._hold())
        try:
            waits: list[asyncio.Future[Any]] = [task, self._ready]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise
        if task.done():
            task.result()
        return self

    async def _hold(self) -> None:
        async with self._opening as stream:
            self._ready.set_result(stream)
            await self._over

    async def end(self) -> None:
        """Closes the stream."""
        await self.leave(None, None, None)

    async def leave(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        """Closes the stream, which learns of the error that its reader has met."""
        assert self._task is not None
        if self._task.done():
            return
        if error is not None and isinstance(error, Exception):
            self._over.set_exception(error)
            await asyncio.gather(self._task, return_exceptions=True)
            return
        if error is None:
            self._over.set_result(None)
        else:
            self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def _unwrapped(starts: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
    """Has each of several chains of one member fail with that member's own error."""

    async def run(start: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return await start()
        except FallbackExceptionGroup as group:
            raise group.exceptions[0] from None

    return [partial(run, start) for start in starts]


async def _forget(_answer: ModelResponse) -> None:
    """Drops a whole answer that came too late."""


def _question(messages: list[ModelMessage]) -> str:
    """Returns what the user said last, for a judge."""
    for message in reversed(messages):
        for part in reversed(message.parts):
            if isinstance(part, UserPromptPart):
                content = part.content
                said = [content] if isinstance(content, str) else content
                return "\n".join(piece for piece in said if isinstance(piece, str))
    return ""
