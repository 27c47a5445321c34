"""Runs an agent, and those it hands the conversation over to, until one of them answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bridges._agents.agent import (
    RUNNING,
    AgentHandle,
    AgentSpec,
    Ended,
    Leg,
    Tally,
    Turn,
    begin,
    charged_to,
    turn_of,
)
from bridges._agents.points import FORM, Way, run_between, stream_between
from bridges._errors import LimitExceeded, SpellError, TimeLimit
from bridges._handoffs.handoff import Accepted, Asked, HandoffSpec, Journey
from bridges._handoffs.words import SUMMARIZE, tool_result, transcript, turn_after
from bridges._hooks.hooks import Form, Hooks
from bridges._pauses import Pauses

if TYPE_CHECKING:
    from bridges._session import Session


class Relay:
    """One run: the agent that was asked, and those that took over from it.

    The time, the model requests and the handoffs that the first one may use are those of the whole.
    """

    def __init__(
        self, session: Session, spec: AgentSpec, turn: Turn, journey: Journey | None = None
    ) -> None:
        self._session = session
        self._first = spec
        self._turn = turn
        self._journey = journey or Journey(session, spec.max_handoffs)
        self._so_far = len(self._journey.done)
        self._tally = begin()
        self._pauses: Pauses = session.shared(Pauses)
        self._began = self._now()
        self._requests = 0
        self._steps: list[dict[str, Any]] = []
        self._messages: list[dict[str, Any]] = []

    async def run(self) -> dict[str, Any]:
        """Returns the fields of `AgentResult`."""
        answer: dict[str, Any] = {}
        async with aclosing(self._pieces(streaming=False)) as pieces:
            async for piece in pieces:
                if not isinstance(piece, str):
                    answer = piece
        return answer

    def stream(self) -> AsyncGenerator[str | dict[str, Any]]:
        """Yields text as it arrives and, last, the fields of `AgentResult`."""
        return self._pieces(streaming=True)

    async def _pieces(self, streaming: bool) -> AsyncGenerator[str | dict[str, Any]]:
        one: AgentSpec | AgentHandle = self._first
        turn = self._turn
        try:
            while True:
                ended = Ended({})
                so_far = len(self._journey.done)
                async with self._limited(), aclosing(self._part(one, turn, streaming)) as part:
                    async for piece in part:
                        if isinstance(piece, str):
                            yield piece
                        else:
                            ended = piece
                self._note(ended, turn)
                if ended.accepted is None:
                    # A hook may have put an answer in the place of a handoff.
                    await self._journey.undo(so_far, "there is an answer instead")
                    break
                async with self._limited():
                    one, turn = await self._over(one, ended.accepted)
        except SpellError as error:
            if len(self._journey.done) > self._so_far:
                error.details = {**error.details, "handoffs": self._journey.records()}
                await self._journey.undo(self._so_far, error.message)
            raise
        except asyncio.CancelledError:
            await self._journey.give_up(self._so_far)
            raise
        yield self._answer(ended.answer, one)

    # -- one agent's part

    def _part(
        self, one: AgentSpec | AgentHandle, turn: Turn, streaming: bool
    ) -> AsyncGenerator[str | Ended]:
        if isinstance(one, AgentHandle):
            return self._other(one, turn, streaming)
        if one is self._first and turn is self._turn:
            # Its hooks stand around the whole run.
            return self._leg(one, turn, streaming)
        hooks: Hooks = self._session.shared(Hooks)
        so_far = len(self._journey.done)

        async def whole(turn: Turn) -> Ended:
            await self._journey.undo(so_far, "it is done again")
            return await self._whole_leg(one, turn)

        way = Way(whole, lambda turn: self._leg(one, turn, True), _text_of, LEG)
        if streaming:
            return stream_between(hooks, one.name, turn, way)
        return _only(run_between(hooks, one.name, turn, way))

    async def _whole_leg(self, one: AgentSpec, turn: Turn) -> Ended:
        ended = Ended({})
        async with aclosing(self._leg(one, turn, False)) as pieces:
            async for piece in pieces:
                if not isinstance(piece, str):
                    ended = piece
        return ended

    async def _leg(
        self, one: AgentSpec, turn: Turn, streaming: bool
    ) -> AsyncGenerator[str | Ended]:
        left = self._first.max_steps - self._requests
        if left < 1:
            raise self._out_of_steps()
        spec = replace(one, max_steps=min(left, one.max_steps))
        leg = Leg(self._tally, self._journey)
        agents, model = await open_agent(self._session, spec)
        try:
            if not streaming:
                yield await agents.run_agent(self._session, spec, turn, model, leg)
                return
            source = agents.stream_agent(self._session, spec, turn, model, leg)
            async with aclosing(source) as pieces:
                async for piece in pieces:
                    yield piece
        except LimitExceeded as error:
            if error.details.get("limit") != "max_steps" or spec.max_steps == one.max_steps:
                raise
            raise self._out_of_steps() from error

    async def _other(
        self, one: AgentHandle, turn: Turn, streaming: bool
    ) -> AsyncGenerator[str | Ended]:
        """Runs an agent that is no model with instructions, such as a team."""
        options = {"messages": turn.history}
        pieces = (
            one.pieces(turn.prompt, options) if streaming else _whole(one, turn.prompt, options)
        )
        async with aclosing(charged_to(self._tally, pieces)) as charged:
            async for piece in charged:
                if isinstance(piece, str):
                    yield piece
                else:
                    yield Ended(piece)

    def _note(self, ended: Ended, turn: Turn) -> None:
        self._requests += ended.requests
        self._steps += ended.answer["steps"]
        if not ended.new:
            said = {"role": "assistant", "content": ended.answer["text"]}
            self._messages = [*self._messages, said]
        elif turn is self._turn or turn.prompt is None:
            self._messages = ended.answer["messages"]
        else:
            # The first is what the agent was told when it took over; the user has not said it.
            self._messages = self._messages + ended.new[1:]

    async def _over(
        self, giver: AgentSpec | AgentHandle, accepted: Accepted
    ) -> tuple[AgentSpec | AgentHandle, Turn]:
        """Returns who goes on, and what that agent is asked."""
        told = tool_result(accepted)
        self._messages = [*self._messages, told]
        self._steps.append(
            {
                "kind": "tool",
                "tool": accepted.spec.tool,
                "arguments": accepted.arguments,
                "result": told["content"],
                "duration": 0.0,
            }
        )
        summary = ""
        if accepted.spec.keep_history == "summary" and isinstance(giver, AgentSpec):
            if self._requests >= self._first.max_steps:
                raise self._out_of_steps()
            summary, requests = await _summary(self._journey, self._tally, giver, self._messages)
            self._requests += requests
        taker = accepted.spec.agent
        return taker.spec or taker, turn_after(accepted, self._messages, summary)

    # -- the whole

    def _now(self) -> float:
        return time.monotonic() - self._pauses.lost

    @asynccontextmanager
    async def _limited(self) -> AsyncIterator[None]:
        """Limits what comes after a handoff to the time that is left of the whole."""
        timeout = self._first.timeout
        if timeout is None or not self._journey.done:
            yield
            return
        try:
            left = self._began + timeout - self._now()
            async with self._pauses.limit(max(0.0, left)) as clock:
                yield
        except TimeoutError:
            if not clock.expired():
                raise
            raise TimeLimit(
                f"the agent {self._first.name!r} and those it handed over to took longer than "
                f"{timeout:g} seconds",
                hint="raise the option timeout",
            ) from None

    def _out_of_steps(self) -> LimitExceeded:
        return LimitExceeded(
            f"the agent {self._first.name!r} and those it handed over to were not done after "
            f"{self._first.max_steps} model requests",
            hint=f"raise the option max_steps of {self._first.name!r}",
            details={"limit": "max_steps"},
        )

    def _answer(self, last: dict[str, Any], one: AgentSpec | AgentHandle) -> dict[str, Any]:
        name = one.name if isinstance(one, AgentSpec) else one.agent_name
        return {
            **last,
            "agent": last.get("agent") or name,
            **self._tally.fields(),
            "messages": self._messages,
            "steps": self._steps,
            "duration": self._now() - self._began,
            "handoffs": self._journey.records() + last.get("handoffs", []),
        }


async def hand_over(
    journey: Journey, specs: list[HandoffSpec], said: Any, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Hands an input over as a spell wants it, and each answer to the next; returns the last one.

    options: fields of `HandoffRunOptions`
    """
    turn = turn_of(said, [dict(m) for m in options.get("messages", [])], "Handoff.run")
    messages, arguments = turn.history, options.get("arguments", {})
    if turn.prompt is not None:
        messages = [*messages, {"role": "user", "content": turn.prompt}]
    tally, began = begin(), time.monotonic()
    token = RUNNING.set(tally)
    giver: str | None = None
    steps: list[dict[str, Any]] = []
    try:
        for spec in specs:
            accepted = await journey.take(
                Asked(spec, giver, "", arguments, partial(list, messages))
            )
            answer, new = await _taken_over(journey, accepted, messages)
            steps += answer["steps"]
            done = [*messages, *new]
            messages = [*done, {"role": "user", "content": answer["text"]}]
            giver, arguments = spec.agent.agent_name, {}
    except SpellError as error:
        if journey.done:
            # Where an agent handed over as well, what it noted has these handoffs among its own.
            error.details = {"handoffs": journey.records(), **error.details}
            await journey.undo(0, error.message)
        raise
    except asyncio.CancelledError:
        await journey.give_up(0)
        raise
    finally:
        RUNNING.reset(token)
    whole = {"messages": done, "steps": steps, "duration": time.monotonic() - began}
    return {**answer, **tally.fields(), **whole}


