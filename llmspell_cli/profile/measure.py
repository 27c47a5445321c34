"""Measures one run and tells of it when it is over."""

from __future__ import annotations

import json
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from bridges._errors import ConfigError
from bridges._timings import Timings
from llmspell_cli.invocation import Invocation
from llmspell_cli.profile._rows import computing, duration, sections
from llmspell_cli.profile._speedscope import document
from llmspell_cli.profile._table import show
from llmspell_cli.terminal import clean

if TYPE_CHECKING:
    from bridges._session import Session


class Measure:
    """The profile of one run, from now on."""

    def __init__(self, invocation: Invocation, run: Session, output: str | None) -> None:
        """output: the flame graph's file; NAME.speedscope.json, where it runs, unless given

        Raises ConfigError when that is the spell itself.
        """
        self._invocation = invocation
        self._timings = run.timings = Timings()
        self._name = run.spell.name
        world = invocation.world
        path = run.spell.path
        stem = path.stem if path and path.stem != "main" else path.parent.name if path else "eval"
        self._file = world.path(output or f"{stem}.speedscope.json")
        if path and path.exists() and self._file.exists() and self._file.samefile(path):
            raise ConfigError("the profile would overwrite the spell", hint="name another file")
        self._began = monotonic()

    def report(self, code: int) -> int:
        """Writes the table and the flame graph; returns the run's exit code, or 1 if it cannot.

        code: the run's
        """
        seconds = monotonic() - self._began
        scripts = self._timings.scripts
        title = f"profile: {clean(self._name)} took {duration(seconds)}"
        if scripts:
            title += f", of which {duration(computing(scripts))} computing"
        else:
            title += "; its engine had to be killed and told nothing of the script"
        if not self._invocation.quiet:
            show(self._invocation.world, title, sections(self._timings))
        return code if self._write(self._file) else code or 1

    def _write(self, file: Path) -> bool:
        world = self._invocation.world
        text = json.dumps(document(self._name, self._timings.scripts), ensure_ascii=False)
        try:
            file.write_text(text + "\n", encoding="utf-8", errors="replace")
        except OSError as error:
            world.err(f"error: the profile cannot be written to {file}: {error.strerror}")
            return False
        self._invocation.note(f"\nflame graph: {file} (open it at https://www.speedscope.app)")
        return True
