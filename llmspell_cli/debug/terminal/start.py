"""Starts the debugger at the terminal."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from bridges._errors import SpellError
from engines._output import CLOSED, Output, OutputClosed, in_thread
from llmspell_cli import program
from llmspell_cli.debug.launch import (
    Debuggee,
    Ending,
    ending,
    failure,
    prepare,
    standard_input,
    write_value,
)
from llmspell_cli.debug.loop import Interrupts, run_loop
from llmspell_cli.debug.session import UNCAUGHT, Debugger
from llmspell_cli.debug.terminal.console import Console
from llmspell_cli.debug.terminal.lines import Lines, Piped, Typed
from llmspell_cli.debug.terminal.screen import Screen
from llmspell_cli.invocation import Invocation
from llmspell_cli.program import Spell
from llmspell_cli.request import Request
from llmspell_cli.world import World

PROMPT = "(debug) "


@dataclass(frozen=True)
class Terminal:
    """What the command line says.

    commands: done first; stdin: the file that the spell reads as its standard input
    """

    invocation: Invocation
    file: str
    request: Request
    commands: list[str]
    stdin: str | None


def start_terminal(given: Terminal) -> int:
    """Debugs a spell at the terminal; returns the exit code that the spell ended with."""

    async def main(interrupts: Interrupts) -> int:
        return await _debug(given, interrupts)

    return run_loop(main)


async def _debug(given: Terminal, interrupts: Interrupts) -> int:
    commands = given.invocation.world
    stdin = standard_input(commands, given.stdin)
    invocation = replace(given.invocation, world=replace(commands, stdin=stdin))

    def find() -> Spell:
        return program.find(invocation.world, given.file, given.request.engine)

    try:
        descriptor = commands.stdout.fileno()
    except (OSError, ValueError):
        descriptor = CLOSED
    debuggee = prepare(invocation, find, given.request, Output(descriptor))
    debugger = debuggee.debugger
    debugger.wishes.entry = True
    debugger.wishes.exceptions = {UNCAUGHT}
    screen = Screen(commands, debugger.sources, debuggee.spell.language.name)
    console = Console(debugger, screen, commands)
    typed = _typed(console, debuggee, screen, commands) if screen.live else None
    console.lines = Lines(given.commands, typed or Piped(commands.stdin))
    debugger.audience = console
    interrupts.on_interrupt = console.interrupted
    running = asyncio.create_task(debuggee.execute())
    try:
        await console.serve(running)
        outcome = await running
        end = ending(debuggee, outcome)
        await in_thread(
            asyncio.get_running_loop(), lambda _: write_value(debuggee, outcome.value), b""
        )
    except SpellError as error:
        end = failure(invocation, error)
    except OutputClosed:
        end = Ending(1)
    finally:
        await _end(debugger, running)
    if end.error and not console.left:
        commands.err(end.error)
    return end.code


def _typed(console: Console, debuggee: Debuggee, screen: Screen, world: World) -> Typed:
    from llmspell_cli.debug.terminal.completing import Completing
    from llmspell_cli.repl.project import history_of
    from llmspell_cli.shell.line import LinePrompt

    history = history_of(world, debuggee.debugger.session.models, "debug")
    complete = Completing(debuggee.debugger, console.actions.looking).complete
    return Typed(LinePrompt(PROMPT, complete, history, screen.colour))


async def _end(debugger: Debugger, running: asyncio.Task[object]) -> None:
    if not running.done():
        debugger.end()
        await asyncio.wait({running})
