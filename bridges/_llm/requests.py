"""Model requests as plain data, for whoever looks at one before it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelRequest
from pydantic_ai.models import ModelRequestParameters

from bridges._errors import InvalidArgument

if TYPE_CHECKING:
    from bridges._gate import Gate

BOOKKEEPING = frozenset({"timestamp", "run_id", "conversation_id", "metadata", "usage"})
"""Fields of messages that no provider is sent."""


async def pass_on(
    gate: Gate,
    model: str,
    messages: list[ModelMessage],
    settings: dict[str, Any],
    parameters: ModelRequestParameters,
) -> tuple[list[ModelMessage], dict[str, Any]]:
    """Returns the messages and settings to send, as the gate lets them through.

    model: its name; settings: model settings as plain data
    A change that is no request is InvalidArgument.
    """
    shown = _bare(ModelMessagesTypeAdapter.dump_python(messages, mode="json"))
    request = {
        "model": model,
        "messages": shown,
        "settings": {key: value for key, value in settings.items() if is_plain(value)},
        "tools": tools_of(parameters),
    }
    before = _copy(request)
    found = await gate.pass_on("model", model, request)
    changed = messages
    if found["messages"] != before["messages"]:
        changed = _read(found["messages"])
    if found["settings"] != before["settings"]:
        if not isinstance(found["settings"], dict):
            raise InvalidArgument("the changed settings are no map")
        hidden = {key: value for key, value in settings.items() if not is_plain(value)}
        settings = {**hidden, **found["settings"]}
    return changed, settings


def tools_of(parameters: ModelRequestParameters) -> list[dict[str, Any]]:
    """Returns the tools that the model may call."""
    return [
        {
            "name": tool.name,
            "description": tool.description or "",
            "parameters": tool.parameters_json_schema,
        }
        for tool in parameters.function_tools
    ]


def _read(messages: Any) -> list[ModelMessage]:
    try:
        read = ModelMessagesTypeAdapter.validate_python(messages)
    except ValidationError as error:
        place = error.errors()[0]
        where = "".join(f"{part}: " for part in place["loc"])
        raise InvalidArgument(
            f"the changed messages are no request: {where}{place['msg']}"
        ) from None
    if not read or not isinstance(read[-1], ModelRequest):
        raise InvalidArgument("the changed messages are no request: the last has to be one")
    return read


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(part) for part in value]
    if isinstance(value, dict):
        return {
            key: _bare(part)
            for key, part in value.items()
            if part is not None and key not in BOOKKEEPING
        }
    return value


def _copy(value: Any) -> Any:
    if isinstance(value, list):
        return [_copy(part) for part in value]
    if isinstance(value, dict):
        return {key: _copy(part) for key, part in value.items()}
    return value


def is_plain(value: Any) -> bool:
    """Tells whether a setting can be shown."""
    return isinstance(value, (str, int, float, bool, list, dict, type(None)))
