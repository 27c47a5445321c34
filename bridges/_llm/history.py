"""Conversations as plain messages and as the agent library's, in both directions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    ModelResponsePart,
    RetryFeedbackPart,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
    repair_messages,
)

from bridges._tools import as_text

OUTPUT_TOOL = "final_result"
"""The tool through which the library takes structured answers; not shown to spells."""


def to_library(messages: list[dict[str, Any]]) -> list[ModelMessage]:
    """Returns plain messages as the library's; unanswered tool calls are closed."""
    found: list[ModelMessage] = []
    names: dict[str, str] = {}
    asked: list[ModelRequestPart] = []
    for message in messages:
        if message["role"] != "assistant":
            asked.append(_request_part(message, names))
            continue
        if asked:
            found.append(ModelRequest(parts=asked))
            asked = []
        response = _response(message)
        names.update({call.tool_call_id: call.tool_name for call in response.tool_calls})
        found.append(response)
    if asked:
        found.append(ModelRequest(parts=asked))
    return repair_messages(found)


def _request_part(message: dict[str, Any], names: dict[str, str]) -> ModelRequestPart:
    content = message.get("content")
    if message["role"] == "system":
        return SystemPromptPart(as_text(content))
    if message["role"] == "user":
        return UserPromptPart(as_text(content))
    call = message["tool_call_id"]
    return ToolReturnPart(
        tool_name=message.get("name") or names.get(call, "tool"),
        content=content,
        tool_call_id=call,
        outcome="failed" if message.get("error") else "success",
    )


def _response(message: dict[str, Any]) -> ModelResponse:
    parts: list[ModelResponsePart] = []
    if message.get("content") not in (None, ""):
        parts.append(TextPart(as_text(message["content"])))
    for call in message.get("tool_calls", []):
        parts.append(ToolCallPart(call["name"], call.get("arguments", {}), call["id"]))
    return ModelResponse(parts=parts)


def from_library(messages: Sequence[ModelMessage]) -> list[dict[str, Any]]:
    """Returns the library's messages as plain ones; structured answers stand as JSON text."""
    found: list[dict[str, Any]] = []
    for message in messages:
        if isinstance(message, ModelResponse):
            found.append(_assistant(message))
        else:
            found.extend(plain for part in message.parts if (plain := _plain(part)))
    return found


def _assistant(response: ModelResponse) -> dict[str, Any]:
    calls = [
        {"id": call.tool_call_id, "name": call.tool_name, "arguments": arguments_of(call)}
        for call in response.tool_calls
        if call.tool_name != OUTPUT_TOOL
    ]
    plain: dict[str, Any] = {"role": "assistant", "content": content_of(response)}
    if calls:
        plain["tool_calls"] = calls
    return plain


def content_of(response: ModelResponse) -> str:
    """Returns what a model said; a structured answer is its JSON."""
    text = response.text or ""
    for call in response.tool_calls:
        if call.tool_name == OUTPUT_TOOL:
            text = text or json.dumps(arguments_of(call), ensure_ascii=False)
    return text


def _plain(part: ModelRequestPart) -> dict[str, Any] | None:
    if isinstance(part, SystemPromptPart):
        return {"role": "system", "content": part.content}
    if isinstance(part, UserPromptPart):
        return {"role": "user", "content": _user_text(part)}
    if isinstance(part, ToolReturnPart):
        return _tool_message(part)
    if isinstance(part, RetryFeedbackPart):
        return {"role": "user", "content": part.model_response()}
    return None


def _user_text(part: UserPromptPart) -> str:
    if isinstance(part.content, str):
        return part.content
    return "\n".join(piece for piece in part.content if isinstance(piece, str))


def _tool_message(part: ToolReturnPart) -> dict[str, Any] | None:
    if part.tool_name == OUTPUT_TOOL:
        if part.outcome != "retried":
            return None
        return {"role": "user", "content": text_of(part)}
    plain: dict[str, Any] = {
        "role": "tool",
        "name": part.tool_name,
        "tool_call_id": part.tool_call_id,
        "content": text_of(part),
    }
    if part.outcome in ("failed", "retried"):
        plain["error"] = True
    return plain


def text_of(part: ToolReturnPart) -> str:
    """Returns what a tool answered, as the model read it."""
    return part.content if isinstance(part.content, str) else part.model_response_str()


def arguments_of(call: ToolCallPart) -> dict[str, Any]:
    """Returns the arguments of a call; text that is no JSON object stands under `text`."""
    if isinstance(call.args, dict):
        return call.args
    try:
        found = json.loads(call.args or "{}")
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"text": call.args}
