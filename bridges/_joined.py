"""The session that a run has joined: what is kept in it, every run that joins it shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridges._database import owner
from bridges._errors import InvalidArgument
from bridges._permissions import StateScope

if TYPE_CHECKING:
    from bridges._session import Session

GLOBAL = "global"
"""Whose the things are that every spell finds which is granted the scope."""


class KeptScope(StateScope):
    """Whose a conversation or an artifact is; as for states, `global` has to be granted."""

    choices = ("spell", "session", "global")


class Joined:
    """What a run has joined; `session.shared(Joined)` is the run's own.

    number: the session's, None before any was joined
    flagged: the one that the user named, which the spells that the spell runs are in as well
    runs: the numbers under which the run is noted, in this session and in those it joined before
    """

    def __init__(self, session: Session) -> None:
        self.flagged: int | None = None
        self.runs: list[int] = []
        if session.caller is not None:
            outer: Joined = session.caller.shared(Joined)
            self.flagged = outer.flagged
        self.number = self.flagged

    @property
    def space(self) -> str | None:
        """Whose the things are that are kept in the session, as `owner` is for those of a spell."""
        return None if self.number is None else space_of(self.number)


def space_of(number: int) -> str:
    """Returns whose the things are that are kept in a session."""
    return f"session:{number}"


def session_space(session: Session, where: str) -> str:
    """Returns whose the things are that a run keeps in its session; it must have joined one."""
    space = session.shared(Joined).space
    if space is None:
        raise InvalidArgument(
            f"{where}: the run has joined no session",
            hint="run it with --session NAME, or call Session.start first",
        )
    return str(space)


def space_for(session: Session, scope: KeptScope | None, where: str) -> str:
    """Returns whose a thing becomes that a run keeps: its session's, if it has one, else its own.

    scope: where the spell says so
    """
    if scope is None:
        shared: str | None = session.shared(Joined).space
        return shared or owner(session)
    if scope.value == "session":
        return session_space(session, where)
    return GLOBAL if scope.value == "global" else owner(session)


def spaces_of(session: Session, scope: KeptScope | None, where: str) -> list[str]:
    """Returns whose things a run finds, those of its session first; see `space_for`."""
    if scope is not None:
        return [space_for(session, scope, where)]
    shared: str | None = session.shared(Joined).space
    return [shared, owner(session)] if shared else [owner(session)]


def scope_of(space: str) -> str:
    """Returns the scope that a space is to a spell that may see it."""
    if space == GLOBAL:
        return "global"
    return "session" if space.startswith("session:") else "spell"
