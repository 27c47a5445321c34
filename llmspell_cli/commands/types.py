"""`llmspell types`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from llmspell_cli.invocation import Invocation

FOLDER = ".llmspell/types"
STUBS = {"llmspell.meta.lua": "lua", "llmspell.d.ts": "javascript"}
EDITORS: dict[str, dict[str, Any]] = {
    ".luarc.json": {
        "runtime.version": "Lua 5.4",
        "runtime.builtin": dict.fromkeys(("debug", "io", "os", "package"), "disable"),
        "workspace.library": [FOLDER],
    },
    "jsconfig.json": {
        "compilerOptions": {
            "target": "es2023",
            "lib": ["es2023"],
            "module": "esnext",
            "moduleDetection": "force",
            "checkJs": True,
            "strict": False,
            "noEmit": True,
        },
        "include": ["**/*.js", "**/*.mjs", f"{FOLDER}/*.d.ts"],
    },
}


def types(
    ctx: typer.Context,
    folder: Annotated[
        str, typer.Argument(metavar="[DIR]", help="Where your spells are.", show_default=False)
    ] = ".",
) -> None:
    """Write type stubs, so that an editor completes and checks spells.

    The stubs go to .llmspell/types; .luarc.json (Lua language server) and jsconfig.json
    (TypeScript server) are written where they do not exist yet.
    """
    from bridges._errors import NotFound

    call: Invocation = ctx.obj
    target = call.world.path(folder)
    if not target.is_dir():
        raise NotFound(f"there is no folder {folder!r}")
    stubs = target / FOLDER
    stubs.mkdir(parents=True, exist_ok=True)
    for name, language in STUBS.items():
        _write(call, stubs / name, _stub(language, name))
    for name, content in EDITORS.items():
        text = json.dumps(content, indent=2) + "\n"
        file = target / name
        if file.exists() and FOLDER not in file.read_text(encoding="utf-8", errors="replace"):
            call.warn(f"{file} exists and is left alone; to use the stubs it needs:\n{text}")
        elif not file.exists():
            _write(call, file, text)


def _stub(language: str, name: str) -> str:
    import stdlib

    folder = Path(stdlib.__file__).parent
    return (folder / language / name).read_text(encoding="utf-8")


def _write(call: Invocation, file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    call.world.out(str(file))
