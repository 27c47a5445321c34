"""Annotations of the API for the Lua language server: `stdlib/lua/llmspell.meta.lua`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

HEAD = "---@meta\n-- Generated from the declarations in bridges/; do not edit.\n"
EXTRAS = Path(__file__).with_name("extras.meta.lua")
SCALARS = {
    "any": "any",
    "nothing": "nil",
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
    "text": "string",
    "bytes": "string",
    "function": "function",
}
# Written by hand in extras.meta.lua.
OWN_NOUNS = frozenset(("Async", "Stream"))


def render(api: dict[str, Any]) -> str:
    """Returns the text of the annotation file for the API that api.json holds."""
    parts = [HEAD + EXTRAS.read_text(encoding="utf-8")]
    parts += [_record(record) for record in api["records"]]
    nouns: dict[str, list[dict[str, Any] | None]] = {}
    for index, group in enumerate(("globals", "objects")):
        for noun in api[group]:
            nouns.setdefault(noun["name"], [None, None])[index] = noun
    parts += [_noun(name, *pair) for name, pair in nouns.items() if name not in OWN_NOUNS]
    return "\n".join(parts)


def type_text(described: Any) -> str:
    """Returns a type of api.json as the language server writes it."""
    if isinstance(described, str):
        return SCALARS[described]
    kind, *rest = described
    match kind:
        case "list":
            text = f"{_bracketed(type_text(rest[0]))}[]"
        case "map":
            text = f"table<string, {type_text(rest[0])}>"
        case "union":
            text = "|".join(_bracketed(type_text(item)) for item in rest)
        case "literal":
            text = "|".join(f'"{item}"' for item in rest)
        case "stream":
            text = "Stream"
        case "function":
            given = ", ".join(f"{name}: {type_text(t)}" for name, t in rest[0])
            text = f"fun({given}): {type_text(rest[1])}"
        case _:
            text = str(rest[0])
    return text


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("fun(") or "|" in text else text


def _line(text: str) -> str:
    return " ".join(text.split())


def _doc(text: str) -> str:
    return "".join(f"---{line}".rstrip() + "\n" for line in text.splitlines())


def _optional(thing: dict[str, Any]) -> str:
    """Returns a parameter's or field's name and type; `?` says that it may be absent."""
    text = type_text(thing["type"])
    if thing["required"]:
        return f"{thing['name']} {text}"
    return f"{thing['name']}? {text.removesuffix('|nil')}"


def _record(record: dict[str, Any]) -> str:
    text = _doc(record["doc"]) + f"---@class {record['name']}\n"
    for field in record["fields"]:
        text += f"---@field {_optional(field)} {_line(field['doc'])}\n"
    if record["text"]:
        text += "---@operator concat(any): string\n---@operator len: integer\n"
    return text


def _noun(name: str, bridge: dict[str, Any] | None, thing: dict[str, Any] | None) -> str:
    """Returns a global noun and its objects: two classes, since both may have a function `info`."""
    parts = []
    if bridge:
        own = f"{name}Global" if thing else name
        null = "---@field null null\n" if name == "JSON" else ""
        parts.append(f"{_doc(bridge['doc'])}---@class {own}\n{null}{name} = {{}}\n")
        parts += [_function(f"{name}.", function) for function in bridge["functions"]]
    if thing:
        parts.append(f"{_doc(thing['doc'])}---@class {name}\nlocal {name} = {{}}\n")
        parts += [_function(f"{name}:", function) for function in thing["functions"]]
    return "\n".join(parts)


def _function(prefix: str, function: dict[str, Any]) -> str:
    params = function["params"]
    text = _doc(function["doc"])
    for param in params:
        text += f"---@param {_optional(param)} {_line(param['doc'])}\n"
    returns = type_text(function["returns"])
    if returns != "nil":
        note = f" # {_line(function['returns_doc'])}" if function["returns_doc"] else ""
        text += f"---@return {returns}{note}\n"
    if function["kind"] == "stream":
        text += _with_receiver(prefix, function)
    names = ", ".join(param["name"] for param in params)
    return f"{text}function {prefix}{function['name']}({names}) end\n"


def _with_receiver(prefix: str, function: dict[str, Any]) -> str:
    """Returns the overload that gives every piece to a function."""
    piece, whole = function["returns"][1:]
    given = [f"self: {prefix[:-1]}"] if prefix.endswith(":") else []
    for param in function["params"]:
        if param["required"]:
            given.append(f"{param['name']}: {type_text(param['type'])}")
    given.append(f"receiver: fun(piece: {type_text(piece)})")
    return f"---@overload fun({', '.join(given)}): {type_text(whole)}\n"
