"""What the terminal debugger shows: places, source with an arrow, values."""

from __future__ import annotations

from llmspell_cli.debug.answers import Frame, Value, Variable
from llmspell_cli.debug.points import Point
from llmspell_cli.debug.session import Stop
from llmspell_cli.debug.sources import Sources
from llmspell_cli.terminal import clean
from llmspell_cli.world import World

AROUND = 5
"""Lines that `list` shows before and after."""
NEAR = 2
"""The same at a stop, where a person looks on."""
LONGEST = 2000
"""Characters of a value that is shown among others."""
_BOLD, _DIM, _GREEN, _RED, _OFF = "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m"


class Screen:
    """Writes to standard output; in colours where a person looks on.

    live: a person looks on; colour: and can see colours
    """

    def __init__(self, world: World, sources: Sources, language: str) -> None:
        self._world = world
        self._sources = sources
        self._language = language
        self.live = world.is_terminal(world.stdout) and world.is_terminal(world.stdin)
        plain = world.environ.get("NO_COLOR") or world.environ.get("TERM") == "dumb"
        self.colour = self.live and not plain

    def say(self, text: str) -> None:
        """Writes lines; characters that terminals take for orders are shown as text."""
        self._write(clean(text))

    def fail(self, text: str) -> None:
        """Writes what went wrong with a command."""
        self._write(f"{self._paint(_RED, 'error:')} {clean(text)}")

    def _write(self, text: str) -> None:
        self._world.out(text)
        self._world.stdout.flush()

    def _paint(self, style: str, text: str) -> str:
        return f"{style}{text}{_OFF}" if self.colour else text

    # -- stops

    def stop(self, stop: Stop, frame: Frame | None, task: str) -> None:
        """Shows where and why the spell stands still; task: its name, empty for the main one."""
        why = stop.reason
        if stop.held is not None:
            why = stop.held.title
        elif stop.points:
            why = f"breakpoint {', '.join(str(id) for id in stop.points)}"
        elif stop.error is not None:
            why = f"error: {stop.error.message}"
        where = f" at {place(frame)}" if frame is not None else ""
        inside = f", task {task}" if task else ""
        self._write(self._paint(_BOLD, clean(f"{why}{where}{inside}")))
        if stop.text and stop.held is None and stop.text != why:
            self.say(f"  {stop.text}")
        if frame is not None:
            around = NEAR if self.live else 0
            self.source(frame.file, frame.line - around, frame.line + around, frame.line)
        if stop.held is not None and self.live:
            self.say("  request shows it, edit or set request.… changes it, continue sends it")

    def source(self, file: str, first: int, last: int, current: int | None) -> None:
        """Shows lines of a file, with an arrow at one."""
        lines = self._sources.lines(file)
        first, last = max(1, first), min(last, len(lines))
        if first > last:
            return
        shown = [clean(line.rstrip("\r")) for line in lines[first - 1 : last]]
        if self.colour:
            from llmspell_cli.shell.paint import coloured

            painted = coloured("\n".join(shown), self._language).split("\n")
            shown = painted if len(painted) == len(shown) else shown
        width = len(str(last))
        for number, line in enumerate(shown, first):
            arrow = self._paint(_GREEN, "→") if number == current else " "
            self._write(f"{arrow} {self._paint(_DIM, f'{number:{width}}')}  {line}".rstrip())

    def frames(self, frames: list[Frame], selected: int) -> None:
        """Shows a stack, innermost first."""
        for index, frame in enumerate(frames):
            mark = "→" if index == selected else " "
            self.say(f"{mark} #{index} {place(frame)}{' (awaits)' if frame.waits else ''}")

    # -- breakpoints and values

    def point(self, point: Point) -> None:
        """Shows a breakpoint as it stands."""
        wanted = point.wanted
        rules = [("if", wanted.condition), ("hits", wanted.hit), ("log", wanted.log)]
        more = "".join(f" {word} {text}" for word, text in rules if text)
        once = " once" if wanted.once else ""
        why = "" if point.verified else f" (not set: {point.message})"
        self.say(f"breakpoint {point.id} at {point.file}:{point.line}{more}{once}{why}")

    def variables(self, variables: list[Variable]) -> None:
        """Shows variables, one a line."""
        for variable in variables:
            self.say(f"  {variable.name} = {brief(variable)}")

    def log(self, text: str, file: str, line: int) -> None:
        """Shows the text of a logpoint."""
        where = f"{file}:{line}: " if file else ""
        self.say(f"{where}{text}")


def place(frame: Frame) -> str:
    """Returns where a frame is, in words."""
    where = f"{frame.file}:{frame.line}" if frame.file else "?"
    return f"{where} in {frame.name}"


def brief(value: Value) -> str:
    """Returns a value for a list of them."""
    return value.text if len(value.text) <= LONGEST else f"{value.text[:LONGEST]}…"
