"""What a spell may need, from reading it: the host functions it names and their permissions."""

from __future__ import annotations

import re
from collections.abc import Callable

from bridges._invoke import api


def find_needs(source: str, spelled: Callable[[str], str]) -> dict[str, list[str]]:
    """Returns the kinds of permission a source may need, each with the functions that need it.

    A name in a comment counts, and one that is put together while the spell runs does not: this
    is a hint for people. The door asks for every permission when it is used.
    spelled: how the spell's language writes a declared name
    """
    found: dict[str, list[str]] = {}
    for noun in api()["globals"]:
        if noun["name"] not in source:
            continue
        for function in noun["functions"]:
            name = f"{noun['name']}.{spelled(function['name'])}"
            if not re.search(rf"\b{re.escape(name)}\b", source):
                continue
            for need in function["needs"]:
                users = found.setdefault(need.partition("(")[0], [])
                if name not in users:
                    users.append(name)
    return found
