"""What models, tools, agents and the other built-in things say of themselves in spans.

Names of attributes are those of OpenTelemetry's conventions for generative AI, where it has one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bridges._tracing import Kind, Span, clip, foreign, tracing_of

if TYPE_CHECKING:
    from bridges._session import Session


MAX_CONTENT = 20_000
"""Characters of what was asked or answered, where that is wanted."""
PROVIDERS = {"google": "gcp.gemini", "openai-chat": "openai"}
"""Providers that the conventions call differently."""
TITLES = {"model": "chat", "tool": "execute_tool", "agent": "invoke_agent"}
"""Points that have a name in the conventions, which is the name of the operation."""
ASKED = {
    "model": (
        ("messages", "gen_ai.input.messages"),
        ("system", "gen_ai.system_instructions"),
        ("tools", "gen_ai.tool.definitions"),
    ),
    "tool": (("arguments", "gen_ai.tool.call.arguments"),),
    "agent": (("input", "gen_ai.input.messages"),),
}
"""Fields of requests that are content, by point, and their attributes."""
ANSWERED = {
    "model": "gen_ai.output.messages",
    "tool": "gen_ai.tool.call.result",
    "agent": "gen_ai.output.messages",
}
USED = (
    ("input_tokens", "gen_ai.usage.input_tokens"),
    ("output_tokens", "gen_ai.usage.output_tokens"),
    ("requests", "llmspell.usage.requests"),
)


def begin(session: Session, point: str, name: str, request: Mapping[str, Any]) -> Span:
    """Begins the span of an operation at a point of hooks."""
    tracing = tracing_of(session)
    kind: Any = "spell" if point == "run" else point
    span = tracing.begin(f"{TITLES.get(point, kind)} {name}", kind, session.spell.name)
    span.set(_about(kind, name, request))
    if tracing.content:
        for field, attribute in ASKED.get(point, ()):
            _tell(span, attribute, request.get(field))
    return span


def end(
    session: Session,
    span: Span,
    facts: Mapping[str, Any],
    show: Callable[[], Any] | None,
    error: BaseException | None,
) -> None:
    """Ends the span of an operation.

    facts: what the operation used, as its event says it
    show: gives its result as plain data, where it has one
    """
    tracing = tracing_of(session)
    usage = facts.get("usage") or {}
    span.set({attribute: usage.get(field) for field, attribute in USED})
    span.set({"llmspell.cost": facts.get("cost")})
    if tracing.content and show is not None and span.kind in ANSWERED:
        _tell(span, ANSWERED[span.kind], show())
    tracing.finish(span, error)


def _about(kind: Kind, name: str, request: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "model":
        provider, _, model = name.partition(":")
        settings = request.get("settings") or {}
        return {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": PROVIDERS.get(provider, provider),
            "gen_ai.request.model": model or name,
            "gen_ai.request.temperature": settings.get("temperature"),
            "gen_ai.request.max_tokens": settings.get("max_tokens"),
        }
    if kind == "tool":
        return {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}
    if kind == "agent":
        return {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name}
    return {f"llmspell.{kind}.name": name}


def _tell(span: Span, attribute: str, value: Any) -> None:
    if value is not None:
        if not isinstance(value, str):
            value = json.dumps(value, ensure_ascii=False, default=foreign)
        span.attributes[attribute] = clip(value, MAX_CONTENT)
