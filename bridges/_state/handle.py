"""The states of a run, and a state as scripts hold it: nouns take each other's as this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridges._account import Share
from bridges._database import database, owner
from bridges._declare import HostObject
from bridges._errors import InvalidArgument, PermissionDenied
from bridges._joined import session_space
from bridges._state.content import Rules, Store
from bridges._state.kept import Kept
from bridges._state.memory import MemoryStore
from bridges._state.shaping import pick
from bridges._state.tables import Place, TableStore
from bridges._state.values import Path, Values, name_of

if TYPE_CHECKING:
    from bridges._permissions import KeptPath, StateScope
    from bridges._session import Session

DEFAULT = "default"
"""The state that `State.get` and the like work on; the run's own."""
MAX_OPEN = 1_000
"""States that a run has opened."""
MAX_NAME = 100


class StateHandle(HostObject):
    """A state as scripts hold it, all of it or a part; the noun's own module adds the methods.

    scope: run, spell, agent, session, global, or file
    agent: whose it is, for the scope `agent`
    shown: what of it is to be seen, None for everything; readonly: whether it may not be changed
    """

    name = "State"

    def __init__(
        self,
        session: Session,
        kept: Kept,
        scope: str,
        *,
        shown: tuple[Path, ...] | None = None,
        readonly: bool = False,
        agent: str = "",
    ) -> None:
        self._session = session
        self.kept = kept
        self.scope = scope
        self.shown = shown
        self.readonly = readonly
        self.agent = agent

    async def values(self) -> Values:
        """Returns all values that are to be seen; nobody may change them in place."""
        found = (await self.kept.snapshot()).values
        return self.seen(found)

    async def read(self, path: Path) -> Any:
        """Returns what a path leads to, or MISSING."""
        self.check_shown(path)
        return await self.kept.get(path)

    async def write(self, path: Path, value: Any, action: str = "set") -> int:
        """Puts a value in place, None takes it away, and returns the revision."""
        self.check_writable(path)
        return await self.kept.set(path, value, action)

    def seen(self, values: Values) -> Values:
        """Returns what of values is to be seen."""
        return values if self.shown is None else pick(values, self.shown)

    def check_writable(self, path: Path | None = None) -> None:
        """Raises PermissionDenied where the state, or what a path leads to, may not be changed.

        path: None stands for all of the state
        """
        if self.readonly:
            raise PermissionDenied(
                f"the state {self.kept.name!r} may only be read here",
                hint="whoever made this view of it can make one that writes",
            )
        if path is not None:
            self.check_shown(path)
        elif self.shown is not None:
            raise PermissionDenied(
                f"of the state {self.kept.name!r} only some keys are for use here",
                hint="change them one by one",
            )

    def check_shown(self, path: Path) -> None:
        """Raises PermissionDenied for a key that is not to be seen."""
        if self.shown is None or any(path[: len(part)] == part for part in self.shown):
            return
        known = ", ".join(name_of(part) for part in self.shown)
        raise PermissionDenied(
            f"the key {name_of(path)!r} of the state {self.kept.name!r} is not for use here",
            hint=f"these are: {known}" if known else "",
        )


@dataclass(frozen=True)
class Wanted:
    """Which state a script means.

    scope: None is the run's own, or (with a path) the file's
    agent: the name of the agent whose state it is; path: of a file
    """

    name: str
    scope: StateScope | None = None
    agent: str = ""
    path: KeptPath | None = None


class States:
    """The states that one run has opened; each is kept once, however often it is made."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._room = Share(session.account, "states")
        self._stores: dict[object, Store] = {}
        self._default: StateHandle | None = None
        self.opened: dict[tuple[str, str], StateHandle] = {}

    def default(self) -> StateHandle:
        """Returns the run's own state that needs not be made."""
        if self._default is None:
            wanted = Wanted(DEFAULT)
            kept = Kept(self._session, DEFAULT, self.store(wanted, "State"), Rules())
            self._default = self.note(StateHandle(self._session, kept, "run"))
        return self._default

    def note(self, handle: StateHandle) -> StateHandle:
        """Remembers a handle, for people who look at the run."""
        self.opened.setdefault((handle.scope, handle.kept.name), handle)
        return handle

    def store(self, wanted: Wanted, where: str) -> Store:
        """Returns where a state is kept; raises InvalidArgument for what cannot be."""
        check_name(wanted.name, where)
        if wanted.path is not None:
            return self._once(wanted.path.value, wanted)
        scope = wanted.scope.value if wanted.scope else "run"
        return self._once(self.place(wanted.name, scope, wanted.agent, where), wanted)

    def place(self, name: str, scope: str, agent: str, where: str) -> Place:
        """Returns where in the database a state of a scope is, or would be."""
        if (scope == "agent") != bool(agent):
            raise InvalidArgument(
                f"{where}: scope = 'agent' and the agent's name belong together",
                hint='write scope = "agent", agent = "its name"',
            )
        if scope == "session":
            own = session_space(self._session, where)
        else:
            own = "" if scope == "global" else owner(self._session)
        return Place(own, scope, agent, name)

    def _once(self, key: str | Place, wanted: Wanted) -> Store:
        found = self._stores.get(key)
        if found is None:
            if len(self._stores) >= MAX_OPEN:
                raise InvalidArgument(
                    f"the spell uses more than {MAX_OPEN} states",
                    hint="keep values under keys of one state",
                )
            found = self._stores[key] = self._make(key, wanted)
        return found

    def _make(self, key: str | Place, wanted: Wanted) -> Store:
        if wanted.path is not None:
            from bridges._state.file import FileStore

            return FileStore(wanted.path)
        assert isinstance(key, Place)
        if key.scope == "run":
            return MemoryStore(self._room)
        return TableStore(database(self._session), key)


def check_name(name: str, where: str) -> None:
    """Refuses what cannot be the name of a state."""
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise InvalidArgument(
            f"{where}: {name[:20]!r} cannot be the name of a state",
            hint=f"use 1 to {MAX_NAME} printable characters",
        )
