"""One state and what can be done with it: opened once, brought up to date, every write guarded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bridges._errors import InvalidArgument, LimitExceeded
from bridges._events.bus import Bus
from bridges._hooks.hooks import Form, Hooks
from bridges._state.content import (
    NEW,
    Changes,
    Content,
    Entry,
    Head,
    Rules,
    Store,
    Written,
    apply,
    step_back,
    values_at,
)
from bridges._state.turns import pause
from bridges._state.values import (
    MISSING,
    Path,
    Values,
    equal,
    look_up,
    name_of,
    plain,
    plain_map,
    put,
    same,
)

if TYPE_CHECKING:
    from bridges._session import Session

Change = Callable[[Any], Awaitable[Any]]
MAX_TRIES = 100
"""How often a change is worked out anew when others were quicker."""
MIGRATING = 30.0
"""Seconds anything waits for a state to be brought up to date."""
SAID = 100
"""Keys of one write that get an event each."""
EVERYTHING = "*"


@dataclass(frozen=True)
class Migration:
    """How values get from one version to the next. up: takes and returns all of them."""

    version: int
    up: Change


@dataclass(frozen=True)
class Snapshot:
    """A state as it was at one moment."""

    values: Values
    head: Head


def _written(value: Any) -> Written | None:
    """Reads what a hook gives instead of a write: a revision, or nothing for none."""
    if value is None or value is False:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument("a write of a state gives its revision, a whole number, or nothing")
    return Written(value)


_WRITTEN: Form[Written | None] = Form(lambda found: found.revision if found else None, _written)


class Kept:
    """One state, as one handle has it.

    name: what messages, hooks and events call it; initial: its values where there are none yet
    """

    def __init__(
        self,
        session: Session,
        name: str,
        store: Store,
        rules: Rules,
        initial: Values | None = None,
        migrations: Sequence[Migration] = (),
    ) -> None:
        self.name = name
        self.store = store
        self.rules = rules
        self._session = session
        self._most = session.spell_name("max_history")
        self._initial = initial or {}
        self._migrations = sorted(migrations, key=lambda migration: migration.version)
        self._opened = False
        self._opening = asyncio.Lock()

    # -- reading

    async def get(self, path: Path) -> Any:
        """Returns what a path leads to, or MISSING."""
        await self._open()
        whole = await self.store.read(lambda content: content.get(path[0]))
        return MISSING if whole is MISSING else look_up(whole, path[1:])

    async def snapshot(self) -> Snapshot:
        """Returns everything at one moment."""
        await self._open()
        return await self.store.read(_snapshot)

    async def head(self) -> Head:
        """Returns what is known of the state without its values."""
        await self._open()
        return await self.store.read(_head)

    async def history(self, most: int) -> list[Entry]:
        """Returns the changes that are remembered, newest first."""
        await self._open()
        return await self.store.read(lambda content: content.entries(most))

    async def at(self, revision: int) -> Values:
        """Returns the values at a revision; raises InvalidArgument where it is not remembered."""
        await self._open()
        found = await self.store.read(lambda content: values_at(content, revision))
        if found is None:
            raise InvalidArgument(
                f"revision {revision} of the state {self.name!r} is not remembered",
                hint=f"history tells which are; {self._most} is how many",
            )
        return found

    # -- writing one value

    async def set(self, path: Path, value: Any, action: str = "set") -> int:
        """Puts a value in place, None takes it away, and returns the revision."""
        written = await self._write(path, value, action, lambda _current: True)
        return written.revision if written else (await self.head()).revision

    async def compare_and_set(self, path: Path, expected: Any, value: Any) -> bool:
        """Puts a value in place where the one there is the expected one; tells whether it was."""

        def agrees(current: Any) -> bool:
            return same(None if current is MISSING else current, expected)

        return await self._write(path, value, "compare_and_set", agrees) is not None

    async def update(self, path: Path, change: Change) -> Any:
        """Puts in place what `change` makes of a value, and returns it.

        change: is asked again with the value of others, where they were quicker
        """
        for turn in range(MAX_TRIES):
            async with self.store.turns.take(path[0]):
                current = await self.get(path)
                given = None if current is MISSING else current
                value = plain(await change(given), f"the new value of {name_of(path)!r}")
                if await self._write(path, value, "update", partial(_is_still, current)):
                    return value
            await pause(turn)
        raise self._contended(name_of(path))

    async def _write(
        self, path: Path, value: Any, action: str, agrees: Callable[[Any], bool]
    ) -> Written | None:
        await self._open()
        where = f"the value of {name_of(path)!r}"

        async def call(request: dict[str, Any]) -> Written | None:
            new = plain(request.get("value"), where)

            def edit(content: Content) -> Written | None:
                whole = content.get(path[0])
                current = MISSING if whole is MISSING else look_up(whole, path[1:])
                if not agrees(current):
                    return None
                changed = put(whole, path[1:], MISSING if new is None else new, where)
                if len(path) > 1 and changed is not MISSING:
                    changed = plain(changed, where)  # it is deeper now than what was given
                return apply(content, {path[0]: changed}, action, self.rules)

            written = await self.store.write(edit)
            if written and written.keys:
                self._tell(name_of(path), written.revision)
            return written

        request = {"state": self.name, "action": action, "value": value}
        hooks: Hooks = self._session.shared(Hooks)
        return await hooks.around("state", name_of(path), request, call, _WRITTEN)

    # -- writing several

    async def rewrite(
        self, action: str, change: Callable[[Values], Awaitable[Values]], *, undone: int = 0
    ) -> int:
        """Replaces all values by what `change` makes of them, and returns the revision.

        change: is asked again with the values of others, where they were quicker
        """
        await self._open()
        return await self._rewrite(action, change, self.rules, undone)

    async def undo(self, steps: int) -> int:
        """Takes the newest remembered changes back and returns the revision."""

        async def change(values: Values) -> Values:
            entries = await self.history(steps)
            if len(entries) < steps:
                raise InvalidArgument(
                    f"the state {self.name!r} remembers {len(entries)} changes, not {steps}",
                    hint=f"{self._most} is how many it remembers",
                )
            for entry in entries:
                step_back(values, entry)
            return values

        return await self.rewrite("undo", change, undone=steps)

    async def _rewrite(
        self,
        action: str,
        change: Callable[[Values], Awaitable[Values]],
        rules: Rules,
        undone: int = 0,
    ) -> int:
        for turn in range(MAX_TRIES):
            found = await self.store.read(_snapshot)
            new = plain_map(await change(dict(found.values)), "the new values")
            changes = await self._passed(action, found.values, new)
            edit = partial(_commit, found.head.revision, changes, action, rules, undone)
            written = await self.store.write(edit)
            if written is not None:
                self._tell_all(written)
                return written.revision
            await pause(turn)
        raise self._contended(EVERYTHING)

    async def _passed(self, action: str, old: Values, new: Values) -> Changes:
        """Returns what changes, key by key as the hooks leave it."""
        hooks: Hooks = self._session.shared(Hooks)
        found: dict[str, Any] = {}
        for key in sorted({*old, *new}):
            if key in old and key in new and equal(old[key], new[key]):
                continue

            async def call(request: dict[str, Any], key: str = key) -> None:
                value = plain(request.get("value"), f"the value of {key!r}")
                found[key] = MISSING if value is None else value

            request = {"state": self.name, "action": action, "value": new.get(key)}
            await hooks.around("state", key, request, call)
        return found

    # -- opening

    async def _open(self) -> None:
        if self._opened:
            return
        try:
            await asyncio.wait_for(self._opening.acquire(), MIGRATING)
        except TimeoutError:
            raise LimitExceeded(
                f"the state {self.name!r} is still being brought up to date",
                hint="a migration works on the values it is given, not on the state",
            ) from None
        try:
            if not self._opened:
                await self._begin()
                self._opened = True
        finally:
            self._opening.release()

    async def _begin(self) -> None:
        head = await self.store.read(_head)
        if not head.revision:
            if self._initial:
                await self._rewrite(NEW, self._first_values, self.rules)
            return
        wanted = self.rules.version
        if head.version > wanted:
            raise InvalidArgument(
                f"the state {self.name!r} has version {head.version} of its schema, "
                f"and this spell knows {wanted}",
                hint="run the newer spell, or remove the state",
                details={"version": head.version},
            )
        if head.version < wanted:
            await self._rewrite("migrate", self._migrate(head.version), self.rules)

    async def _first_values(self, values: Values) -> Values:
        return values or self._initial

    def _migrate(self, version: int) -> Callable[[Values], Awaitable[Values]]:
        steps = [m for m in self._migrations if version < m.version <= self.rules.version]
        missing = {*range(version + 1, self.rules.version + 1)} - {m.version for m in steps}
        if missing:
            raise InvalidArgument(
                f"the state {self.name!r} has version {version} of its schema, and there is no "
                f"migration to version {min(missing)}",
                hint="add it to migrations",
            )

        async def change(values: Values) -> Values:
            head = await self.store.read(_head)
            if head.version != version:
                return values  # another run was quicker
            for step in steps:
                values = plain_map(await step.up(values), f"the migration to {step.version}")
            return values

        return change

    # -- events

    def _tell_all(self, written: Written) -> None:
        if len(written.keys) > SAID:
            self._tell(EVERYTHING, written.revision)
        else:
            for key in written.keys:
                self._tell(key, written.revision)

    def _tell(self, key: str, revision: int) -> None:
        bus: Bus = self._session.shared(Bus)
        bus.emit("state.changed", {"state": self.name, "key": key, "revision": revision})

    def _contended(self, key: str) -> LimitExceeded:
        return LimitExceeded(
            f"{key!r} in the state {self.name!r} was changed by others {MAX_TRIES} times "
            "while it was being changed here",
            hint="try again",
            retryable=True,
            details={"limit": "tries"},
        )


def _commit(
    revision: int, changes: Changes, action: str, rules: Rules, undone: int, content: Content
) -> Written | None:
    """Writes unless somebody else has written since a revision."""
    if content.head.revision != revision:
        return None
    return apply(content, changes, action, rules, undone=undone)


def _is_still(before: Any, current: Any) -> bool:
    if before is MISSING or current is MISSING:
        return before is current
    return same(before, current)


def _head(content: Content) -> Head:
    return replace(content.head)


def _snapshot(content: Content) -> Snapshot:
    return Snapshot(content.all(), replace(content.head))
