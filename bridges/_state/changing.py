"""What the larger operations on a state do: differences, patches, other values for all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from bridges._state.handle import StateHandle
from bridges._state.kept import Kept
from bridges._state.shaping import shaped
from bridges._state.values import Values, plain_map


async def difference(handle: StateHandle, other: StateHandle | int | dict[str, Any]) -> list[Any]:
    """Returns what leads from other values to those of a state, as JSON Patch."""
    mine = await handle.values()
    if isinstance(other, int):
        old = handle.seen(await handle.kept.at(other))
    elif isinstance(other, StateHandle):
        old = await other.values()
    else:
        old = plain_map(other, "other")
    return await asyncio.to_thread(_difference, old, mine)


async def patch(kept: Kept, operations: Sequence[Any]) -> int:
    """Applies a JSON Patch, all of it or nothing, and returns the revision."""

    async def change(values: Values) -> Values:
        return await asyncio.to_thread(_patched, values, operations)

    return await kept.rewrite("patch", change)


async def transform(kept: Kept, options: Mapping[str, Any]) -> Values:
    """Writes what is made of the values, and returns it."""
    made: Values = {}

    async def change(values: Values) -> Values:
        nonlocal made
        made = await shaped(values, options)
        return made

    await kept.rewrite("transform", change)
    return made


async def replace(kept: Kept, action: str, values: int | dict[str, Any]) -> int:
    """Puts a map of values, or those of an older revision, in the place of all."""
    new = await kept.at(values) if isinstance(values, int) else plain_map(values, "values")
    return await kept.rewrite(action, partial(_instead, new))


async def _instead(values: Values, _old: Values) -> Values:
    return values


def _difference(old: Values, new: Values) -> list[dict[str, Any]]:
    # The library takes a while to load: in a thread, the first time somebody wants it.
    from bridges._state import patches

    return patches.difference(old, new)


def _patched(values: Values, operations: Sequence[Any]) -> Values:
    from bridges._state import patches

    return patches.patched(values, operations)
