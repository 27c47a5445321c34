"""The loop of the terminal debugger: waits for the spell to stop, then does what it is told."""

from __future__ import annotations

import asyncio
from typing import Any

from bridges._errors import SpellError
from llmspell_cli.debug.points import Point
from llmspell_cli.debug.session import Debugger, Stop
from llmspell_cli.debug.terminal.actions import Actions
from llmspell_cli.debug.terminal.lines import Lines
from llmspell_cli.debug.terminal.orders import parse
from llmspell_cli.debug.terminal.screen import Screen
from llmspell_cli.world import World

PROMPT = "(debug) "


class Console:
    """Asks for commands while the spell stands still.

    left: the user has left before the spell's end
    """

    def __init__(self, debugger: Debugger, screen: Screen, lines: Lines, world: World) -> None:
        self._debugger = debugger
        self._screen = screen
        self._lines = lines
        self._world = world
        self._actions = Actions(debugger, screen, world)
        self._stops: asyncio.Queue[Stop] = asyncio.Queue()
        self._asking = False
        self._pressed = False
        self._last = ""
        self.left = False

    async def serve(self, running: asyncio.Task[Any]) -> None:
        """Returns when the spell has ended, or the user has left."""
        while True:
            stop = await self._until(self._stops.get(), running)
            if stop is None:
                return
            self._pressed = False
            if await self._until(self._actions.show(stop), running) is None:
                continue
            while self._debugger.stop is stop:
                line = await self._ask(running)
                if line is None:
                    await self._leave(running)
                    return
                await self._until(self._do(line), running)
                if self._actions.leaving:
                    await self._leave(running)
                    return

    async def _until(self, what: Any, running: asyncio.Task[Any]) -> Any:
        """Waits for something; None where the spell has ended before."""
        task = asyncio.ensure_future(what)
        await asyncio.wait({task, running}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.wait({task})
        return None

    async def _ask(self, running: asyncio.Task[Any]) -> str | None:
        if self._screen.live and not self._lines.has_given:
            self._world.stdout.write(PROMPT)
            self._world.stdout.flush()
        self._asking = True
        try:
            line: str | None = await self._until(self._lines.next(), running)
        finally:
            self._asking = False
        return line

    async def _do(self, line: str) -> None:
        line = line.strip()
        if line.startswith("#"):
            return
        line = line or self._last
        if not line:
            return
        self._last = line
        self._pressed = False
        try:
            name, rest = parse(line)
            await self._actions.do(name, rest)
        except SpellError as error:
            self._screen.fail(f"{error.message}; {error.hint}" if error.hint else error.message)

    async def _leave(self, running: asyncio.Task[Any]) -> None:
        self.left = not running.done()
        self._debugger.end()
        await asyncio.wait({running})

    def interrupted(self) -> bool:
        """Takes Ctrl-C: pauses a spell that runs; a second time, or twice at the prompt, leaves."""
        if self._actions.editing:
            return True
        if self._pressed:
            return False
        self._pressed = True
        if self._asking:
            self._screen.say("\nCtrl-C again leaves; help lists the commands")
            self._world.stdout.write(PROMPT)
            self._world.stdout.flush()
        else:
            self._pausing = asyncio.create_task(self._pause())
        return True

    async def _pause(self) -> None:
        try:
            await self._debugger.pause()
        except SpellError as error:
            self._screen.fail(error.message)

    # -- what happens

    async def stopped(self, stop: Stop) -> None:
        """The spell stands still."""
        self._stops.put_nowait(stop)

    async def continued(self) -> None:
        """The spell goes on, as the user wished."""

    async def loaded(self, file: str) -> None:
        """A module was loaded, which nobody asked to hear."""

    async def logged(self, text: str, file: str, line: int) -> None:
        """A logpoint was hit."""
        self._screen.log(text, file, line)

    async def moved(self, point: Point) -> None:
        """A breakpoint was set in the code, or could not be."""
        self._screen.point(point)
