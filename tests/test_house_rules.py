"""Rules of the house that no linter has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("llmspell_cli", "engines", "bridges", "stdlib")
OUTSIDE = {
    *("_io.py", "_net.py", "_programs.py", "_invoke.py", "_database.py"),
    *("_agents/templates.py", "_artifacts/blobs.py", "_local_models/store.py"),
    "_sessions/alive.py",
}
"""Modules of bridges/ that may open files: the I/O modules, what is kept, what the program
comes with."""
BANNED_NAMES = {"utils", "helpers", "manager", "common", "base", "misc"}


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", modules(), ids=names)
def test_module_is_short_and_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert path.stem.strip("_") not in BANNED_NAMES
    assert ast.get_docstring(ast.parse(text)), "a module starts with one sentence saying what it is"


@pytest.mark.parametrize("path", modules(), ids=names)
def test_functions_are_short(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.end_lineno - node.body[0].lineno + 1 if node.end_lineno else 0
            assert body <= 50, f"{node.name} has {body} lines"


def broad_excepts(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type
            if caught is None or (isinstance(caught, ast.Name) and caught.id == "Exception"):
                yield node.lineno


@pytest.mark.parametrize("path", modules(), ids=names)
def test_everything_is_caught_only_at_the_door_and_in_main(path: Path) -> None:
    if names(path) in ("bridges/_invoke.py", "llmspell_cli/main.py"):
        return
    assert list(broad_excepts(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("path", sorted((ROOT / "bridges").rglob("*.py")), ids=names)
def test_bridges_reach_files_through_io_only(path: Path) -> None:
    if names(path).removeprefix("bridges/") in OUTSIDE or path.parent.name == "_llm":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and ast.unparse(called.value) == "_io":
                continue
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            assert name not in ("open", "read_text", "write_text", "read_bytes", "write_bytes"), (
                f"line {node.lineno} calls {name}"
            )
