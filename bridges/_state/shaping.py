"""Makes other maps of values: some of the keys, other values, one level, no secrets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

from bridges._state.values import MISSING, Path, Values, look_up, path_of, plain_map, put

Visit = Callable[[Any, str], Awaitable[Any]]


def pick(values: Values, paths: Sequence[Path]) -> Values:
    """Returns only what some paths lead to."""
    found: Any = {}
    for path in paths:
        value = look_up(values, path)
        if value is not MISSING:
            found = put(found, path, value, "pick")
    return dict(found)


def omit(values: Values, paths: Sequence[Path]) -> Values:
    """Returns all but what some paths lead to."""
    found: Any = values
    for path in paths:
        found = put(found, path, MISSING, "omit")
    return dict(found)


async def keep(values: Values, test: Visit) -> Values:
    """Returns the keys for which a function says yes."""
    return {key: value for key, value in values.items() if await test(value, key)}


async def change(values: Values, make: Visit) -> Values:
    """Returns each key with what a function makes of its value; nothing leaves the key out."""
    made = {key: await make(value, key) for key, value in values.items()}
    return {key: value for key, value in made.items() if value is not None}


def flat(values: Values) -> Values:
    """Returns maps within maps as one level, keys joined by dots."""
    return dict(_flat(values, ""))


def _flat(values: Values, before: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


async def shaped(values: Values, options: Mapping[str, Any]) -> Values:
    """Returns what the fields of `StateTransformOptions` make of values, in their order."""
    where = "State.transform"
    if "pick" in options:
        values = pick(values, [path_of(key, where) for key in options["pick"]])
    values = omit(values, [path_of(key, where) for key in options.get("omit", ())])
    if "filter" in options:
        values = await keep(values, options["filter"])
    if "map" in options:
        values = plain_map(await change(values, options["map"]), "the new values")
    if options.get("flatten"):
        values = flat(values)
    wanted = options.get("sanitize")
    if wanted:
        more = {} if wanted is True else wanted
        return await asyncio.to_thread(
            _masked, values, more.get("names", ()), more.get("patterns", ())
        )
    return values


def _masked(values: Values, names: Sequence[str], patterns: Sequence[str]) -> Values:
    from bridges._state.masking import Mask

    found: Values = Mask(names, patterns).apply(values)
    return found
