"""The pages about events and hooks list what the tables in the code list."""

from __future__ import annotations

from pathlib import Path

from bridges._events.built_in import EVENTS
from bridges._hooks.passages import CHANGES

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "events.md"
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


def test_the_page_of_hooks_says_what_can_be_changed() -> None:
    found = {}
    for line in (DOCS / "hooks.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if line.startswith("| `") and len(cells) == 7 and cells[3]:
            words = [word.strip("`") for word in cells[4].split(", ")]
            found[cells[1].strip("`")] = tuple(words)
    found["step"] = CHANGES["step"] if found["step"] == ("the last",) else ()
    assert found == CHANGES
