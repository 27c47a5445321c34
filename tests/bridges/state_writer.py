"""A process that writes a state, for tests: `state_writer.py WAY FOLDER [NUMBER]`.

count: many writers at a time, each adding one to the same value, then says how often they tried
forever: writes a map whose fields have to agree, again and again, until it is killed
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from bridges._session import Session, SpellInfo
from tests.door import call
from tests.sessions import make_session

ROUNDS = 4


def session_in(folder: Path) -> Session:
    """Returns a session of the one spell whose state it is."""
    return make_session(folder, spell=SpellInfo("writer", "", folder / "writer.lua", "lua"))


def state_of(session: Session, store: str) -> Any:
    """Returns the state: in the database, or in a file."""
    where = {"path": "kept.json"} if store == "file" else {"scope": "spell"}
    return call(session, "State.new", {"name": "kept", **where})


async def count(folder: Path, store: str, writers: int) -> None:
    session = session_in(folder)
    tried = 0

    async def add(value: int | None) -> int:
        nonlocal tried
        tried += 1
        await asyncio.sleep(0)
        return (value or 0) + 1

    async def writer() -> None:
        for _ in range(ROUNDS):
            await state_of(session, store).update("count", add)

    await asyncio.gather(*(writer() for _ in range(writers)))
    await session.close()
    print(tried)


async def forever(folder: Path, store: str, _number: int) -> None:
    session = session_in(folder)
    state = state_of(session, store)
    print("ready", flush=True)
    number = await state.get("pair.one", 0)
    while True:
        number += 1
        text = str(number) * (1 + number % 2000)
        await state.merge({"pair": {"one": number, "other": number}, "text": text})


if __name__ == "__main__":
    way, at, kind, much = sys.argv[1:]
    asyncio.run({"count": count, "forever": forever}[way](Path(at), kind, int(much)))
