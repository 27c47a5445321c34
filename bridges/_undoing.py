"""What undoes steps and handoffs: it is finished soon when whoever waits for it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridges._session import Session

GRACE = 5.0
"""Seconds that undoing goes on in a run that is cancelled."""


class Undoing:
    """The undoing that is under way in a session; it does not outlive the session."""

    def __init__(self, session: Session) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        session.on_close(self._close)

    async def finish(self, work: Coroutine[Any, Any, None]) -> None:
        """Awaits what undoes something; when it is cancelled, that has a short time left."""
        task = self._begin(work)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task}, timeout=GRACE)
            raise
        finally:
            await self._end(task)

    async def hurry(self, work: Coroutine[Any, Any, None]) -> None:
        """Gives what undoes something a short time: for one who is being cancelled already."""
        task = self._begin(work)
        try:
            await asyncio.wait({task}, timeout=GRACE)
        finally:
            await self._end(task)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        return task

    async def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=GRACE)

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE)
