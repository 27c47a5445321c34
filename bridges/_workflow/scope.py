"""What a step can see: the workflow's input, parameters and state, and the steps before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from bridges._declare import HostObject
from bridges._errors import InvalidArgument, LimitExceeded
from bridges._state.handle import StateHandle
from bridges._types import Callback


@dataclass
class Scope:
    """The values of one run, or of one branch of it that goes its own way.

    steps: how the finished steps went, by name: {status, output}
    last: the output of the step before, when there is one
    more: item and index of a loop; output and error where a step is undone
    """

    input: Any
    params: dict[str, Any]
    state: StateHandle | dict[str, Any] | None = None
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    last: Any = None
    more: dict[str, Any] = field(default_factory=dict)

    async def context(self) -> dict[str, Any]:
        """Returns what functions get and names stand for; what is nothing is left out."""
        state = self.state
        found = {
            "input": self.input,
            "params": self.params,
            "state": await state.values() if isinstance(state, StateHandle) else state,
            "steps": self.steps,
            "last": self.last,
            **self.more,
        }
        return {key: value for key, value in found.items() if value is not None}

    def note(self, name: str, status: str, output: Any) -> None:
        """Notes how a step went."""
        self.steps[name] = {"status": status}
        if output is not None:
            self.steps[name]["output"] = output
        if status == "done":
            self.last = output

    def fork(self, **more: Any) -> Scope:
        """Returns a copy that goes its own way; more: what it sees besides."""
        return replace(self, steps=dict(self.steps), more={**self.more, **more})


class Room:
    """How many bytes a run and the workflows in it may still take.

    What is kept and what is lent have as much each; to_lend: what is left of the latter.
    """

    def __init__(self, size: int) -> None:
        self._left = size
        self.to_lend = size

    def keep(self, value: Any, where: str) -> Any:
        """Returns an output, which must be data; raises LimitExceeded when there is no room."""
        self.take(_size(value, where), where)
        return value

    def take(self, size: int, where: str) -> None:
        """Takes room until the end of the run; raises LimitExceeded when there is none."""
        self._left -= size
        if self._left < 0:
            raise LimitExceeded(
                f"{where} does not fit: the outputs of the workflow are larger than a spell's "
                "memory",
                hint="give smaller outputs, or raise --memory",
                details={"limit": "memory"},
            )

    @contextmanager
    def lent(self, value: Any, where: str) -> Iterator[None]:
        """Holds room for what a step is given while it runs; raises LimitExceeded without any."""
        size = _size(value, where)
        if size > self.to_lend:
            raise LimitExceeded(
                f"{where} does not fit: what the steps that run at the same time are given is "
                "larger than a spell's memory",
                hint="run fewer at a time, give them less, or raise --memory",
                details={"limit": "memory"},
            )
        self.to_lend -= size
        try:
            yield
        finally:
            self.to_lend += size


def check_data(value: Any, where: str) -> None:
    """Refuses functions and objects, which no step could be given."""
    _size(value, where)


def asked_for(request: dict[str, Any], key: str, where: str) -> Any:
    """Returns a field of a request as hooks have left it; `params` is a map, and all is data."""
    found = request.get(key)
    check_data(found, f"{where}: {key}")
    if key != "params":
        return found
    found = {} if found is None or found == [] else found
    if not isinstance(found, dict):
        raise InvalidArgument(
            f"{where}: params must be a map, and a hook made something else of it"
        )
    return found


def _size(value: Any, where: str) -> int:
    if isinstance(value, (str, bytes)):
        return 50 + len(value)
    if isinstance(value, dict):
        return 64 + sum(100 + len(key) + _size(part, where) for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return 64 + sum(8 + _size(part, where) for part in value)
    if isinstance(value, (Callback, HostObject)):
        raise InvalidArgument(f"{where} must be data; functions and objects cannot be kept")
    return 32
