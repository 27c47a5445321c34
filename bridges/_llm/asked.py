"""Model requests and answers as plain data, for hooks, and what hooks make of them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from pydantic_ai.messages import (
    InstructionPart,
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    ModelResponsePart,
    TextPart,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from bridges._agents.agent import check_message
from bridges._errors import InvalidArgument
from bridges._hooks.hooks import Form, Hooks
from bridges._llm.costs import cost_of
from bridges._llm.history import OUTPUT_TOOL, from_library, to_library
from bridges._llm.requests import is_plain, pass_on, tools_of

if TYPE_CHECKING:
    from bridges._gate import Gate
    from bridges._session import Session

FIXED = ("model", "tools")
"""What no hook can change about a request."""
Sent = tuple[list[ModelMessage], ModelSettings, ModelRequestParameters]


class Asked:
    """One model request on its way to the model."""

    def __init__(
        self,
        session: Session,
        model: str,
        messages: list[ModelMessage],
        settings: ModelSettings | None,
        parameters: ModelRequestParameters,
    ) -> None:
        hooks: Hooks = session.shared(Hooks)
        self._model = model
        self._messages = messages
        self._settings: dict[str, Any] = dict(settings or {})
        self._parameters = parameters
        self._held: Sent | None = None
        self.request = self._shown() if hooks.watches("model", model) else {"model": model}
        self.form: Form[ModelResponse] = Form(shown, self._read, facts, self._hold)

    def _shown(self) -> dict[str, Any]:
        return {
            "model": self._model,
            "system": _system(self._messages, self._parameters),
            "messages": from_library(self._messages),
            "settings": {key: part for key, part in self._settings.items() if is_plain(part)},
            "tools": tools_of(self._parameters),
        }

    def sent(self, request: dict[str, Any]) -> Sent:
        """Returns what to send, as hooks and the gate have left it; raises InvalidArgument."""
        held, self._held = self._held, None
        return held or self._changed(request)

    async def _hold(self, gate: Gate, request: dict[str, Any]) -> dict[str, Any]:
        messages, settings, parameters = self._changed(request)
        messages, changed = await pass_on(gate, self._model, messages, dict(settings), parameters)
        self._held = messages, cast("ModelSettings", changed), parameters
        return request

    def _changed(self, request: dict[str, Any]) -> Sent:
        before, messages, parameters = self.request, self._messages, self._parameters
        for name in FIXED:
            if request.get(name) != before.get(name):
                raise InvalidArgument(
                    f"a hook changed {name!r} of a model request",
                    hint="system, messages and settings can be changed",
                )
        if request.get("messages") != before.get("messages"):
            messages = _rebuilt(self._messages, request["messages"])
        if request.get("system") != before.get("system"):
            messages, parameters = _instructed(messages, parameters, request["system"])
        settings = self._settings
        if request.get("settings") != before.get("settings"):
            if not isinstance(request["settings"], dict):
                raise InvalidArgument("the changed settings are no map")
            hidden = {key: part for key, part in settings.items() if not is_plain(part)}
            settings = {**hidden, **request["settings"]}
        return messages, cast("ModelSettings", dict(settings)), parameters

    def _read(self, given: Any) -> ModelResponse:
        """Reads an answer that a hook gives: text, or a map with text or tool_calls."""
        found = {"text": given} if isinstance(given, str) else given
        if not isinstance(found, dict) or not {"text", "tool_calls"} & set(found):
            raise InvalidArgument(
                "the answer for a model must be text, or a map with text or tool_calls"
            )
        parts: list[ModelResponsePart] = [_tool_call(call) for call in found.get("tool_calls", [])]
        text = found.get("text")
        if text is not None and not isinstance(text, str):
            raise InvalidArgument("the text of the answer for a model must be text")
        if text and self._parameters.output_tools and not parts:
            parts = [ToolCallPart(OUTPUT_TOOL, _structured(text))]
        elif text or not parts:
            parts.insert(0, TextPart(text or ""))
        return ModelResponse(parts=parts, usage=_usage(found), model_name=self._model)


def shown(response: ModelResponse) -> dict[str, Any]:
    """Returns an answer as hooks see it."""
    said = from_library([response])[0]
    return {
        "text": said["content"],
        "tool_calls": said.get("tool_calls", []),
        "finish_reason": response.finish_reason or "stop",
        **facts(response),
    }


def facts(response: ModelResponse) -> dict[str, Any]:
    """Returns what an answer used."""
    usage, cost = response.usage, cost_of(response)
    tokens = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    return {"usage": tokens} if cost is None else {"usage": tokens, "cost": float(cost)}


def _usage(found: dict[str, Any]) -> RequestUsage:
    usage, cost = found.get("usage"), found.get("cost")
    tokens = usage if isinstance(usage, dict) else {}
    known = RequestUsage(
        input_tokens=_count(tokens.get("input_tokens")),
        output_tokens=_count(tokens.get("output_tokens")),
    )
    if isinstance(cost, (int, float)) and not isinstance(cost, bool):
        known.cost = Decimal(str(max(cost, 0)))
    return known


def _count(value: Any) -> int:
    is_count = isinstance(value, (int, float)) and not isinstance(value, bool)
    return max(int(value), 0) if is_count else 0


def _tool_call(call: Any) -> ToolCallPart:
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        raise InvalidArgument("each of tool_calls must be a map with a name and arguments")
    id = call.get("id")
    id = id if isinstance(id, str) and id else f"call_{os.urandom(6).hex()}"
    return ToolCallPart(call["name"], call.get("arguments") or {}, id)


def _structured(text: str) -> Any:
    try:
        return json.dumps(json.loads(text))
    except ValueError:
        raise InvalidArgument("the answer for a model must be JSON: a schema was given") from None


def _system(messages: Sequence[ModelMessage], parameters: ModelRequestParameters) -> str:
    if parameters.instruction_parts is not None:
        return "\n\n".join(part.content for part in parameters.instruction_parts)
    asked = [message for message in messages if isinstance(message, ModelRequest)]
    return asked[-1].instructions or "" if asked else ""


def _instructed(
    messages: list[ModelMessage], parameters: ModelRequestParameters, system: Any
) -> tuple[list[ModelMessage], ModelRequestParameters]:
    if not isinstance(system, str):
        raise InvalidArgument("the changed system prompt is no text")
    found = [
        replace(message, instructions=system or None)
        if isinstance(message, ModelRequest)
        else message
        for message in messages
    ]
    if parameters.instruction_parts is not None:
        parts = [InstructionPart(content=system)] if system else []
        parameters = replace(parameters, instruction_parts=parts)
    return found, parameters


def _rebuilt(messages: Sequence[ModelMessage], changed: Any) -> list[ModelMessage]:
    """Returns the library's messages for changed plain ones; what is unchanged stays as it was."""
    if not isinstance(changed, list) or not changed:
        raise InvalidArgument("the changed messages are no list")
    for number, message in enumerate(changed, 1):
        where = "a hook changed the messages of a model request"
        if not isinstance(message, dict):
            raise InvalidArgument(f"{where}: message {number} is no map")
        check_message(message, f"{where}: message {number}")
    if changed[-1]["role"] == "assistant":
        raise InvalidArgument("the changed messages end with an answer of the model")
    known = [(plain, part) for part in _parts(messages) for plain in from_library([_message(part)])]
    found: list[ModelMessage] = []
    instructions = next(
        (m.instructions for m in reversed(messages) if isinstance(m, ModelRequest)), None
    )
    for place, message in enumerate(changed):
        part = _part(message, known, place)
        if isinstance(part, ModelResponse):
            found.append(part)
        elif found and isinstance(found[-1], ModelRequest):
            found[-1] = replace(found[-1], parts=[*found[-1].parts, part])
        else:
            found.append(ModelRequest(parts=[part], instructions=instructions))
    return found


def _parts(messages: Sequence[ModelMessage]) -> list[ModelRequestPart | ModelResponse]:
    found: list[ModelRequestPart | ModelResponse] = []
    for message in messages:
        found += [message] if isinstance(message, ModelResponse) else message.parts
    return found


def _message(part: ModelRequestPart | ModelResponse) -> ModelMessage:
    return part if isinstance(part, ModelResponse) else ModelRequest(parts=[part])


def _part(
    message: dict[str, Any],
    known: list[tuple[dict[str, Any], ModelRequestPart | ModelResponse]],
    place: int,
) -> ModelRequestPart | ModelResponse:
    for plain, part in known:
        if plain == message:
            return part
    made = to_library([message])[0]
    if isinstance(made, ModelResponse):
        return made
    new = made.parts[0]
    old = known[place][1] if place < len(known) else None
    if isinstance(new, UserPromptPart) and isinstance(old, UserPromptPart):
        if not isinstance(old.content, str):  # its images stay
            rest = [piece for piece in old.content if not isinstance(piece, str)]
            return UserPromptPart([str(new.content), *rest])
    return new
