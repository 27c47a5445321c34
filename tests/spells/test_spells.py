"""Every spell of spells/ as its user runs it, with a scripted model.

A case is a folder: `case.toml` (spells, args, code, texts of standard error), `stdin.txt`,
`model.json` with the model's answers, `files/` to start in, and what must come of it: `stdout.txt`,
and `after/`, the files that are there at the end. A case of several spells holds for each, so pairs
print the same; with `json = true` the same JSON, because the keys of a Lua table have no order.
"""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import llmspell
from tests.models import servers

CASES = Path(__file__).parent / "cases"
SPELLS = Path(__file__).parent.parent.parent / "spells"


def read(case: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"args": [], "code": 0, "stderr": [], "json": False}
    found.update(tomllib.loads((case / "case.toml").read_text(encoding="utf-8")))
    return found


def runs() -> list[Any]:
    return [
        pytest.param(case, spell, id=f"{case.name}-{spell}")
        for case in sorted(CASES.iterdir())
        for spell in read(case)["spells"]
    ]


@pytest.mark.parametrize("case, spell", runs())
def test_spell(case: Path, spell: str, tmp_path: Path) -> None:
    expected = read(case)
    folder = tmp_path / "work"
    if (case / "files").is_dir():
        shutil.copytree(case / "files", folder)
    else:
        folder.mkdir()
    model = "test:echo"
    if (case / "model.json").exists():
        shutil.copy(case / "model.json", tmp_path)
        model = f"test:{tmp_path / 'model.json'}"
    stdin = case / "stdin.txt"
    ended = llmspell(
        folder,
        *("run", str(SPELLS / spell), f"--model={model}", f"--allow-read={tmp_path}"),
        *expected["args"],
        stdin=stdin.read_bytes().decode() if stdin.exists() else None,
        HOME=str(tmp_path),
    )
    assert ended.code == expected["code"], ended.err
    wanted = (case / "stdout.txt").read_bytes().decode()
    if expected["json"]:
        assert json.loads(ended.out) == json.loads(wanted)
    else:
        assert ended.out == wanted
    for text in expected["stderr"]:
        assert text in ended.err
    assert "Traceback" not in ended.err
    if (case / "after").is_dir():
        assert files(folder, ".bin") == files(case / "after")


def files(folder: Path, *but: str) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in but
    }


def test_every_spell_has_a_case_that_works() -> None:
    working = set()
    for case in CASES.iterdir():
        found = read(case)
        if not found["code"]:
            working.update(found["spells"])
    assert working == {path.name for path in SPELLS.iterdir()}


def test_every_pair_is_tested_together() -> None:
    lua, javascript = ({path.stem for path in SPELLS.glob(f"*.{end}")} for end in ("lua", "js"))
    pairs = lua & javascript
    assert len(pairs) >= 3
    for case in CASES.iterdir():
        for spell in read(case)["spells"]:
            stem = Path(spell).stem
            if stem in pairs:
                assert read(case)["spells"] == [f"{stem}.lua", f"{stem}.js"]


PAIRS = {
    "hello": ({"name": "Ada"}, ["Say hello to Ada."]),
    "summarize": (
        {"words": "7", "style": "bullets", "language": "French"},
        ["at most 7 words, in French, as a list", "Ann came."],
    ),
    "extract": ({"schema": '{"guest": "string"}', "about": "guests"}, ["guests", "Ann came."]),
}
"""Parameters of each pair, and what the model must then be sent."""


@pytest.mark.parametrize("name", PAIRS)
def test_pairs_ask_models_the_same(name: str, tmp_path: Path) -> None:
    params, texts = PAIRS[name]
    given = [f"--param={key}={value}" for key, value in params.items()]
    with servers.start() as served:
        config = f'[providers.lab]\nkind = "openai"\nbase_url = "{served.openai_url}"\n'
        (tmp_path / "lab.toml").write_text(config + 'api_key = "x"\n', encoding="utf-8")
        for language in ("lua", "js"):
            spell = str(SPELLS / f"{name}.{language}")
            arguments = ("run", spell, "--config=lab.toml", "--model=lab:echo", *given)
            ended = llmspell(tmp_path, *arguments, stdin="Ann came.")
            assert ended.code == 0, ended.err
        first, second = (request.body for request in served.requests)
        assert first == second
        for text in texts:
            assert text in str(first)
