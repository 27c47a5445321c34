"""What spells read and write about states: options, changes, facts."""

from __future__ import annotations

from typing import Any, Literal, Required, TypedDict

from bridges._agents.agent import AgentHandle
from bridges._permissions import KeptPath, StateScope
from bridges._types import Callback


class StateMigration(TypedDict):
    """How values get from one version of a state's schema to the next.

    version: The version it leads to, from the one before
    up: Takes the values and returns those of the new version
    """

    version: int
    up: Callback


class StateOptions(TypedDict, total=False):
    """What a state is.

    name: What it is called; the same name and scope is the same state
    scope: Who shares it: `run` (gone with the run; the default), `spell` (all runs of this spell),
        `agent` (those of one agent of this spell), `session` (all runs of the session), or
        `global` (all spells; has to be granted)
    agent: The agent, or its name, for the scope `agent`
    store: Where it is kept: `memory` for `run`, `sqlite` for the other scopes, `file` with `path`
    path: A file to keep it in, as JSON, instead of a scope
    initial: Its values where there are none yet
    schema: A JSON Schema of all values, or the short form; what does not fit is not written
    version: Of the schema; 1 unless set
    migrations: How values of older versions become those of this one
    max_history: Changes that are remembered for `undo`; 20 unless set, 1000 at most
    readonly: Whether this object only reads
    """

    name: Required[str]
    scope: StateScope
    agent: str | AgentHandle
    store: Literal["memory", "file", "sqlite"]
    path: KeptPath
    initial: dict[str, Any]
    schema: dict[str, Any]
    version: int
    migrations: list[StateMigration]
    max_history: int
    readonly: bool


class StateListOptions(TypedDict, total=False):
    """Which states to list.

    scope: `spell` (the spell's own and its agents'; the default), `agent`, `session` or `global`
    """

    scope: StateScope


class StateRemoveOptions(TypedDict, total=False):
    """Which state of a name is meant.

    scope: Its scope; `spell` unless set
    agent: The agent, or its name, for the scope `agent`
    """

    scope: StateScope
    agent: str | AgentHandle


class StateMergeOptions(TypedDict, total=False):
    """How values come together.

    strategy: For keys that both have: `theirs` (the given value; the default), `ours` (the one
        there), `deep` (maps inside one another), `concat` (as `deep`, and lists one after the
        other), or a function of both values and the key that returns one
    """

    strategy: Literal["theirs", "ours", "deep", "concat"] | Callback


class StateSanitizeOptions(TypedDict, total=False):
    """What is masked besides what looks like a key or has a telling name, such as `password`.

    names: More keys whose texts are secret
    patterns: More texts that are secret: regular expressions
    """

    names: list[str]
    patterns: list[str]


class StateTransformOptions(TypedDict, total=False):
    """What to make of the values, in this order.

    pick: Keys to keep, others go
    omit: Keys to leave out
    filter: Takes a value and its key; a key for which it does not return true is left out
    map: Takes a value and its key and returns the new value, nothing to leave it out
    flatten: Makes maps within maps one level, keys joined by dots
    sanitize: Masks secrets with `***`; true, or what more to mask
    apply: Writes the result to the state as well
    """

    pick: list[str]
    omit: list[str]
    filter: Callback
    map: Callback
    flatten: bool
    sanitize: bool | StateSanitizeOptions
    apply: bool


class StateHistoryOptions(TypedDict, total=False):
    """How much of the history to return.

    limit: Changes at most; all that are remembered unless set
    """

    limit: int


class StateChange(TypedDict):
    """A change that a state remembers.

    revision: The revision it led to
    time: When, in seconds since 1970
    action: What made it: set, remove, update, merge, patch, transform, restore, clear …
    keys: The keys that changed
    """

    revision: int
    time: float
    action: str
    keys: list[str]


class StateInfo(TypedDict, total=False):
    """What is known of a state without its values.

    name: Its name
    scope: Who shares it, or `file`
    agent: The agent whose it is
    store: Where it is kept: memory, file or sqlite
    version: The version of its schema
    revision: How often it has changed
    count: How many keys it has
    size: Bytes of its values
    updated: When it was last changed, in seconds since 1970; missing if never
    """

    name: str
    scope: str
    agent: str
    store: str
    version: int
    revision: int
    count: int
    size: int
    updated: float


class StateViewOptions(TypedDict, total=False):
    """What of a state a view shows.

    keys: The keys that can be seen, dotted paths for parts of values; all unless set
    readonly: Whether it only reads; true unless set
    """

    keys: list[str]
    readonly: bool


class StateToolOptions(TypedDict, total=False):
    """How a state appears as a tool.

    name: What models call it; `state_` and its name unless set
    description: What it is for, for models
    keys: The keys that models can use, dotted paths for parts of values; all unless set
    readonly: Whether models may only read; false unless set
    """

    name: str
    description: str
    keys: list[str]
    readonly: bool
