"""One engine that evaluates what it is given, piece by piece, until it is closed: a REPL's."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bridges._errors import Cancelled, InvalidArgument, SpellError
from bridges._session import Session
from engines._modules import Modules
from engines._output import Output
from engines._process import Worker
from engines._program import Program
from engines._run import Run

CPU = 7 * 24 * 3600
"""Seconds of processor time for a whole conversation; each piece has its time limit."""
GRACE = 2.0
"""Seconds an interrupted engine has to answer: more is lost with it than with a spell."""
CLOSING = 2.0
"""Seconds a conversation may take to end."""


@dataclass(frozen=True)
class Evaluated:
    """What a piece of code gave.

    text: its value as the engine writes it, None without one; plain: it is text to show as it is
    type: what the value is
    error: what it failed with
    exit_code: the code it ended the engine with by `exit`
    lost: the engine is gone, and everything the conversation had made
    """

    text: str | None = None
    plain: bool = False
    type: str = ""
    error: SpellError | None = None
    exit_code: int | None = None
    lost: bool = False


class Conversation:
    """Evaluates code in one engine; variables and functions stay from piece to piece.

    on_event: told the worker's events, such as the failure of a background task
    """

    def __init__(self, worker: Worker, session: Session, modules: Modules, output: Output) -> None:
        """output: where it prints"""
        # Processor time is the process's, whose life is as long as the user's patience.
        session.limits = replace(session.limits, cpu=CPU)
        self._session = session
        self._run = Run(worker, session, modules, output)
        self._run.on_interrupt = self._on_interrupt
        self._run.grace = GRACE
        self._task: asyncio.Task[Any] | None = None
        self._ping: asyncio.Task[None] | None = None
        self._evaluating = False

    @property
    def on_event(self) -> Callable[[dict[str, Any]], None]:
        """Told every event as a map with the text `event`; nothing else about it is checked."""
        return self._run.talk.on_event

    @on_event.setter
    def on_event(self, listener: Callable[[dict[str, Any]], None]) -> None:
        self._run.talk.on_event = listener

    @property
    def alive(self) -> bool:
        """Whether the engine can evaluate more."""
        return self._task is not None and self._run.outcome is None

    async def start(self) -> None:
        """Starts the engine; `close` has to follow."""
        self._run.clock.set(math.inf)
        self._task = asyncio.create_task(self._run.execute_async(Program("", "repl", "repl")))
        await asyncio.sleep(0)

    async def evaluate(
        self, source: str, name: str = "repl", *, depth: int = 4, width: int = 80, seconds: float
    ) -> Evaluated:
        """Runs a piece of code and returns what it gave; its errors are in the result.

        name: what tracebacks call the piece
        depth, width: bound how the value is written: levels, columns
        seconds: its time limit; infinity is none
        """
        while self._ping is not None:
            await self._ping
        # From here to the command nothing else runs: an interrupt means this piece, or the last.
        self._session.used.update(calls=0, output=0)
        self._run.renew(seconds)
        self._evaluating = True
        obeyed = False
        try:
            answer = await self.ask("evaluate", source=source, name=name, depth=depth, width=width)
            found = _evaluated(answer)
        except SpellError as error:
            obeyed = error.details.get("reason") in ("stop", "cpu")
            found = self._failed(error)
        finally:
            self._evaluating = False
        if self._run.is_stopping and not obeyed:
            # The interrupt came as the piece ended: the engine has still to obey it.
            await self._answer_ping()
        self._run.renew(math.inf)
        await self._run.printed()
        return found

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Sends another command and returns its answer; raises the SpellError it is, if it is one.

        op, fields: check, members or variables; see docs/protocol.md
        """
        return await self._run.talk.ask(op, **fields)

    def interrupt(self) -> None:
        """Ends what is being evaluated; the engine lives on, or is killed if it does not answer."""
        self._run.interrupt(Cancelled("interrupted"))

    async def close(self) -> None:
        """Ends the engine and everything that the conversation opened."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=CLOSING)
        await self._session.close()

    def _failed(self, error: SpellError) -> Evaluated:
        outcome = self._run.outcome
        if outcome is None:
            return Evaluated(error=self._run.settle(error))
        if outcome.exit_code is not None:
            return Evaluated(exit_code=outcome.exit_code, lost=True)
        return Evaluated(error=outcome.error or error, lost=True)

    def _on_interrupt(self) -> None:
        # With nothing to answer for, the engine still has to show that it is not stuck.
        if not self._evaluating:
            self._ping = asyncio.ensure_future(self._answer_ping())

    async def _answer_ping(self) -> None:
        try:
            await self.ask("check", source="")
        except SpellError:
            pass  # obeyed, with the check; or the engine is gone, which the next piece will tell
        self._run.renew(math.inf)
        self._ping = None


def _evaluated(answer: dict[str, Any]) -> Evaluated:
    value = answer.get("value")
    if value is None:
        return Evaluated()
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise InvalidArgument("the engine's answer is no value")
    return Evaluated(value["text"], value.get("plain") is True, str(value.get("type", "")))
