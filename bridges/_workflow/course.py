"""What the runs of one workflow and of those inside it share: session, listeners, memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bridges._errors import LimitExceeded
from bridges._types import shape_of
from bridges._workflow.records import WorkflowStepResult
from bridges._workflow.scope import Room

if TYPE_CHECKING:
    from bridges._session import Session

MOST_AT_WORK = 10_000
"""Steps that the parallel workflows of a spell may have at work, all of them together: workflows in
one another, each with its own `max_concurrency`, would fill the host's memory."""

Listener = Callable[[dict[str, Any]], Awaitable[None]]


class Course:
    """One run as a script asked for it.

    listener: told what happens, as fields of `WorkflowEvent`
    """

    def __init__(self, session: Session, listener: Listener | None = None) -> None:
        self.session = session
        self.listener = listener
        self.room = Room(session.limits.memory)
        self.at_work: AtWork = session.shared(AtWork)
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


class AtWork:
    """How many steps a session's parallel workflows may have at work."""

    def __init__(self, session: Session) -> None:
        self._count = 0
        self._spelled = session.spell_name("max_concurrency")

    @contextmanager
    def places(self, width: int) -> Iterator[None]:
        """Holds places for so many steps; raises LimitExceeded where there are too few."""
        if self._count + width > MOST_AT_WORK:
            raise LimitExceeded(
                f"more than {MOST_AT_WORK} steps of workflows would be at work at the same time",
                hint=f"lower {self._spelled}",
                details={"limit": "steps"},
            )
        self._count += width
        try:
            yield
        finally:
            self._count -= width
