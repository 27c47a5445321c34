"""`llmspell types`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from llmspell_cli.invocation import Invocation


def types(
    ctx: typer.Context,
    folder: Annotated[
        str, typer.Argument(metavar="[DIR]", help="Where your spells are.", show_default=False)
    ] = ".",
) -> None:
    """Write type stubs, so that an editor completes and checks spells.

    The stubs go to .llmspell/types. Settings for the Lua language server (.luarc.json), for the
    TypeScript server (jsconfig.json) and for Visual Studio Code (.vscode) are written where they
    do not exist yet. Run it again after an update of llmspell; it names what it wrote.
    """
    from bridges._errors import ConfigError, NotFound
    from llmspell_cli.editors import FILES

    call: Invocation = ctx.obj
    target = call.world.path(folder)
    if not target.is_dir():
        raise NotFound(f"there is no folder {folder!r}")
    try:
        written = [path for path, text in _stubs(target).items() if _update(path, text)]
        written += [path for name in FILES if (path := _settle(call, target, name))]
    except OSError as error:
        raise ConfigError(
            f"{error.filename or target} cannot be written: {error.strerror}"
        ) from None
    for path in written:
        below = path.is_relative_to(call.world.cwd)
        call.world.out(str(path.relative_to(call.world.cwd) if below else path))
    if not written:
        call.note("everything is up to date")


def _stubs(target: Path) -> dict[Path, str]:
    """Returns the texts of our own files; the Lua modules stand where `require` finds them."""
    import stdlib
    from llmspell_cli.editors import TYPES

    source = Path(stdlib.__file__).parent
    names = {
        "llmspell.meta.lua": "lua/llmspell.meta.lua",
        "llmspell.d.ts": "javascript/llmspell.d.ts",
    }
    for path in sorted((source / "lua").glob("*.lua")):
        if path.name not in names:
            names[f"llmspell/{path.name}"] = f"lua/{path.name}"
    return {
        target / TYPES / name: (source / file).read_text(encoding="utf-8")
        for name, file in names.items()
    }


def _update(path: Path, text: str) -> bool:
    """Writes one of our own files where it differs; tells whether it did."""
    if path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text:
        return False
    os.replace(_beside(path, text), path)
    return True


def _settle(call: Invocation, target: Path, name: str) -> Path | None:
    """Writes settings unless there are some, and says what those lack; returns what it wrote."""
    from llmspell_cli.editors import FILES, text

    content, sign = FILES[name]
    path = target / name
    if not os.path.lexists(path):
        # A file that appears at this moment is the user's.
        ours = _beside(path, text(content))
        try:
            os.link(ours, path)
            return path
        except FileExistsError:
            pass
        finally:
            ours.unlink()
    if sign not in path.read_text(encoding="utf-8", errors="replace"):
        call.warn(f"{path} exists and is left alone; what it needs of this:\n{text(content)}")
    return None


def _beside(path: Path, text: str) -> Path:
    """Writes a file under a passing name in the folder of another; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    passing = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(passing, "x", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        passing.unlink(missing_ok=True)
        raise
    return passing
