"""What each command of the terminal debugger does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bridges._errors import InvalidArgument
from llmspell_cli.debug.request import TITLES
from llmspell_cli.debug.session import RAISED, UNCAUGHT, Debugger, Stop
from llmspell_cli.debug.terminal.editing import edit_json
from llmspell_cli.debug.terminal.looking import Looking
from llmspell_cli.debug.terminal.orders import explain, parse_numbers, parse_place, parse_point
from llmspell_cli.debug.terminal.screen import Screen
from llmspell_cli.world import World

Action = Callable[[str], Awaitable[None]]
STEPS = {"next": "over", "step": "in", "finish": "out"}


class Actions:
    """Does commands.

    looking: what is looked at
    leaving: the user wants to leave; editing: an editor has the terminal
    """

    def __init__(self, debugger: Debugger, screen: Screen, world: World) -> None:
        self._debugger = debugger
        self._screen = screen
        self._world = world
        self.looking = looking = Looking(debugger, screen)
        self.leaving = False
        self.editing = False
        self._actions: dict[str, Action] = {
            **{name: self._step(how) for name, how in STEPS.items()},
            "break": self._break,
            "tbreak": self._break_once,
            "delete": self._delete,
            "catch": self._catch,
            "uncatch": self._uncatch,
            "continue": self._continue,
            "until": self._until,
            "where": looking.where,
            "up": looking.up,
            "down": looking.down,
            "tasks": looking.tasks,
            "task": looking.task,
            "locals": looking.locals,
            "globals": looking.globals,
            "print": looking.print,
            "set": looking.set,
            "watch": looking.watch,
            "unwatch": looking.unwatch,
            "list": looking.list,
            "request": looking.request,
            "edit": self._edit,
            "quit": self._quit,
            "help": self._help,
        }

    async def do(self, name: str, rest: str) -> None:
        """Does a command; SpellError says why it cannot be done."""
        await self._actions[name](rest)

    async def show(self, stop: Stop) -> bool:
        """Shows a stop."""
        await self.looking.show(stop)
        return True

    # -- breakpoints

    async def _break(self, rest: str) -> None:
        if rest:
            await self._set_point(rest, once=False)
            return
        for point in self._debugger.points.all():
            self._screen.point(point)

    async def _break_once(self, rest: str) -> None:
        await self._set_point(rest, once=True)

    async def _set_point(self, rest: str, once: bool) -> None:
        written, wanted = parse_point(rest, once)
        file = self._file(written)
        before = [point.wanted for point in self._debugger.points.of(file)]
        points = await self._debugger.set_points(file, [*before, wanted])
        self._screen.point(points[-1])

    def _file(self, written: str | None) -> str:
        return self._debugger.sources.named(written) if written else self.looking.file

    async def _delete(self, rest: str) -> None:
        points = self._debugger.points
        gone = parse_numbers(rest, [point.id for point in points.all()])
        for file in {point.file for point in points.all() if point.id in gone}:
            kept = [point.wanted for point in points.of(file) if point.id not in gone]
            await self._debugger.set_points(file, kept)

    async def _catch(self, rest: str) -> None:
        what, _, pattern = rest.partition(" ")
        wishes = self._debugger.wishes
        if what in TITLES:
            wishes.calls.setdefault(what, []).append(pattern.strip() or "*")
        elif what in (RAISED, UNCAUGHT) and not pattern:
            await self._debugger.set_exceptions({*wishes.exceptions, what})
        elif rest:
            raise InvalidArgument(f"nothing to catch is called {rest!r}", hint="see help catch")
        names = [f"{kind} {pattern}" for kind, all in wishes.calls.items() for pattern in all]
        self._screen.say(f"caught: {', '.join([*sorted(wishes.exceptions), *names]) or 'nothing'}")

    async def _uncatch(self, rest: str) -> None:
        wishes = self._debugger.wishes
        if rest in TITLES:
            wishes.calls.pop(rest, None)
        elif rest in (RAISED, UNCAUGHT):
            await self._debugger.set_exceptions(wishes.exceptions - {rest})
        else:
            raise InvalidArgument(f"nothing to catch is called {rest!r}", hint="see help catch")

    # -- going on

    async def _continue(self, _rest: str) -> None:
        await self._debugger.go("continue")

    async def _until(self, rest: str) -> None:
        written, line = parse_place(rest)
        await self._debugger.go("run_to", file=self._file(written), line=line)

    def _step(self, how: str) -> Action:
        async def step(_rest: str) -> None:
            await self._debugger.go("step", how=how)

        return step

    async def _quit(self, _rest: str) -> None:
        self.leaving = True

    # -- the rest

    async def _edit(self, _rest: str) -> None:
        stop = self._debugger.stop
        if stop is None or stop.held is None:
            raise InvalidArgument("no request is held", hint="catch model, for one, holds")
        self.editing = True
        try:
            stop.held.replace(await edit_json(stop.held.open_parts(), self._world))
        finally:
            self.editing = False
        self._screen.say("changed; continue sends it")

    async def _help(self, rest: str) -> None:
        self._screen.say(explain(rest))
