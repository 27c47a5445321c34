"""What can be completed: the names of the API in each language, with signature and first sentence.

Drawn from the declarations, for the shell, the REPL, and anything else that completes code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from bridges._invoke import api
from llmspell_cli.scan import Bracket, Place


class Name(NamedTuple):
    """One name: `File.read` or, for a method, `Agent:run`; how it is called; what it does."""

    name: str
    signature: str
    doc: str


class Found(NamedTuple):
    """A declared function.

    name: `File.read`, or `Agent:run` for a method, as the language spells it
    noun: the global or object it belongs to; fields: its line of stdlib/api.json
    """

    name: str
    noun: str
    fields: dict[str, Any]


def names(language: str) -> list[Name]:
    """Returns every declared name as a language spells it, in the order of the documentation."""
    found = []
    for group in ("globals", "objects"):
        for noun in api()[group]:
            if group == "globals":
                found.append(Name(noun["name"], noun["name"], sentence(noun["doc"])))
            for function in _functions(noun, group, language):
                doc = sentence(function.fields["doc"])
                found.append(Name(function.name, signature(function, language), doc))
    return found


def signature(function: Found, language: str, at: int | None = None) -> str:
    """Returns how a function is called, optional parameters with `?`.

    at: the parameter to be put in `‹›`
    """
    spell = _spelling(language)
    words = [spell(p["name"]) + ("" if p["required"] else "?") for p in function.fields["params"]]
    if at is not None and at < len(words):
        words[at] = f"‹{words[at]}›"
    return f"{function.name}({', '.join(words)})"


def sentence(doc: str) -> str:
    """Returns the first sentence of a doc."""
    return doc.partition("\n")[0].partition(". ")[0].rstrip(".")


def complete_code(text: str) -> Iterator[tuple[str, str]]:
    """Yields what code on a command line may go on to, with the signature, for the shell.

    text: the code so far; its last word is what is completed
    """
    match = re.search(r"[A-Za-z][\w.:]*$", text)
    if not match:
        return
    before, word = text[: match.start()], match[0]
    seen = set()
    for language in ("lua", "javascript"):
        for name in names(language):
            if name.name.startswith(word) and name.name not in seen:
                seen.add(name.name)
                yield before + name.name, name.signature


def functions_of(noun: str, group: str, language: str) -> list[Found]:
    """Returns the functions of a declared global (`globals`) or of objects (`objects`)."""
    found = next((n for n in api()[group] if n["name"] == noun), None)
    return _functions(found, group, language) if found else []


def function_named(
    written: str, language: str, kind_of: Callable[[str], str] = lambda _name: ""
) -> Found | None:
    """Returns the declared function that code means, such as `Agent.new` or `agent:run`.

    kind_of: tells the type of a variable, empty when it is not known; then a method is found
        where only one kind of object has it
    """
    if written.startswith("new "):
        written = written.removeprefix("new ") + ".new"
    owner, _, name = re.sub(r"[:]", ".", written).rpartition(".")
    if not owner:
        return None
    for function in functions_of(owner, "globals", language):
        if function.name.rpartition(".")[2] == name:
            return function
    kind = kind_of(owner) or (owner if _is_object(owner) else "")
    methods = [m for m in _methods(language) if re.split(r"[.:]", m.name)[-1] == name]
    if kind:
        methods = [m for m in methods if m.noun == kind]
    return methods[0] if len(methods) == 1 else None


def call_at(place: Place, language: str, kind_of: Callable[[str], str]) -> tuple[Found, int] | None:
    """Returns the declared function whose call a place is in, and the number of the argument."""
    index = _call_index(place, language, kind_of)
    if index is None:
        return None
    found = function_named(place.brackets[index].callee, language, kind_of)
    is_call = place.brackets[index].char == "("
    return (found, place.brackets[index].commas if is_call else 0) if found else None


def keys_at(place: Place, language: str, kind_of: Callable[[str], str]) -> list[dict[str, Any]]:
    """Returns the fields that the table of options around a place may have, as declared."""
    return [field for kind in _types_at(place, language, kind_of) for field in _fields(kind)]


def type_at(place: Place, language: str, kind_of: Callable[[str], str]) -> tuple[str, Any]:
    """Returns the key whose value a place is in, and its declared type; empty and None if none.

    Of a list in an option (`tools = {"…`), the key is that of the list and the type its item's.
    """
    before = place.code[: place.string_start - 1] if place.string is not None else place.code
    match = re.search(r"([A-Za-z_$][\w$]*)\s*[:=]\s*$", before)
    brackets = place.brackets
    if match:
        field = _named(keys_at(place, language, kind_of), match[1], language)
        return (match[1], field["type"]) if field else ("", None)
    if len(brackets) > 1 and brackets[-1].key:
        outer = Place(brackets=brackets[:-1])
        field = _named(keys_at(outer, language, kind_of), brackets[-1].key, language)
        if field and (items := list(_items(field["type"]))):
            return brackets[-1].key, items[0]
    return "", None


def _types_at(place: Place, language: str, kind_of: Callable[[str], str]) -> list[Any]:
    """Returns the declared types of the innermost open bracket's value."""
    index = _call_index(place, language, kind_of)
    if index is None:
        return []
    call = place.brackets[index]
    found = function_named(call.callee, language, kind_of)
    inner = place.brackets[index + 1 :]
    position = call.commas if call.char == "(" else 0
    if found is None or position >= len(found.fields["params"]):
        return []
    types = [found.fields["params"][position]["type"]]
    if call.char == "(":
        if not inner or inner[0].char != "{" or inner[0].key:
            return []
        inner = inner[1:]
    for bracket in inner:
        types = [kind for outer in types for kind in _inside(outer, bracket, language)]
    return types


