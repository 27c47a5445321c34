"""What the parser acorn says of a source: exact places of syntax errors, and how a program ends.

It runs in a context of its own and is compiled only when asked something, which costs about 15 ms.
"""

from __future__ import annotations

import json

from engines.javascript._quickjs import QuickJS

TYPE_CHECKING = False  # importing typing would cost a worker a sixth of its start
if TYPE_CHECKING:
    from typing import Any


class SyntaxFault:
    """Where and why a source is no program; line and column count from 1.

    is_incomplete: whether more text may cure it
    """

    def __init__(self, message: str, line: int, column: int, incomplete: bool = False) -> None:
        self.message = message
        self.line = line
        self.column = column
        self.is_incomplete = incomplete


class Parser:
    """acorn.

    extension: dukpy's C extension
    library: acorn's source; glue: parts/syntax.js
    """

    loader = None

    def __init__(self, extension: Any, library: bytes, glue: bytes) -> None:
        self._extension = extension
        self._library = library
        self._glue = glue
        self._engine: QuickJS | None = None
        self._ctx: Any = None

    def fault(self, source: str, *, module: bool) -> SyntaxFault | None:
        """Returns what is wrong with a source, or None when it is a program."""
        error = self._ask(source, module).get("error")
        return SyntaxFault(**error) if error else None

    def ends_in_expression(self, source: str) -> bool:
        """Returns whether a script's last statement is an expression."""
        return bool(self._ask(source, False).get("expression"))

    def export_last(self, source: str) -> str:
        """Returns a module's source with its last expression, if it ends in one, exported."""
        found: str = self._ask(source, True).get("rewritten", source)
        return found

    def ask(self, glue: bytes, request: dict[str, Any]) -> dict[str, Any] | None:
        """Runs a script of ours beside acorn.

        glue: its source; request: what it finds as the global `dukpy`
        Returns what it gives; None where it fails, as on a source that is too deeply nested.
        """
        engine = self._engine
        if engine is None:
            engine = self._engine = QuickJS(self._extension, self)
            engine.evaluate(self._library, b"null")
        try:
            answer = engine.evaluate(glue, json.dumps(request).encode())
        except engine.error:
            return None
        found: dict[str, Any] = json.loads(answer or b"{}")
        return found

    def _ask(self, source: str, module: bool) -> dict[str, Any]:
        return self.ask(self._glue, {"source": source, "module": module}) or {}

    def _check_exported_function_exists(self, name: bytes) -> bool:
        return False

    def _call_python(self, name: bytes, arguments: bytes) -> bytes | None:
        return None

    def _normalize_module(self, importer: str, name: str) -> str:
        return name
