"""A run of a workflow as a script asks for it: to its end, or event by event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any

from bridges._errors import InvalidArgument
from bridges._workflow.course import Course, Listener
from bridges._workflow.running import Run
from bridges._workflow.scope import Scope, check_data
from bridges._workflow.specs import Spec
from bridges.stream import Final

if TYPE_CHECKING:
    from bridges._session import Session

AHEAD = 64
"""Events held for a script that reads slowly; then the workflow waits."""


async def run_workflow(
    session: Session,
    spec: Spec,
    said: Any,
    options: Mapping[str, Any],
    listener: Listener | None = None,
) -> dict[str, Any]:
    """Runs a workflow and returns the fields of `WorkflowResult`.

    options: fields of `WorkflowRunOptions`
    """
    timeout = options.get("timeout")
    if timeout == 0:
        raise InvalidArgument("Workflow.run: timeout must be more than 0")
    check_data(said, "Workflow.run: the input")
    params = {**spec.params, **options.get("params", {})}
    check_data(params, "Workflow.run: params")
    if isinstance(spec.state, dict):
        check_data(spec.state, "Workflow.run: the state")
    run = Run(Course(session, listener), spec, Scope(said, params, spec.state), spec.name)
    return await run.whole(timeout)


async def events(
    session: Session,
    spec: Spec,
    said: Any,
    options: Mapping[str, Any],
) -> AsyncGenerator[Any]:
    """Runs a workflow and yields the fields of `WorkflowEvent`s and, last, its result."""
    queue: asyncio.Queue[Any] = asyncio.Queue(AHEAD)
    is_read = True

    async def listen(event: dict[str, Any]) -> None:
        if is_read:
            await queue.put(event)

    async def work() -> dict[str, Any]:
        try:
            return await run_workflow(session, spec, said, options, listen)
        finally:
            if is_read:
                await queue.put(None)

    task = asyncio.ensure_future(work())
    try:
        while (event := await queue.get()) is not None:
            yield event
        yield Final(await task)
    finally:
        is_read = False
        while not queue.empty():  # who waits for a place there has to go on
            queue.get_nowait()
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # nobody waits for it any more
