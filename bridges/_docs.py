"""Reads the docstrings of declarations."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable


def split_doc(doc: str) -> tuple[str, dict[str, str]]:
    """Splits a docstring into its prose and its `name: what` lines, which may go on indented."""
    prose: list[str] = []
    entries: dict[str, str] = {}
    current = ""
    for line in doc.splitlines():
        match = re.match(r"([a-z_][a-z0-9_]*): (.+)$", line)
        if match:
            current = match[1]
            entries[current] = match[2].strip()
        elif current and line.startswith("    "):
            entries[current] += " " + line.strip()
        elif not entries:
            prose.append(line)
    return "\n".join(prose).strip(), entries


def documented_like(above: type) -> Callable[[type], type]:
    """Has a TypedDict that extends another show the other's fields in its docstring as well."""
    lines = split_doc(inspect.getdoc(above) or "")[1]

    def extend(kind: type) -> type:
        own = inspect.getdoc(kind) or ""
        kind.__doc__ = "\n".join([own, *(f"{name}: {doc}" for name, doc in lines.items())])
        return kind

    return extend
