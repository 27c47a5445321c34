"""State: values that are kept for a run, a spell, an agent, a session, or for all spells."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from bridges._declare import NOTHING, Bridge, host_function
from bridges._errors import InvalidArgument, NotFound
from bridges._state import changing, finding, tool
from bridges._state.content import MAX_HISTORY
from bridges._state.handle import StateHandle, States
from bridges._state.making import agent_name, checker, make
from bridges._state.merging import merge
from bridges._state.records import (
    StateChange,
    StateHistoryOptions,
    StateInfo,
    StateListOptions,
    StateMergeOptions,
    StateOptions,
    StateRemoveOptions,
    StateToolOptions,
    StateTransformOptions,
    StateViewOptions,
)
from bridges._state.shaping import shaped
from bridges._state.values import MISSING, path_of, plain_map
from bridges._tools import HostCallback, ToolHandle
from bridges._types import Callback

if TYPE_CHECKING:
    pass


class StateObject(StateHandle):
    """Values that are kept under a name; what is read is a copy."""

    name = "State"

    @host_function(needs=NOTHING, since=2)
    async def get(self, key: str | list[str], fallback: Any = None) -> Any:
        """Returns a value.

        key: A name; `a.b` is `b` inside `a`, and so is the list of both
        fallback: Returned where the key is not set
        returns: A copy of the value
        """
        found = await self.read(path_of(key, "key"))
        return fallback if found is MISSING else found

    @host_function(needs=NOTHING, since=2)
    async def set(self, key: str | list[str], value: Any) -> int:
        """Keeps a value; nothing takes the key away.

        key: A name, a dotted path, or a list of names
        value: Plain data
        returns: The state's new revision
        """
        return await self.write(path_of(key, "key"), value)

    @host_function(needs=NOTHING, since=2)
    async def remove(self, key: str | list[str]) -> int:
        """Takes a key away; one that is not set is fine.

        key: A name, a dotted path, or a list of names
        returns: The state's new revision
        """
        return await self.write(path_of(key, "key"), None, "remove")

    @host_function(needs=NOTHING, since=2)
    async def exists(self, key: str | list[str]) -> bool:
        """Tells whether a key is set.

        key: A name, a dotted path, or a list of names
        returns: Whether it is set
        """
        return await self.read(path_of(key, "key")) is not MISSING

    @host_function(needs=NOTHING, since=2)
    async def keys(self) -> list[str]:
        """Returns the keys at the top, sorted.

        returns: The names
        """
        return sorted(await self.values())

    @host_function(needs=NOTHING, since=2)
    async def all(self) -> dict[str, Any]:
        """Returns all values as they are at this moment.

        returns: A copy
        """
        return await self.values()

    @host_function(needs=NOTHING, since=2)
    async def update(self, key: str | list[str], change: Callback) -> Any:
        """Replaces a value by what a function makes of it; nobody's change in between is lost.

        key: A name, a dotted path, or a list of names
        change: Takes the value (nothing where there is none) and returns the new one; it is called
            again with the newer value where somebody else was quicker
        returns: The new value
        """
        path = path_of(key, "key")
        self.check_writable(path)
        return await self.kept.update(path, change)

    @host_function(needs=NOTHING, since=2)
    async def compare_and_set(self, key: str | list[str], expected: Any, value: Any) -> bool:
        """Keeps a value if the one there is the expected one.

        key: A name, a dotted path, or a list of names
        expected: The value that has to be there; nothing where the key must not be set
        value: The new value; nothing takes the key away
        returns: Whether it was, and the new value is kept
        """
        path = path_of(key, "key")
        self.check_writable(path)
        return await self.kept.compare_and_set(path, expected, value)

    @host_function(needs=NOTHING, since=2)
    async def merge(self, values: dict[str, Any], options: StateMergeOptions | None = None) -> int:
        """Brings values together with those that are there, all at once.

        values: The values by key; a null takes its key away
        options: Whose value counts
        returns: The state's new revision
        """
        self.check_writable()
        given = plain_map(values, "values", nulls=True)
        strategy = (options or {}).get("strategy", "theirs")
        return await self.kept.rewrite("merge", lambda ours: merge(ours, given, strategy))

    @host_function(needs=NOTHING, since=2)
    async def clear(self) -> int:
        """Takes all keys away; `undo` brings them back.

        returns: The state's new revision
        """
        self.check_writable()
        return await changing.replace(self.kept, "clear", {})

    @host_function(needs=NOTHING, since=2)
    async def diff(self, other: StateHandle | int | dict[str, Any]) -> list[dict[str, Any]]:
        """Returns what leads from other values to these, as JSON Patch; `patch` takes it.

        other: Another state, a map of values, or an older revision of this state
        returns: The operations: maps with `op`, `path`, `value`, `from`
        """
        return await changing.difference(self, other)

    @host_function(needs=NOTHING, since=2)
    async def patch(self, operations: list[dict[str, Any]]) -> int:
        """Applies a JSON Patch (RFC 6902), all of it or nothing.

        operations: Maps with `op` (add, remove, replace, move, copy, test) and `path`
        returns: The state's new revision
        """
        self.check_writable()
        return await changing.patch(self.kept, operations)

    @host_function(needs=NOTHING, since=2)
    async def transform(self, options: StateTransformOptions) -> dict[str, Any]:
        """Makes another map of the values: some keys, other values, one level, no secrets.

        options: What to make of them
        returns: The new values; the state has them only with `apply`
        """
        if not options.get("apply"):
            return await shaped(await self.values(), options)
        self.check_writable()
        return await changing.transform(self.kept, options)

    @host_function(needs=NOTHING, since=2)
    async def history(self, options: StateHistoryOptions | None = None) -> list[StateChange]:
        """Returns the changes that are remembered, newest first.

        options: How many
        returns: The changes
        """
        return await finding.history(self, (options or {}).get("limit", MAX_HISTORY))

    @host_function(needs=NOTHING, since=2)
    async def undo(self, steps: int = 1) -> int:
        """Takes the last changes back, whoever made them.

        steps: How many
        returns: The state's new revision
        """
        self.check_writable()
        if not 1 <= steps <= MAX_HISTORY:
            raise InvalidArgument(f"steps must be 1 to {MAX_HISTORY}, got {steps}")
        return await self.kept.undo(steps)

    @host_function(needs=NOTHING, since=2)
    async def restore(self, values: int | dict[str, Any]) -> int:
        """Puts other values in the place of all.

        values: A map of values, such as `all` gave, or an older revision that is remembered
        returns: The state's new revision
        """
        self.check_writable()
        return await changing.replace(self.kept, "restore", values)

    @host_function(needs=NOTHING, since=2)
    async def validate(self, schema: dict[str, Any] | None = None) -> list[str]:
        """Tells how the values do not fit a schema.

        schema: A JSON Schema, or the short form; the state's own unless given
        returns: What is wrong, a sentence each, at most five; none where they fit
        """
        check = checker(schema, "schema") if schema is not None else self.kept.rules.check
        return check(await self.values()) if check else []

    @host_function(needs=NOTHING, since=2)
    async def metadata(self) -> StateInfo:
        """Returns what is known of the state without its values.

        returns: Name, scope, store, version, revision, size …
        """
        return await finding.info(self)

    @host_function(needs=NOTHING, since=2)
    def view(self, options: StateViewOptions | None = None) -> StateObject:
        """Returns the same state as somebody else may use it: only to read, only some keys.

        options: What it shows
        returns: The view; what this object may not do, it may not either
        """
        chosen = options or {}
        return self._part(chosen.get("keys"), chosen.get("readonly", True))

    @host_function(needs=NOTHING, since=2)
    def as_tool(self, options: StateToolOptions | None = None) -> ToolHandle:
        """Makes the state a tool of the run, for agents that share it.

        options: How it appears, and what models may do
        returns: The tool; it takes an `action` (get, all, set, remove), a `key` and a `value`
        """
        chosen = options or {}
        part = self._part(chosen.get("keys"), chosen.get("readonly", False))
        fields = tool.about(part, chosen.get("name", ""), chosen.get("description", ""))
        fields["run"] = HostCallback(partial(tool.call, part))
        door = self._session.door
        made: ToolHandle = door.call(door.number("Tool.new"), [fields])
        return made

    def _part(self, keys: list[str] | None, readonly: bool) -> StateObject:
        paths = self.shown
        if keys is not None:
            paths = tuple(path_of(key, "keys") for key in keys)
            for path in paths:
                self.check_shown(path)
        return StateObject(
            self._session,
            self.kept,
            self.scope,
            shown=paths,
            readonly=readonly or self.readonly,
            agent=self.agent,
        )


class State(Bridge):
    """Keeps values between steps, agents and runs; `State.get` and the like are the run's own."""

    @host_function(needs=NOTHING, since=2)
    def new(self, options: StateOptions) -> StateObject:
        """Makes a state, or finds the one that is there; it is opened when it is first used.

        options: What the state is
        returns: The state
        """
        kept, wanted = make(self.session, options, "State.new")
        scope = "file" if wanted.path else (wanted.scope.value if wanted.scope else "run")
        readonly = options.get("readonly", False)
        made = StateObject(self.session, kept, scope, readonly=readonly, agent=wanted.agent)
        self._states().note(made)
        return made

    @host_function(needs=NOTHING, since=2)
    async def get(self, key: str | list[str], fallback: Any = None) -> Any:
        """Returns a value of the run's own state.

        key: A name; `a.b` is `b` inside `a`, and so is the list of both
        fallback: Returned where the key is not set
        returns: A copy of the value
        """
        return await self._own().get(key, fallback)

    @host_function(needs=NOTHING, since=2)
    async def set(self, key: str | list[str], value: Any) -> int:
        """Keeps a value in the run's own state, until the run ends.

        key: A name, a dotted path, or a list of names
        value: Plain data; nothing takes the key away
        returns: The state's new revision
        """
        return await self._own().set(key, value)

    @host_function(needs=NOTHING, since=2)
    async def remove(self, key: str | list[str]) -> int:
        """Takes a key of the run's own state away.

        key: A name, a dotted path, or a list of names
        returns: The state's new revision
        """
        return await self._own().remove(key)

    @host_function(needs=NOTHING, since=2)
    async def update(self, key: str | list[str], change: Callback) -> Any:
        """Replaces a value of the run's own state by what a function makes of it.

        key: A name, a dotted path, or a list of names
        change: Takes the value (nothing where there is none) and returns the new one
        returns: The new value
        """
        return await self._own().update(key, change)

    @host_function(needs=NOTHING, since=2)
    async def keys(self) -> list[str]:
        """Returns the keys of the run's own state, sorted.

        returns: The names
        """
        return await self._own().keys()

    @host_function(needs=NOTHING, since=2)
    async def all(self) -> dict[str, Any]:
        """Returns all values of the run's own state.

        returns: A copy
        """
        return await self._own().all()

    @host_function(needs=NOTHING, since=2)
    async def list_(self, options: StateListOptions | None = None) -> list[StateInfo]:
        """Returns the states that are kept for later runs and that this spell may use.

        options: Which; the spell's own and its agents' unless set
        returns: What is known of each, by name
        """
        scope = (options or {}).get("scope")
        return await finding.listed(self.session, scope.value if scope else "spell")

    @host_function(needs=NOTHING, since=2)
    async def remove_state(self, name: str, options: StateRemoveOptions | None = None) -> None:
        """Removes a state that is kept, with its history; an unknown one is not_found.

        name: Its name
        options: Its scope
        """
        chosen = options or {}
        scope = chosen.get("scope")
        agent = agent_name(chosen.get("agent"))
        if not await finding.remove(self.session, name, scope.value if scope else "spell", agent):
            raise NotFound(
                f"there is no state {name!r} in this scope", hint="State.list shows what there is"
            )

    def _states(self) -> States:
        states: States = self.session.shared(States)
        return states

    def _own(self) -> StateObject:
        handle = self._states().default()
        return StateObject(self.session, handle.kept, handle.scope)
