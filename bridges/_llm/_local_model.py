"""A model in this process as the agent library sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from pydantic_ai import RunContext
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings


class StreamingModel(WrapperModel):
    """Streams inside even where a whole answer is wanted, so that giving it up stops the engine."""

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Answers a request, whole."""
        async with self.request_stream(
            messages, model_settings, model_request_parameters
        ) as stream:
            async for _ in stream:
                pass
            return stream.get()


class LocalModel(StreamingModel):
    """A model in this process.

    answer_tokens: the longest answer when the request sets none; None is what the window holds
    """

    def __init__(self, wrapped: Model, answer_tokens: int | None = None) -> None:
        super().__init__(wrapped)
        self._answer_tokens = answer_tokens

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
