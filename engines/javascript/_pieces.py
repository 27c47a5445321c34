"""Pieces of a REPL's input: whether one is whole, and the scripts that it is run as."""

from __future__ import annotations

from engines.javascript._modules import Modules, strip_shebang
from engines.javascript._quickjs import AWAITS, STRICT, QuickJS, Value
from engines.javascript._syntax import Parser, SyntaxFault

TYPE_CHECKING = False  # importing typing would cost a worker a sixth of its start
if TYPE_CHECKING:
    from typing import Any

MAX_SOURCE = 1024 * 1024
"""Characters of one piece."""
TOO_MUCH = SyntaxFault("the piece is too long or too deeply nested", 1, 1)


class Piece:
    """A piece that can be run.

    names: what it declares, as `[name, kind]`; kind is `var`, `let`, `const`, `class` or `function`
    is_expression: whether it ends in an expression, whose promise is waited for
    """

    def __init__(self, name: str, found: dict[str, Any]) -> None:
        self._name = name
        self._source: str = found["source"]
        self._functions: str = found["functions"]
        self.names: list[list[str]] = found["names"]
        self.is_expression: bool = found["isExpression"]

    def run(self, engine: QuickJS) -> Value:
        """Defines its functions, then runs it to its first await; returns its promise."""
        main = engine.compile(self._source.encode(), self._name, AWAITS | STRICT)
        if self._functions:
            functions = engine.compile(self._functions.encode(), self._name, STRICT)
            engine.free(engine.run(functions))
        return engine.run(main)


class Reader:
    """Reads pieces.

    glue: parts/rewrite.js
    modules: is told the sources, for the places of errors in them
    """

    def __init__(self, parser: Parser, glue: bytes, modules: Modules) -> None:
        self._parser = parser
        self._glue = glue
        self._modules = modules

    def read(self, source: str, name: str) -> Piece | SyntaxFault:
        """Returns a piece ready to run, or what is wrong with it."""
        # A key or a file's name that is no UTF-8 comes as half a character.
        source, name = _whole(strip_shebang(source)), _whole(name)
        self._modules.add(name, source)
        found = self._ask(source, rewrite=True)
        return found if isinstance(found, SyntaxFault) else Piece(name, found)

    def check(self, source: str) -> dict[str, Any]:
        """Returns the answer to the command `check`."""
        found = self._ask(strip_shebang(source), rewrite=False)
        if not isinstance(found, SyntaxFault):
            return {"state": "complete"}
        if found.is_incomplete:
            return {"state": "incomplete"}
        place = {"line": found.line, "column": found.column}
        return {"state": "wrong", "message": found.message, **place}

    def _ask(self, source: str, *, rewrite: bool) -> dict[str, Any] | SyntaxFault:
        if len(source) > MAX_SOURCE:
            return TOO_MUCH
        found = self._parser.ask(self._glue, {"source": source, "rewrite": rewrite})
        if found is None:
            return TOO_MUCH
        return SyntaxFault(**found["error"]) if "error" in found else found


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
