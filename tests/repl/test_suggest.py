"""What the REPL suggests, and what it says of the function under the cursor."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from llmspell_cli.repl import suggest
from llmspell_cli.repl.bench import Bench
from llmspell_cli.repl.suggest import Suggester
from tests.repl.benches import Listener, on_bench

SETUP = {
    "lua": "ann = Agent.new{ name = 'ann' }; box = { inner = { deep = 1 }, f = print }",
    "javascript": "var ann = new Agent({ name: 'ann' }), box = { inner: { deep: 1 }, f() {} }",
}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine on a busy machine is waited for."""
    monkeypatch.setattr(suggest, "PATIENCE", 60.0)


def suggested(folder: Path, language: str, text: str) -> list[str]:
    async def work(bench: Bench, _face: Listener) -> list[str]:
        await bench.evaluate(SETUP[language])
        return [found.text for found in await Suggester(bench).suggest(text)]

    return on_bench(folder, language, work)


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("lua", "File.re", ["read", "read_bytes", "remove"]),
        ("javascript", "File.re", ["read", "readBytes", "remove"]),
        ("lua", "print(ann:", ["add_handoff", "as_tool", "clone", "info", "run"]),
        ("javascript", "await ann.", ["addHandoff", "asTool", "clone", "info", "run"]),
        ("lua", "box.", ["f", "inner"]),
        ("lua", "box.inner.", ["deep"]),
        ("javascript", "box.inner.de", ["deep"]),
        ("lua", "box:", ["f"]),
        ("lua", "an", ["and", "ann"]),
        ("javascript", "aw", ["await"]),
        ("lua", "Agent.new{ sys", ["system_prompt = "]),
        ("javascript", "new Agent({ sys", ["systemPrompt: "]),
        ("lua", "Agent.new{ name = 'x', nam", []),
        ("lua", "ann:run('x', { messages = { { ro", ["role = "]),
        ("javascript", "ann.run('x', { messages: [{ role: 'us", ["user"]),
        ("lua", "Tool.get('calc", ["calculator"]),
        ("lua", "Tool.call('calc", ["calculator"]),
        ("lua", "Agent.new{ tools = { 'calc", ["calculator"]),
        ("javascript", "new Agent({ tools: ['hash', 'calc", ["calculator"]),
        ("lua", "Agent.new{ model = 'test:e", ["test:echo"]),
        ("lua", "-- File.re", []),
        ("lua", "x = 'File.re", []),
        ("lua", ".sav", [".save"]),
        ("lua", ".engine j", ["javascript"]),
        ("lua", ".trace o", ["off", "on"]),
        ("lua", ".doc File.rem", ["File.remove"]),
        ("lua", ".type File.rem", ["remove"]),
        ("lua", ".model test:e", ["test:echo"]),
    ],
)
def test_suggestions(language: str, text: str, wanted: list[str], tmp_path: Path) -> None:
    found = suggested(tmp_path, language, text)
    assert found[: len(wanted)] == wanted
    if not wanted:
        assert not found


@pytest.mark.parametrize("text", ["File.read('no", ".load no", ".run no"])
def test_files_are_suggested(text: str, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    for name in ("notes.txt", ".nothing", "other"):
        (tmp_path / "work" / name).write_text("")
    (tmp_path / "work" / "nooks").mkdir()
    assert suggested(tmp_path, "lua", text) == ["nooks/", "notes.txt"]


@pytest.mark.parametrize(
    ("language", "text", "signature", "doc"),
    [
        ("lua", "File.wr", None, ""),
        ("lua", "File.write", "File.write(path, content)", "Writes a file"),
        ("lua", "File.write('x', ", "File.write(path, ‹content›)", ""),
        (
            "javascript",
            "await ann.run(",
            "Agent.run(‹input›, options?)",
            "Text, a list of messages",
        ),
        ("lua", "ann:run(", "Agent:run(‹input›, options?)", "Text, a list of messages"),
        ("lua", "Agent.new{ model = ", "Agent.new(‹options›)", "model: A model's name"),
        ("lua", "print(", None, ""),
    ],
)
def test_the_function_under_the_cursor(
    language: str, text: str, signature: str | None, doc: str, tmp_path: Path
) -> None:
    async def work(bench: Bench, _face: Listener) -> object:
        await bench.evaluate(SETUP[language])
        return await Suggester(bench).hint(text)

    found = on_bench(tmp_path, language, work)
    assert getattr(found, "signature", None) == signature
    assert getattr(found, "doc", "").startswith(doc)


def test_an_engine_that_computes_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggest, "PATIENCE", 0.05)

    async def work(bench: Bench, _face: Listener) -> list[str]:
        await bench.evaluate("Async.spawn(function() Async.sleep(0.01) while true do end end)")
        await asyncio.sleep(0.3)
        return [found.text for found in await Suggester(bench).suggest("File.rea")]

    assert on_bench(tmp_path, "lua", work) == ["read", "read_bytes"]
