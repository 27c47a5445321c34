"""JSON Patch: what leads from some values to others, and what a patch makes of values.

The only module that imports jsonpatch, and so to be imported in a thread.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import jsonpatch
from jsonpointer import JsonPointer, JsonPointerException

from bridges._errors import InvalidArgument, LimitExceeded
from bridges._state.content import MAX_STATE
from bridges._state.values import Values, equal

MAX_OPERATIONS = 10_000
MAX_COMPARED = 512 * 1024
"""Bytes of the values that differ; comparing more would take many seconds."""
OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")


def difference(old: Values, new: Values) -> list[dict[str, Any]]:
    """Returns the operations that lead from old values to new ones."""
    changed = [k for k in {**old, **new} if not (k in old and k in new and equal(old[k], new[k]))]
    old = {key: old[key] for key in changed if key in old}
    new = {key: new[key] for key in changed if key in new}
    if _size(old) + _size(new) > MAX_COMPARED:
        raise LimitExceeded(
            f"no more than {MAX_COMPARED} bytes of values that differ are compared",
            hint="compare views of them, or maps of parts",
            details={"limit": "compared"},
        )
    # Sorted, because a Lua table has no order: the same values must give the same operations.
    return [dict(operation) for operation in jsonpatch.make_patch(_sorted(old), _sorted(new))]


def patched(values: Values, operations: Sequence[Any]) -> Values:
    """Returns what a patch makes of values, which stay as they are.

    Raises InvalidArgument that names the operation which does not fit; then nothing is done.
    """
    if len(operations) > MAX_OPERATIONS:
        raise LimitExceeded(f"a patch has no more than {MAX_OPERATIONS} operations")
    found: Any = json.loads(json.dumps(values))
    room = MAX_STATE
    for number, operation in enumerate(operations, 1):
        operation = _checked(operation, number)
        if operation["op"] == "copy":
            # Copies of copies grow without end.
            room -= _size(_at(found, operation["from"], number))
            if room < 0:
                raise LimitExceeded(f"the patch copies more than {MAX_STATE} bytes")
        try:
            found = jsonpatch.apply_patch(found, [operation], in_place=True)
        except jsonpatch.JsonPatchTestFailed as error:
            raise _wrong(number, operation, f"the test failed: {error}") from None
        except (jsonpatch.JsonPatchException, JsonPointerException, TypeError) as error:
            raise _wrong(number, operation, str(error)) from None
        if not isinstance(found, dict):
            raise _wrong(number, operation, "a state is a map")
    return dict(found)


def _checked(operation: Any, number: int) -> dict[str, Any]:
    if not isinstance(operation, dict) or operation.get("op") not in OPERATIONS:
        raise InvalidArgument(
            f"operation {number} of the patch is none",
            hint=f"an operation is a map with op ({', '.join(OPERATIONS)}) and path",
        )
    wanted = ["path"] + ["from"] * (operation["op"] in ("move", "copy"))
    for name in wanted:
        if not isinstance(operation.get(name), str):
            raise InvalidArgument(f"operation {number} of the patch has no {name}")
    # In Lua a value that is null cannot be told from one that is not there.
    return {"value": None, **operation}


def _at(values: Any, pointer: str, number: int) -> Any:
    try:
        return JsonPointer(pointer).resolve(values)
    except JsonPointerException as error:
        raise InvalidArgument(f"operation {number} of the patch: {error}") from None


def _wrong(number: int, operation: dict[str, Any], why: str) -> InvalidArgument:
    shown = f"{operation['op']} {operation['path'][:100]!r}"
    return InvalidArgument(
        f"operation {number} of the patch ({shown}) does not fit: {why[:300]}",
        hint="nothing was changed",
        details={"operation": number},
    )


def _sorted(values: Values) -> Any:
    return json.loads(json.dumps(values, sort_keys=True))


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False))
