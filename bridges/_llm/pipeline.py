"""The one way every model request takes: budget, deadlines, retries, error words, charging, log."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from pydantic_ai import RunContext
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import (
    CompletedStreamedResponse,
    Model,
    ModelRequestParameters,
    StreamedResponse,
)
from pydantic_ai.settings import ModelSettings

from bridges._hooks.hooks import Hooks
from bridges._llm.asked import Asked, Sent
from bridges._llm.costs import cost_of
from bridges._llm.failures import translated
from bridges._llm.named import NamedModel
from bridges._llm.tries import Request, policy_of
from bridges._timings import timed

if TYPE_CHECKING:
    from bridges._llm.names import ModelRef
    from bridges._session import Session

END = object()
FEWEST_TOKENS = 16
"""The least `max_tokens` that every provider accepts."""


class Pipeline(NamedModel):
    """A model whose requests are budgeted, bounded in time, retried, charged and logged.

    Two model settings are taken by it and not passed on: `timeout` bounds the whole request, in
    seconds, and `max_retries` says how often it is tried again. What it raises is a SpellError.
    """

    def __init__(self, wrapped: Model, session: Session, ref: ModelRef) -> None:
        super().__init__(wrapped, session, ref)
        self._hooks: Hooks = session.shared(Hooks)

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Makes a request whose answer comes whole."""
        name = self.ref.name
        asked = Asked(self._session, name, messages, model_settings, model_request_parameters)

        async def call(request: dict[str, Any]) -> ModelResponse:
            return await self._whole(*asked.sent(request))

        return await self._hooks.around("model", name, asked.request, call, asked.form)

    async def _whole(
        self,
        messages: list[ModelMessage],
        given: ModelSettings,
        parameters: ModelRequestParameters,
    ) -> ModelResponse:
        with self._session.budget.request(), self._timed():
            settings, request = self._begin(given)
            response = await request.run(
                lambda: self.wrapped.request(messages, settings, parameters)
            )
        self._charge(response, request)
        return response

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Makes a request whose answer comes in pieces; tried again only before the first piece.

        It comes whole where a hook wants to see the whole, or gives one.
        """
        name, hooks = self.ref.name, self._hooks
        given, parameters = model_settings, model_request_parameters
        if hooks.needs_whole("model", name):
            response = await self.request(messages, given, parameters)
            yield _in_one_piece(response, parameters)
            return
        asked = Asked(self._session, name, messages, given, parameters)
        passage = hooks.passage("model", name, asked.request, asked.form)
        instead = await passage.before()
        if instead is not None:
            yield _in_one_piece(instead.result, parameters)
            return
        await passage.started()
        try:
            sent = asked.sent(passage.request)
            async with self._pieces(sent, run_context) as stream:
                yield stream
        except BaseException as error:
            await passage.failed(error)
            raise
        await passage.ended(stream.get())

    @asynccontextmanager
    async def _pieces(
        self, sent: Sent, run_context: RunContext[Any] | None
    ) -> AsyncGenerator[StreamedResponse]:
        messages, given, parameters = sent
        with self._session.budget.request(), self._timed():
            settings, request = self._begin(given)
            async with AsyncExitStack() as stack:

                async def open_stream() -> tuple[StreamedResponse, AsyncIterator[Any], Any]:
                    async with AsyncExitStack() as own:
                        stream = await own.enter_async_context(
                            self.wrapped.request_stream(messages, settings, parameters, run_context)
                        )
                        events = aiter(stream)
                        first = await anext(events, END)
                        stack.push_async_exit(own.pop_all())
                    return stream, events, first

                with translated(self.ref.name, self.ref.server.key_hint):
                    stream, events, first = await request.run(
                        open_stream, request.policy.first_byte
                    )
                    # Consumers iterate the stream itself, which hands out what is set here.
                    stream._event_iterator = self._guarded(request, events, first)
                    try:
                        yield stream
                    finally:
                        self._charge(stream.get(), request)

    def _timed(self) -> AbstractContextManager[None]:
        return timed(self._session.timings, "model", self.ref.name)

    async def _guarded(
        self, request: Request, events: AsyncIterator[Any], first: Any
    ) -> AsyncGenerator[Any]:
        event = first
        while event is not END:
            yield event
            event = await request.bounded(anext(events, END), request.policy.idle, "go on")

    def _begin(self, given: ModelSettings) -> tuple[ModelSettings, Request]:
        settings: dict[str, Any] = dict(given)
        policy = policy_of(self._session, settings)
        left = self._session.budget.tokens_left()
        if left is not None:
            wanted = settings.get("max_tokens")
            settings["max_tokens"] = max(FEWEST_TOKENS, min(left, wanted or left))
        request = Request(self._session, self.ref, policy)
        self._session.log.write("debug", "asking a model", {"model": self.ref.name})
        return cast("ModelSettings", settings), request

    def _charge(self, response: ModelResponse, request: Request) -> None:
        cost = cost_of(response)
        usage = response.usage
        self._session.budget.add(usage.input_tokens, usage.output_tokens, cost)
        fields: dict[str, Any] = {
            "model": self.ref.name,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "seconds": round(request.seconds(), 3),
        }
        if cost is not None:
            fields["cost"] = float(cost)
        self._session.log.write("info", "a model answered", fields)


def _in_one_piece(response: ModelResponse, parameters: ModelRequestParameters) -> StreamedResponse:
    return CompletedStreamedResponse(
        response, model_request_parameters=parameters, replay_events=True
    )
