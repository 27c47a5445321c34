"""The spell that runs, and other spells it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypedDict

from bridges._declare import NOTHING, Bridge, host_function
from bridges._errors import InvalidArgument, LimitExceeded
from bridges._invoke import bindings
from bridges._permissions import ModulePath

MAX_DEPTH = 8
"""How deep spells may run spells."""


class SpellRecord(TypedDict, total=False):
    """What a spell knows of itself.

    name: Its name
    description: What it does
    path: Its file; missing when it was given on the command line
    language: The language it is written in
    level: The level of the API it runs on
    depth: How many spells run it, one inside the other; 0 for the first
    params: Its parameters
    """

    name: str
    description: str
    path: str
    language: str
    level: int
    depth: int
    params: dict[str, Any]


class Spell(Bridge):
    """Tells about the spell that runs, and runs others."""

    @host_function(needs=NOTHING, since=1)
    def info(self) -> SpellRecord:
        """Returns what is known of this spell.

        returns: Its name, file, language and parameters
        """
        spell = self.session.spell
        found: SpellRecord = {
            "name": spell.name,
            "description": spell.description,
            "language": spell.language,
            "level": bindings()["level"],
            "depth": self.session.depth,
            "params": self.session.params,
        }
        if spell.path:
            found["path"] = str(spell.path)
        return found

    @host_function(needs=NOTHING, since=1)
    async def run(self, path: ModulePath, params: dict[str, Any] | None = None) -> Any:
        """Runs another spell, in any language, under no more than this spell's grants and budget.

        path: Its file, relative to this spell's folder or else to the working directory
        params: Its parameters
        returns: The value it returns
        """
        if self.session.depth >= MAX_DEPTH:
            raise LimitExceeded(
                f"spells run spells more than {MAX_DEPTH} deep",
                hint="does the spell run itself?",
                details={"limit": "depth"},
            )
        from bridges._hooks.hooks import Hooks

        async def call(request: dict[str, Any]) -> Any:
            given = request["params"]
            if not isinstance(given, dict):
                raise InvalidArgument("Spell.run: a hook made params that are no map")
            return await self.session.run_spell(path.value, given, self.session)

        hooks: Hooks = self.session.shared(Hooks)
        request = {"spell": path.value, "params": params or {}}
        return await hooks.around("run", Path(path.value).name, request, call)

    @host_function(needs=NOTHING, since=1, one_way=True)
    def write(self, text: str) -> None:
        """Writes text to standard output, as it is; printing adds a line end.

        text: What to write
        """
        self.session.write(text.encode("utf-8"))

    @host_function(needs=NOTHING, since=1, one_way=True)
    def write_error(self, text: str) -> None:
        """Writes text to standard error, as it is.

        text: What to write; no line end is added
        """
        self.session.write_error(text)
