"""Local servers that speak the OpenAI, Anthropic and Gemini protocols, for tests.

The model's name chooses what happens (see tests/models/behaviour.py):

    with start() as servers:
        ... servers.openai_url ...
        assert servers.requests[-1].body["temperature"] == 0

    python -m tests.models.servers      # prints the addresses as JSON and serves until stdin ends
"""

from __future__ import annotations

import json
import re
import select
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.models import wire_anthropic, wire_google, wire_openai
from tests.models.behaviour import Ask, Failure, Reply, failure, reply

PAGE = b"<html><body>gateway</body></html>"


@dataclass(frozen=True)
class Request:
    """What a server was sent; header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Wire:
    """A protocol: how a failure, a whole answer and a streamed one are written."""

    error: Callable[[Failure], dict[str, Any]]
    whole: Callable[[Ask, Reply], dict[str, Any]]
    stream: Callable[[Ask, Reply], Iterator[tuple[bool, str]]]


CHAT = Wire(wire_openai.error, wire_openai.whole_chat, wire_openai.stream_chat)
RESPONSES = Wire(wire_openai.error, wire_openai.whole_responses, wire_openai.stream_responses)
MESSAGES = Wire(wire_anthropic.error, wire_anthropic.whole, wire_anthropic.stream)
GEMINI = Wire(wire_google.error, wire_google.whole, wire_google.stream)


class Servers:
    """One listening server that serves all protocols, and what it was asked.

    under_way: requests without a whole answer; left: those whose client went away meanwhile
    """

    def __init__(self, port: int = 0) -> None:
        self.requests: list[Request] = []
        self.counts: Counter[str] = Counter()
        self.closing = threading.Event()
        self.under_way = 0
        self.left = 0
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.servers = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.daemon = True
        self._thread.start()

    @property
    def url(self) -> str:
        """The address, without a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def openai_url(self) -> str:
        """The base URL for the OpenAI protocols."""
        return f"{self.url}/v1"

    @property
    def anthropic_url(self) -> str:
        """The base URL for the Anthropic protocol."""
        return self.url

    @property
    def google_url(self) -> str:
        """The base URL for the Gemini protocol."""
        return self.url

    def clear(self) -> None:
        """Forgets what was asked."""
        self.requests.clear()
        self.counts.clear()
        self.left = 0

    def stop(self) -> None:
        """Ends every connection and closes the server."""
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.end_connections()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(port: int = 0) -> Servers:
    """Starts the servers on a free port of the loopback interface (or on `port`)."""
    return Servers(port)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024
    servers: Servers

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what many tests want."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Servers in tests are silent."""

    def do_GET(self) -> None:
        models = [{"id": "echo", "object": "model", "created": 1, "owned_by": "tests"}]
        self._send(200, {"object": "list", "data": models})

    def do_POST(self) -> None:
        servers = self.server.servers
        with servers.lock:
            servers.under_way += 1
        try:
            self._serve()
        finally:
            with servers.lock:
                servers.under_way -= 1

    def _wait(self, seconds: float) -> None:
        """Waits, unless the servers close or the client goes away."""
        servers = self.server.servers
        until = time.monotonic() + seconds
        while not servers.closing.wait(min(0.02, max(0.0, until - time.monotonic()))):
            if time.monotonic() >= until:
                return
            if select.select([self.connection], [], [], 0)[0]:
                if not self.connection.recv(1, socket.MSG_PEEK):
                    with servers.lock:
                        servers.left += 1
                    raise ConnectionAbortedError("the client went away")

    def _serve(self) -> None:
        path = urlsplit(self.path).path
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        body = json.loads(raw)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.servers.requests.append(Request(self.path, headers, body))
        if path.endswith("/embeddings"):
            self._send(200, wire_openai.embeddings(body))
        elif path.endswith(":batchEmbedContents"):
            self._send(200, wire_google.embeddings(body))
        elif path.endswith("/chat/completions"):
            self._answer(CHAT, wire_openai.read_chat(body))
        elif path.endswith("/responses"):
            self._answer(RESPONSES, wire_openai.read_responses(body))
        elif path.endswith("/v1/messages"):
            self._answer(MESSAGES, wire_anthropic.read(body))
        elif found := re.search(r"/models/(.+):(stream)?[gG]enerateContent$", path):
            self._answer(GEMINI, wire_google.read(found[1], body, bool(found[2])))
        else:
            self._send(404, {"error": {"message": f"no such path: {path}"}})

    def _answer(self, wire: Wire, ask: Ask) -> None:
        servers = self.server.servers
        counted = f"{wire.whole.__module__}.{wire.whole.__name__} {ask.model}"
        servers.counts[counted] += 1
        ask.nth = servers.counts[counted]
        failed = failure(ask)
        if failed:
            extra = {"retry-after": failed.retry_after} if failed.retry_after else {}
            self._send(failed.status, wire.error(failed), extra)
            return
        kind = ask.model.partition("-")[0]
        if kind == "slow":
            self._wait(ask.number())
        if kind == "drop":
            self.close_connection = True
        elif kind == "garbage":
            self._send_bytes(200, PAGE, {"content-type": "text/html"})
        elif ask.stream:
            self._stream(wire, ask, kind)
        elif kind in ("cut", "stall"):
            self._send_part(wire, ask)
        else:
            self._send(200, wire.whole(ask, reply(ask)))

    def _send_part(self, wire: Wire, ask: Ask) -> None:
        whole = json.dumps(wire.whole(ask, reply(ask))).encode()
        self._begin(200, {"content-type": "application/json", "content-length": str(len(whole))})
        self.wfile.write(whole[: len(whole) // 2])
        if ask.model.startswith("stall"):
            self._wait(ask.number())
        self.close_connection = True

    def _stream(self, wire: Wire, ask: Ask, kind: str) -> None:
        self._begin(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        spoken = 0
        for is_text, event in wire.stream(ask, reply(ask)):
            data = event.encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            spoken += is_text
            if is_text and kind == "cut":
                self.close_connection = True
                return
            if is_text and (kind == "drip" or (kind == "stall" and spoken == 1)):
                self._wait(ask.number())
        self.wfile.write(b"0\r\n\r\n")

    def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        extra = {"content-type": "application/json", **(headers or {})}
        self._send_bytes(status, json.dumps(body).encode(), extra)

    def _send_bytes(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self._begin(status, {**headers, "content-length": str(len(body))})
        self.wfile.write(body)

    def _begin(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def main() -> None:
    """Prints the addresses and serves until standard input ends."""
    with start(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as servers:
        addresses = {
            "openai": servers.openai_url,
            "anthropic": servers.anthropic_url,
            "google": servers.google_url,
        }
        print(json.dumps(addresses), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
