"""A trace as a tree: what happened inside of what, when it began, how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridges._tracing import Span
from llmspell_cli.terminal import clean

MOST_DEPTH = 100
MOST_TEXT = 100
TOLD = {
    "gen_ai.usage.input_tokens": "in",
    "gen_ai.usage.output_tokens": "out",
    "llmspell.cost": "USD",
}
"""Attributes that the tree shows, and what it calls them."""


def lines(spans: list[Span]) -> Iterator[str]:
    """Yields the lines of a tree; a span whose parent is not there is a root."""
    known = {span.span_id for span in spans}
    inside: dict[str, list[Span]] = {}
    for span in sorted(spans, key=lambda span: span.start):
        parent = span.parent_id if span.parent_id in known else ""
        inside.setdefault(parent, []).append(span)
    for root in inside.get("", []):
        yield _line(root, root.start, "")
        yield from _below(root, root.start, inside, "", 0)


def _below(
    span: Span, began: int, inside: Mapping[str, list[Span]], before: str, depth: int
) -> Iterator[str]:
    children = inside.get(span.span_id, [])
    for child in children if depth < MOST_DEPTH else []:
        is_last = child is children[-1]
        yield _line(child, began, before + ("└─ " if is_last else "├─ "))
        yield from _below(child, began, inside, before + ("   " if is_last else "│  "), depth + 1)


def _line(span: Span, began: int, before: str) -> str:
    name = before + _short(span.name)
    times = f"{_seconds(span.start - began):>9} {_seconds(span.end - span.start):>9}"
    told = [
        f"{word} {_short(span.attributes[key])}" for key, word in TOLD.items() if _says(span, key)
    ]
    if span.error:
        told.append(f"failed: {_short(span.error)}")
    return f"{times}  {name}" + (f"  ({', '.join(told)})" if told else "")


def _short(value: object) -> str:
    return clean(str(value))[:MOST_TEXT].replace("\n", " ")


def _says(span: Span, key: str) -> bool:
    return str(span.attributes.get(key, "0")) not in ("0", "0.0")


def _seconds(nanoseconds: int) -> str:
    seconds = max(nanoseconds, 0) / 1e9
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"
