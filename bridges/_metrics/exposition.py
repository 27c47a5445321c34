"""Metrics as the text that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridges._metrics.registry import PERCENTILES, Metric, Series, Values


def render(metrics: Iterable[Metric]) -> str:
    """Returns metrics in the text format of Prometheus; a histogram is a summary there."""
    return "".join(line + "\n" for metric in metrics for line in _lines(metric))


def _lines(metric: Metric) -> Iterator[str]:
    known = metric.known()
    if not known:
        return
    name = metric.name.replace(".", "_")
    kind = "summary" if metric.kind == "histogram" else metric.kind
    if metric.kind == "counter" and not name.endswith("_total"):
        name += "_total"
    about = f"{metric.description} ({metric.unit})" if metric.unit else metric.description
    if about:
        yield f"# HELP {name} {_escaped(about.strip())}"
    yield f"# TYPE {name} {kind}"
    for labels, values in known:
        if metric.kind == "histogram":
            yield from _summary(name, labels, values)
        else:
            yield f"{name}{_labels(labels)} {_number(values.value)}"


def _summary(name: str, labels: Series, values: Values) -> Iterator[str]:
    for key, value in values.percentiles().items():
        quantile = ("quantile", str(PERCENTILES[key]))
        yield f"{name}{_labels((*labels, quantile))} {_number(value)}"
    yield f"{name}_sum{_labels(labels)} {_number(values.value)}"
    yield f"{name}_count{_labels(labels)} {values.count}"


def _labels(labels: Series) -> str:
    inside = ",".join(f'{key}="{_escaped(value, quoted=True)}"' for key, value in labels)
    return f"{{{inside}}}" if inside else ""


def _escaped(text: str, *, quoted: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quoted else text


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
