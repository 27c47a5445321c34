"""Finds keys and passwords: the only importer of detect_secrets.

Of that library only the patterns are used, with an engine that can be told when to stop; nothing is
looked up and nothing is written.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import regex
from detect_secrets import plugins
from detect_secrets.plugins.base import RegexBasedDetector

from bridges._guardrails.patterns import bounded, matches
from bridges._guardrails.seen import Seen
from bridges._guardrails.spec import Clock, Span
from bridges._secrets import KEYS

LABEL = "SECRET"
_NO_SECRETS = {"IPPublicDetector"}
_ANCHOR = "_authToken"
"""What one of the patterns must find after any number of characters of a line: looked for first."""
_REST = regex.compile(r"[\w\-+/=.~]*", regex.V0)
_END = regex.compile(r"END [A-Z0-9 ]*KEY[A-Z ]*(?:-{2,5})?", regex.V0)


@cache
def _patterns() -> tuple[tuple[str, Any], ...]:
    """Returns what is said of a secret, and how it looks."""
    found: list[tuple[str, Any]] = []
    for module in pkgutil.iter_modules(plugins.__path__):
        inside = importlib.import_module(f"{plugins.__name__}.{module.name}")
        for kind in vars(inside).values():
            if _is_detector(kind) and kind.__module__ == inside.__name__:
                said = f"holds a secret ({kind.secret_type})"
                found += [(said, _again(pattern)) for pattern in kind().denylist]
    ours = regex.compile(KEYS, regex.V0 | regex.IGNORECASE | regex.VERBOSE)
    return (*found, ("holds a key or a password", ours))


def _is_detector(kind: Any) -> bool:
    return (
        isinstance(kind, type)
        and issubclass(kind, RegexBasedDetector)
        and kind is not RegexBasedDetector
        and kind.__name__ not in _NO_SECRETS
    )


def _again(pattern: re.Pattern[str]) -> Any:
    ignore_case = regex.IGNORECASE if pattern.flags & re.IGNORECASE else 0
    return regex.compile(pattern.pattern, regex.V0 | ignore_case)


def find_secrets(text: str, clock: Clock) -> list[Span]:
    """Finds keys, tokens and passwords."""
    seen = Seen(text, clock)

    def spans() -> Iterator[Span]:
        for said, pattern in _patterns():
            if _ANCHOR in pattern.pattern and _ANCHOR not in seen.text:
                continue
            for match in matches(pattern, seen.text, clock):
                start, end = _whole(seen.text, match)
                yield Span(*seen.span(start, end), LABEL, said)

    return bounded(spans(), text)


def _whole(text: str, match: Any) -> tuple[int, int]:
    """Returns all of a secret, where a pattern knows only how it begins."""
    said = match.group()
    if "PRIVATE KEY" in said.upper():
        end = _END.search(text, match.end())
        dashes = len(said) - len(said.lstrip("-"))
        start = match.start()
        while not dashes and start > 0 and text[start - 1] == "-":
            start -= 1
        return start, end.end() if end else len(text)
    if said.startswith("PuTTY-User-Key-File"):
        return match.start(), len(text)
    if said[-1].isalnum():
        return match.start(), _REST.match(text, match.end()).end()
    return match.start(), match.end()
