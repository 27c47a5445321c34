"""The terminal of a REPL: prints, values and errors, which never garble the prompt."""

from __future__ import annotations

import codecs
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from bridges._errors import SpellError
from engines._output import Output
from llmspell_cli.present import present, uses_colour
from llmspell_cli.terminal import clean
from llmspell_cli.world import World

if TYPE_CHECKING:
    from prompt_toolkit.patch_stdout import StdoutProxy

PAUSE = 0.05
"""Seconds between two writes above a prompt, so that it is not drawn again for each."""
DIM, OFF = "\x1b[2m", "\x1b[0m"
CLEAR = b"\x1b[2J\x1b[3J\x1b[H"


class Screen(Output):
    """What is written goes above the prompt while one is shown."""

    def __init__(self, fd: int) -> None:
        super().__init__(fd)
        self._above: StdoutProxy | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._at_start = True

    def nested(self) -> Output:
        """Returns the screen itself: a spell within the spell writes above the prompt as well."""
        return self

    def write(self, data: bytes) -> None:
        """Writes to the terminal."""
        if not data:
            return
        self._at_start = data.endswith(b"\n")
        above = self._above
        if above is None:
            super().write(data)
        else:
            above.write(self._decoder.decode(data))

    def start_line(self) -> None:
        """Ends a line that was begun."""
        if not self._at_start:
            self.write(b"\n")

    def disturbed(self) -> None:
        """Notes that the terminal itself wrote something, such as the ^C of a key."""
        self._at_start = False

    @contextmanager
    def below(self) -> Iterator[None]:
        """Shows a prompt in the body: what is written meanwhile goes above it."""
        from prompt_toolkit.patch_stdout import StdoutProxy

        self.start_line()
        with StdoutProxy(PAUSE, raw=True) as proxy:
            self._above = proxy
            try:
                yield
            finally:
                self._above = None
                proxy.flush()


class _Errors(io.TextIOBase):
    """Standard error as text that is written to the screen."""

    def __init__(self, screen: Screen, real: TextIO) -> None:
        self._screen = screen
        self._real = real

    def write(self, text: str) -> int:
        self._screen.start_line()
        self._screen.write(text.encode("utf-8", "backslashreplace"))
        return len(text)

    def isatty(self) -> bool:
        return self._real.isatty()


class TerminalFace:
    """Speaks to a person: values in colour, notes dim, all on one screen."""

    is_terminal = True

    def __init__(self, world: World, *, quiet: bool, verbose: bool) -> None:
        from llmspell_cli.repl.face import descriptor

        self.output = self.screen = Screen(descriptor(world))
        errors = cast(TextIO, _Errors(self.screen, world.stderr))
        self.world = replace(world, stdin=cast(Any, io.BytesIO()), stderr=errors)
        self.colour = uses_colour(self.world)
        self.next: str | None = None
        self.entries: list[str] = []
        self._quiet, self._verbose = quiet, verbose

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        return max(20, shutil.get_terminal_size().columns)

    def show(self, text: str) -> None:
        """Writes a line."""
        self.screen.start_line()
        self.screen.write((text + "\n").encode("utf-8", "backslashreplace"))

    def echo(self, text: str, language: str) -> None:
        """Writes a value, in colour."""
        text = clean(text).removesuffix("\n")
        if self.colour and language:
            from llmspell_cli.shell.paint import coloured

            text = coloured(text, language)
        self.show(text)

    def note(self, text: str) -> None:
        """Writes a dim line."""
        if not self._quiet:
            import textwrap

            text = "\n".join(textwrap.wrap(clean(text), self.width - 1))
            self.show(f"{DIM}{text}{OFF}" if self.colour else text)

    def failed(self, error: SpellError, folder: Path | None = None) -> None:
        """Writes an error."""
        self.show(present(error, self.world, verbose=self._verbose, folder=folder))

    def clear(self) -> None:
        """Clears the screen and what has scrolled away."""
        self.screen.write(CLEAR)

    def edit(self, text: str) -> None:
        """Opens an editor with code before the next prompt, which then holds it."""
        self.next = text

    def typed(self) -> list[str]:
        """Returns what was typed in this project."""
        return self.entries
