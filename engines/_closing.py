"""The last of a run that had an event loop: nothing that it began or opened stays behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridges._session import Session

TRIES, PAUSE = 20, 0.1
"""How often closing is told to hurry when its time is over, and the seconds it is then given."""


async def close_all(session: Session, time_left: Callable[[], float]) -> None:
    """Cancels the tasks there are and closes what the run opened; what takes longer is left.

    time_left: seconds that may still pass, asked at each step
    """
    import asyncio

    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    if rest:
        await asyncio.wait(rest, timeout=time_left())
    closing = asyncio.ensure_future(session.close())
    done, _ = await asyncio.wait({closing}, timeout=time_left())
    for _ in range(TRIES):
        if done:
            break
        closing.cancel()  # gives up what is being closed; what comes after it is closed yet
        done, _ = await asyncio.wait({closing}, timeout=PAUSE)
    if not done or closing.cancelled():
        session.log.write("debug", "what the run had opened was not closed in time")
    else:
        closing.result()
