"""What is known of unfinished code without an engine: where its end is, how it is set in."""

from __future__ import annotations

import pytest

from llmspell_cli.repl.indent import indent_after, should_close
from llmspell_cli.scan import scan


@pytest.mark.parametrize(
    ("language", "text", "callees", "string", "comment"),
    [
        ("lua", 'f(1, g"x", { a = "b', ["f", ""], "b", False),
        ("lua", "-- it's (\nf(", ["f"], None, False),
        ("lua", "--[[ ( ]] f(", ["f"], None, False),
        ("lua", "--[==[ ]] (", [], None, True),
        ("lua", "x = [[ ( ", [], " ( ", False),
        ("lua", r"x = 'it\'s ( ' f(", ["f"], None, False),
        ("javascript", "f(/[(]/g, `a ${ g(1) } (`, ", ["f"], None, False),
        ("javascript", "`a ${ g(", ["", "", "g"], None, False),
        ("javascript", "`a ( ", [""], "a ( ", False),
        ("javascript", "a / b / f(", ["f"], None, False),
        ("javascript", "// x (\n/* ( */ new Agent({ model: 'x", ["new Agent", ""], "x", False),
        ("javascript", "agent . run ( x )  .then(", ["then"], None, False),
    ],
)
def test_where_the_end_is(
    language: str, text: str, callees: list[str], string: str | None, comment: bool
) -> None:
    place = scan(text, language)
    assert ([b.callee.split(".")[-1] for b in place.brackets], place.string, place.comment) == (
        callees,
        string,
        comment,
    )
    assert len(place.code) == len(text)


@pytest.mark.parametrize(
    ("language", "text", "indent"),
    [
        ("lua", "function f()", "  "),
        ("lua", "  if x then y() end", "  "),
        ("lua", "if x then\n  y()\nelse", "  "),
        ("lua", "-- then do", ""),
        ("lua", "x = 'function'", ""),
        ("lua", "f({\n  a,\n})", ""),
        ("javascript", "f(() => {", "  "),
        ("javascript", "  g(1)", "  "),
        ("javascript", "f(() => {\n})", ""),
    ],
)
def test_how_far_the_next_line_is_set_in(language: str, text: str, indent: str) -> None:
    assert indent_after(text, language) == indent


@pytest.mark.parametrize(
    ("language", "before", "closes"),
    [
        ("lua", "if x then\n  end", True),
        ("lua", "if x then\n  y()\n  else", True),
        ("lua", "if x then\n  ended", False),
        ("lua", "if x then\nend", False),
        ("lua", "  end", False),
        ("javascript", "f(() => {\n  }", True),
        ("javascript", "x = {\n  a }", False),
    ],
)
def test_which_lines_end_a_block(language: str, before: str, closes: bool) -> None:
    assert should_close(before, language) is closes
