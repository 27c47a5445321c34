"""What can be completed: the names of the API in each language, with signature and first sentence.

Drawn from the declarations, for the shell and for anything else that completes code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from bridges._invoke import api


class Name(NamedTuple):
    """One name: `File.read` or, for a method, `Agent:run`; how it is called; what it does."""

    name: str
    signature: str
    doc: str


def names(language: str) -> list[Name]:
    """Returns every declared name as a language spells it, in the order of the documentation."""
    found = []
    for group, mark in (("globals", "."), ("objects", ":")):
        for noun in api()[group]:
            if group == "globals":
                found.append(Name(noun["name"], noun["name"], _sentence(noun["doc"])))
            for function in noun["functions"]:
                found.append(_function(noun["name"], mark, function, language))
    return found


def _function(noun: str, mark: str, function: dict[str, Any], language: str) -> Name:
    from llmspell_cli.compose import spelling

    spell = spelling(language)
    if language == "javascript":
        mark = "."
    name = f"{noun}{mark}{spell(function['name'])}"
    words = [spell(p["name"]) + ("" if p["required"] else "?") for p in function["params"]]
    return Name(name, f"{name}({', '.join(words)})", _sentence(function["doc"]))


def _sentence(doc: str) -> str:
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
