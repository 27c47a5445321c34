"""What may look at a model request or a tool call before it goes, hold it, and change it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Literal, Protocol

current_call: ContextVar[int | None] = ContextVar("current_call", default=None)
"""The worker's number of the host call that is being served; None outside of one."""


class Gate(Protocol):
    """Passes requests on; a debugger is one."""

    async def pass_on(
        self, kind: Literal["model", "tool"], name: str, request: dict[str, Any]
    ) -> dict[str, Any]:
        """Returns what to send: `request` itself, or a changed copy of it.

        kind, name: a model request and the model's name, or a tool call and the tool's
        request: plain data; for a model {model, messages, settings, tools}, of which messages and
            settings may be changed; for a tool {tool, arguments}, of which arguments may be
        """
        ...
