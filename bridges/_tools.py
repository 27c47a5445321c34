"""The tools of a run: the built-in ones and those a spell defines, called by scripts and models."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from bridges._declare import HostObject
from bridges._errors import (
    BudgetExceeded,
    Cancelled,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ReplayMiss,
    SpellError,
    ToolFailed,
    WorkerCrashed,
)
from bridges._hooks.hooks import Hooks
from bridges._names import did_you_mean
from bridges._pauses import Pauses
from bridges._schema import checker, fit, to_json_schema
from bridges._timings import timed
from bridges._types import Callback, Text

if TYPE_CHECKING:
    from bridges._session import Session

TOOL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
RESERVED = frozenset({"final_result"})
"""Names the agent library gives to tools of its own."""

ENDS_RUN = (BudgetExceeded, Cancelled, ReplayMiss, WorkerCrashed)
"""Errors of a tool that no model can do anything about: they end the agent's run."""


@dataclass(frozen=True)
class ToolSpec:
    """One tool: what a model is told, and what runs.

    parameters: JSON Schema of the arguments, from `to_json_schema`
    run: takes the checked arguments
    timeout: seconds one call may take; None is no limit of its own
    """

    name: str
    description: str
    parameters: dict[str, Any]
    run: Callable[[dict[str, Any]], Awaitable[Any]]
    timeout: float | None = None
    builtin: bool = False

    async def call(self, arguments: Any, session: Session) -> Any:
        """Checks the arguments and runs the tool.

        session: its hooks and its gate see the call; its pauses do not count as time
        Arguments that do not fit are InvalidArgument, a refusal stays PermissionDenied, and any
        other failure is ToolFailed with the cause in its details.
        """
        checked = self._checked(arguments)
        hooks: Hooks = session.shared(Hooks)
        is_watched = hooks.watches("tool", self.name)

        async def call(request: dict[str, Any]) -> Any:
            found = self._checked(request["arguments"]) if is_watched else checked
            return await self._run(found, session)

        request = {"tool": self.name, "arguments": checked}
        return await hooks.around("tool", self.name, request, call)

    async def _run(self, checked: dict[str, Any], session: Session) -> Any:
        try:
            async with session.shared(Pauses).limit(self.timeout) as clock:
                return await self.run(checked)
        except TimeoutError:
            if not clock.expired():
                raise
            raise ToolFailed(
                f"the tool {self.name!r} took longer than {self.timeout:g} seconds",
                details={"cause": {"code": "timeout"}},
            ) from None
        except (PermissionDenied, *ENDS_RUN):
            raise
        except SpellError as error:
            raise _failed(self.name, error) from error

    @cached_property
    def _problems(self) -> Callable[[Any], list[str]]:
        return checker(self.parameters)

    def _checked(self, arguments: Any) -> dict[str, Any]:
        found = fit({"type": "object", **self.parameters}, as_data(arguments, "the arguments"))
        wrong = self._problems(found)
        if not isinstance(found, dict):
            wrong = ["the arguments must be a map"]
        if wrong:
            raise InvalidArgument(f"the tool {self.name!r}: {'; '.join(wrong)}")
        return dict(found)


def _failed(name: str, error: SpellError) -> ToolFailed:
    failure = ToolFailed(
        f"the tool {name!r} failed: {error.message}",
        hint=error.hint,
        retryable=error.retryable,
        details={"cause": error.as_map()},
    )
    failure.traceback = error.traceback
    return failure


class ToolHandle(HostObject):
    """A tool as scripts hold it; the noun's own module adds the methods."""

    name = "Tool"
    spec: ToolSpec


