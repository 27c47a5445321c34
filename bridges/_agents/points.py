"""Runs of agents as hooks see them, and what hooks make of them."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bridges._agents.agent import Turn, turn_of
from bridges._errors import InvalidArgument
from bridges._events.bus import correlated
from bridges._hooks.hooks import Form, Hooks
from bridges._plain import plain

T = TypeVar("T")
NO_USAGE = {"requests": 0, "input_tokens": 0, "output_tokens": 0}


def request_of(name: str, turn: Turn) -> dict[str, Any]:
    """Returns a run of an agent as a request: of it, input and messages can be changed."""
    return {"agent": name, "input": turn.prompt, "messages": turn.history}


def turn_from(request: dict[str, Any], turn: Turn) -> Turn:
    """Returns what hooks have left of a run; raises InvalidArgument."""
    said, history = request["input"], request["messages"]
    if said == turn.prompt and history == turn.history:
        return turn
    if not isinstance(history, list) or not all(isinstance(part, dict) for part in history):
        raise InvalidArgument("a hook made messages of an agent that are no list of maps")
    return turn_of(said, history, "the changed run of an agent")


def _read(given: Any) -> dict[str, Any]:
    found = {"text": given} if isinstance(given, str) else given
    if not isinstance(found, dict) or not {"text", "output"} & set(found):
        raise InvalidArgument("the answer for an agent must be text, or a map with text or output")
    found = plain(found)
    output = found.get("output", found.get("text"))
    text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    fallback = {
        "text": text,
        "output": output,
        "usage": NO_USAGE,
        "model": "",
        "messages": [],
        "steps": [],
        "duration": 0.0,
        "agent": "",
        "handoffs": [],
    }
    answer = {name: found.get(name, part) for name, part in fallback.items()}
    answer["cost"] = found.get("cost")
    for name, part in fallback.items():
        kind = (int, float) if name == "duration" else type(part)
        if name != "output" and not isinstance(answer[name], kind):
            raise InvalidArgument(f"{name!r} of the answer for an agent is no such thing")
    return answer


def _facts(answer: dict[str, Any]) -> dict[str, Any]:
    cost = answer.get("cost")
    return {"usage": answer["usage"]} if cost is None else {"usage": answer["usage"], "cost": cost}


FORM: Form[dict[str, Any]] = Form(plain, _read, _facts)


@dataclass(frozen=True)
class Way(Generic[T]):
    """How an agent is run: whole or in pieces, and the text of what that gives."""

    whole: Callable[[Turn], Awaitable[T]]
    stream: Callable[[Turn], AsyncGenerator[str | T]]
    text: Callable[[T], str]
    form: Form[T]


async def run_between(hooks: Hooks, name: str, turn: Turn, way: Way[T]) -> T:
    """Runs an agent between its hooks."""

    async def call(request: dict[str, Any]) -> T:
        return await way.whole(turn_from(request, turn))

    return await hooks.around("agent", name, request_of(name, turn), call, way.form)


async def stream_between(
    hooks: Hooks, name: str, turn: Turn, way: Way[T]
) -> AsyncGenerator[str | T]:
    """Runs an agent between its hooks; yields text as it arrives and, last, what it gives."""
    if hooks.needs_whole("agent", name):
        result = await run_between(hooks, name, turn, way)
        yield way.text(result)
        yield result
        return
    passage = hooks.passage("agent", name, request_of(name, turn), way.form)
    instead = await passage.before()
    if instead is not None:
        yield way.text(instead.result)
        yield instead.result
        return
    await passage.started()
    found: list[T] = []
    try:
        source = way.stream(turn_from(passage.request, turn))
        async with aclosing(correlated(passage.correlation, source)) as pieces:
            async for piece in pieces:
                if isinstance(piece, str):
                    yield piece
                else:
                    found.append(piece)
    except BaseException as error:
        await passage.failed(error)
        raise
    yield await passage.ended(found[-1])
