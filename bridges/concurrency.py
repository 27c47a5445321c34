"""Doing several things at a time; each engine's runtime provides these by itself."""

from __future__ import annotations

from typing import Any, TypedDict

from bridges._declare import NOTHING, Bridge, host_function
from bridges._types import Callback


class MapOptions(TypedDict, total=False):
    """How a list is worked through.

    limit: Items in work at a time; the default is all of them
    """

    limit: int


class Async(Bridge):
    """Runs functions at the same time and waits for them. Times are in seconds.

    A failure that nobody handles fails the run.
    """

    @host_function(needs=NOTHING, since=1, engine=True)
    async def all(self, tasks: list[Any]) -> Any:
        """Waits until all have finished; the first failure cancels the others and is raised.

        tasks: Functions to run at the same time, or what `spawn` gave; promises in JavaScript
        returns: What they returned, in the order of the list
        """

    @host_function(needs=NOTHING, since=1, engine=True)
    async def map(self, items: list[Any], fn: Callback, options: MapOptions | None = None) -> Any:
        """Runs a function on every item, at the same time.

        items: The items
        fn: Gets an item and its position in the list
        options: How many at a time
        returns: What it returned for each, in the order of the list
        """

    @host_function(needs=NOTHING, since=1, engine=True)
    async def race(self, tasks: list[Any]) -> Any:
        """Waits until the first has finished or failed, and cancels the others.

        tasks: Functions to run at the same time, or what `spawn` gave; promises in JavaScript
        returns: What the first one returned
        """

    @host_function(needs=NOTHING, since=1, engine=True)
    async def sleep(self, seconds: float) -> None:
        """Waits while other tasks run.

        seconds: How long
        """

    @host_function(needs=NOTHING, since=1, engine=True)
    async def spawn(self, fn: Callback) -> Any:
        """Starts a function and goes on; the run waits for it before it ends.

        fn: The function; what else is given is handed to it
        returns: The task: `wait()` gives what the function returned, `done()` tells whether it has
            ended, `cancel()` ends it; in JavaScript it is a promise as well
        """

    @host_function(needs=NOTHING, since=1, engine=True)
    async def timeout(self, seconds: float, fn: Callback) -> Any:
        """Runs a function, which is cancelled with a `timeout` error when it takes too long.

        seconds: How long it may take
        fn: The function; a promise will do in JavaScript
        returns: What it returned
        """
