"""What one command line asks for, whatever the command: every command gets it as `ctx.obj`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from llmspell_cli.world import World

if TYPE_CHECKING:
    from llmspell_cli.config import Config


@dataclass
class Invocation:
    """The world and the options that every command takes.

    verbose: how much more to say; with it a defect shows Python's traceback
    quiet: say nothing on standard error but errors
    config_file: the file given by --config
    folder: where the spell's files lie, once a spell is found
    """

    world: World
    verbose: bool = False
    quiet: bool = False
    config_file: Path | None = None
    folder: Path | None = None
    _warned: set[str] = field(default_factory=set)

    def set(
        self, *, verbose: bool = False, quiet: bool = False, config: Path | None = None
    ) -> None:
        """Takes over options; one that was not given changes nothing."""
        self.verbose = self.verbose or verbose
        self.quiet = self.quiet or quiet
        self.config_file = config or self.config_file

    def load_config(self, start: Path | None = None) -> Config:
        """Returns the configuration that holds in a folder, and says once what of it was ignored.

        start: where the search for the project's file begins; the working directory unless given
        """
        from llmspell_cli.config import load

        config = load(self.world, file=self.config_file, start=start or self.world.cwd)
        for warning in config.warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                self.warn(warning)
        return config

    def warn(self, text: str) -> None:
        """Says something on standard error, unless the user wants quiet."""
        if not self.quiet:
            self.world.err(f"warning: {text}")

    def note(self, text: str) -> None:
        """Tells what was done, on standard error, unless the user wants quiet."""
        if not self.quiet:
            self.world.err(text)
