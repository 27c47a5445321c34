"""The page about events lists what the table in the code lists."""

from __future__ import annotations

from pathlib import Path

from bridges._events import EVENTS

PAGE = Path(__file__).parent.parent / "docs" / "events.md"
HEAD = "| event | when | fields of `data` |\n|---|---|---|\n"


def rows() -> str:
    """Returns the lines of the table of built-in events."""
    lines = []
    for name, kind in EVENTS.items():
        fields = "; ".join(f"`{field}`: {what}" for field, what in kind.fields.items())
        lines.append(f"| `{name}` | {kind.when} | {fields} |\n")
    return "".join(lines)


def test_the_page_lists_every_event_and_its_fields() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.endswith(HEAD + rows()), f"the table has to be\n{HEAD}{rows()}"
