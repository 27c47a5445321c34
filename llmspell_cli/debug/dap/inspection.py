"""What an editor asks of a spell that stands still: stacks, variables, expressions, sources."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from bridges._errors import InvalidArgument, NotFound
from llmspell_cli.debug.answers import Frame
from llmspell_cli.debug.dap.arguments import Arguments
from llmspell_cli.debug.dap.forms import Forms
from llmspell_cli.debug.request import FIRST, parse
from llmspell_cli.debug.session import Debugger, Stop

Handler = Callable[[Arguments], Awaitable[dict[str, Any]]]
PATH = re.compile(r"((?:[A-Za-z_$][\w$]*\s*[.:]\s*)*)([A-Za-z_$][\w$]*)?$")
MANY = 200
"""Items of one completion."""
MAIN = [{"id": 1, "name": "main"}]
"""The tasks of a spell that has not stopped yet."""


class Inspection:
    """Answers requests about the state of one run."""

    def __init__(self, debugger: Debugger, forms: Forms) -> None:
        self._debugger = debugger
        self._forms = forms
        self._tasks = MAIN

    def handlers(self) -> dict[str, Handler]:
        """Returns the requests answered here."""
        return {
            "threads": self._threads,
            "stackTrace": self._stack,
            "scopes": self._scopes,
            "variables": self._variables,
            "evaluate": self._evaluate,
            "setVariable": self._set_variable,
            "setExpression": self._set_expression,
            "completions": self._completions,
            "exceptionInfo": self._exception,
            "loadedSources": self._sources,
            "source": self._source,
        }

    async def _threads(self, _given: Arguments) -> dict[str, Any]:
        # While it runs, nobody can be asked: what was there at the last stop is the best there is.
        if self._debugger.stop is not None:
            tasks = await self._debugger.tasks()
            self._tasks = [self._forms.task(task) for task in tasks] or MAIN
        return {"threads": self._tasks}

    async def _stack(self, given: Arguments) -> dict[str, Any]:
        task = given.number("threadId")
        frames = await self._debugger.stack(task)
        stop = self._debugger.stop
        if not frames and stop is not None and stop.held is not None and task == stop.task:
            frames = [Frame(FIRST, stop.held.title, "", 0, 0, False)]
        first, count = given.number("startFrame", 0), given.number("levels", 0)
        page = frames[first : first + count] if count else frames[first:]
        return {
            "stackFrames": [self._forms.frame(frame) for frame in page],
            "totalFrames": len(frames),
        }

    async def _scopes(self, given: Arguments) -> dict[str, Any]:
        scopes = await self._debugger.scopes(given.number("frameId"))
        return {"scopes": [self._forms.scope(scope) for scope in scopes]}

    async def _variables(self, given: Arguments) -> dict[str, Any]:
        found = await self._debugger.variables(
            given.number("variablesReference"), given.number("start", 0), given.number("count", 0)
        )
        return {"variables": [self._forms.variable(variable) for variable in found]}

    async def _evaluate(self, given: Arguments) -> dict[str, Any]:
        frame = given.number("frameId") if "frameId" in given.fields else None
        value = await self._debugger.evaluate(given.text("expression"), frame)
        return self._forms.value(value, "result")

    async def _set_variable(self, given: Arguments) -> dict[str, Any]:
        value = await self._debugger.assign(
            given.number("variablesReference"), given.text("name"), given.text("value")
        )
        return self._forms.value(value)

    async def _set_expression(self, given: Arguments) -> dict[str, Any]:
        place, value = given.text("expression"), given.text("value")
        frame = given.number("frameId") if "frameId" in given.fields else None
        stop = self._debugger.stop
        if stop is not None and stop.held is not None and parse(place) is not None:
            return self._forms.value(await self._debugger.evaluate(f"{place} = {value}", frame))
        await self._debugger.evaluate(f"{place} = ({value})", frame)
        return self._forms.value(await self._debugger.evaluate(place, frame))

    async def _completions(self, given: Arguments) -> dict[str, Any]:
        lines = given.text("text").split("\n")
        line = self._forms.line(given) - 1 if "line" in given.fields else 0
        before = lines[min(line, len(lines) - 1)][: self._forms.offset(given)]
        match = PATH.search(before)
        assert match is not None
        path, begun = re.findall(r"[\w$]+", match[1]), match[2] or ""
        frame = given.number("frameId") if "frameId" in given.fields else None
        try:
            members = await self._debugger.members(path, frame)
        except NotFound:
            members = []
        fitting = [member for member in members if member.name.startswith(begun)][:MANY]
        start = len(before) - len(begun)
        place = {"start": start, "length": len(begun)}
        return {"targets": [{**self._forms.member(member), **place} for member in fitting]}

    async def _exception(self, _given: Arguments) -> dict[str, Any]:
        stop = self._debugger.stop
        if stop is None or stop.error is None:
            raise InvalidArgument("the spell does not stand at an error")
        error, name = stop.error, stop.error_name or stop.error.code
        wishes = self._debugger.wishes.exceptions
        return {
            "exceptionId": name,
            "description": error.message,
            "breakMode": "always" if "raised" in wishes else "unhandled",
            "details": {
                "message": error.message,
                "typeName": name,
                "stackTrace": "\n".join(_frame(frame) for frame in error.traceback),
            },
        }

    async def _sources(self, _given: Arguments) -> dict[str, Any]:
        return {"sources": [self._forms.source(id) for id in self._debugger.sources.loaded]}

    async def _source(self, given: Arguments) -> dict[str, Any]:
        inner = given.inner("source")
        reference = given.number("sourceReference", 0) or inner.number("sourceReference", 0)
        id = self._forms.referred(reference) if reference else self._forms.id(inner)
        text = self._debugger.sources.text(id)
        if text is None:
            raise NotFound(f"{id!r} cannot be read")
        return {"content": text}


def describe(stop: Stop) -> dict[str, Any]:
    """Returns the words of a stop for a client."""
    if stop.held is not None:
        return {"reason": stop.reason, "description": f"Paused before a {stop.held.title}"}
    found: dict[str, Any] = {"reason": stop.reason}
    text = stop.error.message if stop.error is not None else stop.text
    return {**found, "text": text} if text else found


def _frame(frame: dict[str, Any]) -> str:
    place = f"{frame.get('file')}:{frame.get('line')}"
    name = frame.get("function")
    return f"at {name} ({place})" if name else f"at {place}"
