"""What people get wrong, and the one paragraph they get for it: what, where, what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.running import llmspell

SUFFIX = {"lua": "lua", "javascript": "js"}


@dataclass(frozen=True)
class Wrong:
    """A mistake: the spell in each language, flags, the exit code, and what the error must say."""

    lua: str
    javascript: str
    code: int
    says: tuple[str, ...]
    flags: tuple[str, ...] = ()
    where: bool = True


TABLE = {
    "wrong option name": Wrong(
        "return Agent.new{ name = 'a', sistem_prompt = 'x' }",
        "new Agent({ name: 'a', sistemPrompt: 'x' })",
        1,
        ("Agent.new", "did you mean"),
    ),
    "wrong type of an option": Wrong(
        "return Agent.new{ name = 'a', max_tokens = 'many' }",
        "new Agent({ name: 'a', maxTokens: 'many' })",
        1,
        ("Agent.new", "must be an integer", "text"),
    ),
    "wrong type of an argument": Wrong(
        "return File.read({})", "File.read({})", 1, ("File.read", "'path' must be text")
    ),
    "missing argument": Wrong("return File.read()", "File.read()", 1, ("'path' is missing",)),
    "unknown provider": Wrong(
        "return LLM.complete{ prompt = 'x', model = 'opnai:gpt-5' }",
        "await LLM.complete({ prompt: 'x', model: 'opnai:gpt-5' })",
        4,
        ("opnai", "openai"),
    ),
    "unknown model": Wrong(
        "return LLM.complete{ prompt = 'x', model = 'local:nothere' }",
        "await LLM.complete({ prompt: 'x', model: 'local:nothere' })",
        4,
        ("nothere", "hint"),
    ),
    "no key": Wrong(
        "return LLM.complete{ prompt = 'x', model = 'anthropic:claude-haiku-4-5' }",
        "await LLM.complete({ prompt: 'x', model: 'anthropic:claude-haiku-4-5' })",
        4,
        ("ANTHROPIC_API_KEY",),
    ),
    "unknown tool": Wrong(
        "return Agent.new{ name = 'a', tools = { 'calculater' } }",
        "new Agent({ name: 'a', tools: ['calculater'] })",
        1,
        ("calculater", "calculator"),
    ),
    "missing file": Wrong(
        "return File.read('notes.txt')", "File.read('notes.txt')", 1, ("notes.txt",)
    ),
    "missing module": Wrong(
        "return require('nothere')",
        "import x from './nothere.js'; export default x",
        1,
        ("nothere",),
    ),
    "syntax error": Wrong("local x = = 1", "const x = = 1;", 1, ("spell.",)),
    "bad manifest": Wrong(
        "-- /// spell\n-- name = 5\n-- ///\nreturn 1",
        "// /// spell\n// name = 5\n// ///\n1",
        2,
        ("spell.", ":2:", "name"),
        where=False,
    ),
    "unclosed manifest": Wrong(
        "-- /// spell\n-- name = 'a'\nreturn 1",
        "// /// spell\n// name = 'a'\n1",
        2,
        ("not closed",),
        where=False,
    ),
    "unknown parameter": Wrong(
        "-- /// spell\n-- [params.words]\n-- type = 'integer'\n-- ///\nreturn 1",
        "// /// spell\n// [params.words]\n// type = 'integer'\n// ///\n1",
        2,
        ("wrods", "did you mean 'words'"),
        ("--param", "wrods=1"),
        where=False,
    ),
    "parameter of the wrong type": Wrong(
        "-- /// spell\n-- [params.words]\n-- type = 'integer'\n-- ///\nreturn 1",
        "// /// spell\n// [params.words]\n// type = 'integer'\n// ///\n1",
        2,
        ("words", "many"),
        ("--param", "words=many"),
        where=False,
    ),
    "bad size": Wrong("return 1", "1", 2, ("--memory", "lots"), ("--memory", "lots"), where=False),
    "no memory to start with": Wrong(
        "return 1", "1", 125, ("memory", "--memory"), ("--memory", "1"), where=False
    ),
    "unknown engine": Wrong(
        "return 1", "1", 2, ("'luaa'", "lua"), ("--engine", "luaa"), where=False
    ),
    "unknown profile": Wrong(
        "return 1", "1", 2, ("medum", "medium"), ("--security", "medum"), where=False
    ),
}


def assert_one_paragraph(err: str) -> None:
    """One error, at most a few lines of where, one hint; no traceback of Python's."""
    assert err.startswith("error: ") or "\nerror: " in err, err
    assert err.count("error: ") == 1, err
    assert "Traceback" not in err and '  File "' not in err
    assert "\n\n" not in err.strip()
    assert len(err.splitlines()) <= 8, err


@pytest.mark.parametrize("language", SUFFIX)
@pytest.mark.parametrize("name", TABLE)
def test_a_mistake_gets_one_clear_paragraph(name: str, language: str, tmp_path: Path) -> None:
    wrong = TABLE[name]
    file = f"spell.{SUFFIX[language]}"
    (tmp_path / file).write_text(wrong.lua if language == "lua" else wrong.javascript)
    ended = llmspell(tmp_path, "run", *wrong.flags, file)
    assert ended.code == wrong.code, ended
    assert_one_paragraph(ended.err)
    for text in wrong.says:
        assert text in ended.err, ended.err
    if wrong.where:
        assert re.search(rf"spell\.{SUFFIX[language]}:1\b", ended.err), ended.err


CONFIG = {
    "unknown key": ("[limits]\ntimout = '5s'\n", ("llmspell.toml:2", "timout", "timeout")),
    "unknown section": ("[limit]\ntimeout = '5s'\n", ("llmspell.toml:1", "limit")),
    "wrong type": ("[limits]\nmemory = true\n", ("llmspell.toml:2", "memory")),
    "bad duration": ("[limits]\ntimeout = 'soon'\n", ("llmspell.toml:2", "soon")),
    "not TOML": ("[limits\n", ("llmspell.toml:1",)),
    "not text": ("\udcff", ("llmspell.toml",)),
}


@pytest.mark.parametrize("name", CONFIG)
def test_a_bad_configuration_names_file_line_and_key(name: str, tmp_path: Path) -> None:
    text, says = CONFIG[name]
    (tmp_path / "llmspell.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    ended = llmspell(tmp_path, "eval", "return 1")
    assert ended.code == 2, ended
    assert_one_paragraph(ended.err)
    for part in says:
        assert part in ended.err, ended.err


def test_a_file_that_cannot_be_read_or_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "binary.lua").write_bytes(b"return 1\n\xff\xfe")
    (tmp_path / "folder.lua").mkdir()
    for arguments in (("run", "nothere.lua"), ("run", "binary.lua"), ("run", "folder.lua")):
        ended = llmspell(tmp_path, *arguments)
        assert ended.code == 1, ended
        assert_one_paragraph(ended.err)
        assert arguments[1].partition(".")[0] in ended.err