async def _taken_over(
    journey: Journey, accepted: Accepted, messages: list[dict[str, Any]]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Runs the agent that takes over; returns its answer and the messages that came up."""
    taker, spec = accepted.spec.agent, accepted.spec.agent.spec
    summary = ""
    if accepted.spec.keep_history == "summary" and spec and len(messages) > 1:
        tally = RUNNING.get() or begin()
        summary, _ = await _summary(journey, tally, spec, messages[:-1])
    turn = turn_after(accepted, messages, summary)
    if spec is None:
        answer = await taker.ask(turn.prompt, {"messages": turn.history})
        answer["handoffs"] = journey.records() + answer.get("handoffs", [])
        return answer, [{"role": "assistant", "content": answer["text"]}]
    return await _between_hooks(journey, spec, turn)


async def _between_hooks(
    journey: Journey, spec: AgentSpec, turn: Turn
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Runs an agent between its hooks; returns its answer and the messages that came up."""
    so_far, last = len(journey.done), turn

    async def whole(turn: Turn) -> dict[str, Any]:
        nonlocal last
        last = turn
        await journey.undo(so_far, "it is done again")
        return await Relay(journey.session, spec, turn, journey).run()

    def pieces(turn: Turn) -> AsyncGenerator[str | dict[str, Any]]:
        return Relay(journey.session, spec, turn, journey).stream()

    way = Way(whole, pieces, lambda answer: str(answer["text"]), FORM)
    answer = await run_between(journey.session.shared(Hooks), spec.name, turn, way)
    answer["agent"] = answer["agent"] or spec.name
    answer["handoffs"] = journey.records()
    every = answer["messages"]
    if not every:  # a hook gave the answer
        return answer, [{"role": "assistant", "content": answer["text"]}]
    asked = {"role": "user", "content": last.prompt}
    start = len(every) - every[::-1].index(asked) if asked in every else len(last.history)
    return answer, every[start:]


async def _summary(
    journey: Journey, tally: Tally, giver: AgentSpec, messages: list[dict[str, Any]]
) -> tuple[str, int]:
    """Returns a summary of a conversation, by an agent's model, and its model requests."""
    spec = AgentSpec(
        giver.name,
        model=giver.model,
        system_prompt=SUMMARIZE,
        max_steps=1,
        timeout=giver.timeout,
        retries=giver.retries,
    )
    agents, model = await open_agent(journey.session, spec)
    turn = Turn([], transcript(messages))
    ended: Ended = await agents.run_agent(journey.session, spec, turn, model, Leg(tally, journey))
    return str(ended.answer["text"]), ended.requests


def _text_of(ended: Ended) -> str:
    return str(ended.answer["text"])


LEG: Form[Ended] = Form(
    lambda ended: FORM.show(ended.answer),
    lambda given: Ended(FORM.read(given)),
    lambda ended: FORM.facts(ended.answer),
)
"""The part of an agent that took over, as hooks see it: an answer."""


async def _only(work: Awaitable[Ended]) -> AsyncGenerator[str | Ended]:
    yield await work


async def _whole(
    one: AgentHandle, said: Any, options: dict[str, Any]
) -> AsyncGenerator[str | dict[str, Any]]:
    yield await one.ask(said, options)


async def open_agent(session: Session, spec: AgentSpec) -> tuple[Any, Any]:
    """Returns the module that runs agents, and the agent's model; both load in a thread."""
    agents = await asyncio.to_thread(_load)
    from bridges._llm.models import open_model

    return agents, await open_model(session, spec.model)


def _load() -> Any:
    from bridges._llm import agents

    return agents
