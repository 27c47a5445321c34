"""Text from elsewhere on its way to a terminal, which takes some characters for orders."""

from __future__ import annotations

_SPACES = "\n\t\u00a0\u2009\u202f\u3000"


def clean(text: str) -> str:
    """Shows control characters as text: a message may come from a hostile spell or server."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in _SPACES else char.encode("unicode_escape").decode()
        for char in text
    )
