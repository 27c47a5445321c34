"""The settings and the answer's shape of an agent, as the library takes them."""

from __future__ import annotations

import copy
from typing import Any

from pydantic_ai import DeferredToolRequests, StructuredDict
from pydantic_ai.settings import ModelSettings

from bridges._agents import AgentSpec


def settings_of(spec: AgentSpec) -> ModelSettings:
    """Returns what every request of an agent is sent with."""
    found: ModelSettings = {}
    if spec.temperature is not None:
        found["temperature"] = spec.temperature
    if spec.max_tokens is not None:
        found["max_tokens"] = spec.max_tokens
    if spec.timeout is not None:
        found["timeout"] = spec.timeout
    if spec.retries is not None:
        found["max_retries"] = spec.retries
    return found


def output_type(spec: AgentSpec) -> Any:
    """Returns what ends a run: the answer in its shape, or a handoff where there are any."""
    answer = _answer_type(spec.output_schema)
    return [answer, DeferredToolRequests] if spec.handoffs else answer


def _answer_type(schema: dict[str, Any] | None) -> Any:
    if schema is None:
        return str
    schema = copy.deepcopy(schema)
    if schema.get("type") != "object":
        shared: dict[str, Any] = {
            key: schema.pop(key) for key in ("$defs", "definitions") if key in schema
        }
        schema = {
            "type": "object",
            "properties": {"value": schema},
            "required": ["value"],
            "additionalProperties": False,
            **shared,
        }
    return StructuredDict(schema, name="answer")


def unwrap(schema: dict[str, Any], output: Any) -> Any:
    """Returns the answer itself: the library takes objects only, so others travel in `value`."""
    if schema.get("type") == "object":
        return output
    return output.get("value") if isinstance(output, dict) else output
