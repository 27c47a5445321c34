"""Settings, the answer's shape and its pieces, as the agent library has them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, cast

from pydantic_ai import StructuredDict
from pydantic_ai.messages import PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta
from pydantic_ai.settings import ModelSettings

SETTINGS = {
    "temperature": "temperature",
    "max_tokens": "max_tokens",
    "top_p": "top_p",
    "stop": "stop_sequences",
    "seed": "seed",
    "timeout": "timeout",
    "retries": "max_retries",
}
"""Our options and what the agent library calls them."""
VALUE = "value"
"""The key under which an answer stands that is no map: providers take schemas of objects only."""


def settings_of(options: Mapping[str, Any]) -> ModelSettings:
    """Returns options by our names as a request's settings; those that are None are not set."""
    found = {SETTINGS[key]: value for key, value in options.items() if value is not None}
    return cast(ModelSettings, found)


def answer_type(schema: dict[str, Any] | None) -> Any:
    """Returns what the library is to make of an answer: text, or data that fits a JSON Schema."""
    if schema is None:
        return str
    schema = copy.deepcopy(schema)
    if schema.get("type") != "object":
        shared: dict[str, Any] = {
            key: schema.pop(key) for key in ("$defs", "definitions") if key in schema
        }
        schema = {
            "type": "object",
            "properties": {VALUE: schema},
            "required": [VALUE],
            "additionalProperties": False,
            **shared,
        }
    return StructuredDict(schema, name="answer")


def wrap(schema: dict[str, Any], output: Any) -> Any:
    """Returns an answer as the library has it, which `unwrap` undoes."""
    return output if schema.get("type") == "object" else {VALUE: output}


def unwrap(schema: dict[str, Any], output: Any) -> Any:
    """Returns the answer itself: the library takes objects only, so others travel in `VALUE`."""
    if schema.get("type") == "object":
        return output
    return output.get(VALUE) if isinstance(output, dict) else output


def piece_of(event: object) -> str:
    """Returns the text that an event of a streamed run adds to the answer; "" where it is none."""
    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
        return event.part.content
    if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
        return event.delta.content_delta
    return ""
