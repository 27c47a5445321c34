"""Calls host functions in tests the way a script does: by name, through the door."""

from __future__ import annotations

import asyncio
from typing import Any

from bridges._session import Session


async def ask(session: Session, name: str, *arguments: Any) -> Any:
    """Calls `Noun.name` (or a method `Noun:name`, its object first) inside a running loop."""
    return await session.door.call_async(session.door.number(name), list(arguments))


def call(session: Session, name: str, *arguments: Any) -> Any:
    """Calls a function in a loop of its own, and closes the session."""

    async def run() -> Any:
        try:
            return await ask(session, name, *arguments)
        finally:
            await session.close()

    return asyncio.run(run())
