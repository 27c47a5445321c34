"""Models for tests: `test:echo`, and `test:FILE.json`, which plays the steps of a file."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel
from pydantic_ai.profiles import ModelProfile

from bridges._errors import BY_CODE, ConfigError
from bridges._names import did_you_mean

if TYPE_CHECKING:
    from bridges._llm.names import ModelRef

STEP_KEYS = {"text", "tool_calls", "error", "message", "match"}


def echo() -> FunctionModel:
    """Returns the model that answers with the user's last text (or the last tool result)."""

    def answer(messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
        return ModelResponse(parts=[TextPart(last_text(messages))])

    return _model(answer, "echo")


def scripted(ref: ModelRef, text: str) -> FunctionModel:
    """Returns the model that plays the steps of a script; raises ConfigError for a bad one.

    text: a JSON list of steps, each one answer: {"text": …}, {"tool_calls": [{name, arguments}]}
        or {"error": code, "message": …}. Steps are played in order, each once; one with "match"
        answers only prompts that hold that text, and as often as they come.
    """
    steps = _steps(ref.model, text)
    played: set[int] = set()

    def answer(messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
        asked = last_text(messages)
        for index, step in enumerate(steps):
            match = step.get("match")
            if (match is None and index not in played) or (match is not None and match in asked):
                played.add(index)
                return _play(step)
        raise ConfigError(
            f"the scripted model {ref.name} has no step left for {asked[:80]!r}",
            hint="add a step to the file",
        )

    return _model(answer, ref.model)


def _model(answer: Any, name: str) -> FunctionModel:
    async def whole(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        response: ModelResponse = answer(messages, info)
        return response

    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
        for index, part in enumerate(answer(messages, info).parts):
            if isinstance(part, TextPart):
                words = part.content.split(" ")
                for place, word in enumerate(words):
                    yield word if place == len(words) - 1 else word + " "
            else:
                yield {index: DeltaToolCall(part.tool_name, part.args_as_json_str())}

    # Structured answers as text: a script then holds the JSON that the test is about.
    profile = ModelProfile(
        supports_json_schema_output=True, default_structured_output_mode="native"
    )
    return FunctionModel(whole, stream_function=stream, model_name=name, profile=profile)


def last_text(messages: list[ModelMessage]) -> str:
    """Returns the text of the last request: what the user said, or what tools gave."""
    texts = []
    for part in messages[-1].parts:
        if isinstance(part, UserPromptPart):
            content = [part.content] if isinstance(part.content, str) else part.content
            texts += [piece for piece in content if isinstance(piece, str)]
        elif isinstance(part, ToolReturnPart):
            texts.append(part.model_response_str())
        elif isinstance(getattr(part, "content", None), str):
            texts.append(part.content)  # type: ignore[union-attr,arg-type]
    return "\n".join(texts)


def _play(step: dict[str, Any]) -> ModelResponse:
    if "error" in step:
        message = step.get("message") or f"the scripted model failed with {step['error']}"
        raise BY_CODE[step["error"]](message)
    if "tool_calls" in step:
        calls = [ToolCallPart(c["name"], c.get("arguments", {})) for c in step["tool_calls"]]
        return ModelResponse(parts=calls)
    return ModelResponse(parts=[TextPart(step["text"])])


def _steps(name: str, text: str) -> list[dict[str, Any]]:
    try:
        steps = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{name} is not JSON: {error}") from None
    if not isinstance(steps, list):
        raise ConfigError(f"{name} must hold a list of steps")
    for number, step in enumerate(steps, 1):
        trouble = _trouble(step)
        if trouble:
            raise ConfigError(
                f"{name}, step {number}: {trouble}",
                hint='a step is {"text": …}, {"tool_calls": […]} or {"error": code}',
            )
    return steps


def _trouble(step: Any) -> str | None:
    if not isinstance(step, dict):
        return "must be a map"
    return _bad_keys(step) or _bad_values(step)


def _bad_keys(step: dict[str, Any]) -> str | None:
    unknown = sorted(set(step) - STEP_KEYS)
    if unknown:
        return f"{unknown[0]!r} is not a key of a step; {did_you_mean(unknown[0], STEP_KEYS)}"
    if len({"text", "tool_calls", "error"} & set(step)) != 1:
        return "must have one of text, tool_calls and error"
    return None


def _bad_values(step: dict[str, Any]) -> str | None:
    if not all(isinstance(step.get(key, ""), str) for key in ("text", "error", "message", "match")):
        return "text, error, message and match must be text"
    if "error" in step and step["error"] not in BY_CODE:
        return f"{step['error']!r} is not an error code; {did_you_mean(step['error'], BY_CODE)}"
    calls = step.get("tool_calls", [])
    if not isinstance(calls, list) or not all(_is_call(call) for call in calls):
        return "tool_calls must be a list of maps with name (text) and arguments (a map)"
    return None


def _is_call(call: Any) -> bool:
    return (
        isinstance(call, dict)
        and isinstance(call.get("name"), str)
        and isinstance(call.get("arguments", {}), dict)
    )
