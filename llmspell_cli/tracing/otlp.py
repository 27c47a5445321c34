"""Spans in the JSON form of OpenTelemetry's protocol (OTLP), written and read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bridges._errors import ConfigError
from bridges._tracing import Event, Span

SCOPE = "llmspell"
INTERNAL, CLIENT = 1, 3
OK, FAILED = 0, 2
BATCH = 100
MOST_BYTES = 256 * 1024 * 1024


class TraceFile:
    """A file that gets the spans of one run, some to a line, as collectors write and read them."""

    def __init__(self, path: Path, service: str) -> None:
        """Raises ConfigError where the file cannot be written."""
        self.path = path
        self._resource = {"attributes": _attributes({"service.name": service})}
        self._waiting: list[Span] = []
        self.trouble = ""
        try:
            self._stream = path.open("w", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise ConfigError(f"the trace cannot be written to {path}: {error.strerror}") from None

    def tell(self, span: Span) -> None:
        """Takes a span that has ended."""
        self._waiting.append(span)
        if len(self._waiting) >= BATCH:
            self._write()

    def close(self) -> None:
        """Writes what is left; what went wrong is in `trouble` then."""
        self._write()
        try:
            self._stream.close()
        except OSError as error:
            self.trouble = self.trouble or str(error.strerror)

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting or self.trouble:
            return
        scope = {"scope": {"name": SCOPE}, "spans": [_span(span) for span in waiting]}
        line = {"resourceSpans": [{"resource": self._resource, "scopeSpans": [scope]}]}
        try:
            self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._stream.flush()
        except OSError as error:
            self.trouble = str(error.strerror)


def read(path: Path) -> list[Span]:
    """Returns the spans of a file; raises ConfigError where it is none."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigError(f"{path} is too large for a trace")
        lines = path.read_text(encoding="utf-8").splitlines()
        return [span for line in lines if line.strip() for span in _spans(json.loads(line))]
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ConfigError(
            f"{path} is not a trace", hint="write one with 'llmspell run --trace FILE'"
        ) from None


def _span(span: Span) -> dict[str, Any]:
    attributes = {"llmspell.kind": span.kind, "llmspell.spell": span.spell, **span.attributes}
    found: dict[str, Any] = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "name": span.name,
        "kind": CLIENT if span.kind == "model" else INTERNAL,
        "startTimeUnixNano": str(span.start),
        "endTimeUnixNano": str(span.end),
        "attributes": _attributes(attributes),
        "status": {"code": FAILED, "message": span.error} if span.error else {},
    }
    if span.parent_id:
        found["parentSpanId"] = span.parent_id
    if span.events:
        found["events"] = [_event(event) for event in span.events]
    return found


def _event(event: Event) -> dict[str, Any]:
    return {
        "name": event.name,
        "timeUnixNano": str(event.time),
        "attributes": _attributes(event.attributes),
    }


def _attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(part) for part in value]}}
    return {"stringValue": value}


def _spans(line: dict[str, Any]) -> Iterator[Span]:
    for resource in line["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            yield from map(_read_span, scope["spans"])


def _read_span(found: dict[str, Any]) -> Span:
    attributes = _read_attributes(found.get("attributes", []))
    failed = found.get("status", {}).get("code") == FAILED
    return Span(
        str(found["name"]),
        attributes.pop("llmspell.kind", "span"),
        str(found["traceId"]),
        str(found["spanId"]),
        str(found.get("parentSpanId", "")),
        str(attributes.pop("llmspell.spell", "")),
        int(found["startTimeUnixNano"]),
        int(found["endTimeUnixNano"]),
        str(found["status"].get("message", "") or "failed") if failed else "",
        attributes,
    )


def _read_attributes(found: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {str(entry["key"]): next(iter(entry["value"].values()), "") for entry in found}
