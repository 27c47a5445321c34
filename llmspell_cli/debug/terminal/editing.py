"""Has a person change data in an editor."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import tempfile
from pathlib import Path
from typing import Any

from bridges._errors import InvalidArgument
from llmspell_cli.world import World

USUAL = "vi"


async def edit_json(data: Any, world: World) -> Any:
    """Returns data as it was changed in $VISUAL or $EDITOR; InvalidArgument where that fails."""
    command = world.environ.get("VISUAL") or world.environ.get("EDITOR")
    if not command and not (world.is_terminal(world.stdin) and world.is_terminal(world.stdout)):
        raise InvalidArgument(
            "there is no terminal for an editor", hint="set EDITOR to a program that needs none"
        )
    with tempfile.TemporaryDirectory(prefix="llmspell-") as folder:
        file = Path(folder) / "request.json"
        file.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        await _run([*shlex.split(command or USUAL), str(file)], world)
        try:
            return json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InvalidArgument(f"the edited text is not JSON: {error}") from None


async def _run(command: list[str], world: World) -> None:
    # Commands may come from a pipe, which is not the editor's to read.
    stdin = None if world.is_terminal(world.stdin) else asyncio.subprocess.DEVNULL
    try:
        editor = await asyncio.create_subprocess_exec(
            *command, stdin=stdin, cwd=world.cwd, env=dict(world.environ)
        )
    except OSError as error:
        raise InvalidArgument(
            f"the editor {command[0]!r} cannot be started: {os.strerror(error.errno or 0)}",
            hint="set EDITOR",
        ) from None
    if await editor.wait():
        raise InvalidArgument(f"the editor ended with exit code {editor.returncode}")
