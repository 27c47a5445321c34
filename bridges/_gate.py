"""What may look at a model request, a tool call, a step or a handoff, hold it, and change it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Literal, Protocol, TypeAlias

current_call: ContextVar[int | None] = ContextVar("current_call", default=None)
"""The worker's number of the host call that is being served; None outside of one."""


GateKind: TypeAlias = Literal["model", "tool", "step", "handoff"]


class Gate(Protocol):
    """Passes requests on; a debugger is one."""

    async def pass_on(self, kind: GateKind, name: str, request: dict[str, Any]) -> dict[str, Any]:
        """Returns what to send: `request` itself, or a changed copy of it.

        kind, name: what it is, and the model's, tool's, step's or handoff's name
        request: plain data; for a model {model, messages, settings, tools}, of which messages and
            settings may be changed; for a tool {tool, arguments}, of which arguments may be; for a
            step and a handoff, of which input may be
        """
        ...
