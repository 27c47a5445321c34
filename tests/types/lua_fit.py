"""Whether a value of one type may stand where another is wanted, as the Lua server sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node

from tests.types.luacats import (
    ANY,
    NIL,
    Class,
    Either,
    Function,
    Keyed,
    Listed,
    Named,
    Param,
    Stubs,
    Type,
)

MISMATCH = "param-type-mismatch"


@dataclass(frozen=True)
class Literal:
    """A table that is written out: its named fields and its items, with where they stand."""

    fields: dict[str, tuple[Node, Given]] = field(hash=False)
    items: tuple[tuple[Node, Given], ...]
    open: bool


Given = Type | Literal


@dataclass(frozen=True)
class Problem:
    """What is wrong, where, by the language server's name for it."""

    line: int
    kind: str
    message: str


class Fit:
    """Compares types under the declarations of stubs."""

    def __init__(self, stubs: Stubs) -> None:
        self.stubs = stubs

    def resolve(self, given: Type) -> Type:
        """Returns what an alias stands for, and any other type as it is."""
        if isinstance(given, Named) and given.name in self.stubs.aliases:
            return self.stubs.aliases[given.name]
        return given

    def class_of(self, given: Given) -> Class | None:
        """Returns the class that a value has; what may be nil counts as what it is else."""
        if isinstance(given, Either):
            kinds = [item for item in given.items if item != NIL]
            return self.class_of(kinds[0]) if len(kinds) == 1 else None
        return self.stubs.classes.get(given.name) if isinstance(given, Named) else None

    def problems(self, node: Node, given: Given, wanted: Type) -> Iterator[Problem]:
        """Yields why a value does not fit, at the innermost place."""
        wanted = self.resolve(wanted)
        if isinstance(given, Literal):
            yield from self._literal(node, given, wanted)
        elif not self.fits(given, wanted):
            yield mismatch(node, given, wanted)

    def fits(self, given: Type, wanted: Type) -> bool:
        """Tells whether values of one type are values of another; nil is overlooked in unions."""
        given, wanted = self.resolve(given), self.resolve(wanted)
        if ANY in (given, wanted) or given == wanted:
            return True
        if isinstance(given, Either):
            return all(self.fits(item, wanted) for item in given.items if item != NIL)
        if isinstance(wanted, Either):
            return any(self.fits(given, item) for item in wanted.items)
        if isinstance(wanted, Named):
            return self._is(given, wanted.name)
        return self._like(given, wanted)

    def _like(self, given: Type, wanted: Type) -> bool:
        match wanted, given:
            case Listed(wish), Listed(item):
                return self.fits(item, wish)
            case Keyed(_, wish), Keyed(_, value):
                return self.fits(value, wish)
        return isinstance(wanted, Function) and self._is(given, "function")

    def _is(self, given: Type, name: str) -> bool:
        named = given.name if isinstance(given, Named) else ""
        facts = {
            "number": named == "integer",
            "string": named.startswith('"'),
            "table": not isinstance(given, Function) and self.is_table(given),
            "function": isinstance(given, Function) or named == "function",
        }
        return facts.get(name, False)

    def is_table(self, given: Type) -> bool:
        """Tells whether values of a type are tables."""
        named = isinstance(given, Named) and given.name in self.stubs.classes
        return named or isinstance(given, Listed | Keyed) or given == Named("table")

    def _literal(self, node: Node, given: Literal, wanted: Type) -> Iterator[Problem]:
        if isinstance(wanted, Either):
            tried = [list(self.problems(node, given, item)) for item in wanted.items]
            # That a field is wrong says more than that a table is no text.
            yield from min(tried, key=lambda found: [p.kind == MISMATCH for p in found])
            return
        match wanted:
            case Named(name) if name in self.stubs.classes:
                yield from self._fields(node, given, name)
            case Listed(item):
                for place, value in given.items:
                    yield from self.problems(place, value, item)
                if given.fields:
                    yield mismatch(node, Named("table"), wanted)
            case Keyed(_, value):
                for place, one in [*given.fields.values(), *given.items]:
                    yield from self.problems(place, one, value)
            case _:
                if wanted not in (ANY, Named("table")):
                    yield mismatch(node, Named("table"), wanted)

    def _fields(self, node: Node, given: Literal, name: str) -> Iterator[Problem]:
        known = self.stubs.classes[name].fields
        for key, (place, value) in given.fields.items():
            if key in known:
                yield from self.problems(place, value, known[key].type)
            else:
                yield at(place, "inject-field", f"{name} has no field {key}")
        missing = [p.name for p in known.values() if self._needed(p) and p.name not in given.fields]
        if missing and not given.open:
            yield at(node, "missing-fields", f"{name} needs {', '.join(missing)}")

    def _needed(self, param: Param) -> bool:
        wanted = self.resolve(param.type)
        nilable = isinstance(wanted, Either) and NIL in wanted.items
        return not (param.optional or nilable or wanted == ANY)


def at(node: Node, kind: str, message: str) -> Problem:
    """Returns a problem at a node of the syntax tree."""
    return Problem(node.start_point.row + 1, kind, message)


def mismatch(node: Node, given: Given, wanted: Type) -> Problem:
    return at(node, MISMATCH, f"{given} is no {wanted}")
