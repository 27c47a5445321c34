"""Calls host functions the way a script does, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bridges._session import Session
from bridges._types import Callback


class Function(Callback):
    """A script's function, played by a coroutine function of the test."""

    def __init__(self, run: Callable[..., Awaitable[Any]]) -> None:
        self._run = run
        self.calls: list[Any] = []
        self.cancelled = 0

    async def __call__(self, *arguments: Any) -> Any:
        self.calls.append(arguments[0] if len(arguments) == 1 else list(arguments))
        try:
            return await self._run(*arguments)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


def gives(value: Any) -> Function:
    """Returns a function that gives a value."""

    async def run(*_arguments: Any) -> Any:
        return value

    return Function(run)


def fails(error: Exception) -> Function:
    """Returns a function that fails."""

    async def run(*_arguments: Any) -> Any:
        raise error

    return Function(run)


def sleeps(seconds: float = 60) -> Function:
    """Returns a function that takes its time."""

    async def run(*_arguments: Any) -> Any:
        await asyncio.sleep(seconds)

    return Function(run)


def call(session: Session, name: str, *arguments: Any) -> Any:
    """Calls a sync function: `Noun.name`, or `Noun:name` with the object first."""
    return session.door.call(session.door.number(name), list(arguments))


async def wait_for(session: Session, name: str, *arguments: Any) -> Any:
    """Calls any function and awaits it."""
    return await session.door.call_async(session.door.number(name), list(arguments))


def finish(session: Session, work: Awaitable[Any]) -> Any:
    """Runs a test's coroutine to its end, then closes the session."""

    async def run() -> Any:
        try:
            return await work
        finally:
            await session.close()

    return asyncio.run(run())
