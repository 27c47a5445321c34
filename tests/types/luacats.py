"""Reads annotations of the Lua language server strictly: what it does not know is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

TOKEN = re.compile(r'\s*("[^"]*"|\.\.\.|\[\]|[\w.]+|[(){}|?,:<>])')
BUILTIN = frozenset("any nil boolean integer number string table function unknown".split())


class AnnotationError(Exception):
    """An annotation that the language server would not understand, or not as it is meant."""


@dataclass(frozen=True)
class Named:
    """A type by its name; a literal's name has its quotes."""

    name: str


@dataclass(frozen=True)
class Listed:
    """A list."""

    item: Type


@dataclass(frozen=True)
class Keyed:
    """A table with keys of one type and values of another."""

    key: Type
    value: Type


@dataclass(frozen=True)
class Either:
    """A union."""

    items: tuple[Type, ...]


@dataclass(frozen=True)
class Param:
    """A parameter; `...` is the name of the rest."""

    name: str
    type: Type
    optional: bool = False


@dataclass(frozen=True)
class Function:
    """A function; `bound` says that `self` is not among its parameters."""

    params: tuple[Param, ...]
    returns: tuple[Type, ...] = ()
    generics: frozenset[str] = frozenset()
    overloads: tuple[Function, ...] = ()


Type = Named | Listed | Keyed | Either | Function
ANY, NIL = Named("any"), Named("nil")


@dataclass
class Class:
    """A class: fields, which include its functions, and what a call of it is."""

    fields: dict[str, Param] = field(default_factory=dict)
    call: Function | None = None
    operators: set[str] = field(default_factory=set)


@dataclass
class Stubs:
    """What annotation files declare."""

    classes: dict[str, Class] = field(default_factory=dict)
    aliases: dict[str, Type] = field(default_factory=dict)
    globals: dict[str, Type] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    """The class that a variable of the file being read holds the functions of."""
    modules: dict[str, Type] = field(default_factory=dict)


