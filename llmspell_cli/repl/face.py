"""How the REPL speaks: to a program that reads its output, or to a person at a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from bridges._errors import ConfigError, SpellError
from engines._output import CLOSED, Output
from llmspell_cli.present import present
from llmspell_cli.world import World

WIDTH = 80


class Face(Protocol):
    """Where the REPL's words go.

    world: the world with standard error as this face writes it
    is_terminal: whether a person reads; colour: whether in colour
    """

    world: World
    is_terminal: bool
    colour: bool

    @property
    def output(self) -> Output:
        """Takes what scripts print."""
        ...

    @property
    def width(self) -> int:
        """Columns of a line."""
        ...

    def show(self, text: str) -> None:
        """Writes a line that was asked for."""
        ...

    def echo(self, text: str, language: str) -> None:
        """Writes a value as the engine wrote it; language: empty for text as it is."""
        ...

    def note(self, text: str) -> None:
        """Says what happened besides, unless the user wants quiet."""
        ...

    def failed(self, error: SpellError, folder: Path | None = None) -> None:
        """Writes an error; folder: where the files of its traceback lie."""
        ...

    def clear(self) -> None:
        """Clears the screen."""
        ...

    def edit(self, text: str) -> None:
        """Has the user edit code, which is the next input; ConfigError without a terminal."""
        ...

    def typed(self) -> list[str]:
        """Returns what the user typed, oldest first, earlier sessions included."""
        ...


class PlainFace:
    """Values and prints on standard output, everything else on standard error, no colour."""

    is_terminal = False
    colour = False
    width = WIDTH

    def __init__(self, world: World, *, quiet: bool, verbose: bool) -> None:
        self.world = world
        self.output = Output(descriptor(world))
        self._quiet, self._verbose = quiet, verbose

    def show(self, text: str) -> None:
        """Writes a line to standard output."""
        self.output.write((text + "\n").encode("utf-8", "backslashreplace"))

    def echo(self, text: str, _language: str) -> None:
        """Writes a value to standard output."""
        self.show(text.removesuffix("\n"))

    def note(self, text: str) -> None:
        """Writes a line to standard error."""
        if not self._quiet:
            self.world.err(text)

    def failed(self, error: SpellError, folder: Path | None = None) -> None:
        """Writes an error to standard error."""
        self.world.err(present(error, self.world, verbose=self._verbose, folder=folder))

    def clear(self) -> None:
        """Does nothing: there is no screen."""

    def edit(self, _text: str) -> None:
        """Raises ConfigError: an editor needs a terminal."""
        raise ConfigError("there is no terminal for an editor", hint="edit a file and .load it")

    def typed(self) -> list[str]:
        """Returns nothing: nobody types."""
        return []


def descriptor(world: World) -> int:
    """Returns the file descriptor of standard output."""
    try:
        world.stdout.flush()
        return world.stdout.fileno()
    except (OSError, ValueError):
        return CLOSED
