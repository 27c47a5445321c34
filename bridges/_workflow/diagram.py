"""Draws workflows as Mermaid flow charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bridges._workflow.outline import about, asks, does, traits
from bridges._workflow.specs import Branch, Spec, Step

COLOURS = {
    "done": "fill:#d6f5d6,stroke:#2e7d32",
    "failed": "fill:#ffd6d6,stroke:#c62828",
    "skipped": "fill:#eeeeee,stroke:#9e9e9e,stroke-dasharray:4",
    "cancelled": "fill:#fff3cd,stroke:#b8860b",
    "compensated": "fill:#e3d7f7,stroke:#6a1b9a",
}
"""How a step is drawn that went so."""
ESCAPES = str.maketrans({c: f"#{ord(c)};" for c in '#"<>&`\\|{}[]()'} | {"\n": " ", "\r": " "})


def mermaid(spec: Spec, went: Any = None) -> str:
    """Returns the chart of a workflow.

    went: how the steps went, by name, as in a result; they are coloured by it
    """
    chart = _Chart()
    begin, end = chart.node("([", "input", "])"), chart.node("([", "output", "])")
    ends = chart.workflow(spec, [(begin, "")], went if isinstance(went, dict) else {})
    chart.join(ends, end)
    lines = ["flowchart TD", *chart.lines]
    for status in sorted(set(chart.used)):
        lines.append(f"  classDef {status} {COLOURS[status]}")
    return "\n".join(lines) + "\n"


Ends = Sequence[tuple[str, str]]
"""Nodes that what comes next follows on, each with what the arrow says."""


class _Chart:
    """The lines of one chart."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.used: list[str] = []
        self._count = 0
        self._indent = "  "

    def node(self, left: str, text: str, right: str, status: Any = None) -> str:
        """Draws a node and returns its name."""
        self._count += 1
        name = f"n{self._count}"
        mark = ""
        if isinstance(status, str) and status in COLOURS:
            self.used.append(status)
            mark = f":::{status}"
        self.lines.append(f'{self._indent}{name}{left}"{text}"{right}{mark}')
        return name

    def join(self, ends: Ends, to: str) -> None:
        """Draws arrows."""
        for name, words in ends:
            self.lines.append(f"{self._indent}{name} -->{_said(words)} {to}")

    def workflow(self, spec: Spec, ends: Ends, went: dict[str, Any]) -> Ends:
        """Draws a workflow after `ends`, and returns where it ends."""
        if spec.kind == "parallel":
            return self._parallel(spec, ends, went)
        if spec.kind == "conditional":
            return self._conditional(spec.branches, ends, went)
        if spec.kind == "loop":
            return self._loop(spec, ends, went)
        if spec.kind == "map_reduce":
            return self._map_reduce(spec, ends, went)
        return self._row(spec.steps, ends, went)

    def _row(self, steps: Sequence[Step], ends: Ends, went: dict[str, Any]) -> Ends:
        for step in steps:
            ends = self._step(step, ends, went)
        return ends

    def _step(self, step: Step, ends: Ends, went: dict[str, Any]) -> Ends:
        found = went.get(step.name)
        record: dict[str, Any] = found if isinstance(found, dict) else {}
        if isinstance(step.action.target, Spec):
            return self._inner(step, step.action.target, ends, record)
        words = "<br/>".join(map(_clean, [step.name, does(step.action), *traits(step)]))
        node = self.node("[", words, "]", record.get("status"))
        self.join(ends, node)
        self._undo(step, node)
        return [(node, "")]

    def _inner(self, step: Step, spec: Spec, ends: Ends, record: dict[str, Any]) -> Ends:
        self._count += 1
        name = f"g{self._count}"
        title = _clean(", ".join([f"{step.name}: {about(spec)}", *traits(step)]))
        self.lines.append(f'{self._indent}subgraph {name}["{title}"]')
        self._indent += "  "
        steps = record.get("steps")
        ends = self.workflow(spec, ends, steps if isinstance(steps, dict) else {})
        self._indent = self._indent[:-2]
        self.lines.append(f"{self._indent}end")
        status = record.get("status")
        if isinstance(status, str) and status in COLOURS:
            self.used.append(status)
            self.lines.append(f"{self._indent}class {name} {status}")
        self._undo(step, name)
        return ends

    def _undo(self, step: Step, node: str) -> None:
        if step.compensate:
            words = _clean(f"undo {step.name}") + "<br/>" + _clean(does(step.compensate.action))
            undo = self.node("{{", words, "}}")
            self.lines.append(f"{self._indent}{node} -.-> {undo}")

    def _parallel(self, spec: Spec, ends: Ends, went: dict[str, Any]) -> Ends:
        fork = self.node("[/", _clean(f"{len(spec.steps)} at the same time"), "/]")
        self.join(ends, fork)
        ends = [end for step in spec.steps for end in self._step(step, [(fork, "")], went)]
        merge = spec.merge.replace("_", " ") if isinstance(spec.merge, str) else "a function"
        join = self.node("[\\", _clean(f"merge: {merge}"), "\\]")
        self.join(ends, join)
        return [(join, "")]

    def _conditional(self, branches: Sequence[Branch], ends: Ends, went: dict[str, Any]) -> Ends:
        found: list[tuple[str, str]] = []
        for branch in branches:
            if branch.when is None:
                found += self._row(branch.steps, ends, went)
                continue
            asked = self.node("{", _clean(asks(branch.when)), "}")
            self.join(ends, asked)
            found += self._row(branch.steps, [(asked, "yes")], went)
            ends = [(asked, "no")]
        return found

    def _loop(self, spec: Spec, ends: Ends, went: dict[str, Any]) -> Ends:
        head = self.node("{", _clean(about(spec)), "}")
        self.join(ends, head)
        last = self._row(spec.steps, [(head, "next")], went)
        self.join(last, head)
        return [(head, "end")]

    def _map_reduce(self, spec: Spec, ends: Ends, went: dict[str, Any]) -> Ends:
        head = self.node("[/", _clean(f"each item: {about(spec)}"), "/]")
        self.join(ends, head)
        steps = [step for step in (spec.map, spec.reduce) if step]
        return self._row(steps, [(head, "")], went)


def _said(words: str) -> str:
    return f"|{words}|" if words else ""


def _clean(text: str) -> str:
    """Returns text as a label may hold it."""
    return text.translate(ESCAPES)
