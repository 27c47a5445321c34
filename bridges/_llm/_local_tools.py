"""Tools for models whose chat template has no word for them, through constrained decoding.

Such a model can write nothing but arguments that fit the tool's schema. What a small model cannot
be trusted with is judgement, so the order of steps is fixed. For each new message of the user:

1. With one tool, that tool is called. With several, the one that shares most words with the
   message (in its name, description and parameters); when none stands out, the model chooses
   between the tools' names and "answer".
2. The model fills in the arguments. One message of the user leads to one tool call at most.
3. With the tool's result before it, the model answers, in the shape asked for.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from pydantic_ai import RunContext
from pydantic_ai.exceptions import OutputTokenLimitExceeded
from pydantic_ai.messages import (
    InstructionPart,
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    ModelResponsePart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import (
    CompletedStreamedResponse,
    ModelRequestParameters,
    StreamedResponse,
)
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RequestUsage

from bridges._llm._local_model import StreamingModel

ANSWER = "answer"
CHOICE_TOKENS = 64
COMMON_WORDS = frozenset(
    "a about all an and any are as at be by can could do does for from get give go has have how i "
    "in into is it me my no not now of on one or please some tell that the their there this to "
    "use used user using was what when where which who will with would you your".split()
)


class JsonToolModel(StreamingModel):
    """Gives a local model the tools it does not know, as this module says."""

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncIterator[StreamedResponse]:
        """Answers a request: text as it is written, a tool call in one piece."""
        _, params = self.wrapped.prepare_request(model_settings, model_request_parameters)
        tool, asking = await self._next_tool(messages, model_settings, params)
        plain = _without_tools(messages)
        if tool is None and asking is None:
            async with self.wrapped.request_stream(
                plain, model_settings, _toolless(params), run_context
            ) as stream:
                yield stream
            return
        if tool is None:
            response = await self.wrapped.request(plain, model_settings, _toolless(params))
        else:
            response = await self._fill_in(tool, plain, model_settings, params)
        if asking is not None:
            response = dataclasses.replace(response, usage=response.usage + asking)
        yield CompletedStreamedResponse(
            response, model_request_parameters=model_request_parameters, replay_events=True
        )

    async def _next_tool(
        self,
        messages: list[ModelMessage],
        settings: ModelSettings | None,
        params: ModelRequestParameters,
    ) -> tuple[ToolDefinition | None, RequestUsage | None]:
        """Returns the tool to call, None to answer, and what asking the model took, if it was."""
        tools = params.declared_function_tools
        asked = _new_request(messages)
        if asked is not None and tools:
            chosen = tools[0] if len(tools) == 1 else most_alike(asked, tools)
            return (chosen, None) if chosen else await self._ask(asked, settings, params)
        must_call = params.output_tools and not params.allow_text_output
        return (params.output_tools[0] if must_call else None), None

    async def _ask(
        self, asked: str, settings: ModelSettings | None, params: ModelRequestParameters
    ) -> tuple[ToolDefinition | None, RequestUsage]:
        tools = {tool.name: tool for tool in params.declared_function_tools}
        about = "".join(f"- {tool.name}: {tool.description or ''}\n" for tool in tools.values())
        question = (
            f"Tools:\n{about}- {ANSWER}: Just talks, no tool\n\n"
            f"Request: {asked}\nWhich tool fits the request?"
        )
        response = await self.wrapped.request(
            [ModelRequest([UserPromptPart(question)])],
            _exact(settings, max_tokens=CHOICE_TOKENS),
            _constrained(params, {"enum": [*tools, ANSWER]}, None),
        )
        name = (response.text or "").strip().strip('"')
        return tools.get(name), response.usage

    async def _fill_in(
        self,
        tool: ToolDefinition,
        messages: list[ModelMessage],
        settings: ModelSettings | None,
        params: ModelRequestParameters,
    ) -> ModelResponse:
        task = InstructionPart(
            f"Fill in the arguments of the tool {tool.name} ({tool.description or ''}) as JSON "
            "for the request of the user."
        )
        instructions = [*(params.instruction_parts or []), task]
        response = await self.wrapped.request(
            messages,
            _exact(settings),
            _constrained(params, tool.parameters_json_schema, instructions),
        )
        if response.finish_reason == "length":
            raise OutputTokenLimitExceeded(f"the arguments of {tool.name} were cut off")
        return dataclasses.replace(response, parts=[ToolCallPart(tool.name, response.text or "")])


def most_alike(text: str, tools: list[ToolDefinition]) -> ToolDefinition | None:
    """Returns the tool that shares most words with a text; None when none or several do."""
    wanted = _words(text)
    scores = [len(wanted & _words(_about(tool))) for tool in tools]
    best = max(scores)
    return tools[scores.index(best)] if best and scores.count(best) == 1 else None


def _about(tool: ToolDefinition) -> str:
    parameters = tool.parameters_json_schema.get("properties", {})
    return " ".join([tool.name, tool.description or "", *parameters])


def _words(text: str) -> set[str]:
    found = re.findall(r"[^\W\d_]{2,}", text.lower())
    return {word.removesuffix("s") for word in found if word not in COMMON_WORDS}


def _new_request(messages: list[ModelMessage]) -> str | None:
    """Returns what the user just said; None when the last message is a result or a correction."""
    said = [part for part in messages[-1].parts if isinstance(part, UserPromptPart)]
    if not said:
        return None
    pieces = [[part.content] if isinstance(part.content, str) else part.content for part in said]
    return "\n".join(piece for part in pieces for piece in part if isinstance(piece, str))


def _without_tools(messages: list[ModelMessage]) -> list[ModelMessage]:
    """Returns the messages with tool calls and results as plain text."""
    found: list[ModelMessage] = []
    for message in messages:
        if isinstance(message, ModelResponse):
            answered = [_call_as_text(part) for part in message.parts]
            found.append(dataclasses.replace(message, parts=answered))
        else:
            asked = [_result_as_text(part) for part in message.parts]
            found.append(dataclasses.replace(message, parts=asked))
    return found


def _call_as_text(part: ModelResponsePart) -> ModelResponsePart:
    if not isinstance(part, ToolCallPart):
        return part
    return TextPart(json.dumps({"tool": part.tool_name, "arguments": part.args_as_dict()}))


def _result_as_text(part: ModelRequestPart) -> ModelRequestPart:
    if not isinstance(part, ToolReturnPart):
        return part
    return UserPromptPart(
        f"Result of {part.tool_name}: {part.model_response_str()}\n"
        "Now answer the question using this result."
    )


def _toolless(params: ModelRequestParameters) -> ModelRequestParameters:
    return dataclasses.replace(params, function_tools=[], output_tools=[], tool_visibility=None)


def _constrained(
    params: ModelRequestParameters,
    schema: dict[str, Any],
    instructions: list[InstructionPart] | None,
) -> ModelRequestParameters:
    return dataclasses.replace(
        _toolless(params),
        output_mode="native",
        output_object=OutputObjectDefinition(json_schema=schema, name="step"),
        allow_text_output=True,
        instruction_parts=instructions,
    )


def _exact(settings: ModelSettings | None, **changes: Any) -> ModelSettings:
    return cast(ModelSettings, {"temperature": 0.0, **(settings or {}), **changes})
