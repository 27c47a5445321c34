"""A spell does the same with the debugger's questions written into it as without them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from engines._program import Program
from tests import casting
from tests.conformance import test_conformance as conformance
from tests.engines.javascript_debugging import Debugged
from tests.engines.javascript_host import Outcome, run

ROOT = Path(__file__).parent.parent.parent
CORPUS = tomllib.loads(Path(__file__).with_name("javascript_corpus.toml").read_text("utf-8"))


def debugged(source: str, modules: dict[str, str], form: str) -> Outcome:
    with Debugged(source, modules, form=form) as spell:
        outcome = spell.finish()
        names = [event["file"] for event in spell.events if event["event"] == "loaded"]
        refused = [event for event in spell.events if event["event"] == "breakpoint"]
    assert not refused
    assert names[:1] == ["spell.js"], outcome
    return outcome


def plain(source: str, modules: dict[str, str], form: str) -> Outcome:
    known = {name: (name[2:], text) for name, text in modules.items()}
    return run(source, modules=known, form=form)


@pytest.mark.parametrize("case", CORPUS["case"], ids=lambda case: case["id"])
def test_the_same_comes_out(case: dict[str, Any]) -> None:
    modules, form = case.get("modules", {}), case.get("form", "file")
    expected = plain(case["source"], modules, form)
    found = debugged(case["source"], modules, form)
    assert expected.kind == case.get("ends", "DONE"), expected
    assert expected.value is not None
    assert (found.kind, found.value) == (expected.kind, expected.value)
    assert found.printed == expected.printed
    assert found.errors == expected.errors


CASES = [case for case in conformance.CASES if not case.get("call")] + [
    next(case for case in conformance.CASES if case.get("on"))
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_conformance_holds(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cases written as scripts; those of one call differ in what the host does only."""

    def program(source: str, name: str, form: str, args: tuple[str, ...] = ()) -> Program:
        return Program(source, name, form, args, {"debug": {}})

    monkeypatch.setattr(casting, "Program", program)
    conformance.test_case(case, "javascript", tmp_path)


SPELLS = sorted((ROOT / "spells").glob("*.js"))
STANDARD = sorted((ROOT / "stdlib" / "javascript").glob("[a-z]*.js"))


@pytest.mark.parametrize("file", [*SPELLS, *STANDARD], ids=lambda file: file.name)
def test_what_we_ship_can_be_debugged(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    lines = source.count("\n") + 1
    asked = [{"id": line, "line": line} for line in range(1, lines + 1)]
    known = {f"llmspell/{file.stem}": file.read_text("utf-8") for file in STANDARD}
    with Debugged(source, known, breakpoints={"spell.js": asked}) as spell:
        told = [spell.wait("breakpoint")["breakpoint"] for _ in asked]
        spell.stop = spell.wait("stopped")
        place = spell.stack()[0]
    assert place["file"] == "spell.js"
    moved = {one["id"]: one["line"] for one in told if one["verified"]}
    assert all(line >= id for id, line in moved.items())
    assert place["line"] in moved.values()
