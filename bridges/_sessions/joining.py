"""How a run joins a session, and how its end is noted there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridges._database import Database, database, owner
from bridges._errors import Cancelled, SpellError, TimeLimit
from bridges._joined import Joined
from bridges._sessions.store import USER, Ending, Row, Sessions

if TYPE_CHECKING:
    from bridges._session import Session


def sessions_of(session: Session) -> Sessions:
    """Returns the sessions that are kept where a run keeps things."""
    return Sessions(database(session), session.data)


async def join(session: Session, row: Row, *, by_flag: bool = False) -> None:
    """Makes a session the one that the run is in, and notes the run there."""
    joined: Joined = session.shared(Joined)
    if joined.number == row.number:
        return
    store = sessions_of(session)
    run = await store.begin_run(row.number, session.spell.name, owner(session))
    joined.runs.append(run)
    joined.number, joined.name, joined.by_flag = row.number, row.name, by_flag
    if len(joined.runs) == 1:

        async def close() -> None:
            await leave(session, Ending("done"))

        session.on_close(close)


async def join_by_flag(session: Session, name: str) -> None:
    """Joins the user's session of a name, which is made where there is none."""
    store = sessions_of(session)
    found = await store.find(USER, name)
    is_complete = found is not None and found.status == "complete"
    row = await store.start(USER, name, new=not is_complete)
    await join(session, row, by_flag=True)


async def leave(session: Session, ending: Ending) -> None:
    """Notes how a run ended wherever it has joined; what was noted before is replaced."""
    joined: Joined = session.shared(Joined)
    if not joined.runs:
        return
    # The run may have closed what it used: this is a use of its own.
    used = Database.at(session.data)
    try:
        store = Sessions(used, session.data)
        for run in joined.runs:
            usage = usage_of(session)
            await store.end_run(run, Ending(ending.status, ending.exit, ending.error, usage))
    finally:
        await used.close()


def ending_of(code: int, error: SpellError | None) -> Ending:
    """Returns how a run ended that gave an exit code, and an error if it failed with one."""
    if error is None:
        return Ending("done" if code == 0 else "failed", code)
    is_stopped = isinstance(error, (Cancelled, TimeLimit))
    return Ending("interrupted" if is_stopped else "failed", code, error.code)


def usage_of(session: Session) -> dict[str, float]:
    """Returns what a run has used of models so far."""
    budget = session.budget
    return {
        "requests": budget.requests,
        "input_tokens": budget.input_tokens,
        "output_tokens": budget.output_tokens,
        "cost": float(budget.cost),
    }
