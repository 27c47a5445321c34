"""One piece of work at a time that Ctrl-C can end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from bridges._errors import Cancelled

T = TypeVar("T")


class Doing:
    """What is under way, if anything is."""

    def __init__(self) -> None:
        self._task: asyncio.Task[Any] | None = None

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Returns what the work gives; raises Cancelled when `stop` ended it."""
        self._task = task = asyncio.ensure_future(work)
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                task.cancel()
                raise
            raise Cancelled("interrupted") from None
        finally:
            self._task = None

    def stop(self) -> bool:
        """Ends what is under way; tells whether there was anything."""
        if self._task is None:
            return False
        self._task.cancel()
        return True
