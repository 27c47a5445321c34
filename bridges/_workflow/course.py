"""What the runs of one workflow and of those inside it share: session, listeners, memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from bridges._types import shape_of
from bridges._workflow.records import WorkflowStepResult
from bridges._workflow.scope import Room

if TYPE_CHECKING:
    from bridges._session import Session

GRACE = 5.0
"""Seconds that undoing goes on when the workflow is cancelled meanwhile."""

Listener = Callable[[dict[str, Any]], Awaitable[None]]


class Course:
    """One run as a script asked for it.

    listener: told what happens, as fields of `WorkflowEvent`
    """

    def __init__(self, session: Session, listener: Listener | None = None) -> None:
        self.session = session
        self.listener = listener
        self.room = Room(session.limits.memory)
        self._border = session.door.border("Workflow.run")

    def write(self, kind: type, fields: dict[str, Any]) -> Any:
        """Returns the fields of a record as scripts see them, for places that have no type."""
        return shape_of(kind).write(fields, self._border)

    def write_step(self, fields: dict[str, Any]) -> Any:
        """Returns the fields of a `WorkflowStepResult` as scripts see them."""
        return self.write(WorkflowStepResult, fields)

    async def tell(self, event: str, workflow: str, **fields: Any) -> None:
        """Tells the listener what happened."""
        if self.listener is not None:
            known = {key: value for key, value in fields.items() if value is not None}
            await self.listener({"event": event, "workflow": workflow, **known})


class Undoing:
    """The undoing that is under way in a session; it does not outlive the session."""

    def __init__(self, session: Session) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        session.on_close(self._close)

    async def finish(self, work: Coroutine[Any, Any, None]) -> None:
        """Awaits what undoes steps; when it is cancelled, that has a short time left to finish."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task}, timeout=GRACE)
            raise
        finally:
            self._tasks.discard(task)
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=GRACE)

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE)
