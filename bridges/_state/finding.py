"""Finds and removes the states that are kept, and tells what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridges._database import database
from bridges._errors import InvalidArgument
from bridges._state import tables
from bridges._state.content import MAX_HISTORY
from bridges._state.handle import StateHandle, States
from bridges._state.records import StateChange, StateInfo

if TYPE_CHECKING:
    from bridges._session import Session
    from bridges._state.content import Head
    from bridges._state.tables import Place


async def info(handle: StateHandle) -> StateInfo:
    """Returns what is known of a state."""
    head = await handle.kept.head()
    place = (handle.kept.name, handle.scope, handle.agent)
    return facts(place, handle.kept.store.name, head)


async def history(handle: StateHandle, limit: int) -> list[StateChange]:
    """Returns the changes that a state remembers, newest first; of a part, its keys alone."""
    if limit < 1:
        raise InvalidArgument(f"limit must be at least 1, got {limit}")
    tops = None if handle.shown is None else {path[0] for path in handle.shown}
    return [
        {
            "revision": entry.revision,
            "time": entry.time,
            "action": entry.action,
            "keys": sorted(key for key in entry.before if tops is None or key in tops),
        }
        for entry in await handle.kept.history(min(limit, MAX_HISTORY))
    ]


async def listed(session: Session, scope: str) -> list[StateInfo]:
    """Returns the states of a scope that a run may use; `spell` has those of its agents as well."""
    agent = "*" if scope == "agent" else ""
    wanted = _place(session, "", scope, agent, "State.list")
    found = await database(session).read(tables.find)
    return [
        facts((at.place.name, at.place.scope, at.place.part), "sqlite", at.head)
        for at in found
        if at.place.owner == wanted.owner
        and (at.place.scope == scope or (scope, at.place.scope) == ("spell", "agent"))
    ]


async def remove(session: Session, name: str, scope: str, agent: str) -> bool:
    """Removes a state; tells whether it was there."""
    place = _place(session, name, scope, agent, "State.remove_state")
    return await database(session).write(lambda found: tables.remove(found, place))


def _place(session: Session, name: str, scope: str, agent: str, where: str) -> Place:
    if scope == "run":
        raise InvalidArgument(
            f"{where}: states of the scope 'run' end with it", hint="leave the scope out"
        )
    states: States = session.shared(States)
    return states.place(name, scope, agent, where)


def facts(place: tuple[str, str, str], store: str, head: Head) -> StateInfo:
    """Returns what is known of a state.

    place: its name, its scope, and the agent whose it is; store: where it is kept
    """
    name, scope, agent = place
    found: StateInfo = {
        "name": name,
        "scope": scope,
        "store": store,
        "version": head.version,
        "revision": head.revision,
        "count": head.count,
        "size": head.size,
    }
    if agent:
        found["agent"] = agent
    if head.revision:
        found["updated"] = head.updated
    return found
