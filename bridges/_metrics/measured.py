"""What models, tools and the other built-in things did, as metrics made of their events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridges._events.bus import Bus, Listener
from bridges._metrics.registry import BUILT_IN, Registry

if TYPE_CHECKING:
    from bridges._session import Session

COUNTED = {
    "model": "requests",
    "tool": "calls",
    "agent": "runs",
    "workflow": "runs",
    "step": "runs",
    "handoff": "handoffs",
    "run": "spells",
}
"""The points that are measured, and what there is of them."""


def measure(session: Session) -> None:
    """Has a run be measured, and all the spells that it runs; does nothing the second time."""
    while session.caller is not None:
        session = session.caller
    session.shared(Measured)


class Measured:
    """Measures a run by its events; what is remembered of those before counts as well."""

    def __init__(self, session: Session) -> None:
        """session: of the outermost run, which all events reach"""
        self._registry: Registry = session.shared(Registry)
        bus: Bus = session.shared(Bus)
        for event in bus.history():
            self._count(event)
        for pattern in ("*.ended", "*.failed"):
            bus.listen(Listener(pattern, self._hear))

    async def _hear(self, event: dict[str, Any]) -> bool:
        return self._count(event)

    def _count(self, event: dict[str, Any]) -> bool:
        point, _, end = event["name"].partition(".")
        if event["source"] != "llmspell" or point not in COUNTED or end not in ("ended", "failed"):
            return False
        data, name = event["data"], f"{BUILT_IN}{point}"
        labels = {point if point != "run" else "spell": data["name"]}
        status = "ok" if end == "ended" else "error"
        self._counter(f"{name}.{COUNTED[point]}", 1, {**labels, "status": status}, "1")
        times = self._registry.metric(f"{name}.duration", "histogram", "s")
        times.values(labels).record(data["duration"] or 0.0)
        if point == "model" and end == "ended":
            usage = data.get("usage") or {}
            for kind in ("input", "output"):
                more = {**labels, "type": kind}
                self._counter(f"{name}.tokens", usage.get(f"{kind}_tokens", 0), more, "tokens")
            self._counter(f"{name}.cost", data.get("cost") or 0.0, labels, "USD")
        return True

    def _counter(self, name: str, amount: float, labels: dict[str, Any], unit: str) -> None:
        self._registry.metric(name, "counter", unit).values(labels).add(amount)
