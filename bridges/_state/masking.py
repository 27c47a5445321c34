"""Takes secrets out of values."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import regex

from bridges._errors import InvalidArgument, TimeLimit
from bridges._expressions import Expression
from bridges._secrets import KEYS, is_secret_name

MASK = "***"
SECONDS = 5.0
"""Time that looking for secrets may take."""
MOST_PATTERNS = 50
_KEYS = regex.compile(KEYS, regex.IGNORECASE | regex.VERBOSE)


class Mask:
    """Takes secrets out of values: under telling names, and what looks like a key.

    names: of more keys whose texts are secret; patterns: of more texts, regular expressions
    """

    def __init__(self, names: Sequence[str], patterns: Sequence[str]) -> None:
        self._names = {name.casefold() for name in names}
        if len(patterns) > MOST_PATTERNS:
            raise InvalidArgument(f"there are at most {MOST_PATTERNS} patterns of secrets")
        self._expressions = [Expression(pattern) for pattern in patterns]
        self._until = 0.0

    def apply(self, values: Any) -> Any:
        """Returns a copy with secrets masked; raises TimeLimit where a pattern takes too long."""
        self._until = time.monotonic() + SECONDS
        return self._inside(values, False)

    def _inside(self, value: Any, secret: bool) -> Any:
        if isinstance(value, str):
            return MASK if secret else self._text(value)
        if isinstance(value, dict):
            return {k: self._inside(v, secret or self._is_secret(k)) for k, v in value.items()}
        if isinstance(value, list):
            return [self._inside(part, secret) for part in value]
        return value

    def _is_secret(self, key: str) -> bool:
        return key.casefold() in self._names or is_secret_name(key)

    def _text(self, text: str) -> str:
        try:
            text = _KEYS.sub(MASK, text, timeout=self._left(), concurrent=True)
        except TimeoutError:
            raise _too_long() from None
        for expression in self._expressions:
            text, _ = expression.replace(text, MASK, self._left)
        return text

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise _too_long()
        return left


def _too_long() -> TimeLimit:
    return TimeLimit(
        f"looking for secrets took longer than {SECONDS:g} seconds",
        hint="use simpler patterns, or sanitize fewer keys",
    )
