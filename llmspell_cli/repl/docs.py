"""What `.doc` shows: a declared function, noun, object or record, in a language's spelling."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bridges._errors import NotFound
from bridges._invoke import api
from bridges._names import did_you_mean
from llmspell_cli.completion import Found, function_named, functions_of, names, sentence, signature
from llmspell_cli.compose import spelling
from llmspell_cli.reference import type_words
from llmspell_cli.repl.tables import table

if TYPE_CHECKING:
    from llmspell_cli.repl.face import Face


def describe(name: str, language: str, kind_of: Callable[[str, str], str], face: Face) -> str:
    """Returns what is declared under a name; raises NotFound with the nearest one.

    name: `Agent`, `Agent.new`, a method of an object or of a variable, or a record's name
    kind_of: tells the type of a variable, or its second argument
    """
    name = re.sub(r"\(.*$", "", name.strip(), flags=re.DOTALL)
    function = function_named(name, language, lambda owner: kind_of(owner, ""))
    if function is not None:
        return _function(function, language, face)
    kind = kind_of(name, name)
    parts = [
        _noun(noun, group, language, face)
        for group in ("globals", "objects")
        for noun in api()[group]
        if noun["name"] == kind
    ]
    parts += [
        _record(record, language, face) for record in api()["records"] if record["name"] == kind
    ]
    if not parts:
        known = [known.name for known in names(language)]
        records = [record["name"] for record in api()["records"]]
        raise NotFound(
            f"nothing is declared as {name!r}", hint=did_you_mean(name, [*known, *records])
        )
    return "\n\n".join(parts)


def _function(function: Found, language: str, face: Face) -> str:
    spell = spelling(language)
    fields = function.fields
    parts = [signature(function, language), fields["doc"]]
    if fields["params"]:
        rows = [
            (f"  {spell(p['name'])}", type_words(p["type"]), p["doc"] + _fallback(p))
            for p in fields["params"]
        ]
        parts.append(table(rows, face))
    returns = type_words(fields["returns"])
    if returns != "nothing":
        parts.append(f"Returns {returns}. {fields['returns_doc']}.".replace("..", "."))
    if fields["needs"]:
        parts.append(f"Needs the permission {', '.join(fields['needs'])}.")
    if fields["kind"] == "async" and language == "javascript":
        parts.append("It is a promise: await it.")
    options = [record for record in _records_of(fields) if record]
    if options:
        parts.append(f"See also {', '.join('.doc ' + record for record in options)}")
    return "\n\n".join(parts)


def _noun(noun: dict[str, Any], group: str, language: str, face: Face) -> str:
    rows = [
        (f"  {signature(function, language)}", sentence(function.fields["doc"]))
        for function in functions_of(noun["name"], group, language)
    ]
    return f"{noun['doc']}\n\n{table(rows, face, dim=1)}"


def _record(record: dict[str, Any], language: str, face: Face) -> str:
    spell = spelling(language)
    rows = [(f"  {spell(f['name'])}", type_words(f["type"]), f["doc"]) for f in record["fields"]]
    return f"{record['doc'] or record['name']}\n\n{table(rows, face)}"


def _fallback(param: dict[str, Any]) -> str:
    if param["required"]:
        return ""
    if param.get("fallback") is None:
        return " (optional)"
    return f" (default {json.dumps(param['fallback'], ensure_ascii=False)})"


def _records_of(fields: dict[str, Any]) -> list[str]:
    found = [name for param in fields["params"] for name in _record_names(param["type"])]
    return list(dict.fromkeys([*found, *_record_names(fields["returns"])]))


def _record_names(kind: Any) -> list[str]:
    if not isinstance(kind, list):
        return []
    if kind[0] == "record":
        return [kind[1]]
    return [name for inner in kind[1:] for name in _record_names(inner)]
