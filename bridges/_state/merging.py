"""How values that are given come together with those that are there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeAlias

from bridges._state.values import Values

Strategy: TypeAlias = Literal["theirs", "ours", "deep", "concat"]
Resolve: TypeAlias = Callable[[Any, Any, str], Awaitable[Any]]


async def merge(ours: Values, theirs: Values, strategy: Strategy | Resolve) -> Values:
    """Returns both together.

    ours: what is there; theirs: what is given
    strategy: whose value a key has that both have; a function is asked for it
    """
    found = dict(ours)
    for key, value in theirs.items():
        if key not in ours or ours[key] is None:
            found[key] = value
        elif callable(strategy):
            found[key] = await strategy(ours[key], value, key)
        elif strategy != "ours":
            found[key] = _inside(ours[key], value, strategy)
    return found


def _inside(ours: Any, theirs: Any, strategy: Strategy) -> Any:
    if strategy == "theirs":
        return theirs
    if isinstance(ours, dict) and isinstance(theirs, dict):
        both = {
            key: _inside(ours[key], value, strategy) if key in ours else value
            for key, value in theirs.items()
        }
        return {**ours, **both}
    if strategy == "concat":
        # An empty table of Lua is an empty list as well.
        if isinstance(ours, list) and theirs == {}:
            return ours
        if isinstance(ours, list) and isinstance(theirs, list):
            return [*ours, *theirs]
    return theirs
