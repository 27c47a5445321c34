"""Breakpoints of all kinds, as an editor sets them."""

from __future__ import annotations

from typing import Any

from bridges._errors import SpellError
from llmspell_cli.debug.dap.arguments import Arguments
from llmspell_cli.debug.dap.forms import Forms
from llmspell_cli.debug.dap.inspection import Handler
from llmspell_cli.debug.points import Wanted
from llmspell_cli.debug.request import TITLES
from llmspell_cli.debug.session import RAISED, UNCAUGHT, Debugger

CALLS = {title: kind for kind, title in TITLES.items()}
"""The filters that hold calls, and the kind of call."""
FILTERS = [
    {
        "filter": UNCAUGHT,
        "label": "Uncaught Errors",
        "description": "Stops where an error is thrown that ends the spell.",
        "default": True,
    },
    {
        "filter": RAISED,
        "label": "Raised Errors",
        "description": "Stops where any error is thrown.",
        "default": False,
    },
    {
        "filter": "model call",
        "label": "Model Calls",
        "description": "Stops before a model is asked; the request can be changed.",
        "default": False,
        "supportsCondition": True,
        "conditionDescription": "a model's name, or a pattern such as test:*",
    },
    {
        "filter": "tool call",
        "label": "Tool Calls",
        "description": "Stops before a tool runs; the arguments can be changed.",
        "default": False,
        "supportsCondition": True,
        "conditionDescription": "a tool's name, or a pattern such as read_*",
    },
    {
        "filter": "workflow step",
        "label": "Workflow Steps",
        "description": "Stops before a step of a workflow runs; what it is given can be changed.",
        "default": False,
        "supportsCondition": True,
        "conditionDescription": "a step's name, workflow.step, or a pattern such as report.*",
    },
    {
        "filter": "handoff",
        "label": "Handoffs",
        "description": "Stops before an agent hands over to another; the state can be changed.",
        "default": False,
        "supportsCondition": True,
        "conditionDescription": "the name of the agent that takes over, or a pattern",
    },
]


class Breakpoints:
    """Sets the breakpoints of one run."""

    def __init__(self, debugger: Debugger, forms: Forms) -> None:
        self._debugger = debugger
        self._forms = forms

    def handlers(self) -> dict[str, Handler]:
        """Returns the requests answered here."""
        return {
            "setBreakpoints": self._set_lines,
            "setExceptionBreakpoints": self._set_filters,
        }

    async def _set_lines(self, given: Arguments) -> dict[str, Any]:
        wanted = [self._wanted(part) for part in given.inners("breakpoints")]
        try:
            id = self._forms.id(given.inner("source"))
        except SpellError as error:
            said = f"{error.message}; {error.hint}" if error.hint else error.message
            return {"breakpoints": [{"verified": False, "message": said} for _ in wanted]}
        points = await self._debugger.set_points(id, wanted)
        return {"breakpoints": [self._forms.point(point) for point in points]}

    def _wanted(self, given: Arguments) -> Wanted:
        return Wanted(
            self._forms.line(given),
            given.text("condition", ""),
            given.text("hitCondition", ""),
            given.text("logMessage", ""),
        )

    async def _set_filters(self, given: Arguments) -> dict[str, Any]:
        asked = [(name, "") for name in given.texts("filters")]
        asked += [
            (part.text("filterId"), part.text("condition", ""))
            for part in given.inners("filterOptions")
        ]
        exceptions: set[str] = set()
        calls: dict[str, list[str]] = {}
        found: list[dict[str, Any]] = []
        for name, condition in asked:
            trouble = _trouble(name, condition)
            if not trouble and name in CALLS:
                calls.setdefault(CALLS[name], []).append(condition.strip() or "*")
            elif not trouble:
                exceptions.add(name)
            found.append({"verified": False, "message": trouble} if trouble else {"verified": True})
        self._debugger.wishes.calls = calls
        await self._debugger.set_exceptions(exceptions)
        return {"breakpoints": found}


def _trouble(name: str, condition: str) -> str:
    if name not in (RAISED, UNCAUGHT, *CALLS):
        return f"there is no filter {name!r}"
    if condition.strip() and name not in CALLS:
        return "this filter takes no condition"
    return ""
