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


class Console:
    """Asks for commands while the spell stands still.

    lines: where commands come from; set before `serve`
    left: the user has left before the spell's end
    """

    lines: Lines

    def __init__(self, debugger: Debugger, screen: Screen, world: World) -> None:
        self._debugger = debugger
        self._screen = screen
        self.actions = Actions(debugger, screen, world)
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
            if not await self._show(stop, running):
                continue
            while self._debugger.stop is stop:
                line = await self._ask(running)
                if line is None:
                    await self._leave(running)
                    return
                await self._until(self._do(line), running)
                self._pressed = False
                if self.actions.leaving:
                    await self._leave(running)
                    return

    async def _show(self, stop: Stop, running: asyncio.Task[Any]) -> bool:
        """Shows a stop; tells whether it lasts: the spell may have ended, or be about to."""
        try:
            return bool(await self._until(self.actions.show(stop), running))
        except SpellError:
            if self._debugger.run.is_stopping:
                return False
            raise

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
        """Returns the next command; None where there is none any more, or the spell has ended."""
        self._asking = True
        try:
            line: str | None = await self._until(self._next(), running)
        finally:
            self._asking = False
        return line

    async def _next(self) -> str | None:
        while True:
            try:
                return await self.lines.next()
            except KeyboardInterrupt:
                if not self.interrupted():
                    return None

    async def _do(self, line: str) -> None:
        line = line.strip()
        if line.startswith("#"):
            return
        line = line or self._last
        if not line:
            return
        self._last = line
        try:
            name, rest = parse(line)
            await self.actions.do(name, rest)
        except SpellError as error:
            self._screen.fail(f"{error.message}; {error.hint}" if error.hint else error.message)

    async def _leave(self, running: asyncio.Task[Any]) -> None:
        self.left = not running.done()
        self._debugger.end()
        await asyncio.wait({running})

    def interrupted(self) -> bool:
        """Takes Ctrl-C: pauses a spell, or ends an expression, that runs; the second one leaves."""
        if self.actions.editing:
            return True
        if self._pressed:
            return False
        self._pressed = True
        if self._asking:
            self._screen.say("Ctrl-C again leaves; help lists the commands")
        else:
            self._stopping = asyncio.create_task(self._stop())
        return True

    async def _stop(self) -> None:
        try:
            if self._debugger.stop is None:
                await self._debugger.pause()
            else:
                await self._debugger.ask("stop_evaluating")
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
