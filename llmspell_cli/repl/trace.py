"""Shows the host calls of a session as they are made: what `.trace on` turns on."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import monotonic
from typing import Any

from bridges._errors import SpellError
from bridges._invoke import Door, table
from bridges._session import Session
from llmspell_cli.terminal import clean

LONGEST = 60
"""Characters of one argument."""


class TracedDoor(Door):
    """A door that tells each call, with its arguments and the time it took.

    on: whether it tells
    """

    def __init__(self, session: Session, tell: Callable[[str], None]) -> None:
        super().__init__(session)
        self._spell = session.spell_name
        self._tell = tell
        self.on = False

    def call(self, number: int, arguments: list[Any]) -> Any:
        """Calls a `sync` or `note` function."""
        if not self.on:
            return super().call(number, arguments)
        started = monotonic()
        try:
            result = super().call(number, arguments)
        except SpellError as error:
            self._say(number, arguments, started, error)
            raise
        self._say(number, arguments, started, None)
        return result

    async def call_async(self, number: int, arguments: list[Any]) -> Any:
        """Calls any function."""
        if not self.on:
            return await super().call_async(number, arguments)
        started = monotonic()
        try:
            result = await super().call_async(number, arguments)
        except SpellError as error:
            self._say(number, arguments, started, error)
            raise
        self._say(number, arguments, started, None)
        return result

    def _say(
        self, number: int, arguments: list[Any], started: float, error: SpellError | None
    ) -> None:
        entry = table()[0][number]
        mark = ":" if entry.is_method else "."
        given = arguments[1:] if entry.is_method else arguments
        words = ", ".join(short(value) for value in given)
        end = f" failed: {error.code}" if error else ""
        spent = (monotonic() - started) * 1000
        self._tell(f"{entry.noun}{mark}{self._spell(_name(entry))}({words})  {spent:.1f} ms{end}")


def _name(entry: Any) -> str:
    return str(entry.method).rstrip("_")


def short(value: Any) -> str:
    """Returns a value as a few words of JSON."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=lambda thing: type(thing).__name__)
    except (TypeError, ValueError):
        text = type(value).__name__
    text = clean(text).replace("\n", "\\n")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
