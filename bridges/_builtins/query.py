"""JMESPath queries that may come from a model: the work is counted, and ends at a limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridges._errors import InvalidArgument, LimitExceeded

MAX_WORK = 2_000_000
"""What one query may do, in values made; about a second or two."""

STEP = 5
"""What one step counts."""

TEXT_PIECE = 64
"""Characters of a text that count as one value."""

# What makes new values; everything else hands on parts of what is there.
MAKERS = ("multi_select_list", "multi_select_dict", "function_expression")


def query(expression: str, data: Any) -> Any:
    """Returns what a query finds; raises InvalidArgument, or LimitExceeded for too much work."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        parsed = jmespath.compile(expression).parsed
        return _interpreter()().visit(parsed, data)
    except (JMESPathError, ValueError, TypeError) as error:
        raise InvalidArgument(f"json_query: the query cannot be used: {error}") from None
    except RecursionError:
        raise InvalidArgument("json_query: the query is nested too deeply") from None


def _interpreter() -> Any:
    from jmespath.visitor import TreeInterpreter

    class Counting(TreeInterpreter):  # type: ignore[misc, unused-ignore]
        """Stops at MAX_WORK: `[@, @]` again and again doubles a value each time."""

        def __init__(self) -> None:
            super().__init__()
            self._work = 0

        def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
            self._count(STEP)
            found = super().visit(node, *args, **kwargs)
            if node["type"] in MAKERS:
                for cost in _costs(found):
                    self._count(cost)
            elif isinstance(found, list) and node["type"] != "field":
                self._count(len(found) // TEXT_PIECE)
            return found

        def _count(self, amount: int) -> None:
            self._work += amount
            if self._work > MAX_WORK:
                raise LimitExceeded(
                    "json_query: the query is too much work",
                    hint="ask for less at a time",
                    details={"limit": "work"},
                )

    return Counting


def _costs(value: Any) -> Iterator[int]:
    """Yields what each part counts, written out: a list held twice crosses twice."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        yield 1 + (len(part) // TEXT_PIECE if isinstance(part, str) else 0)
        if isinstance(part, (dict, list)):
            waiting += part.values() if isinstance(part, dict) else part
