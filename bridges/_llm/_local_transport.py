"""The OpenAI protocol without a network: an HTTP transport that asks an engine in this process."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import httpx2

from bridges._llm._local_engine import Engine

Chunk = dict[str, Any]
_FREE = {"cost": "0"}
"""What pydantic-ai reads as a request's reported cost."""


class EngineTransport(httpx2.AsyncBaseTransport):
    """Serves streamed `/chat/completions` and `/embeddings` from an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answers a request; leaving the answer's stream stops the engine."""
        body = json.loads(await request.aread())
        stop = threading.Event()
        if request.url.path.endswith("/embeddings"):
            chunks = self._run(lambda emit: self._engine.embed(body, emit), stop)
        else:
            chunks = self._run(lambda emit: self._engine.chat(body, emit, stop), stop)
        first = await anext(chunks, None)
        if first is None or "error" in first:
            await chunks.aclose()
            return _failure(first)
        if not body.get("stream"):
            await chunks.aclose()
            return httpx2.Response(200, json=first)
        headers = {"content-type": "text/event-stream"}
        return httpx2.Response(200, headers=headers, stream=_Events(first, chunks, stop))

    async def _run(
        self, work: Callable[[Callable[[Chunk], None]], None], stop: threading.Event
    ) -> AsyncGenerator[Chunk, None]:
        """Yields what `work` emits on the engine's thread; ending early sets `stop`."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Chunk | None] = asyncio.Queue()

        def put(chunk: Chunk | None) -> None:
            if not stop.is_set():  # the loop may be gone when nobody listens
                loop.call_soon_threadsafe(queue.put_nowait, chunk)

        def run() -> None:
            try:
                work(put)
            finally:
                put(None)

        job = self._engine.queue.submit(run)
        try:
            while (chunk := await queue.get()) is not None:
                yield chunk
            await asyncio.wrap_future(job)
        finally:
            stop.set()
            job.cancel()


class _Events(httpx2.AsyncByteStream):
    """Chunks as server-sent events."""

    def __init__(self, first: Chunk, rest: AsyncIterator[Chunk], stop: threading.Event) -> None:
        self._first = first
        self._rest = rest
        self._stop = stop

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield _event(self._first)
        async for chunk in self._rest:
            yield _event(chunk)
        yield b"data: [DONE]\n\n"

    async def aclose(self) -> None:
        self._stop.set()


def _event(chunk: Chunk) -> bytes:
    usage = chunk.get("usage")
    if isinstance(usage, dict):
        chunk = {**chunk, "usage": {**usage, "logfire_ai_gateway": _FREE}}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def _failure(chunk: Chunk | None) -> httpx2.Response:
    error = dict(chunk["error"]) if chunk else {"message": "the model gave no answer", "code": 500}
    status = error.get("code")
    if error.get("type") == "exceed_context_size_error":
        error["code"] = "context_length_exceeded"
    return httpx2.Response(status if isinstance(status, int) else 400, json={"error": error})
