"""One question and one answer, whole or in pieces, as text or as data that fits a schema."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic_ai import Agent, AgentRetries, ModelRetry
from pydantic_ai.direct import model_request
from pydantic_ai.exceptions import ContentFilterError
from pydantic_ai.messages import (
    BinaryContent,
    ImageUrl,
    ModelRequest,
    ModelResponse,
    UserPromptPart,
)
from pydantic_ai.run import AgentRunResult, AgentRunResultEvent
from pydantic_ai.usage import RunUsage

from bridges._llm.costs import cost_of
from bridges._llm.failures import translated
from bridges._llm.history import to_library
from bridges._llm.named import answered_by
from bridges._llm.shapes import answer_type, piece_of, settings_of, unwrap
from bridges._schema import problems
from bridges.stream import Final

if TYPE_CHECKING:
    from bridges._agents.agent import Turn
    from bridges._llm.named import NamedModel


@dataclass(frozen=True)
class Image:
    """An image to look at: its bytes, or an address that the provider fetches."""

    data: bytes = b""
    media_type: str = ""
    url: str = ""


@dataclass(frozen=True)
class Question:
    """What is asked; `settings` are options by our names."""

    turn: Turn
    system: str | None = None
    schema: dict[str, Any] | None = None
    images: tuple[Image, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)


async def complete(model: NamedModel, question: Question) -> dict[str, Any]:
    """Returns the fields of the answer."""
    began = time.monotonic()
    if question.schema is None:
        return await _complete_text(model, question, began)
    with translated(model.ref.name, model.ref.server.key_hint):
        agent = _agent(model, question)
        result = await agent.run(
            _prompt(question), message_history=to_library(question.turn.history), infer_name=False
        )
    return _answer(model, question, result, time.monotonic() - began)


async def _complete_text(model: NamedModel, question: Question, began: float) -> dict[str, Any]:
    # Text needs no loop that repairs answers: one request, without the agent's 3 ms a call.
    with translated(model.ref.name, model.ref.server.key_hint):
        asked = ModelRequest([UserPromptPart(_prompt(question))], instructions=question.system)
        response = await model_request(
            model,
            [*to_library(question.turn.history), asked],
            model_settings=settings_of(question.settings),
            instrument=False,
        )
        text = response.text or ""
        if response.finish_reason == "content_filter" and not text:
            raise ContentFilterError("the provider stopped the answer")
    usage = RunUsage(requests=1)
    usage.incr(response.usage)
    cost = cost_of(response)
    return {**_about(model, response, usage, cost, time.monotonic() - began), "text": text}


async def stream(model: NamedModel, question: Question) -> AsyncIterator[Any]:
    """Yields the pieces of the answer's text, and last a `Final` with the fields of the whole."""
    began = time.monotonic()
    result: AgentRunResult[Any] | None = None
    with translated(model.ref.name, model.ref.server.key_hint):
        agent = _agent(model, question)
        history = to_library(question.turn.history)
        async with agent.run_stream_events(
            _prompt(question), message_history=history, infer_name=False
        ) as events:
            async for event in events:
                if isinstance(event, AgentRunResultEvent):
                    result = event.result
                elif text := piece_of(event):
                    yield text
    assert result is not None
    yield Final(_answer(model, question, result, time.monotonic() - began))


def _agent(model: NamedModel, question: Question) -> Agent[None, Any]:
    agent: Agent[None, Any] = Agent(
        model,
        instructions=question.system,
        output_type=answer_type(question.schema),
        model_settings=settings_of(question.settings),
        retries=AgentRetries(output=1),
    )
    if question.schema is not None:
        agent.output_validator(_checker(question.schema))
    return agent


def _checker(schema: dict[str, Any]) -> Any:
    def check(output: dict[str, Any]) -> dict[str, Any]:
        wrong = problems(schema, unwrap(schema, output))
        if wrong:
            raise ModelRetry("The answer does not fit its schema: " + "; ".join(wrong))
        return output

    return check


def _prompt(question: Question) -> Any:
    prompt = question.turn.prompt
    if not question.images:
        return prompt
    pictures = [
        ImageUrl(image.url) if image.url else BinaryContent(image.data, media_type=image.media_type)
        for image in question.images
    ]
    return [*([prompt] if prompt else []), *pictures]


def _answer(
    model: NamedModel, question: Question, result: AgentRunResult[Any], seconds: float
) -> dict[str, Any]:
    is_text = question.schema is None
    output = result.output if question.schema is None else unwrap(question.schema, result.output)
    usage = result.usage
    return {
        **_about(model, result.response, usage, usage.cost, seconds),
        "text": output if is_text else json.dumps(output, ensure_ascii=False),
        "output": None if is_text else output,
    }


def _about(
    model: NamedModel, response: ModelResponse, usage: RunUsage, cost: Any, seconds: float
) -> dict[str, Any]:
    finish = response.finish_reason
    return {
        "usage": {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "total_tokens": usage.input_tokens + usage.output_tokens,
            "requests": usage.requests,
        },
        "cost": None if cost is None else float(cost),
        "model": answered_by(response, model),
        # Structured answers may come as a tool call of the library's; the spell asked for none.
        "finish_reason": "stop" if finish in (None, "tool_call") else finish,
        "duration": seconds,
    }
