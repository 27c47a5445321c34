"""The OpenAI protocols of the local servers: Chat Completions, Responses, embeddings."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any

from tests.models.behaviour import Ask, Failure, Reply, Tool

USAGE = {
    "prompt_tokens": 11,
    "completion_tokens": 7,
    "total_tokens": 18,
    "prompt_tokens_details": {"cached_tokens": 0},
}
RESPONSES_USAGE = {
    "input_tokens": 11,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 18,
}
FINISH = {"stop": "stop", "tools": "tool_calls", "length": "length", "filter": "content_filter"}


def error(failure: Failure) -> dict[str, Any]:
    """Returns the body of a failure."""
    kind = "insufficient_quota" if "quota" in failure.code else "invalid_request_error"
    return {"error": {"message": failure.message, "type": kind, "code": failure.code or None}}


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    """Returns a vector of three numbers for each text: its length, then two constants."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    data = []
    for index, text in enumerate(texts):
        vector: Any = [float(len(text)), 0.5, -0.5]
        if body.get("encoding_format") == "base64":
            vector = base64.b64encode(struct.pack("<3f", *vector)).decode()
        data.append({"object": "embedding", "index": index, "embedding": vector})
    usage = {"prompt_tokens": 4, "total_tokens": 4}
    return {"object": "list", "model": body["model"], "data": data, "usage": usage}


def plain(content: Any) -> str:
    """Returns the text of a message's content, other parts by their type in angle brackets."""
    if isinstance(content, list):
        return " ".join(part.get("text") or f"<{part['type']}>" for part in content)
    return str(content or "")


def read_chat(body: dict[str, Any]) -> Ask:
    """Reads a Chat Completions request."""
    messages = body["messages"]
    asked = [m for m in messages if m["role"] == "user"]
    results: list[str] = []
    for message in reversed(messages):
        if message["role"] != "tool":
            break
        results.insert(0, plain(message["content"]))
    tools = [t["function"] for t in body.get("tools") or []]
    wanted = body.get("response_format") or {}
    return Ask(
        body["model"],
        plain(asked[-1]["content"]) if asked else "",
        results,
        [Tool(t["name"], t.get("parameters") or {}) for t in tools],
        wanted.get("json_schema", {}).get("schema"),
        bool(body.get("stream")),
    )


def whole_chat(ask: Ask, reply: Reply) -> dict[str, Any]:
    """Returns a whole Chat Completions answer."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if reply.calls:
        message["tool_calls"] = [_chat_call(ask, i, *call) for i, call in enumerate(reply.calls)]
    finish = FINISH[reply.finish]
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {
        "id": "chat-1",
        "object": "chat.completion",
        "created": 1,
        "model": ask.model,
        "choices": [{**choice, "native_finish_reason": finish}],
        "provider": "tests",  # as OpenRouter names who answered
        "usage": USAGE,
    }


def _chat_call(ask: Ask, index: int, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"call_{ask.nth}_{index}",
        "type": "function",
        "function": {"name": name, "arguments": json.dumps(arguments)},
    }


def stream_chat(ask: Ask, reply: Reply) -> Iterator[tuple[bool, str]]:
    """Yields the events of a streamed answer, each with whether it carries text."""
    base = {"id": "chat-1", "object": "chat.completion.chunk", "created": 1, "model": ask.model}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> str:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
        return f"data: {json.dumps({**base, 'choices': choices})}\n\n"

    yield False, chunk({"role": "assistant", "content": ""})
    for index, call in enumerate(reply.calls):
        whole = {"index": index, **_chat_call(ask, index, *call)}
        text = whole["function"]["arguments"]
        begun = {**whole, "function": {"name": call[0], "arguments": ""}}
        yield False, chunk({"tool_calls": [begun]})
        for i in range(0, len(text), 5):
            piece = {"index": index, "function": {"arguments": text[i : i + 5]}}
            yield False, chunk({"tool_calls": [piece]})
    for word in reply.words():
        if word:
            yield True, chunk({"content": word})
    yield False, chunk({}, FINISH[reply.finish])
    yield False, f"data: {json.dumps({**base, 'choices': [], 'usage': USAGE})}\n\n"
    yield False, "data: [DONE]\n\n"


def read_responses(body: dict[str, Any]) -> Ask:
    """Reads a Responses request."""
    items = body["input"]
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    asked = [i for i in items if i.get("role") == "user"]
    results: list[str] = []
    for item in reversed(items):
        if item.get("type") != "function_call_output":
            break
        results.insert(0, plain(item["output"]))
    wanted = (body.get("text") or {}).get("format") or {}
    return Ask(
        body["model"],
        plain(asked[-1]["content"]) if asked else "",
        results,
        [Tool(t["name"], t.get("parameters") or {}) for t in body.get("tools") or []],
        wanted.get("schema"),
        bool(body.get("stream")),
    )


def whole_responses(ask: Ask, reply: Reply) -> dict[str, Any]:
    """Returns a whole Responses answer."""
    output: list[dict[str, Any]] = [
        _response_call(ask, index, *call) for index, call in enumerate(reply.calls)
    ]
    if reply.text:
        output.append(_message(reply.text))
    reasons = {"length": "max_output_tokens", "filter": "content_filter"}
    reason = reasons.get(reply.finish)
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "incomplete" if reason else "completed",
        "incomplete_details": {"reason": reason} if reason else None,
        "error": None,
        "model": ask.model,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": RESPONSES_USAGE,
    }


def _message(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    return {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": content if text else [],
    }


def _response_call(ask: Ask, index: int, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "function_call",
        "id": f"fc_{ask.nth}_{index}",
        "call_id": f"call_{ask.nth}_{index}",
        "name": name,
        "arguments": json.dumps(arguments),
        "status": "completed",
    }


def stream_responses(ask: Ask, reply: Reply) -> Iterator[tuple[bool, str]]:
    """Yields the events of a streamed answer, each with whether it carries text."""
    number = 0

    def event(kind: str, **fields: Any) -> str:
        nonlocal number
        number += 1
        data = {"type": kind, "sequence_number": number, **fields}
        return f"event: {kind}\ndata: {json.dumps(data)}\n\n"

    whole = whole_responses(ask, reply)
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    yield False, event("response.created", response=begun)
    for index, item in enumerate(whole["output"]):
        where = {"item_id": item["id"], "output_index": index}
        empty: dict[str, Any] = {"content": []} if item["type"] == "message" else {"arguments": ""}
        added = {**item, **empty, "status": "in_progress"}
        yield False, event("response.output_item.added", output_index=index, item=added)
        if item["type"] == "message":
            text = {**where, "content_index": 0, "logprobs": []}
            for word in reply.words():
                yield True, event("response.output_text.delta", delta=word, **text)
            yield False, event("response.output_text.done", text=reply.text, **text)
        else:
            kind = "response.function_call_arguments"
            yield False, event(f"{kind}.delta", delta=item["arguments"], **where)
            done = {**where, "name": item["name"], "arguments": item["arguments"]}
            yield False, event(f"{kind}.done", **done)
        yield False, event("response.output_item.done", output_index=index, item=item)
    ended = "incomplete" if whole["incomplete_details"] else "completed"
    yield False, event(f"response.{ended}", response=whole)
