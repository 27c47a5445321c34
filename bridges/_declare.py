"""Host functions are declared here and nowhere else; every binding, stub and page derives from it.

A global noun is a subclass of `Bridge`, an object that crosses as a handle one of `HostObject`;
their methods marked `host_function` are what spells can call.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from bridges._docs import split_doc
from bridges._names import check_method, check_parameter
from bridges._types import Shape, shape_of

if TYPE_CHECKING:
    from bridges._session import Session

F = TypeVar("F", bound=Callable[..., Any])
NOTHING: tuple[str, ...] = ()


class Bridge:
    """A global noun. One instance serves one run.

    name: the global's name when it is not the class's
    """

    name: ClassVar[str] = ""
    is_host_object: ClassVar[bool] = False

    def __init__(self, session: Session) -> None:
        self.session = session


class HostObject:
    """An object with declared methods that a script holds as a handle."""

    name: ClassVar[str] = ""
    is_host_object: ClassVar[bool] = True


@dataclass(frozen=True)
class Mark:
    """What the decorator notes on a method."""

    needs: tuple[str, ...]
    since: int
    kind: str | None


def host_function(
    *, needs: tuple[str, ...], since: int, one_way: bool = False, engine: bool = False
) -> Callable[[F], F]:
    """Marks a method as callable from spells.

    needs: permissions that no parameter carries; no default, so that it cannot be forgotten.
        A parameter typed `ReadPath` (or another `Checked`) is a permission by itself.
    since: the API level that brought the function
    one_way: nothing is answered and nothing can fail: prints and logs
    engine: each engine's runtime provides it under this name; nothing crosses
    """

    def mark(method: F) -> F:
        kind = "note" if one_way else "engine" if engine else None
        method.__host__ = Mark(needs, since, kind)  # type: ignore[attr-defined]
        return method

    return mark


@dataclass(frozen=True)
class Param:
    """One parameter of a host function."""

    name: str
    doc: str
    shape: Shape
    required: bool
    fallback: Any


@dataclass(frozen=True)
class HostFunction:
    """One declared function, read from its method."""

    noun: str
    name: str
    kind: str
    doc: str
    params: tuple[Param, ...]
    returns: Shape
    returns_doc: str
    needs: tuple[str, ...]
    since: int
    method: Callable[..., Any]


def name_of(kind: type[Bridge] | type[HostObject]) -> str:
    """Returns the noun of a bridge or the class name of an object."""
    return kind.__dict__.get("name") or kind.__name__


def methods_of(kind: type) -> list[str]:
    """Returns the Python names of the declared methods, in order."""
    return [name for name, value in vars(kind).items() if hasattr(value, "__host__")]


def function_of(kind: type[Bridge] | type[HostObject], attribute: str) -> HostFunction:
    """Reads one declared method; raises TypeError with what is wrong with the declaration."""
    method = vars(kind)[attribute]
    mark: Mark = method.__host__
    noun, name = name_of(kind), attribute.rstrip("_")
    where = f"{noun}.{name}"
    _refuse(where, check_method(name))
    hints = typing.get_type_hints(method)
    doc, entries = split_doc(inspect.getdoc(method) or "")
    if not doc:
        raise TypeError(f"{where} has no docstring")
    params = []
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        _refuse(f"{where}: {parameter.name}", check_parameter(parameter.name))
        if parameter.name not in entries:
            raise TypeError(f"{where}: parameter {parameter.name!r} has no doc line")
        required = parameter.default is inspect.Parameter.empty
        params.append(
            Param(
                parameter.name,
                entries[parameter.name],
                shape_of(hints[parameter.name]),
                required,
                None if required else parameter.default,
            )
        )
    returns = shape_of(hints["return"])
    checked = tuple(f"{need}({p.name})" for p in params for need in p.shape.needs)
    return HostFunction(
        noun,
        name,
        mark.kind or _kind(method, returns),
        doc,
        tuple(params),
        returns,
        entries.get("returns", ""),
        mark.needs + checked,
        mark.since,
        method,
    )


def _kind(method: Callable[..., Any], returns: Shape) -> str:
    if isinstance(returns.describe, list) and returns.describe[0] == "stream":
        return "stream"
    return "async" if inspect.iscoroutinefunction(method) else "sync"


def _refuse(where: str, trouble: str | None) -> None:
    if trouble:
        raise TypeError(f"{where} {trouble}")
