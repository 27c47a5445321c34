"""The Anthropic protocol of the local servers: Messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.models.behaviour import Ask, Failure, Reply, Tool
from tests.models.wire_openai import plain

FINISH = {"stop": "end_turn", "tools": "tool_use", "length": "max_tokens", "filter": "refusal"}
KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def error(failure: Failure) -> dict[str, Any]:
    """Returns the body of a failure."""
    message = failure.message
    if failure.code == "context_length_exceeded":
        message = "prompt is too long: 300000 tokens > 200000 maximum"
    kind = KINDS.get(failure.status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": message}}


def read(body: dict[str, Any]) -> Ask:
    """Reads a Messages request."""
    asked, results = "", []
    for message in body["messages"]:
        if message["role"] == "user":
            parts = message["content"]
            if isinstance(parts, str):
                parts = [{"type": "text", "text": parts}]
            results = [plain(p.get("content")) for p in parts if p["type"] == "tool_result"]
            texts = [p for p in parts if p["type"] != "tool_result"]
            asked = plain(texts) if texts else asked
    wanted = (body.get("output_config") or {}).get("format") or {}
    return Ask(
        body["model"],
        asked,
        results,
        [Tool(t["name"], t.get("input_schema") or {}) for t in body.get("tools") or []],
        wanted.get("schema"),
        bool(body.get("stream")),
    )


def _blocks(ask: Ask, reply: Reply) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [
        {"type": "tool_use", "id": f"toolu_{ask.nth}_{i}", "name": name, "input": arguments}
        for i, (name, arguments) in enumerate(reply.calls)
    ]
    return blocks + ([{"type": "text", "text": reply.text}] if reply.text else [])


def whole(ask: Ask, reply: Reply) -> dict[str, Any]:
    """Returns a whole answer."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": ask.model,
        "content": _blocks(ask, reply),
        "stop_reason": FINISH[reply.finish],
        "stop_sequence": None,
        "usage": {"input_tokens": 11, "output_tokens": 7},
    }


def stream(ask: Ask, reply: Reply) -> Iterator[tuple[bool, str]]:
    """Yields the events of a streamed answer, each with whether it carries text."""

    def event(kind: str, **fields: Any) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"

    usage = {"input_tokens": 11, "output_tokens": 1}
    begun = {**whole(ask, reply), "content": [], "stop_reason": None, "usage": usage}
    yield False, event("message_start", message=begun)
    for index, block in enumerate(_blocks(ask, reply)):
        empty: dict[str, Any] = {"text": ""} if block["type"] == "text" else {"input": {}}
        yield False, event("content_block_start", index=index, content_block={**block, **empty})
        if block["type"] == "text":
            for word in reply.words():
                delta = {"type": "text_delta", "text": word}
                yield True, event("content_block_delta", index=index, delta=delta)
        else:
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            yield False, event("content_block_delta", index=index, delta=delta)
        yield False, event("content_block_stop", index=index)
    ended = {"stop_reason": FINISH[reply.finish], "stop_sequence": None}
    yield False, event("message_delta", delta=ended, usage={"output_tokens": 7})
    yield False, event("message_stop")
