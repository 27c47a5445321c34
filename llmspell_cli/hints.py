"""What a spell may have meant where it names something that is not there."""

from __future__ import annotations

import re

from bridges._errors import SpellError
from bridges._names import nearest
from llmspell_cli.program import Spell

# What each engine says of a global that is not there, and of a call of nothing.
UNKNOWN = re.compile(r"nil value \(global '(\w+)'\)$|^ReferenceError: (\w+) is not defined$")
NO_FUNCTION = re.compile(r"call a nil value \(field '(\w+)'\)$|^TypeError: not a function$")
OWN_WORDS = {
    "lua": "assert coroutine error exit io ipairs math next null os pairs params pcall print "
    "require select string table tonumber tostring type utf8 ARGS",
    "javascript": "clearTimeout console exit params require setTimeout Array Date Error Map Math "
    "Number Object Promise RegExp Set SpellError String ARGS",
}
"""Globals that each language has of its own."""


def add_hint(error: SpellError, spell: Spell) -> SpellError:
    """Returns an error with a hint, if a name near to one that its line has wrong is known."""
    if error.code == "spell_error" and not error.hint and error.traceback:
        if match := UNKNOWN.search(error.message):
            found = _global(match[1] or match[2], spell.language.name)
        elif match := NO_FUNCTION.search(error.message):
            found = _function(_line(error, spell), match[1], spell.language.name)
        else:
            found = None
        if found:
            error.hint = f"did you mean {found}?"
    return error


def _line(error: SpellError, spell: Spell) -> str:
    """Returns the line of the spell that failed."""
    from llmspell_cli.present import read_line

    file, number = error.traceback[0].get("file"), error.traceback[0].get("line")
    if not isinstance(file, str) or not isinstance(number, int):
        return ""
    if file != spell.file_name:
        return read_line(spell.folder, file, number) or ""
    lines = spell.source.splitlines()
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _global(word: str, language: str) -> str | None:
    return nearest(word, [*_functions(language), *OWN_WORDS[language].split()])


def _function(line: str, key: str | None, language: str) -> str | None:
    """Returns the declared function nearest to the one that a line calls and no global has.

    key: its name, where the engine tells
    """
    functions = _functions(language)
    for noun, name in re.findall(r"\b([A-Z]\w*)\s*\.\s*(\w+)", line):
        known = functions.get(noun)
        if known is not None and name not in known and key in (None, name):
            near = nearest(name, known)
            return f"{noun}.{near}" if near else None
    return None


def _functions(language: str) -> dict[str, list[str]]:
    """Returns each declared global with its functions as a language spells them."""
    from bridges._invoke import api
    from llmspell_cli.compose import spelling

    spell = spelling(language)
    return {
        noun["name"]: [spell(function["name"]) for function in noun["functions"]]
        for noun in api()["globals"]
    }
