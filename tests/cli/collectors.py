"""A collector of spans and metrics on the loopback interface: what a real one would receive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Received:
    """What has come in.

    paths, headers, requests: with spans, answered with `status`
    number_headers, numbers: with metrics, answered with `number_status`
    hangs: set unless it answers nothing
    """

    def __init__(self) -> None:
        self.url = ""
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.number_headers: list[dict[str, str]] = []
        self.requests: list[Any] = []
        self.numbers: list[Any] = []
        self.status = 200
        self.number_status = 200
        self.hangs = threading.Event()
        self.hangs.set()

    def spans(self) -> list[Any]:
        """Returns every span, in order of arrival."""
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def metrics(self) -> dict[str, Any]:
        """Returns the metrics as the last request told them, by name."""
        return {
            metric.name: metric
            for resource in self.numbers[-1].resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def resource(self) -> dict[str, str]:
        """Returns the attributes of what sent the first spans."""
        found = self.requests[0].resource_spans[0].resource.attributes
        return {entry.key: entry.value.string_value for entry in found}


@contextmanager
def collector() -> Iterator[Received]:
    """Runs a collector."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.hangs.wait(30)
            headers = {k.lower(): v for k, v in self.headers.items()}
            if self.path.endswith("/v1/metrics"):
                numbers = ExportMetricsServiceRequest()
                numbers.ParseFromString(body)
                received.number_headers.append(headers)
                received.numbers.append(numbers)
                self.send_response(received.number_status)
            else:
                request = ExportTraceServiceRequest()
                request.ParseFromString(body)
                received.paths.append(self.path)
                received.headers.append(headers)
                received.requests.append(request)
                self.send_response(received.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                pass  # whoever sent it did not wait for the answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    received.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield received
    finally:
        received.hangs.set()
        server.shutdown()
        thread.join()
        server.server_close()
