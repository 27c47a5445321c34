"""Measurements: counters, gauges and histograms that a spell keeps and can show."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar

from bridges import _json
from bridges._declare import NOTHING, Bridge, HostObject, host_function
from bridges._errors import InvalidArgument
from bridges._metrics.measured import measure
from bridges._metrics.registry import BUILT_IN, Kind, Metric, Registry, Values, registry_of
from bridges._types import Callback

if TYPE_CHECKING:
    from bridges._session import Session

T = TypeVar("T")
MetricLabels = dict[str, str | bool | int | float]


class MetricOptions(TypedDict, total=False):
    """What a metric is.

    unit: What its values are counted in: `s`, `By`, `tokens`
    description: What it says
    """

    unit: str
    description: str


class TimerOptions(TypedDict, total=False):
    """How a time is noted.

    labels: What the time is counted under
    description: What the histogram says
    """

    labels: dict[str, str | bool | int | float]
    description: str


class MetricSeries(TypedDict, total=False):
    """What was measured under one combination of labels.

    labels: The labels
    value: Of a counter or a gauge: its value
    count: Of a histogram: how many values there were
    sum: Of a histogram: all of them together
    min: Of a histogram: the least
    max: Of a histogram: the greatest
    mean: Of a histogram: the average
    p50: Of a histogram: half of the values are at most this, of the first 1,000 or of as many
        chosen fairly
    p90: Of a histogram: 90 of 100 values are at most this
    p95: Of a histogram: 95 of 100 values are at most this
    p99: Of a histogram: 99 of 100 values are at most this
    """

    labels: dict[str, str]
    value: float
    count: int
    sum: float
    min: float
    max: float
    mean: float
    p50: float
    p90: float
    p95: float
    p99: float


class MetricRecord(TypedDict):
    """One metric and what it has measured.

    name: Its name
    kind: What it is
    unit: What its values are counted in
    description: What it says
    series: What was measured, by labels
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    description: str
    series: list[MetricSeries]


class Counter(HostObject):
    """Counts what only grows."""

    name = "Counter"

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    @host_function(needs=NOTHING, since=2, one_way=True)
    def add(self, amount: float = 1.0, labels: MetricLabels | None = None) -> None:
        """Counts on.

        amount: How much, 0 or more
        labels: What it is counted under
        """
        if amount < 0:
            name = self._metric.name
            raise InvalidArgument(f"the counter {name!r} only grows", hint="use a gauge")
        self._metric.values(labels).add(amount)


class Gauge(HostObject):
    """Holds a value that goes up and down."""

    name = "Gauge"

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    @host_function(needs=NOTHING, since=2, one_way=True)
    def set(self, value: float, labels: MetricLabels | None = None) -> None:
        """Sets the value.

        value: The value
        labels: What it is held under
        """
        self._metric.values(labels).value = value

    @host_function(needs=NOTHING, since=2, one_way=True)
    def add(self, amount: float, labels: MetricLabels | None = None) -> None:
        """Changes the value.

        amount: How much is added; less than 0 takes away
        labels: What it is held under
        """
        self._metric.values(labels).add(amount)


class Histogram(HostObject):
    """Tells how values are distributed."""

    name = "Histogram"

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    @host_function(needs=NOTHING, since=2, one_way=True)
    def record(self, value: float, labels: MetricLabels | None = None) -> None:
        """Counts one value.

        value: The value
        labels: What it is counted under
        """
        self._metric.values(labels).record(value)


class Metrics(Bridge):
    """Measures what a spell does; what models and tools did is measured beside it."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._registry: Registry = registry_of(session)
        measure(session)
        self._objects: dict[str, Any] = {}

    @host_function(needs=NOTHING, since=2)
    def counter(self, name: str, options: MetricOptions | None = None) -> Counter:
        """Returns a counter; the same name gives the same one.

        name: Letters, digits, `_` and dots, as in `app.requests`
        options: What it is
        returns: The counter
        """
        return self._object(Counter, name, "counter", options)

    @host_function(needs=NOTHING, since=2)
    def gauge(self, name: str, options: MetricOptions | None = None) -> Gauge:
        """Returns a gauge; the same name gives the same one.

        name: Letters, digits, `_` and dots, as in `app.queue`
        options: What it is
        returns: The gauge
        """
        return self._object(Gauge, name, "gauge", options)

    @host_function(needs=NOTHING, since=2)
    def histogram(self, name: str, options: MetricOptions | None = None) -> Histogram:
        """Returns a histogram; the same name gives the same one.

        name: Letters, digits, `_` and dots, as in `app.answer_time`
        options: What it is
        returns: The histogram
        """
        return self._object(Histogram, name, "histogram", options)

    @host_function(needs=NOTHING, since=2)
    async def timer(self, name: str, fn: Callback, options: TimerOptions | None = None) -> Any:
        """Runs a function and counts the seconds it took, even where it fails.

        name: The histogram that gets the time
        fn: Called without arguments
        options: How the time is noted
        returns: What the function returned
        """
        options = options or {}
        _check_name(name)
        metric = self._registry.metric(name, "histogram", "s", options.get("description", ""))
        values = metric.values(options.get("labels"))
        began = time.monotonic()
        try:
            return await fn()
        finally:
            values.record(time.monotonic() - began)

    @host_function(needs=NOTHING, since=2)
    def snapshot(self) -> list[MetricRecord]:
        """Returns everything measured so far.

        returns: The metrics, in order of name
        """
        return [_record(metric) for metric in self._registry.metrics()]

    @host_function(needs=NOTHING, since=2)
    def export(self, format: Literal["json", "prometheus"] = "json") -> str:
        """Writes everything measured so far as text.

        format: JSON, or what Prometheus reads, where a histogram is a summary
        returns: The text
        """
        if format == "prometheus":
            from bridges._metrics.exposition import render

            return render(self._registry.metrics())
        return _json.render([_record(metric) for metric in self._registry.metrics()], "metrics")

    def _object(
        self, make: Callable[[Metric], T], name: str, kind: Kind, options: MetricOptions | None
    ) -> T:
        given = options or {}
        _check_name(name)
        metric = self._registry.metric(
            name, kind, given.get("unit", ""), given.get("description", "")
        )
        if name not in self._objects:
            self._objects[name] = make(metric)
        found: T = self._objects[name]
        return found


def _check_name(name: str) -> None:
    if name.startswith(BUILT_IN):
        raise InvalidArgument(
            f"{name!r} cannot be the name of a metric: those with {BUILT_IN!r} are built in",
            hint="choose another name",
        )


def _record(metric: Metric) -> MetricRecord:
    return {
        "name": metric.name,
        "kind": metric.kind,
        "unit": metric.unit,
        "description": metric.description,
        "series": [_series(metric, dict(k), v) for k, v in metric.known()],
    }


def _series(metric: Metric, labels: dict[str, str], values: Values) -> MetricSeries:
    if metric.kind != "histogram":
        return {"labels": labels, "value": values.value}
    found: Any = {
        "labels": labels,
        "count": values.count,
        "sum": values.value,
        "min": values.least,
        "max": values.most,
        "mean": values.value / values.count,
        **values.percentiles(),
    }
    return found  # type: ignore[no-any-return]
