"""One debugged run, whoever looks at it: breakpoints, stops, steps, and the values of a stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Protocol

from bridges._errors import Cancelled, InvalidArgument, SpellError, WorkerCrashed, from_map
from bridges._gate import GateKind, current_call
from bridges._session import Session
from engines._program import Outcome, Program
from engines._run import Run
from llmspell_cli.debug import answers
from llmspell_cli.debug.answers import Frame, Member, Scope, Task, Value, Variable
from llmspell_cli.debug.points import Point, Points, Wanted
from llmspell_cli.debug.request import FIRST, NAME, Held
from llmspell_cli.debug.sources import Sources

RAISED, UNCAUGHT = "raised", "uncaught"
LOGS = 1000
"""Lines of logpoints that may wait to be shown; more are left out, and counted."""
EVENTS = 10_000
"""Other events that may wait; a worker that sends more is no worker of ours."""


@dataclass(frozen=True)
class Stop:
    """Where and why the spell stands still.

    reason: entry, breakpoint, step, pause, exception, goto, or what is held: see request.TITLES
    text: more about it, for people; error, error_name: at an exception, what was thrown
    held: the request that waits, where one does
    """

    reason: str
    task: int
    text: str = ""
    points: tuple[int, ...] = ()
    error: SpellError | None = None
    error_name: str = ""
    held: Held | None = None


class Audience(Protocol):
    """Who is told what happens."""

    async def stopped(self, stop: Stop) -> None:
        """The spell stands still; everything it printed has been written."""

    async def continued(self) -> None:
        """The spell goes on."""

    async def logged(self, text: str, file: str, line: int) -> None:
        """A logpoint was hit."""

    async def moved(self, point: Point) -> None:
        """A breakpoint was set in the code, or could not be."""

    async def loaded(self, file: str) -> None:
        """A module was loaded."""


@dataclass
class Wishes:
    """Where to stop besides breakpoints.

    exceptions: `raised`, `uncaught`; calls: name patterns by kind, `model` and `tool`
    """

    entry: bool = False
    exceptions: set[str] = field(default_factory=set)
    calls: dict[str, list[str]] = field(default_factory=dict)


class Debugger:
    """Controls one run.

    stop: where the spell stands, None while it runs
    audience: told what happens; set before the run begins
    """

    audience: Audience

    def __init__(self, run: Run, program: Program, session: Session, sources: Sources) -> None:
        self.run = run
        self.session = session
        self.sources = sources
        self.points = Points()
        self.wishes = Wishes()
        self.stop: Stop | None = None
        self._program = program
        self._started = False
        self._stacks: dict[int, list[Frame]] = {}
        self._events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._left_out = 0
        self._held: Held | None = None
        self._gate = asyncio.Lock()
        self._going, self._standing = asyncio.Event(), asyncio.Event()
        self._going.set()
        session.gate = self
        run.talk.on_event = self._heard

    # -- the run

    async def execute(self) -> Outcome:
        """Runs the spell to its end."""
        wishes = self.wishes
        debug = {
            "stop_on_entry": wishes.entry,
            "exceptions": sorted(wishes.exceptions),
            "breakpoints": self.points.start(),
        }
        telling = asyncio.create_task(self._tell())
        self._started = True
        try:
            return await self.run.execute_async(
                replace(self._program, options={**self._program.options, "debug": debug})
            )
        finally:
            self._events.put_nowait(None)
            await telling
            await self.session.close()

    def end(self) -> None:
        """Ends the spell: it is asked, then killed."""
        self.run.interrupt(Cancelled("ended by the debugger"))

    async def detach(self) -> None:
        """Lets the spell run to its end without stopping again."""
        self.wishes.calls, self.wishes.entry = {}, False
        for file in {point.file for point in self.points.all()}:
            await self.set_points(file, [])
        await self.set_exceptions([])
        if self.stop is not None:
            await self.go("continue")

    # -- where to stop

    async def set_points(self, file: str, wanted: Iterable[Wanted]) -> list[Point]:
        """Puts these breakpoints in place of a module's; returns them as they stand now."""
        points = self.points.replace(file, wanted)
        if self._started:
            answer = await self.ask("breakpoints", file=file, breakpoints=self.points.fields(file))
            answers.records(answer, "breakpoints", self.points.update)
        return points

    async def set_exceptions(self, filters: Iterable[str]) -> None:
        """Stops at errors: `raised` when one is thrown, `uncaught` when one ends the spell."""
        self.wishes.exceptions = set(filters)
        if self._started:
            await self.ask("exceptions", filters=sorted(self.wishes.exceptions))

    # -- running and standing still

    async def pause(self) -> None:
        """Has the spell stop where it is."""
        if self.stop is None:
            await self.ask("pause")

    async def go(self, op: str, **fields: Any) -> None:
        """Has a spell that stands still go on; op: `continue`, `step` or `run_to`."""
        stop = self._stand()
        await self.ask(op, **fields)
        if self.stop is stop:
            self._go_on()

    # -- what is there while it stands still

    async def tasks(self) -> list[Task]:
        """Returns the tasks of the spell."""
        self._stand()
        return answers.records(await self.ask("tasks"), "tasks", answers.task)

    async def stack(self, task: int) -> list[Frame]:
        """Returns the frames of a task, innermost first; the same ones during a stop."""
        self._stand()
        stacks = self._stacks
        if task not in stacks:
            answer = await self.ask("stack", task=task)
            stacks[task] = answers.records(answer, "frames", answers.frame)
        return stacks[task]

    async def scopes(self, frame: int) -> list[Scope]:
        """Returns the groups of variables of a frame."""
        stop = self._stand()
        request = [Scope("Request", FIRST, False)] if stop.held else []
        if frame == FIRST:
            return request
        found = await self.ask("scopes", frame=frame)
        return request + answers.records(found, "scopes", answers.scope)

    async def variables(self, ref: int, start: int = 0, count: int = 0) -> list[Variable]:
        """Returns the variables behind a reference; count: 0 for all from `start` on."""
        stop = self._stand()
        if ref >= FIRST:
            if stop.held is None or not stop.held.owns(ref):
                raise InvalidArgument("this value is gone: the spell has gone on since")
            found = stop.held.variables(ref)
            return found[start : start + count] if count else found[start:]
        page = {"start": start, "count": count} if count else {"start": start} if start else {}
        answer = await self.ask("variables", ref=ref, **page)
        return answers.records(answer, "variables", answers.variable)

    async def evaluate(self, source: str, frame: int | None = None) -> Value:
        """Evaluates an expression, or runs a statement, in a frame; None: among the globals."""
        stop = self.stop
        if stop is not None and stop.held is not None:
            found = stop.held.evaluate(source)
            if found is not None:
                return found
        where = {} if frame is None or frame == FIRST else {"frame": frame}
        return answers.value(await self.ask("evaluate", source=source, **where))

    async def assign(self, ref: int, name: str, source: str) -> Value:
        """Gives a variable another value; source: an expression, or JSON in a request."""
        stop = self._stand()
        if stop.held is not None and stop.held.owns(ref):
            return stop.held.assign_part(ref, name, source)
        return answers.value(await self.ask("assign", ref=ref, name=name, source=source))

    async def members(self, path: list[str], frame: int | None = None) -> list[Member]:
        """Returns what can follow a path of names in an expression; [] for what can begin one."""
        stop = self._stand()
        if stop.held is not None and path[:1] == [NAME]:
            return [Member(name, "field") for name in stop.held.names(path[1:])]
        where = {} if frame is None or frame == FIRST else {"frame": frame}
        answer = await self.ask("members", path=path, **where)
        own = [Member(NAME, "variable")] if stop.held is not None and not path else []
        return own + answers.records(answer, "members", answers.member)

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Asks the worker; raises the SpellError it answers."""
        if not self._started:
            raise InvalidArgument("the spell has not started yet")
        return await self.run.talk.ask(op, **fields)

    # -- the gate

    async def pass_on(self, kind: GateKind, name: str, request: dict[str, Any]) -> dict[str, Any]:
        """Holds a request that somebody wants to see, and returns it as it shall go."""
        if not self._wants(kind, name):
            return request
        async with self._gate:  # one at a time: each is a stop of its own
            if not self._wants(kind, name):
                return request
            held = Held(kind, name, request)
            await self._hold(held)
        return held.data

    def _wants(self, kind: str, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.wishes.calls.get(kind, ()))

    async def _hold(self, held: Held) -> None:
        """Returns when the spell has stood still for a request, and goes on."""
        call = current_call.get()
        reason = held.what
        self._held = held
        try:
            while self._held is held:
                await self._going.wait()
                try:
                    await self.ask("pause", call=call, reason=reason, text=held.name)
                except InvalidArgument:
                    if self.stop is None:
                        raise
                await self._standing.wait()
                await self._going.wait()
        finally:
            if self._held is held:
                self._held = None

    # -- what happens unasked

    def module_loaded(self, id: str) -> None:
        """Takes the news that the spell loads a module."""
        self._heard({"event": "loaded", "file": id})

    def _heard(self, event: dict[str, Any]) -> None:
        waiting = self._events.qsize()
        if event["event"] == "log" and waiting >= LOGS:
            self._left_out += 1
        elif waiting >= EVENTS:
            self.run.interrupt(WorkerCrashed("the worker floods the debugger with events"))
        else:
            self._events.put_nowait(event)

    async def _tell(self) -> None:
        while (event := await self._events.get()) is not None:
            await self._tell_of(event)
            if self._left_out and not self._events.qsize():
                count, self._left_out = self._left_out, 0
                await self.audience.logged(f"… {count} more lines of logpoints left out", "", 0)

    async def _tell_of(self, event: dict[str, Any]) -> None:
        name = event["event"]
        if name == "stopped":
            await self.run.printed()
            await self._stand_still(event)
        elif name == "continued":
            self._go_on()
            await self.audience.continued()
        elif name == "log":
            await self.run.printed()
            text, file = answers.text(event, "text"), answers.text(event, "file")
            await self.audience.logged(text, file, answers.number(event, "line"))
        elif name == "breakpoint" and isinstance(event.get("breakpoint"), dict):
            point = self.points.update(event["breakpoint"])
            if point is not None:
                await self.audience.moved(point)
        elif name == "loaded":
            file = answers.text(event, "file")
            if self.sources.note(file):
                await self.audience.loaded(file)

    async def _stand_still(self, event: dict[str, Any]) -> None:
        held, reason = None, answers.text(event, "reason") or "pause"
        if self._held is not None and reason == self._held.what:
            held, self._held = self._held, None
        fields = event.get("error") if isinstance(event.get("error"), dict) else None
        self.stop = Stop(
            reason,
            answers.number(event, "task"),
            answers.text(event, "text"),
            answers.numbers(event, "breakpoints"),
            from_map(fields) if fields else None,
            answers.text(fields, "name") if fields else "",
            held,
        )
        self._stacks = {}
        self._going.clear()
        self._standing.set()
        await self._drop_once(self.stop.points)
        await self.audience.stopped(self.stop)

    async def _drop_once(self, ids: Iterable[int]) -> None:
        hit = [point for id in ids if (point := self.points.find(id)) and point.wanted.once]
        for point in hit:
            rest = [other.wanted for other in self.points.of(point.file) if other is not point]
            try:
                await self.set_points(point.file, rest)
            except SpellError:  # the worker is gone, which the run's end tells
                return

    def _go_on(self) -> None:
        self.stop, self._stacks = None, {}
        self._standing.clear()
        self._going.set()

    def _stand(self) -> Stop:
        if self.stop is None:
            raise InvalidArgument("the spell is running")
        return self.stop
