"""The API reference: docs/api.md, drawn from the declarations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from engines.javascript.names import to_js

_HEAD = """\
# API reference

Generated from the declarations in `bridges/` by `python -m llmspell_cli.generate`; do not edit.

Every name is the same in each language, but for its spelling: Lua writes `read_bytes` and
`system_prompt` where JavaScript writes `readBytes` and `systemPrompt`. In Lua a call that takes
time suspends the coroutine it is in; in JavaScript it is a promise.

"""
_WORDS = {
    "any": "any value",
    "text": "text",
    "nothing": "nothing",
    "function": "function",
}


def render(api: dict[str, Any]) -> str:
    """Returns the reference as Markdown.

    api: what stdlib/api.json holds, see docs/protocol.md
    """
    records = {record["name"]: record for record in api["records"]}
    parts = [_HEAD, _contents(api)]
    for noun in api["globals"]:
        parts.append(_noun(noun, f"## {noun['name']}", records, is_object=False))
    if api["objects"]:
        parts.append("## Objects\n\nWhat functions give and methods are called on.\n\n")
        for noun in api["objects"]:
            parts.append(_noun(noun, f"### {noun['name']} object", records, is_object=True))
    if records:
        parts.append(
            "## Records\n\nMaps with known keys: options that functions take, and results.\n\n"
        )
        parts += [
            _record(record) for record in sorted(api["records"], key=lambda r: str(r["name"]))
        ]
    return "".join(parts).rstrip() + "\n"


def _contents(api: dict[str, Any]) -> str:
    lines = ["| global | what for | functions |", "|---|---|---|"]
    for noun in api["globals"]:
        names = ", ".join(f"`{function['name']}`" for function in noun["functions"])
        lines.append(
            f"| [{noun['name']}](#{noun['name'].lower()}) | {_first(noun['doc'])} | {names} |"
        )
    return "\n".join(lines) + "\n\n"


def _noun(noun: dict[str, Any], heading: str, records: dict[str, Any], *, is_object: bool) -> str:
    level = heading.partition(" ")[0] + "#"
    parts = [f"{heading}\n\n{noun['doc']}\n\n"]
    for function in noun["functions"]:
        parts.append(_function(noun["name"], function, level, records, is_object))
    return "".join(parts)


def _function(
    noun: str, function: dict[str, Any], level: str, records: dict[str, Any], is_object: bool
) -> str:
    name = function["name"]
    dot = ":" if is_object else "."
    lua, script = _signatures(noun, function, is_object)
    parts = [
        f"{level} {noun}{dot}{name}\n\n{function['doc']}\n\n",
        f"```lua\n{lua}\n```\n\n```js\n{script}\n```\n\n",
    ]
    if function["params"]:
        rows = [_row(param) for param in function["params"]]
        parts.append(_table("parameter", rows))
    returns = _type(function["returns"])
    told = f". {function['returns_doc']}." if function["returns_doc"] else "."
    if returns != "nothing":
        parts.append(f"Returns: {returns}{told.replace('..', '.')}\n\n")
    if function["needs"]:
        needs = ", ".join(f"`{need}`" for need in function["needs"])
        parts.append(f"Needs the permission {needs}.\n\n")
    if function["since"] > 1:
        parts.append(f"Since API level {function['since']}.\n\n")
    return "".join(parts)


def _signatures(noun: str, function: dict[str, Any], is_object: bool) -> tuple[str, str]:
    """Returns how a function is called in Lua and in JavaScript."""
    owner = noun.lower() if is_object else noun
    names = [param["name"] for param in function["params"]]
    lua = f"{owner}{':' if is_object else '.'}{function['name']}({', '.join(names)})"
    spelled = ", ".join(to_js(name) for name in names)
    script = f"{owner}.{to_js(function['name'])}({spelled})"
    if function["kind"] == "stream":
        return f"for chunk in {lua} do … end", f"for await (const chunk of {script}) {{ … }}"
    if function["kind"] == "async":
        script = f"await {script}"
    if function["name"] == "new" and not is_object:
        script += f"    // or new {noun}({spelled})"
    if function["returns"] == "nothing":
        return lua, script
    return f"local value = {lua}", f"const value = {script}"


def _row(param: dict[str, Any]) -> tuple[str, str, str]:
    doc = param["doc"]
    if not param["required"] and param.get("fallback") is not None:
        doc += f" (default `{json.dumps(param['fallback'], ensure_ascii=False)}`)"
    name = f"`{param['name']}`" + ("" if param["required"] else " (optional)")
    return name, _type(param["type"]), doc


def _record(record: dict[str, Any]) -> str:
    text = "Acts as its `text` where text is wanted.\n\n" if record["text"] else ""
    rows = [
        (f"`{f['name']}`" + ("" if f["required"] else " (optional)"), _type(f["type"]), f["doc"])
        for f in record["fields"]
    ]
    doc = f"{record['doc']}\n\n" if record["doc"] else ""
    return f"### {record['name']}\n\n{doc}{text}{_table('key', rows)}"


def _table(first: str, rows: list[tuple[str, str, str]]) -> str:
    lines = [f"| {first} | type | |", "|---|---|---|"]
    lines += [f"| {name} | {kind} | {_cell(doc)} |" for name, kind, doc in rows]
    return "\n".join(lines) + "\n\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _first(doc: str) -> str:
    return _cell(doc.split("\n\n")[0])


def type_words(kind: Any) -> str:
    """Returns a type in words, without Markdown."""
    return re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", _type(kind)).replace("`", "")


def _type(kind: Any) -> str:
    """Returns a type in words, with links to records and objects."""
    if isinstance(kind, str):
        return _WORDS.get(kind, kind)
    name, *rest = kind
    return _TYPES[name](rest)


def _union_type(rest: list[Any]) -> str:
    words = [_type(member) for member in rest if member != "nothing"]
    return " or ".join(dict.fromkeys(words))


def _function_type(rest: list[Any]) -> str:
    if len(rest) < 2:
        return "function"
    names = ", ".join(str(pair[0]) for pair in rest[0])
    gives = "" if rest[1] == "nothing" else f" giving {_type(rest[1])}"
    return f"function({names}){gives}"


_TYPES: dict[str, Callable[[list[Any]], str]] = {
    "record": lambda rest: f"[{rest[0]}](#{rest[0].lower()})",
    "object": lambda rest: f"[{rest[0]} object](#{rest[0].lower()}-object)",
    "literal": lambda rest: " or ".join(f'`"{choice}"`' for choice in rest),
    "list": lambda rest: f"list of {_type(rest[0])}",
    "map": lambda rest: "map" if rest[0] == "any" else f"map of {_type(rest[0])}",
    "stream": lambda rest: f"a stream of {_type(rest[0])}; its result is {_type(rest[1])}",
    "union": _union_type,
    "function": _function_type,
}
