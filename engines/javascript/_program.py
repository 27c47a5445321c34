"""The forms a program may have, and which one a source is.

A script gives its last expression, may await anywhere and, where it has one, ends at a `return`
outside any function; a source with `import` or `export` statements is a module and gives its
default export.
"""

from __future__ import annotations

import re

from engines.javascript._modules import IS_MODULE, strip_shebang
from engines.javascript._quickjs import AWAITS, STRICT, QuickJS, Thrown, Value
from engines.javascript._syntax import Parser

WORD = re.compile(r"\b(?:import|export)\b")
EXPORT = re.compile(r"^\s*export\b", re.MULTILINE)
RETURN = re.compile(r"\breturn\b")
# Statements that leave a value behind without being an expression.
CONTROL = re.compile(r"\b(?:for|while|do|if|else|try|catch|finally|switch)\b|^\s*\{", re.MULTILINE)


class Program:
    """A program ready to run.

    kind: `script` (a file whose last expression is its value), `value` (its completion value is
        asked for), `function` (to be called, returns its value), `module` or `error`
    compiled: the script, or for `error` the engine's SyntaxError
    source: what was compiled
    """

    def __init__(self, kind: str, compiled: Value | None, source: str) -> None:
        self.kind = kind
        self.compiled = compiled
        self.source = source


def compile_program(engine: QuickJS, parser: Parser, source: str, name: str, form: str) -> Program:
    """Returns the first form that the source compiles in."""
    source = strip_shebang(source)
    if form == "eval" and source.lstrip().startswith("{"):
        found = _try(engine, f"({source}\n)", name, AWAITS | STRICT)
        if isinstance(found, Value):
            return Program("value", found, source)
    script = _try(engine, source, name, AWAITS | STRICT)
    if isinstance(script, Value):
        return Program("value" if form == "eval" else "script", script, source)
    return _compile_other(engine, parser, source, name) or Program("error", script.value, source)


def _compile_other(engine: QuickJS, parser: Parser, source: str, name: str) -> Program | None:
    if EXPORT.search(source):
        return Program("module", None, source)
    if IS_MODULE.search(source):
        return Program("module", None, parser.export_last(source))
    if RETURN.search(source):
        body = _try(engine, f"(async () => {{{source}\n}})", name, STRICT)
        if isinstance(body, Value):
            return Program("function", body, source)
    if WORD.search(source) and not parser.fault(source, module=True):
        return Program("module", None, source)
    return None


def _try(engine: QuickJS, source: str, name: str, flags: int) -> Value | Thrown:
    try:
        return engine.compile(source.encode(), name, flags)
    except Thrown as thrown:
        return thrown


def has_value(parser: Parser, source: str) -> bool:
    """Returns whether what a script left behind is the value of its last statement."""
    return not CONTROL.search(source) or parser.ends_in_expression(source)
