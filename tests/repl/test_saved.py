"""`.save`: the spell that is written does what the session did."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmspell_cli.repl import dots
from llmspell_cli.repl.bench import Bench
from tests.cli.running import llmspell
from tests.repl.benches import Listener, on_bench

SESSIONS = {
    "lua": ["local x = 20", "x + 1", "_ * 2", "error('no')", "print(_, x)", "'a', 'b'"],
    "javascript": [
        "const x = 20",
        "x + 1",
        "_ * 2",
        "throw new Error('no')",
        "console.log(_, x)",
        "let x = 5",
        "class A { v() { return x } }",
        "class A { v() { return x + 1 } }",
        "function f() { return 1 }",
        "function f() { return new A().v() }",
        "for (const x of [9]) { let y = x }",
        "await f();",
        "console.log(_, _error)",
    ],
}
PRINTED = {"lua": "42\t20\n", "javascript": "42 20\n6 undefined\n"}


def saved(folder: Path, language: str, pieces: list[str], name: str) -> Listener:
    async def work(bench: Bench, face: Listener) -> Listener:
        for piece in pieces:
            await bench.evaluate(piece)
        await dots.run(bench, f".save {name}")
        return face

    return on_bench(folder, language, work)


@pytest.mark.parametrize("language", SESSIONS)
def test_a_saved_session_runs(language: str, tmp_path: Path) -> None:
    face = saved(tmp_path, language, SESSIONS[language], "kept")
    assert [error.message for error in face.errors] == ["no"]
    name = "kept.lua" if language == "lua" else "kept.js"
    assert f"{name}: {len(SESSIONS[language]) - 1} pieces" in face.notes[-1]
    ended = llmspell(tmp_path / "work", "run", name)
    assert (ended.err, ended.out) == ("", PRINTED[language])
    assert llmspell(tmp_path / "work", "check", name).code == 0
    assert 'name = "kept"' in (tmp_path / "work" / name).read_text()


def test_a_file_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    file = tmp_path / "work" / "mine.lua"
    file.write_text("-- mine\n")
    face = saved(tmp_path, "lua", ["x = 1"], "mine.lua")
    assert "exists already" in face.errors[0].message
    assert file.read_text() == "-- mine\n"
    saved(tmp_path, "lua", ["x = 1"], "own.lua")
    face = saved(tmp_path, "lua", ["x = 2"], "own.lua")
    assert not face.errors
    assert "x = 2" in (tmp_path / "work" / "own.lua").read_text()


def test_a_reset_forgets_and_a_loss_does_not(tmp_path: Path) -> None:
    async def work(bench: Bench, face: Listener) -> list[int]:
        counts = []
        await bench.evaluate("x = 1")
        bench.seconds = 0.3
        await bench.evaluate("('a'):rep(1e6):find(('.-'):rep(30) .. 'b')")
        counts.append(len(bench.engine.pieces))
        await dots.run(bench, ".reset")
        counts.append(len(bench.engine.pieces))
        return counts

    assert on_bench(tmp_path, "lua", work) == [1, 0]
