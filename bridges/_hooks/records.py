"""What the noun `Hook` takes and gives."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

from bridges._types import Callback, Duration

AnyPoint: TypeAlias = Literal[
    "model", "tool", "agent", "workflow", "step", "state", "handoff", "run", "*"
]
"""What hooks can be asked about; `run` is a spell that this one runs, `*` all of them."""


class HookOptions(TypedDict, total=False):
    """Which operations a hook is asked about, and when.

    name: Of the model, tool, agent …; `*` stands for any characters; all unless set
    priority: Hooks of a higher one are further outside: asked earlier before, later after;
        0 unless set
    condition: A function of what the hook would get that tells whether to ask it
    """

    name: str
    priority: float
    condition: Callback


class HookLoggingOptions(TypedDict, total=False):
    """What is logged, and how.

    point: About what; everything unless set
    name: Of the model, tool, agent …; `*` stands for any characters
    priority: See `before`
    level: Of the lines; failures are warnings; info unless set
    """

    point: AnyPoint
    name: str
    priority: float
    level: Literal["trace", "debug", "info", "warn"]


class HookMetricsOptions(TypedDict, total=False):
    """What is counted.

    point: About what; everything unless set
    name: Of the model, tool, agent …; `*` stands for any characters
    priority: See `before`
    """

    point: AnyPoint
    name: str
    priority: float


class HookCostOptions(TypedDict, total=False):
    """How much may be spent on models; one of the two limits has to be given.

    max_cost: US dollars; models without a known price cost nothing
    max_requests: Requests
    name: Of the models that count; `*` stands for any characters
    priority: See `before`
    """

    max_cost: float
    max_requests: int
    name: str
    priority: float


class HookRateOptions(TypedDict, total=False):
    """How many may begin; one of the two limits has to be given.

    per_second: So many within a second
    per_minute: So many within a minute
    wait: Whether more wait for their turn, as they do unless set; otherwise they are denied
    point: Of what; model unless set
    name: Of the model, tool, agent …; `*` stands for any characters
    priority: See `before`
    """

    per_second: int
    per_minute: int
    wait: bool
    point: AnyPoint
    name: str
    priority: float


class HookCacheOptions(TypedDict, total=False):
    """What is kept, and how long.

    ttl: How long a result is given again; for the run unless set
    size: How many are kept; the one not asked for longest goes first; 100 unless set
    point: Results of what; model unless set
    name: Of the model, tool, agent …; `*` stands for any characters
    priority: See `before`
    """

    ttl: Duration
    size: int
    point: AnyPoint
    name: str
    priority: float


class HookRedactOptions(TypedDict, total=False):
    """What is taken out.

    patterns: Regular expressions
    words: Words, large or small letters
    replacement: What stands in their place; `[redacted]` unless set
    point: Of what; model unless set
    name: Of the model, tool, agent …; `*` stands for any characters
    priority: See `before`
    """

    patterns: list[str]
    words: list[str]
    replacement: str
    point: AnyPoint
    name: str
    priority: float


class HookInfo(TypedDict):
    """What a hook is.

    label: What errors and events call it
    point: What it is asked about
    when: At which times
    name: The pattern of names
    priority: Its priority
    """

    label: str
    point: str
    when: list[Literal["before", "after", "error"]]
    name: str
    priority: float


class HookRow(TypedDict):
    """What was done under one name.

    point: What it was
    name: Its name
    count: How often
    failed: How often it failed
    seconds: That it took in all
    longest: That the longest one took
    """

    point: str
    name: str
    count: int
    failed: int
    seconds: float
    longest: float


class HookStats(TypedDict, total=False):
    """What a hook did; what one does not do is not there.

    asked: How often it was asked
    denied: How often it refused
    replaced: How often it put its own result in the place of another
    rows: Of `metrics`: counts and times
    cost: Of `cost`: US dollars spent
    requests: Of `cost`: requests made
    waited: Of `rate_limit`: seconds waited in all
    hits: Of `cache`: how often a result was given again
    misses: Of `cache`: how often there was none
    kept: Of `cache`: how many results it has
    redacted: Of `redact`: how much was taken out
    """

    asked: int
    denied: int
    replaced: int
    rows: list[HookRow]
    cost: float
    requests: int
    waited: float
    hits: int
    misses: int
    kept: int
    redacted: int
