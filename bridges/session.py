"""Sessions: named groups of runs, and of what they keep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from bridges._artifacts.records import ArtifactInfos
from bridges._conversations.records import ConversationTitles
from bridges._database import database, owner
from bridges._declare import NOTHING, Bridge, HostObject, host_function
from bridges._errors import NotFound
from bridges._events.bus import Bus
from bridges._joined import Joined
from bridges._names import did_you_mean
from bridges._sessions.contents import Contents, session_fields
from bridges._sessions.joining import join, sessions_of, usage_of
from bridges._sessions.store import Row, check_name
from bridges._state.records import StateInfo
from bridges._tools import as_data

if TYPE_CHECKING:
    from bridges._session import Session


class SessionOptions(TypedDict, total=False):
    """What is said of a session as it is started.

    metadata: Whatever is to be known of it; added to what is known already
    tags: Words to find it by; added to those it has
    """

    metadata: dict[str, Any]
    tags: list[str]


class SessionInfo(TypedDict):
    """What is known of a session.

    name: Its name
    status: open, or complete
    created: When it was made, in seconds since 1970
    updated: When a run joined or changed it last, in seconds since 1970
    metadata: Whatever was said of it
    tags: Words to find it by
    current: Whether this run is in it
    """

    name: str
    status: str
    created: float
    updated: float
    metadata: dict[str, Any]
    tags: list[str]
    current: bool


SessionInfos = list[SessionInfo]


class SessionRun(TypedDict):
    """A run that joined a session.

    number: Counts the runs of all sessions
    spell: The spell's name
    began: When it joined, in seconds since 1970
    ended: When it ended, in seconds since 1970
    status: running, done, failed, interrupted, or unfinished (it was killed)
    exit: Its exit code
    error: The code of the error it ended with
    requests: Model requests
    input_tokens: Tokens the models read
    output_tokens: Tokens the models wrote
    cost: US dollars, where the prices are known
    """

    number: int
    spell: str
    began: float
    ended: float | None
    status: str
    exit: int | None
    error: str | None
    requests: int
    input_tokens: int
    output_tokens: int
    cost: float


class SessionObject(HostObject):
    """A named group of runs, and of what they keep."""

    name = "Session"

    def __init__(self, session: Session, row: Row) -> None:
        self._run = session
        self._row = row

    @host_function(needs=NOTHING, since=2)
    async def info(self) -> SessionInfo:
        """Returns what is known of it now.

        returns: Name, status, and what was said of it
        """
        return _info(self._run, await sessions_of(self._run).get(self._row.number))

    @host_function(needs=NOTHING, since=2)
    async def runs(self) -> list[SessionRun]:
        """Returns the runs that joined it, oldest first.

        returns: How each of them went; the latest 10,000
        """
        found: Any = await sessions_of(self._run).runs(self._row.number)
        return found  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=2)
    async def get(self, key: str, fallback: Any = None) -> Any:
        """Returns something from its metadata.

        key: What it is called
        fallback: Returned when there is no such key
        returns: The value
        """
        return (await sessions_of(self._run).get(self._row.number)).metadata.get(key, fallback)

    @host_function(needs=NOTHING, since=2)
    async def set(self, key: str, value: Any) -> None:
        """Changes its metadata.

        key: What it is called
        value: The value; nothing takes the key away
        """
        data = as_data(value, f"Session.set: {key!r}")
        await sessions_of(self._run).change(self._row.number, metadata={key: data})

    @host_function(needs=NOTHING, since=2)
    async def save(self) -> None:
        """Notes what this run has used so far, so that it is known even if the run is killed.

        All else that a session holds is saved as it is made.
        """
        store, joined = sessions_of(self._run), self._joined()
        row = await store.change(self._row.number)
        if joined.number == row.number and joined.runs:
            await store.note_usage(joined.runs[-1], usage_of(self._run))
        self._saved(row)

    @host_function(needs=NOTHING, since=2)
    async def complete(self) -> None:
        """Marks it as complete: runs join it only where they resume it."""
        self._saved(await sessions_of(self._run).change(self._row.number, status="complete"))

    @host_function(needs=NOTHING, since=2)
    async def states(self) -> list[StateInfo]:
        """Returns the states of the scope session that are kept in it.

        returns: What is known of each, by name
        """
        return await (await self._contents()).states()

    @host_function(needs=NOTHING, since=2)
    async def artifacts(self) -> ArtifactInfos:
        """Returns the artifacts that are kept in it.

        returns: What is known of every version, by name
        """
        found: Any = await (await self._contents()).artifacts()
        return found  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=2)
    async def conversations(self) -> ConversationTitles:
        """Returns the conversations that are kept in it.

        returns: What is known of each, the latest first
        """
        found: Any = await (await self._contents()).conversations()
        return found  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=2)
    async def export(self) -> str:
        """Returns it as JSON: runs, states, conversations, and what is known of artifacts.

        returns: The text of the document
        """
        limit = self._run.limits.memory
        document = await (await self._contents()).document(limit)
        return json.dumps(document, ensure_ascii=False, indent=2)

    @host_function(needs=NOTHING, since=2)
    async def remove(self) -> None:
        """Removes it with all that is kept in it; one that a run is in is not removed."""
        await (await self._contents()).remove()

    async def _contents(self) -> Contents:
        row = await sessions_of(self._run).get(self._row.number)
        return Contents(database(self._run), self._run.data, row)

    def _joined(self) -> Joined:
        joined: Joined = self._run.shared(Joined)
        return joined

    def _saved(self, row: Row) -> None:
        bus: Bus = self._run.shared(Bus)
        bus.emit("session.saved", {"name": row.name, "status": row.status})


class SessionNoun(Bridge):
    """Groups runs under a name, with what they keep; a run joins one by --session, or by itself.

    A spell finds its own sessions, and the one that the user named with --session.
    """

    name = "Session"

    @host_function(needs=NOTHING, since=2)
    async def current(self) -> SessionObject | None:
        """Returns the session that this run has joined.

        returns: The session; nothing where it has joined none
        """
        joined: Joined = self.session.shared(Joined)
        if joined.number is None:
            return None
        return self._object(await sessions_of(self.session).get(joined.number))

    @host_function(needs=NOTHING, since=2)
    async def start(self, name: str, options: SessionOptions | None = None) -> SessionObject:
        """Joins a session of this spell's; it is made where there is none.

        What the run keeps from now on is kept in it, unless something else is said.

        name: Its name
        options: What is said of it
        returns: The session; one that is complete is an error with code invalid_argument
        """
        return await self._join(name, options or {}, new=True)

    @host_function(needs=NOTHING, since=2)
    async def resume(self, name: str) -> SessionObject:
        """Joins a session that there is, and opens it again where it is complete.

        name: Its name
        returns: The session; an unknown name is an error with code not_found
        """
        return await self._join(name, {}, new=False)

    @host_function(needs=NOTHING, since=2)
    async def get(self, name: str) -> SessionObject:
        """Returns a session without joining it.

        name: Its name
        returns: The session; an unknown name is an error with code not_found
        """
        return self._object(await self._find(name))

    @host_function(needs=NOTHING, since=2)
    async def list_(self) -> SessionInfos:
        """Returns the sessions of this spell, and the one it was run in, the latest first.

        returns: What is known of each
        """
        return [_info(self.session, row) for row in await self._rows()]

    @host_function(needs=NOTHING, since=2)
    async def remove(self, name: str) -> None:
        """Removes a session with all that is kept in it; one that a run is in is not removed.

        name: Its name
        """
        await self._object(await self._find(name)).remove()

    async def _join(self, name: str, options: Mapping[str, Any], *, new: bool) -> SessionObject:
        check_name(name)
        store = sessions_of(self.session)
        flagged = await self._flagged()
        if flagged is not None and flagged.name == name:
            row = flagged
        else:
            row = await store.start(owner(self.session), name, new=new)
        if options:
            metadata = as_data(options.get("metadata", {}), "Session.start: metadata")
            row = await store.change(row.number, metadata=metadata, tags=options.get("tags", ()))
        await join(self.session, row, store)
        return self._object(row)

    async def _find(self, name: str) -> Row:
        check_name(name)
        rows = await self._rows()
        for row in rows:
            if row.name == name:
                return row
        hint = did_you_mean(name, [row.name for row in rows])
        raise NotFound(f"there is no session {name!r}", hint=hint)

    async def _rows(self) -> list[Row]:
        """Returns what this spell may see, the session that the user named first."""
        flagged = await self._flagged()
        own = await sessions_of(self.session).rows(owner(self.session))
        return own if flagged is None else [flagged, *own]

    async def _flagged(self) -> Row | None:
        joined: Joined = self.session.shared(Joined)
        if joined.flagged is None:
            return None
        return await sessions_of(self.session).get(joined.flagged)

    def _object(self, row: Row) -> SessionObject:
        return SessionObject(self.session, row)


def _info(session: Session, row: Row) -> SessionInfo:
    joined: Joined = session.shared(Joined)
    found: Any = {**session_fields(row), "current": joined.number == row.number}
    return found  # type: ignore[no-any-return]
