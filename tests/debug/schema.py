"""Checks messages against the official JSON schema of the Debug Adapter Protocol.

`protocol/debugProtocol.json` is Microsoft's, as the package debugpy carries it (MIT, see LICENSE).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

SCHEMA = json.loads((Path(__file__).parent / "protocol" / "debugProtocol.json").read_text())
FREE = {"LaunchRequestArguments", "AttachRequestArguments"}
"""What an adapter may extend as it likes."""


def check(message: dict[str, Any]) -> None:
    """Fails where a message is not what the schema says, or has a field it does not know."""
    name = definition_of(message)
    assert name in SCHEMA["definitions"], f"{name} is not in the protocol: {message}"
    problems = [f"{e.json_path}: {e.message}" for e in _validator(name).iter_errors(message)]
    problems += list(_strangers({"$ref": f"#/definitions/{name}"}, message, name))
    assert not problems, f"{name}: {problems} in {json.dumps(message)[:2000]}"


def definition_of(message: dict[str, Any]) -> str:
    """Returns the name of the definition that a message must fit."""
    kind = message.get("type")
    if kind == "event":
        return _capital(message["event"]) + "Event"
    if kind == "response" and not message["success"]:
        return "ErrorResponse"
    return _capital(message["command"]) + ("Request" if kind == "request" else "Response")


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]


@cache
def _validator(name: str) -> Draft4Validator:
    return Draft4Validator({"definitions": SCHEMA["definitions"], "$ref": f"#/definitions/{name}"})


def _strangers(schema: dict[str, Any], value: Any, path: str) -> Any:
    properties, items, free = _shape(schema)
    if isinstance(value, dict) and properties and not free:
        for key, part in value.items():
            if key not in properties:
                yield f"{path} has an unknown field {key!r}"
            else:
                yield from _strangers(properties[key], part, f"{path}.{key}")
    if isinstance(value, list) and items:
        for part in value:
            yield from _strangers(items, part, f"{path}[]")


def _shape(schema: dict[str, Any]) -> tuple[dict[str, Any], Any, bool]:
    """Returns a schema's properties, its items' schema, and whether anything may be added."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        properties, items, free = _shape(SCHEMA["definitions"][name])
        return properties, items, free or name in FREE
    properties, items = dict(schema.get("properties", {})), schema.get("items")
    free = bool(schema.get("additionalProperties"))
    for part in schema.get("allOf", []):
        more, its, extra = _shape(part)
        properties |= more
        items, free = its or items, free or extra
    return properties, items, free
