"""What a REPL or a debugger says to the worker, and hears from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bridges._errors import InvalidArgument, SpellError, WorkerCrashed, from_map
from engines._protocol import COMMAND

if TYPE_CHECKING:
    import asyncio

LARGEST = 16 * 1024 * 1024
"""Bytes of one answer or event; more breaks the protocol."""


class Talk:
    """Commands and their answers, and events.

    on_event: told every event of the worker as the worker sent it: a map with the text `event`;
        nothing else about it is checked
    """

    def __init__(self, send: Callable[[int, int, bytes], None]) -> None:
        self._send = send
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._last = 0
        self._ended: SpellError | None = None
        self.on_event: Callable[[dict[str, Any]], None] = _ignore

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Sends a command and returns its answer.

        op, fields: see docs/protocol.md
        An answer that is an error is raised; so is, as soon as it comes, the end of the worker.
        """
        import asyncio

        if self._ended is not None:
            raise self._ended
        self._last += 1
        id = self._last
        future = self._answers[id] = asyncio.get_running_loop().create_future()
        try:
            self._send(COMMAND, id, json.dumps({"op": op, **fields}).encode())
            answer: dict[str, Any] = await future
        finally:
            self._answers.pop(id, None)
        if "error" in answer:
            raise from_map(answer["error"])
        return answer

    def answered(self, id: int, payload: bytes) -> None:
        """Takes the answer to a command; InvalidArgument means that the worker broke the rules."""
        answer = _read(payload)
        future = self._answers.get(id)
        if future is not None and not future.done():
            future.set_result(answer)

    def happened(self, payload: bytes) -> dict[str, Any]:
        """Takes an event, tells it on and returns it; InvalidArgument as for `answered`."""
        event = _read(payload)
        if not isinstance(event.get("event"), str):
            raise InvalidArgument("an event needs a name")
        self.on_event(event)
        return event

    def end(self, error: SpellError | None) -> None:
        """Fails every command that is unanswered, and all to come."""
        self._ended = error or WorkerCrashed("the spell has ended")
        for future in self._answers.values():
            if not future.done():
                future.set_exception(self._ended)


def _read(payload: bytes) -> dict[str, Any]:
    if len(payload) > LARGEST:
        raise InvalidArgument(f"a message of {len(payload)} bytes")
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument(f"a message that is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise InvalidArgument("a message that is not a map")
    return found


def _ignore(_event: dict[str, Any]) -> None:
    pass
