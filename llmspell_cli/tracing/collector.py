"""Sends spans and metrics to an OpenTelemetry collector; the only importer of opentelemetry.

All of it happens in threads of its own: neither the libraries' import nor the network ever holds
a run, and what has not left LEAVING seconds after its end is given up. A run that was shorter than
the import waits for that as well.
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from bridges._errors import ConfigError
from bridges._metrics.registry import BOUNDS, Metric, Registry, Series, Values
from bridges._tracing import Span

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import HistogramDataPoint, MetricsData
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExportResult

MOST_WAITING = 10_000
"""Spans that wait to be sent; more are lost."""
LOADING = 15.0
"""Seconds that the libraries' import may still take when the run has ended."""
LEAVING = 2.0
"""Seconds that what is left has then to be sent; more where a request may take longer."""
ATTEMPTS = 1.5
"""Seconds in which one request, its repetitions included, has to succeed."""
EVERY = 1_000
"""Milliseconds between two requests with spans."""
NUMBERS_EVERY = 60.0
"""Seconds between two requests with metrics."""


@dataclass(frozen=True)
class Target:
    """Where spans and metrics go.

    url: for spans, of OTLP over HTTP, with its path; metrics: that for metrics; None is nowhere
    headers: sent along, such as a key
    service: what the program is called there; None is for the environment to say
    timeout: seconds of one request, its repetitions included; None is for the environment to say
    """

    url: str | None
    headers: Mapping[str, str] = field(default_factory=dict)
    service: str | None = None
    timeout: float | None = ATTEMPTS
    metrics: str | None = None


class Collector:
    """A collector that is told the spans and the metrics of one run."""

    def __init__(self, target: Target, registry: Registry | None = None) -> None:
        """Raises ConfigError where the extra is not installed.

        registry: the metrics, where they are told
        """
        if not is_installed():
            raise ConfigError(
                "sending spans needs the extra 'opentelemetry'",
                hint="pip install 'llmspell[opentelemetry]', or take out telemetry.endpoint",
            )
        self._target = target
        self._waiting: queue.Queue[Span | None] = queue.Queue(MOST_WAITING)
        self._told = self._sent = 0
        self._registry = registry
        self._numbers: _Numbers | None = None
        self._loaded = threading.Event()
        self._thread = threading.Thread(target=self._work, name="telemetry", daemon=True)
        self._thread.start()

    def tell(self, span: Span) -> None:
        """Takes a span that has ended."""
        self._told += 1
        try:
            self._waiting.put_nowait(span)
        except queue.Full:
            pass  # counted as told, and never as sent

    def close(self, seconds: float | None = None) -> tuple[int, int]:
        """Sends what is left; returns how many spans there were and how many left.

        seconds: for so long at most, once the libraries are there
        """
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return self._told, self._sent
        if seconds is None:
            seconds = LEAVING + max(0.0, (self._target.timeout or ATTEMPTS) - ATTEMPTS)
        self._loaded.wait(LOADING)
        self._thread.join(seconds)
        return self._told, self._sent

    @property
    def has_lost_metrics(self) -> bool:
        """Whether there are metrics that have not arrived."""
        if self._numbers is not None:
            return self._numbers.are_lost
        return self._registry is not None and any(m.known() for m in self._registry.metrics())

    # -- in the threads

    def _work(self) -> None:
        try:
            _silence()
            resource = _resource(self._target)
            provider = self._provider(resource)
            if self._target.metrics and self._registry is not None:
                self._numbers = _Numbers(self._target, resource, self._registry)
        except (ImportError, OSError, ValueError, TypeError):
            return  # a broken installation, or certificates that are not there: nothing is sent
        finally:
            self._loaded.set()
        if self._numbers is not None:
            self._numbers.start()
        tracer = provider.get_tracer("llmspell")
        while (span := self._waiting.get()) is not None:
            self._ids.span = span
            _copy(tracer, span)
        if self._numbers is not None:
            self._numbers.ending.set()
        provider.shutdown()
        if self._numbers is not None:
            self._numbers.join()

    def _provider(self, resource: Resource) -> TracerProvider:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
        from opentelemetry.sdk.trace.id_generator import IdGenerator
        from opentelemetry.sdk.trace.sampling import ALWAYS_ON

        target, collector = self._target, self

        class Ids(IdGenerator):
            """Gives spans the ids that they have already."""

            span: Span

            def generate_span_id(self) -> int:
                return int(self.span.span_id, 16)

            def generate_trace_id(self) -> int:
                return int(self.span.trace_id, 16)

        class Counted(SpanExporter):
            """Counts what has arrived."""

            def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
                result = exporter.export(spans)
                if result.name == "SUCCESS":
                    collector._sent += len(spans)
                return result

            def shutdown(self) -> None:
                exporter.shutdown()  # type: ignore[no-untyped-call]

        exporter = OTLPSpanExporter(
            endpoint=target.url,
            headers=dict(target.headers) or None,
            timeout=target.timeout,
        )
        self._ids: Any = Ids()
        provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=resource,
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        provider.add_span_processor(BatchSpanProcessor(Counted(), schedule_delay_millis=EVERY))
        return provider


