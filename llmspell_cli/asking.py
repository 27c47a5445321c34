"""Asks the user before something that cannot be undone."""

from __future__ import annotations

from bridges._errors import ConfigError
from llmspell_cli.invocation import Invocation


def agreed(call: Invocation, question: str) -> bool:
    """Tells whether the user says yes; raises ConfigError where there is nobody to ask."""
    world = call.world
    if not (world.is_terminal(world.stdin) and world.is_terminal(world.stderr)):
        raise ConfigError("there is no terminal to ask on", hint="pass --yes")
    world.stderr.write(f"{question} [y/N] ")
    world.stderr.flush()
    return world.stdin.readline().strip().lower() in (b"y", b"yes")
