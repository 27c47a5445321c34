"""One run of one spell, as the bridges see it: grants, limits, settings, objects, budget."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from bridges._account import Account
from bridges._errors import InvalidArgument, LimitExceeded
from bridges._permissions import Grants

if TYPE_CHECKING:
    from bridges._budget import Budget
    from bridges._declare import HostObject
    from bridges._errors import SpellError
    from bridges._events.bus import Bus
    from bridges._gate import Gate
    from bridges._invoke import Door
    from bridges._log import Log
    from bridges._settings import ModelSettings
    from bridges._timings import Timings
    from bridges._tracing import Tracing

MAX_OBJECTS = 100_000


@dataclass(frozen=True)
class Limits:
    """What stops a spell.

    timeout: wall clock, seconds; cpu: processor time, seconds
    memory: bytes of the engine's heap; output: bytes printed
    host_memory: bytes that the host holds for the spell, about
    calls: host calls in total; in_flight: host calls at one time
    artifacts: bytes of artifacts that one spell, or one session, may keep
    """

    timeout: float = 300.0
    cpu: float = 30.0
    memory: int = 256 * 1024 * 1024
    output: int = 10 * 1024 * 1024
    calls: int = 10_000
    in_flight: int = 2_000
    artifacts: int = 1024 * 1024 * 1024
    host_memory: int = 256 * 1024 * 1024


@dataclass(frozen=True)
class SpellInfo:
    """The spell that runs: its name, description, file (None for `eval`) and language."""

    name: str
    description: str
    path: Path | None
    language: str


@dataclass
class Session:
    """What a run carries; bridges reach the outside world through it and `bridges._io` only.

    spell_name: how the spell's language writes a declared name
    environ: the environment that EnvName grants may read, and where keys come from
    data: the user's data folder (models)
    stdin: the run's standard input
    write_error: writes text to the run's standard error, for the spell's own messages
    write: writes to the run's standard output, counted against its limit; set by the run
    run_spell: runs another spell file under this session's grants and returns its value
    audit: told every permission decision: (api, kind, value, allowed)
    caller: the run that started this one; what this one uses, that one uses
    gate: looks at model requests and tool calls before they go
    timings: what took how long, where the run is profiled
    tracing: what happens inside of what, where the run is traced
    inner: the runs of spells that this one has started and that have not ended
    failure, exit_code: what it ended with, once it has ended
    bus: the run's events; None until there is something to tell
    account: what the host holds for the run
    """

    spell: SpellInfo
    grants: Grants
    limits: Limits
    models: ModelSettings
    budget: Budget
    log: Log
    spell_name: Callable[[str], str]
    environ: Mapping[str, str]
    data: Path
    stdin: BinaryIO
    write_error: Callable[[str], None]
    run_spell: Callable[[str, Any, Session], Awaitable[Any]]
    params: dict[str, Any] = field(default_factory=dict)
    write: Callable[[bytes], None] = field(default=lambda _text: None)
    audit: Callable[[str, str, str, bool], None] | None = None
    depth: int = 0
    caller: Session | None = None
    gate: Gate | None = None
    timings: Timings | None = None
    tracing: Tracing | None = None
    inner: list[Session] = field(default_factory=list)
    failure: SpellError | None = None
    exit_code: int | None = None
    bus: Bus | None = None
    used: dict[str, float] = field(default_factory=lambda: {"calls": 0, "output": 0, "cpu": 0})
    door: Door = field(init=False)
    account: Account = field(init=False)
    _objects: dict[int, HostObject] = field(default_factory=dict)
    _ids: dict[int, int] = field(default_factory=dict)
    _closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    _shared: dict[type, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from bridges._invoke import Door

        self.door = Door(self)
        outer = self.caller.account if self.caller else None
        self.account = Account(self.limits.host_memory, outer)

    def shared(self, kind: type[Any]) -> Any:
        """Returns the run's one instance of `kind`, made with this session on first use."""
        if kind not in self._shared:
            self._shared[kind] = kind(self)
        return self._shared[kind]

    def share(self, kind: type[Any], other: Session) -> None:
        """Has this run's one instance of `kind` be that of another run."""
        self._shared[kind] = other.shared(kind)

    def use_models(self, models: ModelSettings) -> None:
        """Has the next model calls go by other settings, those of inner runs as well."""
        self.models = models
        for inner in list(self.inner):
            inner.use_models(models)

    def use_tracing(self, tracing: Tracing) -> None:
        """Has what happens from now on be traced, in inner runs as well."""
        self.tracing = tracing
        for inner in list(self.inner):
            inner.use_tracing(tracing)

    def use(self, what: str, amount: float) -> int | None:
        """Counts what the run uses of a limit (calls, output or cpu), for its callers as well.

        Returns the limit that is exceeded now, or None.
        """
        exceeded = None if self.caller is None else self.caller.use(what, amount)
        self.used[what] += amount
        limit: int = getattr(self.limits, what)
        return limit if self.used[what] > limit else exceeded

    def left(self, what: str) -> float:
        """Returns what is left of a limit; never below zero."""
        own: float = max(0, getattr(self.limits, what) - self.used[what])
        return own if self.caller is None else min(own, self.caller.left(what))

    def handle(self, thing: HostObject) -> int:
        """Returns the number under which a script holds an object, the same for the same object."""
        known = self._ids.get(id(thing))
        if known is not None:
            return known
        if len(self._objects) >= MAX_OBJECTS:
            raise LimitExceeded(f"the spell holds more than {MAX_OBJECTS} objects")
        number = len(self._objects) + 1
        self._objects[number] = thing
        self._ids[id(thing)] = number
        return number

    def things(self) -> list[HostObject]:
        """Returns the objects that the script holds, in the order it got them."""
        return list(self._objects.values())

    def thing(self, number: Any) -> HostObject:
        """Returns the object of a handle; a number nobody gave out is InvalidArgument."""
        found = self._objects.get(number) if isinstance(number, int) else None
        if found is None:
            raise InvalidArgument("this object does not belong to the run")
        return found

    def on_close(self, closer: Callable[[], Awaitable[None]]) -> None:
        """Has `closer` awaited when the run ends."""
        self._closers.append(closer)

    async def close(self) -> None:
        """Closes what the run opened, newest first: all of it, whatever becomes of a part."""
        try:
            while self._closers:
                async with AsyncExitStack() as stack:
                    for closer in self._closers:
                        stack.push_async_callback(closer)
                    self._closers.clear()
        finally:
            self.account.close()
