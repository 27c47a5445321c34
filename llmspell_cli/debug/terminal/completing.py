"""What the Tab key completes: commands, and names in expressions."""

from __future__ import annotations

import re

from bridges._errors import SpellError
from llmspell_cli.debug.request import TITLES
from llmspell_cli.debug.session import RAISED, UNCAUGHT, Debugger
from llmspell_cli.debug.terminal.looking import Looking
from llmspell_cli.debug.terminal.orders import ORDERS, SHORT

EXPRESSIONS = ("print", "set", "watch")
"""Commands that take an expression."""
WORDS = {"catch": (RAISED, UNCAUGHT, *TITLES), "help": tuple(ORDERS)}
WORDS["uncatch"] = WORDS["catch"]
PATH = re.compile(r"((?:[A-Za-z_$][\w$]*\s*[.:]\s*)*)([A-Za-z_$][\w$]*)?$")
MANY = 200


class Completing:
    """Completes what stands before the cursor."""

    def __init__(self, debugger: Debugger, looking: Looking) -> None:
        self._debugger = debugger
        self._looking = looking

    async def complete(self, text: str) -> tuple[int, list[str]]:
        """Returns how many characters a candidate replaces, and the candidates."""
        word, mark, rest = text.lstrip().partition(" ")
        if not mark:
            return len(word), [name for name in ORDERS if name.startswith(word)]
        name = SHORT.get(word, word)
        if name in WORDS:
            return len(rest), [other for other in WORDS[name] if other.startswith(rest)]
        if name not in EXPRESSIONS:
            return 0, []
        match = PATH.search(rest)
        assert match is not None
        begun, frame = match[2] or "", self._looking.frame
        try:
            members = await self._debugger.members(
                re.findall(r"[\w$]+", match[1]), frame.id if frame else None
            )
        except SpellError:
            return 0, []
        names = [member.name for member in members if member.name.startswith(begun)]
        return len(begun), names[:MANY]
