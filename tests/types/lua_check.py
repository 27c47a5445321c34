"""Checks Lua code against annotations: of what the Lua language server reports, what is needed.

It knows the types of literals, of what the stubs declare and of what follows from them; all else is
`any`. Unlike the language server it also reports unknown keys in a table that is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import tree_sitter_lua
from tree_sitter import Language, Node, Parser

from tests.types.lua_fit import Fit, Given, Literal, Problem, at
from tests.types.luacats import (
    ANY,
    NIL,
    Either,
    Function,
    Keyed,
    Listed,
    Named,
    Param,
    Stubs,
    Type,
)

STRING, NUMBER, INTEGER, BOOLEAN = map(Named, ("string", "number", "integer", "boolean"))
# The parts of the language's own library that spells have and the stubs leave to the server.
LIBRARY = frozenset(
    "assert collectgarbage error getmetatable ipairs next pairs pcall print rawequal rawget rawlen "
    "rawset select setmetatable tonumber tostring type warn xpcall coroutine math string table "
    "utf8 load _G _VERSION".split()
)
COMPARING = frozenset(("==", "~=", "<", ">", "<=", ">="))


def check(source: str, stubs: Stubs) -> list[Problem]:
    """Returns what is wrong with a script, in the order of its lines."""
    tree = Parser(Language(tree_sitter_lua.language())).parse(source.encode())
    checker = Checker(stubs, set(_assigned(tree.root_node)))
    if tree.root_node.has_error:
        return [at(tree.root_node, "syntax-error", "this is not Lua")]
    checker.block(tree.root_node, [{}])
    return sorted(checker.found, key=lambda problem: problem.line)


def _assigned(node: Node) -> Iterator[str]:
    """Yields what a script assigns to: its globals are known in all of it."""
    if node.type == "assignment_statement":
        yield from map(text, node.named_children[0].named_children)
    for child in node.named_children:
        yield from _assigned(child)


Scopes = list[dict[str, Given]]


def text(node: Node | None) -> str:
    return node.text.decode() if node and node.text is not None else ""


class Checker:
    """Walks a syntax tree with the types of the variables in sight."""

    def __init__(self, stubs: Stubs, own: set[str]) -> None:
        self.stubs = stubs
        self.own = own
        self.fit = Fit(stubs)
        self.found: list[Problem] = []

    def report(self, node: Node, kind: str, message: str) -> None:
        self.found.append(at(node, kind, message))

    def block(self, node: Node, scopes: Scopes) -> None:
        scopes = [*scopes, {}]
        for child in node.named_children:
            self.statement(child, scopes)

    def statement(self, node: Node, scopes: Scopes) -> None:
        handler = getattr(self, f"_{node.type}", None)
        if handler:
            handler(node, scopes)
        elif node.type in ("function_call", "expression_list"):
            self.values(node, scopes)
        elif node.type == "block":
            self.block(node, scopes)
        else:
            for child in node.named_children:
                field = node.field_name_for_child(node.children.index(child))
                if field in ("condition", "start", "end", "step"):
                    self.value(child, scopes)
                elif child.type != "identifier":
                    self.statement(child, scopes)

    def _comment(self, node: Node, scopes: Scopes) -> None:
        """Says nothing."""

    def _variable_declaration(self, node: Node, scopes: Scopes) -> None:
        inner = node.named_children[0]
        if inner.type == "assignment_statement":
            targets, given = inner.named_children
            types = self.values(given, scopes)
            for index, name in enumerate(targets.children_by_field_name("name")):
                scopes[-1][text(name)] = types[index] if index < len(types) else ANY
        else:
            scopes[-1].update({text(name): ANY for name in inner.named_children})

    def _assignment_statement(self, node: Node, scopes: Scopes) -> None:
        targets, given = node.named_children
        self.values(given, scopes)
        for target in targets.named_children:
            if target.type != "identifier":
                self.value(target.named_children[0], scopes)
                continue
            # What is assigned again may be anything from here on.
            holder = next((s for s in reversed(scopes) if text(target) in s), None)
            if holder is not None:
                holder[text(target)] = ANY

    def _function_declaration(self, node: Node, scopes: Scopes) -> None:
        name = node.child_by_field_name("name")
        assert name
        if name.type == "identifier":
            local = text(node).startswith("local")
            (scopes[-1] if local else scopes[0])[text(name)] = ANY
        self.function(node, scopes, None)

    def _for_statement(self, node: Node, scopes: Scopes) -> None:
        clause, body = node.child_by_field_name("clause"), node.child_by_field_name("body")
        assert clause
        mine: dict[str, Given] = {}
        if clause.type == "for_numeric_clause":
            for child in clause.named_children[1:]:
                self.value(child, scopes)
            mine[text(clause.named_children[0])] = NUMBER
        else:
            names, given = clause.named_children
            over = self.iterated(given, scopes)
            for index, name in enumerate(names.named_children):
                mine[text(name)] = over[index] if index < len(over) else ANY
        if body:
            self.block(body, [*scopes, mine])

    def iterated(self, node: Node, scopes: Scopes) -> list[Given]:
        """Returns the types of what a loop goes over."""
        self.values(node, scopes)
        call = node.named_children[0]
        called = call.child_by_field_name("name")
        if call.type != "function_call" or text(called) not in ("ipairs", "pairs"):
            return []
        arguments = call.child_by_field_name("arguments")
        mark = len(self.found)
        over = self.value(arguments.named_children[0], scopes) if arguments else ANY
        del self.found[mark:]
        match over:
            case Listed(item):
                return [INTEGER, item]
            case Keyed(key, value):
                return [key, value]
        return []

    def _repeat_statement(self, node: Node, scopes: Scopes) -> None:
        inside: Scopes = [*scopes, {}]
        for child in node.named_children:
            if child.type == "block":
                for one in child.named_children:
                    self.statement(one, inside)
            else:
                self.value(child, inside)

    def values(self, node: Node, scopes: Scopes) -> list[Given]:
        """Returns the types of a list of expressions, the last one's results spread."""
        if node.type != "expression_list":
            return self.spread(node, scopes)
        children = [child for child in node.named_children if child.type != "comment"]
        found = [self.value(child, scopes) for child in children[:-1]]
        return found + (self.spread(children[-1], scopes) if children else [])

    def spread(self, node: Node, scopes: Scopes) -> list[Given]:
        return (
            self.call(node, scopes) if node.type == "function_call" else [self.value(node, scopes)]
        )

    def value(self, node: Node, scopes: Scopes) -> Given:
        """Returns the type of an expression, and reports what is wrong in it."""
        if node.type in CONSTANTS:
            return CONSTANTS[node.type]
        handler = EXPRESSIONS.get(node.type)
        if handler:
            return handler(self, node, scopes)
        for child in node.named_children:
            self.value(child, scopes)
        return ANY

    def string(self, node: Node, scopes: Scopes) -> Given:
        return Named(f'"{text(node)[1:-1]}"')

    def number(self, node: Node, scopes: Scopes) -> Given:
        return NUMBER if any(c in text(node) for c in ".eE") else INTEGER

    def definition(self, node: Node, scopes: Scopes) -> Given:
        return self.function(node, scopes, None)

    def first(self, node: Node, scopes: Scopes) -> Given:
        return next(iter(self.call(node, scopes)), ANY)

    def variable(self, node: Node, scopes: Scopes) -> Given:
        name = text(node)
        for scope in reversed(scopes):
            if name in scope:
                return scope[name]
        if name in self.stubs.globals:
            return self.stubs.globals[name]
        if name not in LIBRARY | self.own:
            self.report(node, "undefined-global", f"nothing is called {name}")
        return ANY

    def index(self, node: Node, scopes: Scopes) -> Given:
        table, key = node.named_children
        owner = self.value(table, scopes)
        if isinstance(owner, Keyed):
            return owner.value
        known = self.fit.class_of(owner)
        if known is None:
            return ANY
        if text(key) not in known.fields:
            self.report(key, "undefined-field", f"{owner} has no {text(key)}")
            return ANY
        return known.fields[text(key)].type

    def table(self, node: Node, scopes: Scopes) -> Given:
        fields: dict[str, tuple[Node, Given]] = {}
        items: list[tuple[Node, Given]] = []
        spread = False
        for child in node.named_children:
            if child.type != "field":
                continue
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            assert value
            given = self.value(value, scopes)
            if name is None:
                items.append((child, given))
            elif name.type == "identifier" and not text(child).startswith("["):
                fields[text(name)] = (child, given)
            else:
                self.value(name, scopes)
                spread = True
        return Literal(fields, tuple(items), spread)

    def function(self, node: Node, scopes: Scopes, wanted: Function | None) -> Given:
        """Checks a function's body; its parameters have the types of the function wanted there."""
        parameters, body = node.child_by_field_name("parameters"), node.child_by_field_name("body")
        names = [text(child) for child in (parameters.named_children if parameters else [])]
        types = [p.type for p in wanted.params] if wanted else []
        mine: dict[str, Given] = {"self": ANY}
        for index, name in enumerate(names):
            mine[name] = types[index] if index < len(types) else ANY
        if body:
            self.block(body, [*scopes, mine])
        return Function(tuple(Param(name, ANY, True) for name in names), (ANY,))

    def operation(self, node: Node, scopes: Scopes) -> Given:
        parts = [self.value(child, scopes) for child in node.named_children]
        if node.type == "parenthesized_expression":
            return parts[0]
        operator = next(text(child) for child in node.children if not child.is_named)
        if operator in COMPARING or operator == "not":
            return BOOLEAN
        if operator == "..":
            return STRING
        if operator in ("and", "or"):
            return either(parts[-1] if operator == "and" else parts[0], parts[-1])
        return INTEGER if operator == "#" else NUMBER if NUMBER in parts else ANY

    def call(self, node: Node, scopes: Scopes) -> list[Given]:
        name, arguments = node.child_by_field_name("name"), node.child_by_field_name("arguments")
        assert name and arguments
        called = self.value(name, scopes)
        given = [child for child in arguments.named_children if child.type != "comment"]
        receiver = name.type == "method_index_expression"
        if text(name) == "require" and given and text(given[0])[1:-1] in self.stubs.modules:
            return [self.stubs.modules[text(given[0])[1:-1]]]
        if not isinstance(called, Function):
            for child in given:
                self.value(child, scopes)
            return []
        tried = []
        for signature in (called, *called.overloads):
            mark = len(self.found)
            self.arguments(arguments, given, receiver, signature, scopes)
            tried.append(self.found[mark:])
            del self.found[mark:]
            if not tried[-1]:
                return list(forget(signature.returns, called.generics))
        self.found += tried[0]
        return list(forget(called.returns, called.generics))

    def arguments(
        self, node: Node, given: list[Node], receiver: bool, signature: Function, scopes: Scopes
    ) -> None:
        """Checks the arguments of a call; what the types of generic parameters are is found out."""
        params = [p for p in signature.params if p.name != "..."]
        rest = next((p for p in signature.params if p.name == "..."), None)
        if receiver:
            params = params[1:]
        bound: dict[str, Type] = {}
        for index, child in enumerate(given):
            param = params[index] if index < len(params) else rest
            if param is None:
                self.report(child, "redundant-parameter", f"{len(params)} are taken")
                self.value(child, scopes)
                continue
            wanted = apply(param.type, signature.generics, bound)
            value = self.argument(child, wanted, scopes)
            bind(param.type, value, signature.generics, bound)
            if not (param.optional and value == NIL):
                self.found += self.fit.problems(child, value, wanted)
        spread = bool(given) and given[-1].type in ("function_call", "vararg_expression")
        needed = [p for p in params[len(given) :] if not (p.optional or self.fit.fits(NIL, p.type))]
        if needed and not spread:
            self.report(node, "missing-parameter", ", ".join(p.name for p in needed))

    def argument(self, node: Node, wanted: Type, scopes: Scopes) -> Given:
        functions = [wanted] if isinstance(wanted, Function) else []
        if isinstance(wanted, Either):
            functions = [item for item in wanted.items if isinstance(item, Function)]
        if node.type == "function_definition" and functions:
            return self.function(node, scopes, functions[0])
        return self.value(node, scopes)


