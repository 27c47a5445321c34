"""Hooks: functions that are asked before and after models, tools, agents and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

from bridges._account import Share
from bridges._declare import NOTHING, Bridge, HostObject, host_function
from bridges._errors import InvalidArgument
from bridges._events.patterns import LONGEST
from bridges._hooks.hooks import Hooks, HookSpec, When
from bridges._hooks.passages import Shown
from bridges._hooks.ready import Asked, Cost, Logging, Metrics, RateLimit
from bridges._hooks.records import (
    AnyPoint,
    HookCacheOptions,
    HookCostOptions,
    HookInfo,
    HookLoggingOptions,
    HookMetricsOptions,
    HookOptions,
    HookRateOptions,
    HookRedactOptions,
    HookStats,
)
from bridges._types import Callback

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bridges._session import Session

KEPT = 100
"""Results that a cache keeps, unless it is told otherwise."""


class Ready(Protocol):
    """A hook that comes with the program."""

    def asked(self) -> Asked:
        """Returns what it does, by when it is asked."""
        ...

    def stats(self) -> dict[str, Any]:
        """Returns what it knows."""
        ...


class HookObject(HostObject):
    """A function, or one of the ready hooks, that is asked."""

    name = "Hook"

    def __init__(self, session: Session, label: str, ready: Ready | None) -> None:
        self._hooks: Hooks = session.shared(Hooks)
        self._label = label
        self._ready = ready
        self._asked = 0
        self._denied = 0
        self._replaced = 0
        self.specs: list[HookSpec] = []

    def add(self, when: When, run: Callable[[Shown], Awaitable[Any]], options: Any) -> None:
        """Has the hook asked at one time more."""

        async def counted(shown: Shown) -> Any:
            self._asked += 1
            said = await run(shown)
            if isinstance(said, dict):
                self._denied += "deny" in said
                self._replaced += "result" in said
            return said

        def make(id: int) -> HookSpec:
            self._label = self._label or f"hook {id}"
            return HookSpec(
                id,
                when,
                options.get("point", "*"),
                counted,
                self._label,
                options.get("name", "*"),
                options.get("priority", 0),
                options.get("condition"),
            )

        self.specs.append(self._hooks.add(make))

    @host_function(needs=NOTHING, since=2)
    def remove(self) -> bool:
        """Takes the hook away.

        returns: Whether it was still there
        """
        return any([self._hooks.remove(spec) for spec in self.specs])

    @host_function(needs=NOTHING, since=2)
    def info(self) -> HookInfo:
        """Returns what the hook is.

        returns: What it is asked about
        """
        first = self.specs[0]
        return {
            "label": self._label,
            "point": first.point,
            "when": [spec.when for spec in self.specs],
            "name": first.pattern,
            "priority": first.priority,
        }

    @host_function(needs=NOTHING, since=2)
    def stats(self) -> HookStats:
        """Returns what the hook did so far.

        returns: How often it was asked, and what a ready hook counts besides
        """
        own = self._ready.stats() if self._ready else {}
        counts = {"asked": self._asked, "denied": self._denied, "replaced": self._replaced}
        return cast(HookStats, {**counts, **own})


class Hook(Bridge):
    """Has functions asked before and after everything that models, tools, agents and the like do.

    They get one map: point, name, request, correlation, attempt, and where there are such things
    result, error and duration. A hook that fails makes what it was asked about fail.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._known: list[HookObject] = []

    @host_function(needs=NOTHING, since=2)
    def before(
        self, point: AnyPoint, fn: Callback, options: HookOptions | None = None
    ) -> HookObject:
        """Has a function asked before something begins.

        point: What it is asked about; `run` is a spell that this one runs, `*` is everything
        fn: Returns nothing; or a map with `request` (parts of it changed), `deny` (why not) or
            `result` (instead of doing it)
        options: About which of them, and in which order
        returns: The hook
        """
        return self._own("before", point, fn, options)

    @host_function(needs=NOTHING, since=2)
    def after(
        self, point: AnyPoint, fn: Callback, options: HookOptions | None = None
    ) -> HookObject:
        """Has a function asked when something has ended well.

        point: What it is asked about; `run` is a spell that this one runs, `*` is everything
        fn: Returns nothing; or a map with `result` (instead of the one there is), `retry` (true:
            once more, 10 times at most) or `deny` (why not)
        options: About which of them, and in which order
        returns: The hook
        """
        return self._own("after", point, fn, options)

    @host_function(needs=NOTHING, since=2)
    def on_error(
        self, point: AnyPoint, fn: Callback, options: HookOptions | None = None
    ) -> HookObject:
        """Has a function asked when something has failed.

        point: What it is asked about; `run` is a spell that this one runs, `*` is everything
        fn: Returns nothing; or a map with `result` (instead of the failure), `retry` (true: once
            more, 10 times at most) or `deny` (another reason)
        options: About which of them, and in which order
        returns: The hook
        """
        return self._own("error", point, fn, options)

    @host_function(needs=NOTHING, since=2)
    def logging(self, options: HookLoggingOptions | None = None) -> HookObject:
        """Writes a line to the log when something has ended or failed.

        options: What, and how
        returns: The hook
        """
        given = options or {}
        return self._ready("logging", Logging(self.session.log, given.get("level", "info")), given)

    @host_function(needs=NOTHING, since=2)
    def metrics(self, options: HookMetricsOptions | None = None) -> HookObject:
        """Counts what ends and fails, and how long it takes; `stats` tells.

        options: What
        returns: The hook
        """
        return self._ready("metrics", Metrics(), options or {})

    @host_function(needs=NOTHING, since=2)
    def cost(self, options: HookCostOptions) -> HookObject:
        """Denies requests to models when a limit is reached; those under way go on.

        options: The limit
        returns: The hook
        """
        if "max_cost" not in options and "max_requests" not in options:
            raise InvalidArgument("Hook.cost: give max_cost or max_requests")
        hook = Cost(options.get("max_cost"), options.get("max_requests"))
        return self._ready("cost", hook, {"point": "model", **options})

    @host_function(needs=NOTHING, since=2)
    def rate_limit(self, options: HookRateOptions) -> HookObject:
        """Lets only so many begin within a time.

        options: The limit
        returns: The hook
        """
        second, minute = options.get("per_second"), options.get("per_minute")
        if (second is None) == (minute is None):
            raise InvalidArgument("Hook.rate_limit: give either per_second or per_minute")
        count, window = (second, 1.0) if second is not None else (minute or 0, 60.0)
        hook = RateLimit(count, window, options.get("wait", True))
        return self._ready("rate_limit", hook, {"point": "model", **options})

    @host_function(needs=NOTHING, since=2)
    def cache(self, options: HookCacheOptions | None = None) -> HookObject:
        """Gives the result of an equal request again instead of making it.

        options: Of what, and how long
        returns: The hook
        """
        from bridges._hooks.changing import Cache

        given = options or {}
        room = Share(self.session.account, "caches")
        hook = Cache(given.get("ttl"), given.get("size", KEPT), room)
        return self._ready("cache", hook, {"point": "model", **given})

    @host_function(needs=NOTHING, since=2)
    def redact(self, options: HookRedactOptions) -> HookObject:
        """Takes words and patterns out of requests and results.

        options: What is taken out of what
        returns: The hook
        """
        from bridges._hooks.changing import Redact

        words, patterns = options.get("words", []), options.get("patterns", [])
        hook = Redact(patterns, words, options.get("replacement", "[redacted]"))
        return self._ready("redact", hook, {"point": "model", **options})

    @host_function(needs=NOTHING, since=2)
    def remove(self, hook: HookObject) -> bool:
        """Takes a hook away.

        hook: The hook
        returns: Whether it was still there
        """
        return hook.remove()

    @host_function(needs=NOTHING, since=2)
    def clear(self) -> None:
        """Takes every hook of the spell away."""
        for hook in self._present():
            hook.remove()

    @host_function(needs=NOTHING, since=2)
    def list_(self) -> list[HookInfo]:
        """Returns the hooks there are, in the order in which they are asked before.

        returns: What each is
        """
        return [hook.info() for hook in self._present()]

    def _own(
        self, when: When, point: AnyPoint, fn: Callback, options: HookOptions | None
    ) -> HookObject:
        return self._added(HookObject(self.session, "", None), {when: fn}, point, options or {})

    def _ready(self, label: str, ready: Ready, options: Any) -> HookObject:
        hook = HookObject(self.session, label, ready)
        return self._added(hook, ready.asked(), options.get("point", "*"), options)

    def _added(self, hook: HookObject, asked: Any, point: str, options: Any) -> HookObject:
        if len(options.get("name", "")) > LONGEST:
            raise InvalidArgument(f"a pattern of names has at most {LONGEST} characters")
        for when, run in asked.items():
            hook.add(when, run, {**options, "point": point})
        self._known = [*self._present(), hook]
        return hook

    def _present(self) -> list[HookObject]:
        order = {spec.id: n for n, spec in enumerate(self._hooks().own())}
        found = [hook for hook in self._known if hook.specs and hook.specs[0].id in order]
        return sorted(found, key=lambda hook: order[hook.specs[0].id])

    def _hooks(self) -> Hooks:
        hooks: Hooks = self.session.shared(Hooks)
        return hooks
