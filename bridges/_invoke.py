"""The one door between scripts and the host: find, bind, check, call, translate.

Spells, callbacks, agents' tools and the command line call bridge methods here and nowhere else.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from bridges._border import Border
from bridges._declare import Bridge, HostFunction, function_of
from bridges._errors import InternalError, InvalidArgument, PermissionDenied, SpellError

if TYPE_CHECKING:
    from bridges._session import Session

STDLIB = Path(__file__).parent.parent / "stdlib"


@cache
def api() -> dict[str, Any]:
    """Returns the declared API, as generated."""
    return _generated("api.json")


@cache
def bindings() -> dict[str, Any]:
    """Returns what runs need of it, which is quicker to read."""
    return _generated("bindings.json")


def _generated(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((STDLIB / name).read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True)
class Entry:
    """One line of the table of host functions."""

    module: str
    kind_name: str
    method: str
    noun: str
    kind: str
    is_method: bool


@cache
def table() -> tuple[list[Entry], dict[str, int]]:
    """Returns the functions by number, and the numbers by `Noun.name` (methods: `Noun:name`)."""
    found: list[tuple[int, Entry]] = []
    numbers: dict[str, int] = {}
    for group, is_method in (("globals", False), ("objects", True)):
        for noun in bindings()[group]:
            for f in noun["functions"]:
                entry = Entry(
                    noun["module"], noun["class"], f["method"], noun["name"], f["kind"], is_method
                )
                numbers[f"{noun['name']}{':' if is_method else '.'}{f['name']}"] = f["number"]
                found.append((f["number"], entry))
    found.sort(key=lambda pair: pair[0])
    return [entry for _, entry in found], numbers


@dataclass(frozen=True, slots=True)
class Known:
    """A function that has been called before.

    kind: the class whose method it is; is_bridge: there is one object of it, the run's own
    name, wheres: what messages call it and its parameters
    """

    function: HostFunction
    kind: type
    is_bridge: bool
    name: str
    wheres: tuple[str, ...]


class Door:
    """Calls host functions for one run."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[int, Known] = {}

    def kind(self, number: Any) -> str:
        """Returns how a function is called; a number that is none is InvalidArgument."""
        entries, _ = table()
        if not isinstance(number, int) or not 0 <= number < len(entries):
            raise InvalidArgument("there is no such host function")
        return entries[number].kind

    def number(self, name: str) -> int:
        """Returns the number of `Noun.name`, or of a method `Noun:name`."""
        return table()[1][name]

    def call(self, number: int, arguments: list[Any]) -> Any:
        """Calls a `sync` or `note` function and returns its value for the script."""
        known = self._function(number)
        function = known.function
        timings = self._session.timings
        began = monotonic() if timings else 0.0
        try:
            method, bound, border = self._bind(known, arguments)
            return function.returns.write(method(**bound), border)
        except SpellError:
            raise
        except Exception as error:
            raise self._defect(function, error) from error
        finally:
            if timings:
                timings.add("host", known.name, began)

    async def call_async(self, number: int, arguments: list[Any]) -> Any:
        """Calls any function and returns its value for the script."""
        known = self._function(number)
        function = known.function
        timings = self._session.timings
        began = monotonic() if timings else 0.0
        try:
            method, bound, border = self._bind(known, arguments)
            result = method(**bound)
            if isinstance(result, Awaitable):
                result = await result
            return function.returns.write(result, border)
        except SpellError:
            raise
        except Exception as error:
            raise self._defect(function, error) from error
        finally:
            if timings:
                timings.add("host", known.name, began)

    def border(self, name: str) -> Border:
        """Returns the border at which a function, as the script spells it, reads what it is given.

        Every decision about a permission is noted there.
        """
        return Border(name, self._session.grants, self._session.spell_name, self._note)

    def _function(self, number: int) -> Known:
        known = self._known.get(number)
        if known is None:
            entry, spelled = table()[0][number], self._session.spell_name
            kind = getattr(importlib.import_module(entry.module), entry.kind_name)
            function = function_of(kind, entry.method)
            name = f"{function.noun}.{spelled(function.name)}"
            wheres = tuple(f"{name}: {spelled(param.name)!r}" for param in function.params)
            known = Known(function, kind, issubclass(kind, Bridge), name, wheres)
            self._known[number] = known
        return known

    def _bind(self, known: Known, arguments: list[Any]) -> tuple[Any, dict[str, Any], Border]:
        session, function, kind = self._session, known.function, known.kind
        name = known.name
        border = self.border(name)
        if known.is_bridge:
            owner: Any = session.shared(kind)
        else:
            if not arguments or not isinstance(arguments[0], kind):
                raise InvalidArgument(
                    f"{name} is a method", hint=f"call it on {function.noun} objects"
                )
            owner, arguments = arguments[0], arguments[1:]
        while arguments and arguments[-1] is None:
            arguments = arguments[:-1]
        if len(arguments) > len(function.params):
            takes = len(function.params)
            raise InvalidArgument(f"{name} takes {takes} arguments, got {len(arguments)}")
        bound = {}
        for i, param in enumerate(function.params):
            value = arguments[i] if i < len(arguments) else None
            if value is None and not param.required:
                bound[param.name] = param.fallback
            elif value is None and param.shape.describe != "any":
                raise InvalidArgument(
                    f"{known.wheres[i]} is missing", hint=f"it must be {param.shape.words}"
                )
            else:
                bound[param.name] = param.shape.read(value, known.wheres[i], border)
        return getattr(owner, function.method.__name__), bound, border

    def _note(
        self, name: str, kinds: tuple[str, ...], value: str, error: PermissionDenied | None
    ) -> None:
        if self._session.audit:
            self._session.audit(name, ",".join(kinds), value, error is None)
        if error:
            self._session.log.write("debug", f"refused: {error.message}")

    def _defect(self, function: HostFunction, error: Exception) -> SpellError:
        import traceback

        self._session.log.write("debug", "".join(traceback.format_exception(error)))
        return InternalError(
            f"{function.noun}.{function.name} failed: {type(error).__name__}",
            hint="this is a defect in llmspell; run again with --verbose and report it",
        )
