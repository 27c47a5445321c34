"""How declared names are spelled in JavaScript."""

from __future__ import annotations


def to_js(name: str) -> str:
    """Returns the camelCase spelling of a snake_case name: `read_lines` is `readLines`.

    An underscore before a digit stays, so that no two names become one.
    """
    found = name[:1]
    for before, letter in zip(name, name[1:], strict=False):
        if letter == "_":
            continue
        if before == "_":
            found += letter.upper() if letter.isalpha() else f"_{letter}"
        else:
            found += letter
    return found
