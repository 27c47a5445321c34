"""Error maps of what scripts throw, with what only the worker's Python side knows of them."""

from __future__ import annotations

import json
from collections.abc import Callable

from engines.javascript import _faults
from engines.javascript._modules import IS_MODULE, Modules
from engines.javascript._syntax import Parser

TYPE_CHECKING = False  # importing typing would cost a worker a sixth of its start
if TYPE_CHECKING:
    from typing import Any


class Errors:
    """Makes error maps.

    modules: what is known of imports that were refused, and the sources
    parser: says where a source's syntax error is
    has_been_full: tells whether the heap has ever been full
    """

    def __init__(self, modules: Modules, parser: Parser, has_been_full: Callable[[], bool]) -> None:
        self._modules = modules
        self._parser = parser
        self._has_been_full = has_been_full

    def map(self, payload: bytes) -> dict[str, Any]:
        """Returns the error map of a thrown value that the boot code has described as JSON."""
        found = _faults.error_map(json.loads(payload), self._has_been_full())
        refusal = self._modules.refusal(found.get("message", ""))
        if refusal is not None:
            error, site = refusal
            found = {**error, "traceback": found["traceback"] or site}
        if found.get("name") == "SyntaxError":
            self._place_syntax_error(found)
        return found

    def _place_syntax_error(self, found: dict[str, Any]) -> None:
        """Has the parser say where a source's error is: the engine names only its line."""
        for frame in found["traceback"][:1]:
            source = self._modules.source(frame["file"])
            fault = None
            if source is not None and not frame["file"].endswith(".json"):
                fault = self._parser.fault(source, module=bool(IS_MODULE.search(source)))
            if fault is not None:
                found["message"] = fault.message
                frame |= {"line": fault.line, "column": fault.column}
