"""What the terminal debugger looks at: the selected task and frame, values, source, watches."""

from __future__ import annotations

import json

from bridges._errors import InvalidArgument, SpellError
from llmspell_cli.debug.answers import Frame, Task
from llmspell_cli.debug.session import Debugger, Stop
from llmspell_cli.debug.terminal.orders import parse_count, parse_numbers, parse_place
from llmspell_cli.debug.terminal.screen import AROUND, Screen, brief

GLOBALS = "Globals"


class Looking:
    """The place a person looks at while the spell stands still."""

    def __init__(self, debugger: Debugger, screen: Screen) -> None:
        self._debugger = debugger
        self._screen = screen
        self._tasks: list[Task] = []
        self._task = 0
        self._frames: list[Frame] = []
        self._at = 0
        self._listed: tuple[str, int] | None = None
        self._watches: dict[int, str] = {}
        self._numbered = 0

    @property
    def frame(self) -> Frame | None:
        """The selected frame; None where the task has none."""
        return self._frames[self._at] if self._frames else None

    @property
    def file(self) -> str:
        """The module that is looked at."""
        return self.frame.file if self.frame is not None else self._debugger.sources.main

    async def show(self, stop: Stop) -> None:
        """Selects the place of a stop, and shows it."""
        self._tasks = await self._debugger.tasks()
        await self._select(stop.task)
        name = next((task.name for task in self._tasks if task.id == stop.task), "")
        main = not self._tasks or stop.task == self._tasks[0].id
        self._screen.stop(stop, self.frame, "" if main else name)
        await self._show_watches()

    async def _select(self, task: int) -> None:
        self._frames = await self._debugger.stack(task)
        self._task, self._at, self._listed = task, 0, None

    # -- frames and tasks

    async def where(self, _rest: str) -> None:
        """Shows the stack."""
        self._screen.frames(self._frames, self._at)

    async def up(self, rest: str) -> None:
        """Selects a frame further out."""
        await self._move(parse_count(rest))

    async def down(self, rest: str) -> None:
        """Selects a frame further in."""
        await self._move(-parse_count(rest))

    async def _move(self, count: int) -> None:
        wanted = min(max(0, self._at + count), len(self._frames) - 1)
        if not self._frames or wanted == self._at:
            raise InvalidArgument("there is no frame further out" if count > 0 else "innermost")
        self._at, self._listed = wanted, None
        self._show_frame()

    def _show_frame(self) -> None:
        self._screen.frames([self._frames[self._at]], 0)
        frame = self._frames[self._at]
        self._screen.source(frame.file, frame.line, frame.line, frame.line)

    async def tasks(self, _rest: str) -> None:
        """Lists the tasks."""
        self._tasks = await self._debugger.tasks()
        for task in self._tasks:
            mark = "→" if task.id == self._task else " "
            self._screen.say(f"{mark} {task.id} {task.name}")

    async def task(self, rest: str) -> None:
        """Selects a task."""
        await self._select(parse_numbers(rest, [task.id for task in self._tasks])[0])
        if self._frames:
            self._show_frame()
        else:
            self._screen.say("it is not in the spell's code")

    # -- values

    async def locals(self, _rest: str) -> None:
        """Shows the variables of the frame, all but the globals."""
        for scope in await self._debugger.scopes(self._frame_id()):
            if scope.name != GLOBALS:
                variables = await self._debugger.variables(scope.ref)
                if variables:
                    self._screen.say(f"{scope.name}:")
                    self._screen.variables(variables)

    async def globals(self, _rest: str) -> None:
        """Shows the globals."""
        for scope in await self._debugger.scopes(self._frame_id()):
            if scope.name == GLOBALS:
                self._screen.variables(await self._debugger.variables(scope.ref))

    def _frame_id(self) -> int:
        if self.frame is None:
            raise InvalidArgument("no frame of the spell is selected")
        return self.frame.id

    async def print(self, rest: str) -> None:
        """Shows the value of an expression."""
        if not rest:
            raise InvalidArgument("which expression?")
        value = await self._debugger.evaluate(rest, self.frame.id if self.frame else None)
        self._screen.say(value.text)

    async def set(self, rest: str) -> None:
        """Assigns."""
        name, mark, _ = rest.partition("=")
        if not mark or not name.strip():
            raise InvalidArgument("write set NAME = EXPRESSION")
        frame = self.frame.id if self.frame else None
        await self._debugger.evaluate(rest, frame)
        value = await self._debugger.evaluate(name.strip(), frame)
        self._screen.say(f"{name.strip()} = {brief(value)}")

    async def request(self, _rest: str) -> None:
        """Shows the held request."""
        stop = self._debugger.stop
        if stop is None or stop.held is None:
            raise InvalidArgument("no request is held", hint="catch model, for one, holds")
        self._screen.say(json.dumps(stop.held.data, ensure_ascii=False, indent=2))

    # -- watches

    async def watch(self, rest: str) -> None:
        """Adds a watch, or shows them."""
        if rest:
            self._numbered += 1
            self._watches[self._numbered] = rest
        await self._show_watches()

    async def unwatch(self, rest: str) -> None:
        """Removes watches."""
        for number in parse_numbers(rest, list(self._watches)):
            self._watches.pop(number, None)

    async def _show_watches(self) -> None:
        frame = self.frame.id if self.frame else None
        for number, source in self._watches.items():
            try:
                text = brief(await self._debugger.evaluate(source, frame))
            except SpellError as error:
                text = f"({error.message})"
            self._screen.say(f"  watch {number}: {source} = {text}")

    # -- source

    async def list(self, rest: str) -> None:
        """Shows source around a place; without one, goes on from the last."""
        frame = self.frame
        if rest == "." or (not rest and self._listed is None):
            if frame is None:
                raise InvalidArgument("which line?")
            file, middle = frame.file, frame.line
        elif not rest and self._listed is not None:
            file, middle = self._listed[0], self._listed[1] + AROUND + 1
        else:
            written, middle = parse_place(rest)
            file = self._debugger.sources.named(written) if written else self.file
        last = len(self._debugger.sources.lines(file))
        if middle - AROUND > last:
            raise InvalidArgument(f"{file} has {last} lines")
        current = frame.line if frame is not None and frame.file == file else None
        self._screen.source(file, middle - AROUND, middle + AROUND, current)
        self._listed = (file, middle + AROUND)
