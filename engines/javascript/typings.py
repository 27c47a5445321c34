"""TypeScript declarations of the API, for editors: `stdlib/javascript/llmspell.d.ts`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engines.javascript.names import to_js

HEAD = "// Generated from the declarations in bridges/; do not edit.\n"
EXTRAS = Path(__file__).with_name("extras.d.ts")
SCALARS = {
    "any": "any",
    "nothing": "null",
    "boolean": "boolean",
    "integer": "number",
    "number": "number",
    "text": "string",
    "bytes": "Uint8Array",
    "function": "(...args: any[]) => any",
}
# Nouns that are the language's own, or written by hand in extras.d.ts.
OWN_NOUNS = frozenset(("JSON", "Stream"))
KEYWORDS = frozenset("arguments default delete eval function in new with".split())


def render(api: dict[str, Any]) -> str:
    """Returns the text of the declaration file for the API that api.json holds."""
    parts = [HEAD, EXTRAS.read_text(encoding="utf-8")]
    parts += [_record(record) for record in api["records"]]
    nouns: dict[str, list[dict[str, Any] | None]] = {}
    for index, group in enumerate(("globals", "objects")):
        for noun in api[group]:
            nouns.setdefault(noun["name"], [None, None])[index] = noun
    for name, (bridge, thing) in nouns.items():
        if name not in OWN_NOUNS:
            text = _class(name, bridge, thing) if _is_class(bridge, thing) else _constant(bridge)
            parts.append(text)
    return "\n".join(part for part in parts if part)


def type_text(described: Any, *, returned: bool = False) -> str:
    """Returns a type of api.json as TypeScript.

    returned: whether it is what a function gives, where `nothing` is `void`
    """
    if isinstance(described, str):
        return "void" if returned and described == "nothing" else SCALARS[described]
    kind, *rest = described
    writer = _WRITERS.get(kind)
    return writer(*rest) if writer else str(rest[0])


def _list(item: Any) -> str:
    inner = type_text(item)
    return f"{inner}[]" if inner.isidentifier() else f"Array<{inner}>"


def _callable(given: list[Any], gives: Any) -> str:
    parameters = ", ".join(f"{_parameter(name)}: {type_text(kind)}" for name, kind in given)
    text = type_text(gives, returned=True)
    return f"({parameters}) => {text} | Promise<{text}>"


_WRITERS: dict[str, Callable[..., str]] = {
    "list": _list,
    "map": lambda item: f"Record<string, {type_text(item)}>",
    "union": lambda *items: " | ".join(_bracketed(type_text(item)) for item in items),
    "literal": lambda *items: " | ".join(f"'{item}'" for item in items),
    "stream": lambda piece, whole: f"Stream<{type_text(piece)}, {type_text(whole)}>",
    "function": _callable,
}


def _bracketed(text: str) -> str:
    return f"({text})" if "=>" in text else text


def _parameter(name: str) -> str:
    spelled = to_js(name)
    return f"{spelled}_" if spelled in KEYWORDS else spelled


def _doc(lines: list[str], indent: str) -> str:
    lines = [part for line in lines for part in line.splitlines()]
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    body = "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines)
    return f"{indent}/**\n{body}{indent} */\n"


def _record(record: dict[str, Any]) -> str:
    fields = ""
    for field in record["fields"]:
        mark = "" if field["required"] else "?"
        name = f"{to_js(field['name'])}{mark}"
        fields += _doc([field["doc"]], "  ") + f"  {name}: {type_text(field['type'])};\n"
    if record["text"]:
        fields += "  toString(): string;\n"
    return f"{_doc([record['doc']], '')}interface {record['name']} {{\n{fields}}}\n"


def _is_class(bridge: dict[str, Any] | None, thing: dict[str, Any] | None) -> bool:
    return thing is not None or any(f["name"] == "new" for f in _functions(bridge))


def _functions(noun: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [f for f in (noun or {}).get("functions", ()) if f["kind"] != "engine"]


def _constant(bridge: dict[str, Any] | None) -> str:
    functions = _functions(bridge)
    if bridge is None or not functions:
        return ""
    body = "".join(_function(f, "") for f in functions)
    return f"{_doc([bridge['doc']], '')}declare const {bridge['name']}: {{\n{body}}};\n"


def _class(name: str, bridge: dict[str, Any] | None, thing: dict[str, Any] | None) -> str:
    makers = [f for f in _functions(bridge) if f["name"] == "new"]
    body = "  private constructor();\n"
    if makers:
        given = ", ".join(_parameters(makers[0]))
        body = f"{_doc([makers[0]['doc']], '  ')}  constructor({given});\n"
    body += "".join(_function(f, "static ") for f in _functions(bridge))
    body += "".join(_function(f, "") for f in _functions(thing))
    doc = (thing or bridge or {})["doc"]
    return f"{_doc([doc], '')}declare class {name} {{\n{body}}}\n"


def _parameters(function: dict[str, Any]) -> list[str]:
    """Returns the parameters; optional ones are marked, and waiting calls take a signal."""
    params = function["params"]
    found = []
    for index, param in enumerate(params):
        text = type_text(param["type"])
        if function["kind"] == "async" and index == len(params) - 1 and _is_options(param["type"]):
            text = f"({text}) & Cancellable" if "|" in text else f"{text} & Cancellable"
        # TypeScript wants no required parameter behind an optional one.
        needed = any(later["required"] for later in params[index:])
        found.append(f"{_parameter(param['name'])}{'' if needed else '?'}: {text}")
    if function["kind"] == "async" and not (params and _is_options(params[-1]["type"])):
        found.append("options?: Cancellable")
    return found


def _is_options(described: Any) -> bool:
    if not isinstance(described, list):
        return False
    return described[0] == "record" or (
        described[0] == "union" and any(_is_options(item) for item in described[1:])
    )


def _function(function: dict[str, Any], prefix: str) -> str:
    lines = [function["doc"]]
    lines += [f"@param {_parameter(p['name'])} - {p['doc']}" for p in function["params"]]
    if function["returns_doc"]:
        lines.append(f"@returns {function['returns_doc']}")
    doc = _doc(lines, "  ")
    name, given = f"{prefix}{to_js(function['name'])}", _parameters(function)
    gives = type_text(function["returns"], returned=True)
    if function["kind"] == "async":
        gives = f"Promise<{gives}>"
    text = f"{doc}  {name}({', '.join(given)}): {gives};\n"
    if function["kind"] == "stream":
        text += doc + _with_receivers(function, name)
    return text


def _with_receivers(function: dict[str, Any], name: str) -> str:
    """Returns the overloads that give each piece to a function, with and without optional ones."""
    _, piece, whole = function["returns"]
    receiver = f"receive: (piece: {type_text(piece)}) => any"
    params = function["params"]
    given = [f"{_parameter(p['name'])}: {type_text(p['type'])}" for p in params]
    needed = sum(p["required"] for p in params)
    return "".join(
        f"  {name}({', '.join([*given[:count], receiver])}): Promise<{type_text(whole)}>;\n"
        for count in range(needed, len(given) + 1)
    )
