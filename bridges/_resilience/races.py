"""Asking several at a time: the first answer, or enough of them; nobody is left at work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bridges._errors import SpellError

T = TypeVar("T")
Start = Callable[[], Awaitable[T]]
Discard = Callable[[T], Awaitable[None]]


class AllFailed(Exception):
    """None has answered; each failure was one to move on from."""


async def first(
    starts: Sequence[Start[T]],
    delay: float,
    moves_on: Callable[[SpellError], bool],
    drop: Discard[T],
) -> T:
    """Returns the first answer; the others are cancelled, and have ended when this returns.

    starts: begin the work, the best first; the next is begun after `delay` seconds without an
        answer, and at once after a failure
    moves_on: whether a failure leaves it to the others; else it is raised
    drop: takes an answer that came too late
    Raises AllFailed when every one of them has failed.
    """
    waiting = list(starts)
    running: set[asyncio.Future[T]] = set()
    begins = True
    try:
        while True:
            if begins and waiting:
                running.add(asyncio.ensure_future(waiting.pop(0)()))
            if not running:
                raise AllFailed
            limit = delay if waiting else None
            done, _ = await asyncio.wait(
                running, timeout=limit, return_when=asyncio.FIRST_COMPLETED
            )
            begins = not done
            for task in done:
                if not _failed(task, moves_on):
                    # Others that have answered as well stay among those that are dropped.
                    running.discard(task)
                    return task.result()
                running.discard(task)
                begins = True
    finally:
        await _end(running, drop)


async def several(
    starts: Sequence[Start[T]],
    enough: Callable[[list[T]], bool],
    moves_on: Callable[[SpellError], bool],
) -> list[T]:
    """Begins all at once and returns the answers that came until there were enough, or all did.

    moves_on: whether a failure leaves it to the others; else it is raised
    """
    running: set[asyncio.Future[T]] = {asyncio.ensure_future(start()) for start in starts}
    answers: list[T] = []
    try:
        while running:
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            running -= done
            answers += [task.result() for task in done if not _failed(task, moves_on)]
            if enough(answers):
                break
        return answers
    finally:
        await _end(running, _forget)


def _failed(task: asyncio.Future[T], moves_on: Callable[[SpellError], bool]) -> bool:
    error = task.exception()
    if error is None:
        return False
    if isinstance(error, SpellError) and moves_on(error):
        return True
    raise error


async def _forget(_answer: object) -> None:
    """Drops an answer that holds nothing."""


async def _end(running: set[asyncio.Future[T]], drop: Discard[T]) -> None:
    for task in running:
        task.cancel()
    ends = await asyncio.gather(*running, return_exceptions=True)
    for end in ends:
        if not isinstance(end, BaseException):
            await drop(end)
