"""Schemas of tool parameters and structured answers: the short form, JSON Schema, and checking.

A schema may come from a hostile script, and checking runs in the host: patterns use an engine that
takes linear time, references stay inside the schema, and the work is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridges._errors import InvalidArgument
from bridges._names import did_you_mean
from bridges._types import Text

TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
MAX_NODES = 5_000
"""Nodes of a schema with its references written out; providers write them out too."""

_REFUSED = (
    "patternProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "$dynamicRef",
    "$recursiveRef",
)
_LISTS = ("required", "enum", "anyOf", "oneOf", "allOf", "prefixItems", "examples")
_MAPS = ("properties", "$defs", "definitions", "dependentSchemas")
_MANY = ("anyOf", "oneOf", "allOf", "prefixItems")
_ONE = (
    "items",
    "additionalProperties",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
)
_COMBINED = ("anyOf", "oneOf", "allOf", "enum", "const", "$ref")


def to_json_schema(
    form: dict[str, Any], where: str, *, all_required: bool = False
) -> dict[str, Any]:
    """Returns the JSON Schema of a schema or a short form; raises InvalidArgument.

    form: JSON Schema, or the short form: a map of name to `{type=…, required=…}` or a type's name
    where: how messages name it
    all_required: in the short form, a name without `required` is required
    """
    if not _is_json_schema(form):
        form = _long(form, where, all_required)
    tidy: dict[str, Any] = _tidy(form, where)
    _check_references(tidy, where)
    _check_meaning(tidy, where)
    return tidy


def _is_json_schema(form: dict[str, Any]) -> bool:
    if isinstance(form.get("type"), (str, list)) or any(key.startswith("$") for key in form):
        return True
    if any(isinstance(form.get(key), list) for key in _COMBINED):
        return True
    inside = form.get("properties")
    return isinstance(inside, dict) and all(isinstance(v, dict) for v in inside.values())


def _long(form: dict[str, Any], where: str, all_required: bool) -> dict[str, Any]:
    properties, required = {}, []
    for name, part in form.items():
        if isinstance(part, str):
            part = {"type": part}
        if part == []:
            part = {}
        if not isinstance(part, dict):
            raise InvalidArgument(
                f'{where}: {name!r} must be a map such as {{type = "string"}} or a type\'s name',
                hint=f"types are {', '.join(TYPES)}",
            )
        properties[name] = part
        if all_required and part.get("required") is not False:
            required.append(name)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _tidy(schema: Any, where: str) -> Any:
    """Returns a checked copy: empty tables made lists, `required = true` moved to the parent."""
    if isinstance(schema, bool):
        return schema
    if schema == []:
        return {}
    if not isinstance(schema, dict):
        raise InvalidArgument(f"{where} must be a map: a JSON Schema or the short form")
    tidy = {
        key: [] if key in _LISTS and part == {} else part
        for key, part in schema.items()
        if key not in ("$schema", "$id")
    }
    for key in _REFUSED:
        if key in tidy:
            raise InvalidArgument(f"{where}: {key} is not supported here")
    _check_type(tidy, where)
    _check_pattern(tidy, where)
    for key, part in tidy.items():
        tidy[key] = _tidy_part(key, part, where)
    _lift_required(tidy)
    return tidy


def _tidy_part(key: str, part: Any, where: str) -> Any:
    if key in _ONE:
        return _tidy(part, f"{where}.{key}")
    if key in _MANY and isinstance(part, list):
        return [_tidy(inner, f"{where}.{key}[{i}]") for i, inner in enumerate(part)]
    return _tidy_map(part, where, key) if key in _MAPS else part


def _tidy_map(parts: Any, where: str, key: str) -> dict[str, Any]:
    if parts == []:
        return {}
    if not isinstance(parts, dict):
        raise InvalidArgument(f"{where}.{key} must be a map")
    inside = where if key == "properties" else f"{where}.{key}"
    return {name: _tidy(part, f"{inside}.{name}") for name, part in parts.items()}


def _lift_required(schema: dict[str, Any]) -> None:
    required = schema.get("required")
    names = list(required) if isinstance(required, list) else []
    for name, part in schema.get("properties", {}).items():
        if isinstance(part, dict) and isinstance(part.get("required"), bool):
            if part.pop("required") and name not in names:
                names.append(name)
    if names or required == []:
        schema["required"] = names


def _check_type(schema: dict[str, Any], where: str) -> None:
    given = schema.get("type")
    for name in given if isinstance(given, list) else [given]:
        if isinstance(name, str) and name not in TYPES:
            raise InvalidArgument(
                f"{where}: {name!r} is not a type", hint=did_you_mean(name, TYPES)
            )


def _check_pattern(schema: dict[str, Any], where: str) -> None:
    if "pattern" not in schema:
        return
    from bridges._expressions import Expression

    if not isinstance(schema["pattern"], str):
        raise InvalidArgument(f"{where}: pattern must be a string")
    Expression(schema["pattern"], where)


def _check_references(schema: dict[str, Any], where: str) -> None:
    sizes: dict[str, int] = {}

    def size(part: Any) -> int:
        if isinstance(part, list):
            return sum(size(item) for item in part)
        if not isinstance(part, dict):
            return 0
        total = 1 + sum(size(inner) for inner in part.values())
        target = part.get("$ref")
        if isinstance(target, str):
            total += named(target)
        if total > MAX_NODES:
            raise InvalidArgument(f"{where} is larger than {MAX_NODES} schemas")
        return total

    def named(target: str) -> int:
        if target not in sizes:
            sizes[target] = 1  # what a schema that refers to itself counts for
            sizes[target] = size(_referred(schema, target, where))
        return sizes[target]

    size(schema)


def _referred(schema: dict[str, Any], target: str, where: str) -> Any:
    if target == "#":
        return {}
    group, _, name = target.removeprefix("#/").partition("/")
    found = schema.get(group) if target.startswith("#/") else None
    if group not in ("$defs", "definitions") or not isinstance(found, dict) or name not in found:
        raise InvalidArgument(
            f"{where}: {target!r} refers to nothing",
            hint="a $ref is '#/$defs/NAME' with that NAME at the top of the schema",
        )
    return found[name]


def _check_meaning(schema: dict[str, Any], where: str) -> None:
    from bridges._validation import meta_problem

    problem = meta_problem(schema)
    if problem:
        raise InvalidArgument(f"{where} is not a JSON Schema: {problem}")


def fit(schema: Any, value: Any) -> Any:
    """Returns a value with defaults filled in, and what only the schema can tell put right.

    An agent's answer where text is wanted becomes its text, and an empty table, which in Lua may be
    a list or a map, what the schema says.
    """
    if not isinstance(schema, dict):
        return value
    kind = schema.get("type")
    if kind == "string" and isinstance(value, Text):
        return value.text
    if kind == "array" and value == {}:
        return []
    if kind == "object" and value == []:
        value = {}
    if isinstance(value, list):
        return [fit(schema.get("items"), part) for part in value]
    if not isinstance(value, dict):
        return value
    parts = schema.get("properties", {})
    filled = {key: fit(parts.get(key), part) for key, part in value.items()}
    for name, part in parts.items():
        if name not in filled and isinstance(part, dict) and "default" in part:
            filled[name] = part["default"]
    return filled


def problems(schema: dict[str, Any], value: Any) -> list[str]:
    """Returns what is wrong with a value, a sentence each, at most five; empty when it fits.

    schema: one that `to_json_schema` returned
    """
    return checker(schema)(value)


def checker(schema: dict[str, Any]) -> Callable[[Any], list[str]]:
    """Returns what tells the problems of one value after the other with a schema.

    schema: one that `to_json_schema` returned
    """
    from bridges import _validation

    return _validation.checker(schema)