class _Numbers(threading.Thread):
    """Sends the metrics now and then, and in the end.

    are_lost: whether the last of them have not arrived
    """

    def __init__(self, target: Target, resource: Resource, registry: Registry) -> None:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

        super().__init__(name="telemetry-metrics", daemon=True)
        self.ending = threading.Event()
        self.are_lost = False
        self._resource = resource
        self._registry = registry
        self._exporter = OTLPMetricExporter(
            endpoint=target.metrics, headers=dict(target.headers) or None, timeout=target.timeout
        )

    def run(self) -> None:
        """Works until it is told to end."""
        while not self.ending.wait(NUMBERS_EVERY):
            self._send()
        self._send()
        self._exporter.shutdown()

    def _send(self) -> None:
        metrics = [metric for metric in self._registry.metrics() if metric.known()]
        if metrics:
            self.are_lost = True
            found = self._exporter.export(_numbers(metrics, self._resource, self._registry.began))
            self.are_lost = found.name != "SUCCESS"


def _resource(target: Target) -> Resource:
    from opentelemetry.sdk.resources import Resource

    # Runs that go on at the same time are different series, unless the environment says otherwise.
    one = Resource({"service.instance.id": secrets.token_hex(8)})
    return one.merge(Resource.create({"service.name": target.service} if target.service else {}))


def is_installed() -> bool:
    """Tells whether what sends spans is installed."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


def _silence() -> None:
    # A dead collector costs one line, not a traceback a second on standard error.
    logger = logging.getLogger("opentelemetry")
    logger.propagate = False
    logger.addHandler(logging.NullHandler())


def _copy(tracer: Any, span: Span) -> None:
    from opentelemetry.context import Context
    from opentelemetry.trace import (
        NonRecordingSpan,
        SpanContext,
        SpanKind,
        Status,
        StatusCode,
        TraceFlags,
        set_span_in_context,
    )

    inside = Context()
    if span.parent_id:
        trace_id, parent_id = int(span.trace_id, 16), int(span.parent_id, 16)
        is_remote = span.kind == "run"
        parent = SpanContext(trace_id, parent_id, is_remote, TraceFlags(TraceFlags.SAMPLED))
        inside = set_span_in_context(NonRecordingSpan(parent), inside)
    copied = tracer.start_span(
        span.name,
        context=inside,
        kind=SpanKind.CLIENT if span.kind == "model" else SpanKind.INTERNAL,
        attributes={"llmspell.kind": span.kind, "llmspell.spell": span.spell, **span.attributes},
        start_time=span.start,
    )
    for event in span.events:
        copied.add_event(event.name, event.attributes, event.time)
    if span.error:
        copied.set_status(Status(StatusCode.ERROR, span.error))
    copied.end(span.end)


def _numbers(metrics: Sequence[Metric], resource: Resource, began: int) -> MetricsData:
    """Returns metrics as exporters take them: all that was measured since `began`."""
    from opentelemetry.sdk.metrics import export
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    now, since_then = time.time_ns(), export.AggregationTemporality.CUMULATIVE
    found = []
    for metric in metrics:
        data: Any
        if metric.kind == "histogram":
            data = export.Histogram(
                [_distribution(key, values, began, now) for key, values in metric.known()],
                since_then,
            )
        else:
            points = [
                export.NumberDataPoint(dict(key), began, now, values.value)
                for key, values in metric.known()
            ]
            is_counter = metric.kind == "counter"
            data = export.Sum(points, since_then, True) if is_counter else export.Gauge(points)
        found.append(export.Metric(metric.name, metric.description, metric.unit, data))
    scope = export.ScopeMetrics(InstrumentationScope("llmspell"), found, "")
    return export.MetricsData([export.ResourceMetrics(resource, [scope], "")])


def _distribution(key: Series, values: Values, began: int, now: int) -> HistogramDataPoint:
    from opentelemetry.sdk.metrics.export import HistogramDataPoint

    return HistogramDataPoint(
        attributes=dict(key),
        start_time_unix_nano=began,
        time_unix_nano=now,
        count=values.count,
        sum=values.value,
        bucket_counts=list(values.buckets),
        explicit_bounds=BOUNDS,
        min=values.least,
        max=values.most,
    )
