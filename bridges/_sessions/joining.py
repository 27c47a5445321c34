"""How a run joins a session, and how its end is noted there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridges._database import Database, database, owner
from bridges._errors import Cancelled, TimeLimit
from bridges._joined import Joined
from bridges._sessions.store import USER, Ending, Row, Sessions

if TYPE_CHECKING:
    from bridges._session import Session


def sessions_of(session: Session) -> Sessions:
    """Returns the sessions that are kept where a run keeps things."""
    return Sessions(database(session), session.data)


async def join(session: Session, row: Row, store: Sessions) -> None:
    """Makes a session the one that the run is in, and notes the run there until it is closed."""
    joined: Joined = session.shared(Joined)
    if joined.number == row.number:
        return
    run = await store.begin_run(row.number, session.spell.name, owner(session))
    joined.runs.append(run)
    joined.number = row.number
    if len(joined.runs) == 1:

        async def close() -> None:
            await leave(session)

        session.on_close(close)


async def join_named(session: Session, name: str) -> None:
    """Joins the user's session of a name, which is made where there is none."""
    used = Database.at(session.data)
    try:
        store = Sessions(used, session.data)
        found = await store.find(USER, name)
        is_complete = found is not None and found.status == "complete"
        row = await store.start(USER, name, new=not is_complete)
        await join(session, row, store)
    finally:
        await used.close()
    session.shared(Joined).flagged = row.number


async def leave(session: Session, code: int | None = None) -> None:
    """Notes how a run ended wherever it has joined; what was noted before is replaced.

    code: its exit code, where that is not the one it ended with
    """
    joined: Joined = session.shared(Joined)
    if not joined.runs:
        return
    # The run may have closed what it used: this is a use of its own.
    used = Database.at(session.data)
    try:
        store = Sessions(used, session.data)
        for run in joined.runs:
            await store.end_run(run, _ending(session, code))
    finally:
        await used.close()


def _ending(session: Session, code: int | None) -> Ending:
    error = session.failure
    code = session.exit_code if code is None else code
    status = "failed" if error is not None or code else "done"
    if isinstance(error, (Cancelled, TimeLimit)):
        status = "interrupted"
    return Ending(status, code, error.code if error else None, usage_of(session))


def usage_of(session: Session) -> dict[str, float]:
    """Returns what a run has used of models so far."""
    budget = session.budget
    return {
        "requests": budget.requests,
        "input_tokens": budget.input_tokens,
        "output_tokens": budget.output_tokens,
        "cost": float(budget.cost),
    }
