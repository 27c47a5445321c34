"""The rules for names a spell sees: one verb with one meaning, words no language reserves."""

from __future__ import annotations

import re
from collections.abc import Iterable

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

# A method follows a dot, where JavaScript allows any word and Lua does not.
LUA_WORDS = frozenset(
    "and break do else elseif end false for function goto if in local nil not or repeat return "
    "then true until while".split()
)
# A parameter stands alone, so no language's keyword will do (Lua, JavaScript, Python, Tengo).
RESERVED = LUA_WORDS | frozenset(
    "async await case catch class const continue debugger default def del delete elif enum except "
    "export extends finally from global immutable import instanceof is lambda let new none null "
    "nonlocal pass raise static super switch this throw try typeof undefined var void with "
    "yield".split()
)
BANNED = {
    "delete": "remove",
    "fetch": "get",
    "execute": "run",
    "invoke": "call",
    "register": "new",
    "create": "new",
    "contains": "exists",
    "has": "exists",
    "subscribe": "on",
    "publish": "emit",
    "rename": "move",
    "log": "info",
}
"""Verbs with a better-known twin; the declaration is refused with the twin's name."""


def check_method(name: str) -> str | None:
    """Returns what is wrong with a method's name, or None."""
    if not NAME.fullmatch(name) or name in LUA_WORDS:
        return "is not a name every language can write after a dot"
    verb = name.partition("_")[0]
    return f"says {verb!r}; the word here is {BANNED[verb]!r}" if verb in BANNED else None


def check_parameter(name: str) -> str | None:
    """Returns what is wrong with a parameter's or option's name, or None."""
    if not NAME.fullmatch(name):
        return "is not lower-case words joined by underscores"
    return "is a reserved word of some language" if name in RESERVED else None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Returns the known name most like a mistyped one, or None when none is close."""
    import difflib

    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns a hint: the nearest known name, or all of them."""
    names = sorted(known)
    near = nearest(name, names)
    if near:
        return f"did you mean {near!r}?"
    return f"known are {', '.join(names)}" if names else ""
