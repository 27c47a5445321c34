"""A state as a tool of models: one tool, a few actions, no more than its view allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridges._errors import InvalidArgument
from bridges._state.values import MISSING, name_of, path_of
from bridges._tools import tool_name

if TYPE_CHECKING:
    from bridges._state.handle import StateHandle

READING, WRITING = ("get", "all"), ("set", "remove")


def about(handle: StateHandle, name: str, description: str) -> dict[str, Any]:
    """Returns the name, description and parameters of the tool."""
    actions = READING if handle.readonly else (*READING, *WRITING)
    keys = [name_of(path) for path in handle.shown or ()]
    known = f" Keys: {', '.join(keys)}." if keys else ""
    what = "Reads" if handle.readonly else "Reads and changes"
    parameters: dict[str, Any] = {
        "action": {"type": "string", "enum": list(actions), "required": True},
        "key": {"type": "string", "description": "Which value: a name, or names joined by dots"},
    }
    if not handle.readonly:
        parameters["value"] = {"description": "The new value, for the action set"}
    return {
        "name": name or tool_name(f"state_{handle.kept.name}"),
        "description": description or f"{what} values shared under {handle.kept.name!r}.{known}",
        "parameters": parameters,
    }


async def call(handle: StateHandle, arguments: dict[str, Any]) -> Any:
    """Does what a model asks."""
    action = arguments["action"]
    if action == "all":
        return await handle.values()
    if "key" not in arguments:
        raise InvalidArgument(f"the action {action} needs a key")
    path = path_of(arguments["key"], "key")
    if action == "get":
        found = await handle.read(path)
        return None if found is MISSING else found
    if action == "set" and arguments.get("value") is None:
        raise InvalidArgument("the action set needs a value", hint="use remove to take one away")
    value = arguments["value"] if action == "set" else None
    return {"revision": await handle.write(path, value, action)}