CONSTANTS = {"true": BOOLEAN, "false": BOOLEAN, "nil": NIL}
EXPRESSIONS: dict[str, Callable[[Checker, Node, Scopes], Given]] = {
    "string": Checker.string,
    "number": Checker.number,
    "identifier": Checker.variable,
    "table_constructor": Checker.table,
    "function_definition": Checker.definition,
    "function_call": Checker.first,
    "dot_index_expression": Checker.index,
    "method_index_expression": Checker.index,
    "binary_expression": Checker.operation,
    "unary_expression": Checker.operation,
    "parenthesized_expression": Checker.operation,
}


def either(left: Given, right: Given) -> Given:
    """Returns the type of what is one or the other."""
    kinds: list[Type] = []
    for one in (left, right):
        if isinstance(one, Literal):
            return ANY
        kinds += one.items if isinstance(one, Either) else [one]
    distinct = tuple(dict.fromkeys(kinds))
    if ANY in distinct:
        return ANY
    return distinct[0] if len(distinct) == 1 else Either(distinct)


def apply(described: Type, generics: frozenset[str], bound: dict[str, Type]) -> Type:
    """Returns a type with its generic parameters replaced by what they are known to be."""
    match described:
        case Named(name) if name in generics:
            return bound.get(name, ANY)
        case Listed(item):
            return Listed(apply(item, generics, bound))
        case Function(params, returns):
            made = tuple(Param(p.name, apply(p.type, generics, bound), p.optional) for p in params)
            return Function(made, tuple(apply(one, generics, bound) for one in returns))
    return described


def bind(described: Type, given: Given, generics: frozenset[str], bound: dict[str, Type]) -> None:
    """Notes what a list's items are, when a generic parameter stands for them."""
    match described, given:
        case Listed(Named(name)), Listed(item) if name in generics:
            bound.setdefault(name, item)


def forget(returns: tuple[Type, ...], generics: frozenset[str]) -> Iterator[Type]:
    for one in returns:
        yield apply(one, generics, {})
