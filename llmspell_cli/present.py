"""How errors look to a person at a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridges._errors import SpellError
from llmspell_cli.terminal import clean

if TYPE_CHECKING:
    from llmspell_cli.world import World

MAX_FRAMES = 20
MAX_SOURCE = 1024 * 1024
_RED, _DIM, _BOLD, _OFF = "\033[31m", "\033[2m", "\033[1m", "\033[0m"


def present(
    error: SpellError, world: World, *, verbose: bool = False, folder: Path | None = None
) -> str:
    """Returns an error as text: what happened, where in the spell, what to do.

    verbose: adds Python's traceback
    folder: where the files of the spell's traceback lie, to show the line; None shows none
    """
    paint = _Paint(uses_colour(world))
    parts = [f"{paint(_RED + _BOLD, 'error:')} {clean(error.message) or error.code}"]
    frames = error.traceback[:MAX_FRAMES]
    if frames:
        parts += _source_line(frames[0], folder, paint)
        parts += [paint(_DIM, f"  at {_frame(frame)}") for frame in frames]
        if len(error.traceback) > MAX_FRAMES:
            parts.append(paint(_DIM, f"  … {len(error.traceback) - MAX_FRAMES} more"))
    if error.hint:
        parts.append(f"{paint(_BOLD, 'hint:')} {clean(error.hint)}")
    if verbose:
        parts.append(_python_traceback(error))
    return "\n".join(parts)


def present_defect(error: BaseException, *, verbose: bool) -> str:
    """Returns the text for an exception nobody expected."""
    if verbose:
        return _python_traceback(error)
    return (
        f"error: llmspell failed: {type(error).__name__}: {clean(str(error))}\n"
        "hint: this is a defect in llmspell; run again with --verbose and report it"
    )


def _python_traceback(error: BaseException) -> str:
    import traceback

    return clean("".join(traceback.format_exception(error)).rstrip())


def uses_colour(world: World) -> bool:
    """Tells whether standard error takes colour: a terminal, and NO_COLOR is not set."""
    if world.environ.get("NO_COLOR") or world.environ.get("TERM") == "dumb":
        return False
    return world.is_terminal(world.stderr)


class _Paint:
    def __init__(self, on: bool) -> None:
        self._on = on

    def __call__(self, style: str, text: str) -> str:
        return f"{style}{text}{_OFF}" if self._on else text


def _frame(frame: dict[str, Any]) -> str:
    where = clean(str(frame["file"]))
    if isinstance(frame.get("line"), int):
        where += f":{frame['line']}"
        if isinstance(frame.get("column"), int):
            where += f":{frame['column']}"
    name = frame.get("function")
    return f"{clean(name)} ({where})" if isinstance(name, str) and name not in ("", "?") else where


def _source_line(frame: dict[str, Any], folder: Path | None, paint: _Paint) -> list[str]:
    number = frame.get("line")
    if folder is None or not isinstance(number, int):
        return []
    line = read_line(folder, str(frame["file"]), number)
    if line is None:
        return []
    gutter = f"{number} | "
    shown = [f"  {paint(_DIM, gutter)}{line}"]
    column = frame.get("column")
    if isinstance(column, int) and 0 < column <= len(line) + 1:
        shown.append(" " * (1 + len(gutter) + column) + paint(_RED, "^"))
    return shown


def read_line(folder: Path, name: str, number: int) -> str | None:
    """Returns a line of a spell's file; the name comes from the worker, so it may not lead out."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return None
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = file.read(MAX_SOURCE).splitlines()
    except OSError:
        return None
    if not 0 < number <= len(lines):
        return None
    return clean(lines[number - 1].replace("\t", " "))[:200]
