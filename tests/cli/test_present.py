"""How errors look, and that a hostile message cannot drive the terminal."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from bridges._errors import NotFound, ScriptError, SpellError
from llmspell_cli.present import present, present_defect
from tests.cli.worlds import make_world


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")

    def isatty(self) -> bool:
        return True


def failed(*frames: dict[str, Any], message: str = "boom", hint: str = "") -> SpellError:
    error = ScriptError(message, hint=hint)
    error.traceback = list(frames)
    return error


def test_a_plain_error(tmp_path: Path) -> None:
    error = NotFound("there is no file 'x'", hint="look again")
    assert present(error, make_world(tmp_path)) == ("error: there is no file 'x'\nhint: look again")


def test_the_traceback_is_innermost_first_with_the_line_and_a_caret(tmp_path: Path) -> None:
    (tmp_path / "a.lua").write_text("local x\n\tlocal y = x.z\n")
    error = failed(
        {"file": "a.lua", "line": 2, "column": 12, "function": "inner"},
        {"file": "a.lua", "line": 9, "function": "?"},
        {"file": "a.lua"},
    )
    assert present(error, make_world(tmp_path), folder=tmp_path).splitlines() == [
        "error: boom",
        "  2 |  local y = x.z",
        "                 ^",
        "  at inner (a.lua:2:12)",
        "  at a.lua:9",
        "  at a.lua",
    ]


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "missing.lua", "link.lua"])
def test_only_files_of_the_spell_are_shown(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    spell = tmp_path / "spell"
    spell.mkdir()
    (spell / "link.lua").symlink_to(tmp_path / "secret")
    text = present(failed({"file": name, "line": 1}), make_world(tmp_path), folder=spell)
    assert text.splitlines() == ["error: boom", f"  at {name}:1"]


def test_long_tracebacks_are_cut(tmp_path: Path) -> None:
    frames = [{"file": "a.lua", "line": n} for n in range(50)]
    lines = present(failed(*frames), make_world(tmp_path)).splitlines()
    assert len(lines) == 22 and lines[-1] == "  … 30 more"


def test_control_characters_are_shown_not_sent(tmp_path: Path) -> None:
    error = failed(
        {"file": "\x1b[2Ja.lua", "function": "\x1b]0;x\x07"},
        message="a\x1b[31mb\rc\x00\x9b\u202ed é 日本\n\te",
        hint="\x1b",
    )
    text = present(error, make_world(tmp_path))
    assert not {"\x1b", "\r", "\x00", "\x07", "\x9b", "\u202e"} & set(text)
    assert "a\\x1b[31mb\\rc\\x00\\x9b\\u202ed é 日本\n\te" in text


def test_colour_is_for_terminals_that_want_it(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    error = NotFound("x")
    assert "\033" not in present(error, world)
    world.stderr = Terminal()
    assert "\033" in present(error, world)
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        world.environ = {name: value}
        assert "\033" not in present(error, world)


def test_pythons_traceback_is_for_those_who_ask(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    assert "Traceback" not in present(NotFound("x"), world)
    assert "NotFound: x" in present(NotFound("x"), world, verbose=True)
    assert present_defect(KeyError("k"), verbose=False).startswith("error: llmspell failed: KeyErr")
    assert present_defect(KeyError("k"), verbose=True) == "KeyError: 'k'"
