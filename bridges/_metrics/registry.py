"""The measurements of one run: counters, gauges and histograms, with labels, all bounded."""

from __future__ import annotations

import math
import random
import re
import sys
import time
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridges._errors import InvalidArgument, LimitExceeded

if TYPE_CHECKING:
    from bridges._session import Session

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]
Labels: TypeAlias = "Mapping[str, str | bool | int | float]"
Series: TypeAlias = "tuple[tuple[str, str], ...]"

BUILT_IN = "llmspell."
"""What the names of built-in metrics begin with; they are few, and always have room."""
MAX_METRICS = 200
MAX_SERIES = 1_000
"""Combinations of labels, of all metrics together."""
MAX_LABELS = 10
MAX_TEXT = 200
"""Characters of a label's value, a unit or a description."""
SAMPLE = 1_000
"""Values of a series that its percentiles are found from."""
PERCENTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*(\.[a-zA-Z0-9_]+)*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
OVERFLOW: Series = (("overflow", "true"),)
"""Where values go whose labels would make too many series."""
LARGEST = sys.float_info.max
BOUNDS = tuple(float(f"{digit}e{power}") for power in range(-3, 6) for digit in (1, 2, 5))
"""Where the buckets of a histogram end, each with its last value; one more has what is above."""


@dataclass
class Values:
    """What was measured under one combination of labels.

    sample: every value up to SAMPLE, then a fair choice of so many of them
    buckets: how many values lie in each of those that BOUNDS part; none before the first value
    """

    value: float = 0.0
    count: int = 0
    least: float = 0.0
    most: float = 0.0
    sample: list[float] = field(default_factory=list)
    buckets: list[int] = field(default_factory=list)

    def add(self, amount: float) -> None:
        """Adds to the value, which stays within what a number can hold."""
        self.value = max(-LARGEST, min(LARGEST, self.value + amount))

    def record(self, value: float) -> None:
        """Counts one value of a distribution."""
        self.add(value)
        self.least = value if not self.count else min(self.least, value)
        self.most = value if not self.count else max(self.most, value)
        self.count += 1
        if not self.buckets:
            self.buckets = [0] * (len(BOUNDS) + 1)
        self.buckets[bisect_left(BOUNDS, value)] += 1
        if len(self.sample) < SAMPLE:
            self.sample.append(value)
        elif (place := random.randrange(self.count)) < SAMPLE:  # noqa: S311 - a fair choice
            self.sample[place] = value

    def percentiles(self) -> dict[str, float]:
        """Returns the values below which so many of a hundred lie."""
        ordered = sorted(self.sample)
        return {
            name: ordered[max(0, math.ceil(share * len(ordered)) - 1)]
            for name, share in PERCENTILES.items()
        }


class Metric:
    """One thing that is measured.

    series: what was measured, by labels
    """

    def __init__(self, registry: Registry, name: str, kind: Kind) -> None:
        self.name = name
        self.kind = kind
        self.unit = ""
        self.description = ""
        self.series: dict[Series, Values] = {}
        self._registry = registry

    def values(self, labels: Labels | None) -> Values:
        """Returns the values of a combination of labels."""
        key = _series(self.name, labels) if labels else ()
        found = self.series.get(key)
        if found is None:
            key = self._registry.room_for(self, key)
            found = self.series.setdefault(key, Values())
        return found

    def known(self) -> list[tuple[Series, Values]]:
        """Returns what was measured; a histogram's series begins with its first value."""
        everything = list(self.series.items())  # what sends it away is another thread
        return [(k, v) for k, v in everything if v.count or self.kind != "histogram"]


class Registry:
    """The metrics of a run and of the spells it runs.

    began: nanoseconds since 1970
    """

    def __init__(self, session: Session) -> None:
        self.began = time.time_ns()
        self._log = session.log
        self._metrics: dict[str, Metric] = {}
        self._exported: dict[str, str] = {}
        self._series = 0
        self._warned: set[str] = set()

    def metric(self, name: str, kind: Kind, unit: str = "", description: str = "") -> Metric:
        """Returns a metric, made at the first use of its name."""
        found = self._metrics.get(name)
        if found is None:
            found = self._metrics[name] = self._new(name, kind)
        elif found.kind != kind:
            raise InvalidArgument(
                f"the metric {name!r} is a {found.kind}, not a {kind}", hint="choose another name"
            )
        found.unit = unit[:MAX_TEXT] or found.unit
        found.description = description[:MAX_TEXT] or found.description
        return found

    def metrics(self) -> list[Metric]:
        """Returns every metric, in order of name."""
        return [self._metrics[name] for name in sorted(self._metrics)]

    def room_for(self, metric: Metric, key: Series) -> Series:
        """Returns the series that a new combination of labels gets."""
        if self._series < MAX_SERIES or key == OVERFLOW:
            self._series += 1
            return key
        if metric.name not in self._warned:
            self._warned.add(metric.name)
            self._log.write(
                "warn",
                f"the metrics have more than {MAX_SERIES} combinations of labels: new ones of"
                f" {metric.name!r} are counted together, under overflow=true",
            )
        return OVERFLOW

    def _new(self, name: str, kind: Kind) -> Metric:
        if len(name) > MAX_TEXT or not NAME.fullmatch(name):
            raise InvalidArgument(
                f"{name!r} cannot be the name of a metric",
                hint="use letters, digits, _ and dots, as in app.requests",
            )
        if len(self._metrics) >= MAX_METRICS and not name.startswith(BUILT_IN):
            raise LimitExceeded(
                f"the run has more than {MAX_METRICS} metrics",
                hint="use labels for what differs",
                details={"limit": "metrics"},
            )
        alike = self._exported.setdefault(name.replace(".", "_"), name)
        if alike != name:
            raise InvalidArgument(f"the metric {name!r} is too much like {alike!r}")
        return Metric(self, name, kind)


def registry_of(session: Session) -> Registry:
    """Returns the metrics of a run, which spells that it runs share."""
    outer = session
    while outer.caller is not None:
        outer = outer.caller
    found: Registry = outer.shared(Registry)
    return found


def _series(name: str, labels: Labels) -> Series:
    if len(labels) > MAX_LABELS:
        raise InvalidArgument(f"the metric {name!r} takes at most {MAX_LABELS} labels")
    for label in labels:
        if not LABEL.fullmatch(label) or len(label) > MAX_TEXT:
            raise InvalidArgument(
                f"the metric {name!r}: {label!r} cannot be the name of a label",
                hint="use letters, digits and _",
            )
    return tuple(sorted((key, _text(value)) for key, value in labels.items()))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:MAX_TEXT]
