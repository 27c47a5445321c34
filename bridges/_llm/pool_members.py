"""One member of a pool as a request meets it: opened when it is its turn, its health noted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, cast

from pydantic_ai import RunContext
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.settings import ModelSettings

from bridges._errors import (
    ModelNotFound,
    ProviderAuth,
    ProviderFailed,
    ProviderUnavailable,
    SpellError,
    TimeLimit,
)
from bridges._llm.named import NamedModel, sign
from bridges._pauses import Pauses
from bridges._pools.pools import Health

if TYPE_CHECKING:
    from bridges._llm.tries import Request
    from bridges._pools.specs import PoolSpec
    from bridges._session import Session


def moves_on(error: BaseException) -> bool:
    """Tells whether another member may do better: what the provider did, and what took too long."""
    return isinstance(error, (ProviderFailed, TimeLimit))


class Round:
    """One way of a request through a pool, and what its members failed with."""

    def __init__(self, session: Session, spec: PoolSpec, request: Request) -> None:
        self.session = session
        self.spec = spec
        self.request = request
        self.failures: list[tuple[str, SpellError]] = []

    def left(self) -> float:
        """Returns the seconds until the request has to be over."""
        return max(0.001, self.request.deadline - asyncio.get_running_loop().time())

    def note(self, name: str, error: SpellError, health: Health) -> None:
        """Notes a member's failure, and says so where a person has to do something."""
        self.failures.append((name, error))
        level = "info"
        if isinstance(error, (ProviderAuth, ModelNotFound)) and not health.is_known_bad:
            health.is_known_bad = True
            level = "warn"
        self.session.log.write(
            level,
            f"the pool {self.spec.name!r} goes on without {name}: {error.message}",
            {"pool": self.spec.name, "model": name, "code": error.code},
        )


class Member(Model):
    """A member of a pool for one round.

    It prepares nothing: the model that it stands for does, once it is open.
    """

    def __init__(self, round: Round, name: str, health: Health) -> None:
        super().__init__()
        self._round = round
        self._name = name
        self._health = health

    @property
    def model_name(self) -> str:
        return self._name

    @property
    def system(self) -> str:
        return "pool"

    def prepare_request(
        self, model_settings: ModelSettings | None, model_request_parameters: ModelRequestParameters
    ) -> tuple[ModelSettings | None, ModelRequestParameters]:
        return model_settings, model_request_parameters

    def prepare_messages(
        self,
        messages: list[ModelMessage],
        model_request_parameters: ModelRequestParameters | None = None,
    ) -> list[ModelMessage]:
        return messages

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Makes a request whose answer comes whole."""
        parameters = model_request_parameters
        limit = self._round.spec.member_timeout
        settings = self._limited(model_settings, limit)
        with self._noted():
            model = await self._model()
            prepared = model.prepare_messages(messages, parameters)
            response = await model.request(prepared, settings, parameters)
        sign(response, self._name)
        return response

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Makes a request whose answer comes in pieces; open once the first is there."""
        parameters = model_request_parameters
        settings = self._limited(model_settings, None)
        async with AsyncExitStack() as stack:
            with self._noted():
                model = await self._model()
                prepared = model.prepare_messages(messages, parameters)
                opening = model.request_stream(prepared, settings, parameters, run_context)
                stream = await self._begun(stack.enter_async_context(opening))
            sign(stream, self._name)
            try:
                yield stream
            except SpellError as error:
                if moves_on(error):
                    self._broke_off(error)
                raise

    async def _model(self) -> NamedModel:
        from bridges._llm.models import open_model

        return await open_model(self._round.session, self._name)

    async def _begun(self, opening: Any) -> StreamedResponse:
        limit = self._round.spec.member_timeout
        try:
            async with self._round.session.shared(Pauses).limit(limit) as clock:
                stream: StreamedResponse = await opening
                return stream
        except TimeoutError:
            if not clock.expired():
                raise
            raise TimeLimit(f"{self._name} did not answer within {limit:g} seconds") from None

    def _limited(self, given: ModelSettings | None, limit: float | None) -> ModelSettings:
        # The pool tries again, its members do not: one layer retries.
        left = self._round.left()
        timeout = left if limit is None else min(left, limit)
        return cast("ModelSettings", {**(given or {}), "timeout": timeout, "max_retries": 0})

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """Lets a request through, and notes how it went; a cancelled one is no failure."""
        health, loop = self._health, asyncio.get_running_loop()
        ticket = health.breaker.enter()
        if ticket is None:
            failure = resting(health)
            self._round.failures.append((self._name, failure))
            raise failure
        began = loop.time()
        try:
            yield
            health.succeeded(ticket, loop.time() - began)
        except SpellError as error:
            if moves_on(error):
                health.failed(ticket, error)
                self._round.note(self._name, error, health)
            raise
        except asyncio.CancelledError:
            health.given_up(loop.time() - began)
            raise
        finally:
            health.breaker.cancelled(ticket)

    def _broke_off(self, error: SpellError) -> None:
        ticket = self._health.breaker.enter()
        if ticket is not None:
            self._health.failed(ticket, error)


def resting(health: Health) -> ProviderUnavailable:
    """Returns the error for a member that is left alone."""
    wait = health.breaker.wait() or 0.0
    after = f" after: {health.last_error}" if health.last_error else ""
    return ProviderUnavailable(
        f"left alone for {wait:.1f} s{after}",
        # What needs a person is not waited for.
        retryable=not health.is_known_bad,
        details={"retry_after": round(wait, 3)} if wait else {},
    )