def _inside(kind: Any, bracket: Bracket, language: str) -> Iterator[Any]:
    """Yields the types that a bracket within a value of a type may have."""
    if bracket.key:
        field = _named(_fields(kind), bracket.key, language)
        if field:
            yield field["type"]
    else:
        yield from _items(kind)


def _items(kind: Any) -> Iterator[Any]:
    if isinstance(kind, list):
        if kind[0] == "list":
            yield kind[1]
        elif kind[0] == "union":
            for member in kind[1:]:
                yield from _items(member)


def _fields(kind: Any) -> list[dict[str, Any]]:
    """Returns the fields of a record type, or of the records in a union."""
    if not isinstance(kind, list):
        return []
    if kind[0] == "union":
        return [field for member in kind[1:] for field in _fields(member)]
    return _records().get(kind[1], []) if kind[0] == "record" else []


def _named(fields: list[dict[str, Any]], key: str, language: str) -> dict[str, Any] | None:
    spell = _spelling(language)
    return next((field for field in fields if spell(field["name"]) == key), None)


@cache
def _records() -> dict[str, list[dict[str, Any]]]:
    return {record["name"]: record["fields"] for record in api()["records"]}


def _is_object(name: str) -> bool:
    return any(noun["name"] == name for noun in api()["objects"])


def _call_index(place: Place, language: str, kind_of: Callable[[str], str]) -> int | None:
    """Returns the place of the innermost bracket that calls a declared function."""
    for index in range(len(place.brackets) - 1, -1, -1):
        bracket = place.brackets[index]
        is_call = bracket.char == "(" or (bracket.char == "{" and language == "lua")
        callee = bracket.callee if is_call else ""
        if callee and not (bracket.char == "{" and bracket.key):
            return index if function_named(callee, language, kind_of) else None
    return None


@cache
def _methods(language: str) -> list[Found]:
    return [m for noun in api()["objects"] for m in _functions(noun, "objects", language)]


def _functions(noun: dict[str, Any], group: str, language: str) -> list[Found]:
    spell = _spelling(language)
    mark = ":" if group == "objects" and language == "lua" else "."
    return [
        Found(f"{noun['name']}{mark}{spell(function['name'])}", noun["name"], function)
        for function in noun["functions"]
    ]


def _spelling(language: str) -> Callable[[str], str]:
    from llmspell_cli.compose import spelling

    return spelling(language)
