"""One client's session: launches or attaches to a spell, answers requests, tells what happens."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from bridges._errors import InvalidArgument, SpellError
from engines._output import Output, OutputClosed, in_thread
from llmspell_cli import program
from llmspell_cli.debug.dap.arguments import Arguments
from llmspell_cli.debug.dap.breakpoints import FILTERS, Breakpoints
from llmspell_cli.debug.dap.forms import Forms
from llmspell_cli.debug.dap.inspection import Handler, Inspection, describe
from llmspell_cli.debug.dap.options import request_of, unknown
from llmspell_cli.debug.dap.wire import Wire
from llmspell_cli.debug.launch import (
    Debuggee,
    Ending,
    ending,
    failure,
    prepare,
    standard_input,
    write_value,
)
from llmspell_cli.debug.outlet import Outlet, messages
from llmspell_cli.debug.points import Point
from llmspell_cli.debug.session import Stop
from llmspell_cli.invocation import Invocation
from llmspell_cli.program import Spell
from llmspell_cli.request import Request

CAPABILITIES = {
    "supportsConfigurationDoneRequest": True,
    "supportsConditionalBreakpoints": True,
    "supportsHitConditionalBreakpoints": True,
    "supportsLogPoints": True,
    "supportsEvaluateForHovers": True,
    "exceptionBreakpointFilters": FILTERS,
    "supportsExceptionFilterOptions": True,
    "supportsExceptionInfoRequest": True,
    "supportsSetVariable": True,
    "supportsSetExpression": True,
    "supportsCompletionsRequest": True,
    "completionTriggerCharacters": [".", ":"],
    "supportsLoadedSourcesRequest": True,
    "supportsDelayedStackTraceLoading": True,
    "supportsTerminateRequest": True,
    "supportTerminateDebuggee": True,
    "supportsCancelRequest": True,
}
"""What this adapter does, and nothing that it does not."""
STEPS = {"next": "over", "stepIn": "in", "stepOut": "out"}
URGENT = ("cancel", "terminate", "disconnect")
"""Requests that do not wait for the answers to those before them."""
DETACHING = 2.0
"""Seconds that a spell has to take the news that nobody debugs it any more."""


@dataclass(frozen=True)
class Given:
    """What the command line says.

    file: the spell to attach to, if there is one; request: the flags of the run
    output: where a spell prints whose client has let go of it
    """

    invocation: Invocation
    file: str | None
    request: Request
    output: Output


class Adapter:
    """Serves one client.

    running: the run under way, which may outlive a client that lets go of it
    """

    def __init__(self, given: Given, wire: Wire) -> None:
        self._given = given
        self._wire = wire
        self._forms: Forms | None = None
        self._debuggee: Debuggee | None = None
        self._launch: dict[str, Any] | None = None
        self._queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._current: dict[str, Any] | None = None
        self._cancelled: set[Any] = set()
        self._keep = False
        self._done = asyncio.Event()
        self._handlers: dict[str, Handler] = {
            "initialize": self._initialize,
            "launch": self._prepare,
            "attach": self._attach,
            "cancel": self._cancel,
            "disconnect": self._disconnect,
        }
        self.running: asyncio.Task[Ending] | None = None

    @property
    def leaving(self) -> bool:
        """Whether the client has taken its leave, and the rest is tidying up."""
        return self._done.is_set()

    async def serve(self) -> None:
        """Serves the client until it is gone; raises InvalidArgument where it speaks nonsense.

        The spell ends with the client, unless the client says otherwise.
        """
        working = asyncio.create_task(self._work())
        reading = asyncio.create_task(self._read())
        leaving = asyncio.create_task(self._done.wait())
        try:
            tasks: set[asyncio.Task[Any]] = {working, reading, leaving}
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._done.set()
            for task in (working, reading, leaving):
                task.cancel()
            await asyncio.wait({working, reading, leaving})
            if not self._keep:
                await self._end()
            self._wire.close()

    async def _read(self) -> None:
        while (message := await self._wire.receive()) is not None:
            if message.get("type") != "request":
                continue
            if message["command"] in URGENT:
                await self._answer(message)
            else:
                self._queue.put_nowait(message)

    async def _work(self) -> None:
        while (message := await self._queue.get()) is not None:
            self._current = message
            await self._answer(message)
            self._current = None
            await self._wire.drain()

    async def _end(self) -> None:
        debuggee = self._debuggee
        if self.running is not None and debuggee is not None:
            debuggee.debugger.end()
            await asyncio.wait({self.running})
        elif debuggee is not None:
            debuggee.discard()

    # -- answers

    async def _answer(self, message: dict[str, Any]) -> None:
        command = message["command"]
        try:
            if message["seq"] in self._cancelled:
                raise InvalidArgument("cancelled")
            handler = self._handlers.get(command)
            if handler is None:
                raise InvalidArgument(self._refusal(command))
            body = await handler(Arguments(message.get("arguments")))
        except SpellError as error:
            self._refuse(message, error)
        else:
            # The answer to these comes when the run begins.
            if command in ("launch", "attach"):
                self._launch = message
            else:
                self._respond(message, body)
        if command == "disconnect":
            self._done.set()

    def _refusal(self, command: str) -> str:
        known = command in ("configurationDone", "terminate", "setBreakpoints", "threads")
        if self._forms is None or (known and self._debuggee is None):
            return f"{command} comes too early"
        return f"the debugger has no {command}"

    def _respond(self, message: dict[str, Any], body: dict[str, Any]) -> None:
        fields = {"request_seq": message["seq"], "success": True, "command": message["command"]}
        self._wire.send("response", **fields, **({"body": body} if body else {}))

    def _refuse(self, message: dict[str, Any], error: SpellError) -> None:
        said = f"{error.message}; {error.hint}" if error.hint else error.message
        self._wire.send(
            "response",
            request_seq=message["seq"],
            success=False,
            command=message["command"],
            message=said,
            body={"error": {"id": 1, "format": "{said}", "variables": {"said": said}}},
        )

    # -- the session's own requests

    async def _initialize(self, given: Arguments) -> dict[str, Any]:
        if self._forms is not None:
            raise InvalidArgument("initialize comes once")
        self._forms = Forms(given)
        return CAPABILITIES

    async def _attach(self, given: Arguments) -> dict[str, Any]:
        if self._given.file is None:
            raise InvalidArgument(
                "there is nothing to attach to",
                hint="llmspell debug --listen HOST:PORT FILE waits with a spell",
            )
        return await self._prepare(Arguments({**given.fields, "program": self._given.file}))

    async def _prepare(self, given: Arguments) -> dict[str, Any]:
        if self._forms is None or self._debuggee is not None:
            raise InvalidArgument("launch or attach comes once, after initialize")
        for warning in unknown(given):
            self._tell("console", f"warning: {warning}\n")
        invocation, find, request = self._found(given)
        self._outlet = Outlet(self._print, asyncio.get_running_loop())
        debuggee = prepare(invocation, find, request, self._outlet)
        self._debuggee = debuggee
        debugger = debuggee.debugger
        debugger.audience = self
        self._forms.sources = debugger.sources
        debugger.wishes.entry = given.flag("stopOnEntry")
        self._handlers |= Inspection(debugger, self._forms).handlers()
        self._handlers |= Breakpoints(debugger, self._forms).handlers()
        self._handlers |= {name: self._step(how) for name, how in STEPS.items()}
        self._handlers |= {
            "configurationDone": self._begin(given.flag("noDebug")),
            "continue": self._continue,
            "pause": self._pause,
            "terminate": self._terminate,
        }
        self._wire.send("event", event="initialized")
        return {}

    def _found(self, given: Arguments) -> tuple[Invocation, Any, Request]:
        """Returns how the spell is found, and what is asked of it."""
        base = self._given
        world = base.invocation.world
        file = given.text("program", base.file)
        if file is None:
            raise InvalidArgument("program is missing: the spell to debug")
        world = replace(world, cwd=world.path(given.text("cwd", str(world.cwd))))
        world = replace(
            world,
            stdin=standard_input(world, given.text("stdin", "")),
            stderr=messages(lambda text: self._tell("stderr", text), asyncio.get_running_loop()),
        )
        request = request_of(given, base.request)

        def find() -> Spell:
            return program.find(world, file, request.engine)

        return replace(base.invocation, world=world), find, request

    def _begin(self, undebugged: bool) -> Handler:
        async def begin(_given: Arguments) -> dict[str, Any]:
            assert self._debuggee is not None
            if self.running is not None:
                raise InvalidArgument("configurationDone comes once")
            if undebugged:
                await self._debuggee.debugger.detach()
            self.running = asyncio.create_task(self._run(self._debuggee))
            return {}

        return begin

    async def _run(self, debuggee: Debuggee) -> Ending:
        assert self._launch is not None
        self._respond(self._launch, {})
        name = str(debuggee.spell.path or debuggee.spell.file_name)
        method = self._launch["command"]
        body = {"name": name, "isLocalProcess": True, "startMethod": method}
        self._wire.send("event", event="process", body=body)
        try:
            outcome = await debuggee.execute()
            end = ending(debuggee, outcome)
            await in_thread(
                asyncio.get_running_loop(), lambda _: write_value(debuggee, outcome.value), b""
            )
        except SpellError as error:
            end = failure(debuggee.invocation, error)
        except OutputClosed:
            end = Ending(1)
        if end.error:
            self._tell("stderr", f"{end.error}\n")
        self._wire.send("event", event="exited", body={"exitCode": end.code})
        self._wire.send("event", event="terminated", body={})
        return end

    async def _disconnect(self, given: Arguments) -> dict[str, Any]:
        attached = self._launch is not None and self._launch["command"] == "attach"
        if given.flag("terminateDebuggee", not attached) or self.running is None:
            await self._end()
            return {}
        assert self._debuggee is not None
        if not self.running.done():
            try:
                await asyncio.wait_for(self._debuggee.debugger.detach(), DETACHING)
                self._outlet.instead = self._given.output
                self._keep = True
            except TimeoutError:
                await self._end()
        return {}

    async def _terminate(self, _given: Arguments) -> dict[str, Any]:
        if self.running is None:
            self._done.set()
        elif self._debuggee is not None:
            self._debuggee.debugger.end()
        return {}

    async def _cancel(self, given: Arguments) -> dict[str, Any]:
        number = given.number("requestId", 0)
        current = self._current
        if current is not None and current["seq"] == number:
            if current["command"] == "evaluate" and self._debuggee is not None:
                await self._debuggee.debugger.ask("stop_evaluating")
        elif number:
            self._cancelled.add(number)
        return {}

    # -- running

    def _step(self, how: str) -> Handler:
        async def step(_given: Arguments) -> dict[str, Any]:
            assert self._debuggee is not None
            await self._debuggee.debugger.go("step", how=how)
            return {}

        return step

    async def _continue(self, _given: Arguments) -> dict[str, Any]:
        assert self._debuggee is not None
        await self._debuggee.debugger.go("continue")
        return {"allThreadsContinued": True}

    async def _pause(self, _given: Arguments) -> dict[str, Any]:
        assert self._debuggee is not None
        await self._debuggee.debugger.pause()
        return {}

    # -- what happens

    async def stopped(self, stop: Stop) -> None:
        """The spell stands still."""
        body = {**describe(stop), "threadId": stop.task, "allThreadsStopped": True}
        if stop.points:
            body["hitBreakpointIds"] = list(stop.points)
        await self._event("stopped", body)

    async def continued(self) -> None:
        """The spell goes on: the answer to what let it go on has said so."""

    async def logged(self, text: str, file: str, line: int) -> None:
        """A logpoint was hit."""
        assert self._forms is not None
        body = {"category": "console", "output": f"{text}\n", **self._forms.place(file, line)}
        await self._event("output", body)

    async def moved(self, point: Point) -> None:
        """A breakpoint was set in the code, or could not be."""
        assert self._forms is not None
        body = {"reason": "changed", "breakpoint": self._forms.point(point)}
        await self._event("breakpoint", body)

    async def loaded(self, file: str) -> None:
        """A module was loaded."""
        assert self._forms is not None
        body = {"reason": "new", "source": self._forms.source(file)}
        await self._event("loadedSource", body)

    async def _event(self, name: str, body: dict[str, Any]) -> None:
        self._wire.send("event", event=name, body=body)
        await self._wire.drain()

    async def _print(self, text: str) -> None:
        self._tell("stdout", text)
        await self._wire.drain()

    def _tell(self, category: str, text: str) -> None:
        if self._keep:
            self._given.invocation.world.write_error(text)
        self._wire.send("event", event="output", body={"category": category, "output": text})
