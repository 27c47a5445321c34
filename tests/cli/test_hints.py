"""A name that is not there gets the nearest one that is, the same in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import llmspell

MISTAKES = {
    # Lua, JavaScript, what the hint says in each
    "function of a global": ("File.raed('x')", "File.raed('x')", "File.read", "File.read"),
    "spelled in camel case": (
        "local a = 1; File.read_byts('x')",
        "const a = 1; File.readByts('x')",
        "File.read_bytes",
        "File.readBytes",
    ),
    "another language's spelling": (
        "File.readBytes('x')",
        "File.read_bytes('x')",
        "File.read_bytes",
        "File.readBytes",
    ),
    "the second of a line": (
        "return { Env.list, Env.gett('x') }",
        "[Env.list, Env.gett('x')]",
        "Env.get",
        "Env.get",
    ),
    "global": ("Agnet.new{ name = 'x' }", "Agnet.new({ name: 'x' })", "Agent", "Agent"),
    "the language's own": ("prnt('x')", "consle.log('x')", "print", "console"),
}


@pytest.mark.parametrize("language", ["lua", "javascript"])
@pytest.mark.parametrize("name", MISTAKES)
def test_the_nearest_name_is_suggested(name: str, language: str, tmp_path: Path) -> None:
    place = 0 if language == "lua" else 1
    code, meant = MISTAKES[name][place], MISTAKES[name][place + 2]
    ended = llmspell(tmp_path, "eval", "--engine", language, code)
    assert ended.code == 1
    assert f"hint: did you mean {meant}?\n" in ended.err


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("lua", "local x = {}; x.raed()"),
        ("lua", "File.quite_other()"),
        ("lua", "zebra()"),
        ("lua", "local read = nil; read(File.raed)"),
        ("javascript", "const x = {}; x.raed()"),
        ("javascript", "File.quiteOther()"),
        ("javascript", "zebra()"),
    ],
)
def test_nothing_is_suggested_where_nothing_is_near(
    language: str, code: str, tmp_path: Path
) -> None:
    ended = llmspell(tmp_path, "eval", "--engine", language, code)
    assert ended.code == 1
    assert "hint" not in ended.err


@pytest.mark.parametrize(
    ("file", "code", "module", "text"),
    [
        ("s.lua", "require('m').f()", "m.lua", "return {\n  f = function() File.wirte() end }"),
        (
            "s.js",
            "import { f } from './m.js'; f()",
            "m.js",
            "\nexport const f = () => File.wirte()",
        ),
    ],
)
def test_the_line_of_a_module_is_read(
    file: str, code: str, module: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / file).write_text(code)
    (tmp_path / module).write_text(text)
    ended = llmspell(tmp_path, "run", file)
    assert "hint: did you mean File.write?\n" in ended.err
