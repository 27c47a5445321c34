"""JSON text to values and back; JavaScript has its own, which does the same."""

from __future__ import annotations

from typing import Any, TypedDict

from bridges import _json
from bridges._declare import NOTHING, Bridge, host_function


class JsonOptions(TypedDict, total=False):
    """How JSON is written.

    indent: Spaces per level, at most 10; the default writes everything on one line
    """

    indent: int


class JSON(Bridge):
    """Reads and writes JSON. (In JavaScript this is the language's own object.)"""

    @host_function(needs=NOTHING, since=1)
    def parse(self, text: str) -> Any:
        """Reads JSON.

        text: The JSON text
        returns: Its value; null stays null
        """
        return _json.parse(text, "JSON.parse: the text")

    @host_function(needs=NOTHING, since=1)
    def stringify(self, value: Any = None, options: JsonOptions | None = None) -> str:
        """Writes JSON, keys in order.

        value: What to write
        options: How to write it
        returns: The JSON text
        """
        return _json.render(value, "JSON.stringify", (options or {}).get("indent", 0))