class Tools:
    """The tools of one run by name."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._own: dict[str, ToolSpec] = {}
        self._found: dict[str, ToolSpec] = {}

    def names(self) -> list[str]:
        """Returns every name: the built-in tools, then the spell's in order of definition."""
        return [*_builtins(), *self._own]

    def find(self, name: str) -> ToolSpec:
        """Returns a tool; an unknown name is NotFound with the nearest one."""
        known = self._own.get(name) or self._found.get(name)
        if known:
            return known
        builtin = _builtins().get(name)
        if builtin is None:
            raise NotFound(f"there is no tool {name!r}", hint=did_you_mean(name, self.names()))
        self._found[name] = spec = ToolSpec(
            name,
            builtin.description,
            builtin.parameters,
            partial(builtin.run, self._session),
            builtin=True,
        )
        return spec

    def add(self, spec: ToolSpec) -> None:
        """Gives a tool to the run; one the spell defined before under the name is replaced."""
        if spec.name in _builtins():
            raise InvalidArgument(
                f"{spec.name!r} is the name of a built-in tool", hint="choose another name"
            )
        self._own[spec.name] = spec

    def remove(self, name: str) -> None:
        """Takes one of the spell's tools away; agents that hold it keep it."""
        self.find(name)
        if name not in self._own:
            raise InvalidArgument(f"{name!r} is a built-in tool and cannot be removed")
        del self._own[name]


def _builtins() -> Mapping[str, Any]:
    from bridges._builtins.tools import BUILTINS

    return BUILTINS


def define(options: Mapping[str, Any], where: str) -> ToolSpec:
    """Makes a tool from the options of `Tool.new`; raises InvalidArgument.

    where: the function or option that messages name
    """
    name, callback = options["name"], options["run"]
    check_name(name, where)

    async def run(arguments: dict[str, Any]) -> Any:
        return await callback(arguments)

    return ToolSpec(
        name,
        options.get("description", ""),
        to_json_schema(options.get("parameters", {}), f"{where}: parameters"),
        run,
        options.get("timeout"),
    )


def check_name(name: str, where: str) -> None:
    """Refuses a name that model providers would refuse."""
    if not TOOL_NAME.fullmatch(name) or name in RESERVED:
        raise InvalidArgument(
            f"{where}: {name!r} cannot be the name of a tool",
            hint="use up to 64 letters, digits, _ and -, beginning with a letter",
        )


def tool_name(title: str) -> str:
    """Returns a name for a tool made of any title."""
    found = re.sub(r"[^A-Za-z0-9_-]+", "_", title).strip("_-")
    return found[:64] if found[:1].isalpha() else f"agent_{found}"[:64].rstrip("_")


class HostCallback(Callback):
    """A function of the host where one of a script is expected."""

    def __init__(self, run: Callable[..., Awaitable[Any]]) -> None:
        self._run = run

    async def __call__(self, *arguments: Any) -> Any:
        return await self._run(*arguments)


@dataclass
class Report:
    """How one call from a model went: the result or the error, and the seconds it took."""

    result: Any = None
    error: str = ""
    duration: float = 0.0


async def call_for_model(session: Session, spec: ToolSpec, arguments: Any) -> Report:
    """Runs a tool for a model: a failure is logged and becomes text the model can act on."""
    began = time.monotonic()
    report = Report()
    try:
        with timed(session.timings, "tool", spec.name):
            result = await spec.call(arguments, session)
        report.result = as_data(result, f"the result of {spec.name!r}")
    except ENDS_RUN:
        raise
    except SpellError as error:
        report.error = error.message + (f" ({error.hint})" if error.hint else "")
        fields = {"tool": spec.name, "code": error.code}
        if error.place:
            fields["at"] = error.place
        session.log.write("warn", f"a model's tool call failed: {error.message}", fields)
    report.duration = time.monotonic() - began
    return report


def as_data(value: Any, where: str) -> Any:
    """Returns a value as JSON data: bytes become text; functions and objects are refused."""
    if isinstance(value, Text):
        return value
    if isinstance(value, dict):
        return {key: as_data(part, f"{where}.{key}") for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_data(part, f"{where}[{i}]") for i, part in enumerate(value)]
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise InvalidArgument(f"{where} holds bytes that are not UTF-8 text") from None
    if isinstance(value, (Callback, HostObject)):
        raise InvalidArgument(f"{where} must be data; functions and objects cannot be sent")
    return value


def as_text(value: Any) -> str:
    """Returns how a model reads a value: text as it is, an answer as its text, else JSON."""
    if isinstance(value, Text):
        return value.text
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
