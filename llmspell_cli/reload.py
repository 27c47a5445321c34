"""`run --reload-config`: takes over changes of the configuration while a spell runs."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from bridges._errors import ConfigError
from engines._output import OutputClosed
from llmspell_cli import compose, trust
from llmspell_cli.config import Config, load, user_file
from llmspell_cli.config_layers import FILE_NAME, Keys
from llmspell_cli.grants import grants_for
from llmspell_cli.watching.files import Files
from llmspell_cli.watching.notify import Notifier

if TYPE_CHECKING:
    from bridges._session import Session
    from llmspell_cli.compose import Overrides
    from llmspell_cli.invocation import Invocation
    from llmspell_cli.program import Spell

MODELS = ("default_model", "models", "pools", "providers", "requests")
MOST_NAMED = 8
"""Settings that one log line names."""


class Reloader:
    """Looks after the configuration of one run, in a thread of its own."""

    def __init__(
        self, invocation: Invocation, spell: Spell, overrides: Overrides, run: Session
    ) -> None:
        """Begins at once; overrides: what flags say, which no file changes."""
        self._invocation = invocation
        self._spell = spell
        self._overrides = overrides
        self._run = run
        self._config = self._load()
        world = invocation.world
        named = invocation.config_file or world.environ.get("LLMSPELL_CONFIG")
        folders = (world.cwd, *world.cwd.parents)
        found = [world.path(str(named))] if named else [folder / FILE_NAME for folder in folders]
        project = self._config.file.parent if self._config.file else world.cwd
        # What the user has just trusted may be what was waiting to be taken over.
        trusted = world.data_dir / trust.FILE
        self._trust_file = os.path.abspath(trusted)
        always = (*found, user_file(world), project / ".env", trusted)
        self._files = Files(always, None, {project, world.cwd, world.config_dir})
        self._notifier = Notifier(self._look)
        self._notifier.listen(self._files.folders())

    def end(self, code: int) -> int:
        """Stops looking; returns the run's exit code as it is."""
        self._notifier.stop()
        return code

    def _load(self) -> Config:
        world = self._invocation.world
        return load(world, file=self._invocation.config_file)

    def _look(self) -> None:
        changed = self._files.changed()
        if not changed:
            return
        try:
            self._take(self._load(), only_trust=changed == [self._trust_file])
        except ConfigError as error:
            hint = f" ({error.hint})" if error.hint else ""
            self._say("warn", f"the configuration is kept as it was: {error.message}{hint}")

    def _take(self, new: Config, *, only_trust: bool) -> None:
        """Takes a configuration over, as far as it may be.

        only_trust: no more than the record of trust has changed: what is refused was said before
        """
        old = self._config
        if new.file and old.trusted and not new.trusted and new.file == old.file:
            if not only_trust:
                self._say(
                    "warn",
                    f"the configuration is kept as it was: {new.file} has changed and is not "
                    f"trusted any more; run 'llmspell trust {new.file.parent}' to take it over",
                )
            return
        world = self._invocation.world
        folder = self._spell.folder if self._spell.path else None
        grants_for(new.security, self._overrides.security, world.cwd, folder)
        self._config = new
        names = _changed(old, new)
        if not names:
            return
        self._apply(old, new)
        self._report(names)

    def _apply(self, old: Config, new: Config) -> None:
        run, overrides = self._run, self._overrides
        # The HTTP client is made once.
        models = compose.models_for(new, self._spell, overrides)
        run.use_models(replace(models, connect=run.models.connect))
        given = compose.budget_for(new, overrides)
        run.budget.max_cost = given.max_cost
        run.budget.max_tokens = given.max_tokens
        run.budget.max_requests = given.max_requests
        if old.logging.level != new.logging.level and overrides.log_level is None:
            run.log.level = new.logging.level

    def _report(self, names: list[Keys]) -> None:
        taken = [_written(keys) for keys in names if _takes_effect(keys)]
        left = [_written(keys) for keys in names if not _takes_effect(keys)]
        if taken:
            self._say("info", f"the configuration has changed: {_some(taken)}")
        if left:
            self._say(
                "warn", f"a spell that runs keeps its security and limits, so not: {_some(left)}"
            )

    def _say(self, level: str, text: str) -> None:
        # Whoever asks for this wants to hear of it, unless the run is to be quiet.
        if not self._run.log.is_enabled("warn"):
            return
        try:
            self._run.log.sink(level, text, {})
        except OutputClosed:
            self._notifier.stop()


def _changed(old: Config, new: Config) -> list[Keys]:
    before, after = old.values, new.values
    every = sorted({*before, *after})
    names = [keys for keys in every if before.get(keys) != after.get(keys)]
    if not names and old.models != new.models:
        return [("providers", "keys")]  # in .env
    return names


def _takes_effect(keys: Keys) -> bool:
    if keys == ("requests", "connect"):
        return False
    return keys[0] in MODELS or keys[0] == "budget" or keys == ("logging", "level")


def _written(keys: Keys) -> str:
    return ".".join(keys)


def _some(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