class Reader:
    """Reads one type, and what may follow it, from text."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def peek(self) -> str:
        match = TOKEN.match(self.text, self.at)
        return match[1] if match else ""

    def take(self, wanted: str = "") -> str:
        match = TOKEN.match(self.text, self.at)
        if not match or (wanted and match[1] != wanted):
            raise AnnotationError(f"{wanted or 'a type'} is missing in {self.text!r}")
        self.at = match.end()
        return match[1]

    def type(self) -> Type:
        found = [self.single()]
        while self.peek() == "|":
            self.take()
            found.append(self.single())
        return found[0] if len(found) == 1 else Either(tuple(found))

    def single(self) -> Type:
        token = self.take()
        made: Type
        if token == "(":
            made = self.type()
            self.take(")")
        elif token == "{":
            made = self.literal()
        elif token == "fun":
            made = self.function()
        elif token == "table" and self.peek() == "<":
            self.take()
            key = self.type()
            self.take(",")
            made = Keyed(key, self.type())
            self.take(">")
        elif re.fullmatch(r'[A-Za-z_][\w.]*|"[^"]*"', token):
            made = Named(token)
        else:
            raise AnnotationError(f"{token!r} begins no type in {self.text!r}")
        while self.peek() == "[]":
            self.take()
            made = Listed(made)
        return made

    def literal(self) -> Type:
        """A table with the fields named; which fields it has is not checked."""
        while self.peek() != "}":
            self.take()
            self.take(":")
            self.type()
            if self.peek() == ",":
                self.take()
        self.take("}")
        return Named("table")

    def function(self) -> Function:
        self.take("(")
        params = []
        while self.peek() != ")":
            name = self.take()
            optional = self.peek() == "?" and bool(self.take())
            typed = self.peek() == ":" and bool(self.take())
            params.append(Param(name, self.type() if typed else ANY, optional))
            if self.peek() == ",":
                self.take()
        self.take(")")
        if self.peek() != ":":
            return Function(tuple(params))
        self.take()
        returns = [self.type()]
        while self.peek() == ",":
            self.take()
            returns.append(self.type())
        return Function(tuple(params), tuple(returns))

    def rest(self) -> str:
        return self.text[self.at :].strip()


def leading(text: str) -> Type:
    """Returns the type that a text begins with; prose may follow after a space."""
    reader = Reader(text)
    found = reader.type()
    if text[reader.at : reader.at + 1].strip():
        raise AnnotationError(f"{reader.rest()!r} goes on where the type ended in {text!r}")
    return found


def whole(text: str) -> Type:
    """Returns the type that a text is, from its beginning to its end."""
    reader = Reader(text)
    found = reader.type()
    if reader.rest():
        raise AnnotationError(f"{reader.rest()!r} follows the type in {text!r}")
    return found


@dataclass
class Block:
    """The annotations above a statement."""

    tags: list[tuple[str, str]] = field(default_factory=list)

    def of(self, tag: str) -> Iterator[str]:
        return (value for name, value in self.tags if name == tag)

    def first(self, tag: str) -> str:
        return next(self.of(tag), "")

    def function(self, names: list[str]) -> Function:
        """Returns the function these annotate; its parameters must be annotated in their order."""
        params = [_param(value) for value in self.of("param")]
        if [param.name for param in params] != names:
            raise AnnotationError(f"@param names {[p.name for p in params]}, the function {names}")
        generics = {name.strip() for g in self.of("generic") for name in g.split(",")}
        overloads = []
        for text in self.of("overload"):
            other = whole(text)
            if not isinstance(other, Function):
                raise AnnotationError(f"the overload {text!r} is no function")
            overloads.append(other)
        returns = tuple(map(leading, self.of("return")))
        return Function(tuple(params), returns, frozenset(generics), tuple(overloads))


def _param(text: str) -> Param:
    match = re.match(r"(\.\.\.|\w+)(\??) ", text)
    if not match:
        raise AnnotationError(f"{text!r} names no parameter or field")
    return Param(match[1], leading(text[match.end() :]), bool(match[2]))


TAGS = frozenset("class field param return generic overload operator alias type meta".split())
FUNCTION = re.compile(r"(?:local )?function ([\w.:]+)\(([^)]*)\)")
VARIABLE = re.compile(r"(?:local )?(\w+) =")


def read(text: str, stubs: Stubs) -> None:
    """Adds what a file of annotations declares."""
    block = Block()
    for line in [*text.splitlines(), ""]:
        tag = re.match(r"---\s?@(\w+)\s*(.*)", line)
        if tag:
            if tag[1] not in TAGS:
                raise AnnotationError(f"@{tag[1]} is no annotation")
            block.tags.append((tag[1], tag[2]))
        elif not line.startswith("---"):
            _declare(block, line, stubs)
            block = Block()


def _declare(block: Block, line: str, stubs: Stubs) -> None:
    for text in block.of("alias"):
        name, _, meaning = text.partition(" ")
        stubs.aliases[name] = whole(meaning)
    named = block.first("class")
    if named:
        made = stubs.classes.setdefault(named.split()[-1], Class())
        made.fields |= {p.name: p for p in map(_param, block.of("field"))}
        made.operators |= {
            text.partition("(")[0].partition(":")[0] for text in block.of("operator")
        }
        for text in block.of("overload"):
            made.call = Block([("overload", text)]).function([]).overloads[0]
    variable, function = VARIABLE.match(line), FUNCTION.match(line)
    if variable and named:
        stubs.variables[variable[1]] = named.split()[-1]
    if variable and not line.startswith("local"):
        typed = block.first("type")
        stubs.globals[variable[1]] = leading(typed) if typed else Named(named.split()[-1])
    elif function and (block.tags or not line.startswith("local")):
        names = [name.strip() for name in function[2].split(",") if name.strip()]
        _add_function(function[1], block.function(names), stubs)


def _add_function(path: str, made: Function, stubs: Stubs) -> None:
    owner, mark, name = re.fullmatch(r"(?:(\w+)([.:]))?(\w+)", path).groups()  # type: ignore[union-attr]
    if not owner:
        stubs.globals[name] = made
        return
    if owner not in stubs.variables:
        raise AnnotationError(f"{path} belongs to no class")
    owner = stubs.variables[owner]
    if mark == ":":
        receiver = Param("self", Named(owner))
        made = Function((receiver, *made.params), made.returns, made.generics, made.overloads)
    stubs.classes[owner].fields[name] = Param(name, made)


def read_module(name: str, source: str, stubs: Stubs) -> Type:
    """Returns what a module written in Lua gives; its classes are added to the stubs."""
    inside = Stubs()
    for variable in re.findall(r"^local (\w+) = \{\}$", source, re.MULTILINE):
        inside.variables[variable] = f"module {name}"
        inside.classes[f"module {name}"] = Class()
    read(source, inside)
    given = re.findall(r"^return (\w+)$", source, re.MULTILINE)[-1]
    stubs.classes |= inside.classes
    return inside.globals[given] if given in inside.globals else Named(inside.variables[given])


def unknown(stubs: Stubs) -> set[str]:
    """Returns the names of types that are used and nowhere declared."""
    known = BUILTIN | stubs.classes.keys() | stubs.aliases.keys()
    found: set[str] = set()
    everything: list[Type] = [*stubs.globals.values(), *stubs.aliases.values()]
    for one in stubs.classes.values():
        everything += [param.type for param in one.fields.values()]
        everything += [one.call] if one.call else []
    for described in everything:
        found |= {name for name in names(described) if name not in known}
    return found


def names(described: Type) -> Iterator[str]:
    """Yields the names of types in a type, without literals and generic parameters."""
    match described:
        case Named(name):
            if not name.startswith('"'):
                yield name
        case Listed(item):
            yield from names(item)
        case Keyed(key, value):
            yield from names(key)
            yield from names(value)
        case Either(items):
            for item in items:
                yield from names(item)
        case Function(params, returns, generics, overloads):
            inner = [*(param.type for param in params), *returns, *overloads]
            yield from (name for one in inner for name in names(one) if name not in generics)
