"""The Gemini protocol of the local servers: generateContent, streamGenerateContent, embeddings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.models.behaviour import Ask, Failure, Reply, Tool

FINISH = {"stop": "STOP", "tools": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY"}
KINDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}


def error(failure: Failure) -> dict[str, Any]:
    """Returns the body of a failure."""
    message = failure.message
    if failure.code == "context_length_exceeded":
        message = "The input token count (9000) exceeds the maximum number of tokens allowed (8192)"
    status = KINDS.get(failure.status, "INTERNAL")
    return {"error": {"code": failure.status, "message": message, "status": status}}


def read(model: str, body: dict[str, Any], stream: bool) -> Ask:
    """Reads a request; the model stands in its path."""
    asked, results = "", []
    for content in body["contents"]:
        if content.get("role", "user") == "user":
            parts = content["parts"]
            replies = [p["functionResponse"]["response"] for p in parts if "functionResponse" in p]
            results = [_result(r) for r in replies]
            texts = [p.get("text") or "<image>" for p in parts if "functionResponse" not in p]
            asked = " ".join(texts) or asked
    tools = [t for group in body.get("tools") or [] for t in group.get("functionDeclarations", [])]
    config = body.get("generationConfig") or {}
    return Ask(
        model,
        asked,
        results,
        [Tool(t["name"], _schema(t)) for t in tools],
        config.get("responseJsonSchema") or config.get("responseSchema"),
        stream,
    )


def _schema(tool: dict[str, Any]) -> dict[str, Any]:
    names = ("parametersJsonSchema", "parameters_json_schema", "parameters")
    found: dict[str, Any] = next((tool[name] for name in names if name in tool), {})
    return found


def _result(response: dict[str, Any]) -> str:
    value = response.get("return_value", response.get("result", response))
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _answer(ask: Ask, parts: list[dict[str, Any]], finish: str | None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    usage = {"promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18}
    return {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": ask.model,
        "responseId": "resp-1",
    }


def _calls(ask: Ask, reply: Reply) -> list[dict[str, Any]]:
    return [
        {"functionCall": {"id": f"call_{ask.nth}_{i}", "name": name, "args": arguments}}
        for i, (name, arguments) in enumerate(reply.calls)
    ]


def whole(ask: Ask, reply: Reply) -> dict[str, Any]:
    """Returns a whole answer."""
    parts = _calls(ask, reply) + ([{"text": reply.text}] if reply.text else [])
    return _answer(ask, parts, FINISH[reply.finish])


def stream(ask: Ask, reply: Reply) -> Iterator[tuple[bool, str]]:
    """Yields the events of a streamed answer, each with whether it carries text."""

    def event(parts: list[dict[str, Any]], finish: str | None = None) -> str:
        return f"data: {json.dumps(_answer(ask, parts, finish))}\r\n\r\n"

    for call in _calls(ask, reply):
        yield False, event([call])
    for word in reply.words():
        if word:
            yield True, event([{"text": word}])
    yield False, event([{"text": ""}], FINISH[reply.finish])


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    """Returns a vector of three numbers for each text: its length, then two constants."""
    vectors = []
    for request in body["requests"]:
        text = "".join(part["text"] for part in request["content"]["parts"])
        vectors.append({"values": [float(len(text)), 0.5, -0.5]})
    return {"embeddings": vectors}
