"""A model in this process as the agent library sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

from pydantic_ai import RunContext
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings


class LocalModel(WrapperModel):
    """Streams inside even when a whole answer is asked for, so that giving it up stops the engine.

    answer_tokens: the longest answer when the request sets none; None is what the window holds
    """

    def __init__(self, wrapped: Model, answer_tokens: int | None = None) -> None:
        super().__init__(wrapped)
        self._answer_tokens = answer_tokens

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Answers a request, whole."""
        return await whole(self.request_stream(messages, model_settings, model_request_parameters))

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncIterator[StreamedResponse]:
        """Answers a request, as it is written."""
        settings = model_settings
        if self._answer_tokens is not None:
            limited = {"max_tokens": self._answer_tokens, **(model_settings or {})}
            settings = cast(ModelSettings, limited)
        async with self.wrapped.request_stream(
            messages, settings, model_request_parameters, run_context
        ) as stream:
            yield stream


async def whole(opening: AbstractAsyncContextManager[StreamedResponse]) -> ModelResponse:
    """Returns what a stream gave, at its end."""
    async with opening as stream:
        async for _ in stream:
            pass
        return stream.get()
