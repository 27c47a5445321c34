"""The Lua stubs say what is right and what is wrong in every spell we show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engines.lua.annotations import render
from tests.types.folder import HERE, ROOT, build, expected
from tests.types.lua_check import check
from tests.types.luacats import AnnotationError, Stubs, read, read_module, unknown

API: dict[str, Any] = json.loads((ROOT / "stdlib" / "api.json").read_text(encoding="utf-8"))


def installed(folder: Path) -> Stubs:
    """Returns what `llmspell types` has put into a folder."""
    stubs = Stubs()
    for path in sorted((folder / ".llmspell" / "types").rglob("*.lua")):
        source = path.read_text(encoding="utf-8")
        if source.startswith("---@meta"):
            read(source, stubs)
        else:
            name = f"{path.parent.name}.{path.stem}"
            stubs.modules[name] = read_module(name, source, stubs)
    return stubs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("spells")
    build(made)
    return made


def test_every_type_that_the_stubs_name_is_declared(folder: Path) -> None:
    stubs = installed(folder)
    assert {"Agent", "AgentResult", "HttpOptions"} <= stubs.classes.keys()
    names = "async events list promise prompt resilience retry state testing text"
    known = {f"llmspell.{name}" for name in names.split()}
    assert known == stubs.modules.keys()
    assert unknown(stubs) == set()


def test_nothing_is_reported_but_in_the_wrong_file(folder: Path) -> None:
    stubs = installed(folder)
    files = [path for path in folder.rglob("*.lua") if ".llmspell" not in path.parts]
    assert {"spells", "docs", "new", "types"} == {p.relative_to(folder).parts[0] for p in files}
    found = {
        str(path.relative_to(folder)): problems
        for path in files
        if (problems := check(path.read_text(encoding="utf-8"), stubs))
    }
    assert list(found) == ["types/wrong.lua"], found


def test_every_mistake_is_reported_where_and_as_what_it_is(folder: Path) -> None:
    source = HERE / "wrong.lua"
    problems = check(source.read_text(encoding="utf-8"), installed(folder))
    assert {problem.line: problem.kind for problem in problems} == expected(source)
    assert len(problems) == len(expected(source))


def test_stubs_in_which_everything_is_any_report_nothing() -> None:
    """What keeps the test above honest: the reports come from the declared types."""
    stubs = Stubs()
    read("---@meta\n---@type any\nAgent = nil\n---@type any\nFile = nil\n", stubs)
    assert check('Agent.new{ nam = 5 }:runn() File.reed("a")', stubs) == []


@pytest.mark.parametrize(
    "annotations",
    [
        "---@parm text string\nfunction f(text) end",
        "---@param txt string\nfunction f(text) end",
        "---@param text string[\nfunction f(text) end",
        "---@return fun(\nfunction f() end",
        "---@class A\n---@field name\nA = {}",
        "function Nothing.f() end",
    ],
)
def test_an_annotation_that_no_server_would_understand_is_an_error(annotations: str) -> None:
    with pytest.raises(AnnotationError):
        read(annotations, Stubs())


def test_a_type_that_is_nowhere_declared_is_noticed() -> None:
    stubs = Stubs()
    read("---@param text Strng\nfunction f(text) end", stubs)
    assert unknown(stubs) == {"Strng"}


def test_a_noun_and_its_objects_are_told_apart() -> None:
    stubs = Stubs()
    read(render(API), stubs)
    assert "new" in stubs.classes["AgentGlobal"].fields
    assert "new" not in stubs.classes["Agent"].fields and "run" in stubs.classes["Agent"].fields
