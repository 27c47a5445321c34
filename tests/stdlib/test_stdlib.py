"""The modules that spells load have the same names and do the same in every language."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import stdlib
from engines.languages import LANGUAGES
from tests.casting import cast, literal
from tests.sessions import make_session

FOLDER = Path(stdlib.__file__).parent
CASES = tomllib.loads(Path(__file__).with_name("cases.toml").read_text(encoding="utf-8"))["case"]
ONE_LANGUAGE = {"promise"}
"""Modules of Lua for what JavaScript has in itself."""


def modules(language: str) -> list[str]:
    suffix = {"lua": ".lua", "javascript": ".js"}[language]
    found = [path.stem for path in (FOLDER / language).glob(f"*{suffix}")]
    return sorted(name for name in found if "." not in name)


SHARED = sorted(set(modules("lua")) - ONE_LANGUAGE)


def spelled(language: str, name: str) -> str:
    if language == "javascript":
        return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)
    return name


def loading(language: str, names: list[str]) -> str:
    if language == "lua":
        return "".join(f'local {name} = require "llmspell.{name}"\n' for name in names)
    return "".join(f'const {name} = (await import("llmspell/{name}")).default;\n' for name in names)


def run(language: str, source: str, tmp_path: Path) -> tuple[Any, str]:
    outcome, printed = cast(language, source, make_session(tmp_path))
    if outcome.error is not None:
        return outcome.error, printed
    return outcome.value, printed


def script(language: str, case: dict[str, Any]) -> str:
    used = [n for n in SHARED if re.search(rf"\b{n}\.", case.get(language, case["id"]))]
    if "call" not in case:
        return loading(language, used) + str(case[language])
    module, _, function = case["call"][0].partition(".")
    arguments = ", ".join(literal(language, part) for part in case["call"][1:])
    call = f"return {module}.{spelled(language, function)}({arguments})"
    return loading(language, [module]) + call


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case: dict[str, Any], language: str, tmp_path: Path) -> None:
    found, _ = run(language, script(language, case), tmp_path)
    if "fails" in case:
        assert isinstance(found, Exception) and case["fails"] in str(found), found
        return
    expected = [None, None] if case.get("nulls") else case["expect"]
    assert found == expected


def exported(language: str, name: str, tmp_path: Path) -> set[str]:
    """Returns the names of a module and of the methods of what its constructors make."""
    made = {
        "events": "new()",
        "async": "pool(1);queue(print)",
        "state": "create(print)",
        "prompt": 'new({text = ""})',
        "testing": "expect(1)",
    }.get(name, "")
    calls = [call for call in made.split(";") if call]
    if language == "javascript":
        calls = [c.replace("print", "() => 1").replace(" = ", ": ") for c in calls]
        source = (
            loading("javascript", [name])
            + f"""
const names = typeof {name} === "function" ? [] : Object.keys({name});
for (const thing of [{", ".join(f"{name}.{call}" for call in calls)}])
  names.push(...Object.getOwnPropertyNames(Object.getPrototypeOf(thing)));
return names.filter((one) => one !== "constructor");"""
        )
    else:
        source = (
            loading("lua", [name])
            + f"""
local names = {{}}
local function add(from)
  for name in pairs(from) do
    if string.sub(name, 1, 1) ~= "_" then names[#names + 1] = name end
  end
end
if type({name}) == "table" then add({name}) end
for _, thing in ipairs({{{", ".join(f"{name}.{call}" for call in calls)}}}) do
  add(getmetatable(thing).__index)
  if rawget(thing, "never") then names[#names + 1] = "never" end
end
return names"""
        )
    found, _ = run(language, source, tmp_path)
    assert not isinstance(found, Exception), found
    return set(found)


def test_both_languages_have_the_same_modules() -> None:
    assert modules("javascript") == SHARED
    wanted = {"async", "events", "state", "text", "list", "prompt", "testing"}
    assert wanted <= set(SHARED)


@pytest.mark.parametrize("name", SHARED)
def test_a_module_has_the_same_names_in_both_languages(name: str, tmp_path: Path) -> None:
    lua = exported("lua", name, tmp_path)
    assert {spelled("javascript", one) for one in lua} == exported("javascript", name, tmp_path)


@pytest.mark.parametrize("name", SHARED)
def test_the_types_name_what_a_module_has(name: str, tmp_path: Path) -> None:
    stub = (FOLDER / "javascript" / "llmspell.d.ts").read_text(encoding="utf-8")
    part = stub.partition(f"declare module 'llmspell/{name}'")[2].partition("\n}\n")[0]
    assert part
    for one in exported("javascript", name, tmp_path):
        assert re.search(rf"\b{one}\b", part), one


def test_every_function_of_a_module_has_a_case() -> None:
    said = " ".join(str(case) for case in CASES)
    for name in ("list", "state", "events", "async", "prompt"):
        source = (FOLDER / "lua" / f"{name}.lua").read_text(encoding="utf-8")
        functions = re.findall(r"^function (?:M|\w+)[.:]([a-z]\w*)\(", source, re.MULTILINE)
        assert functions
        assert [f for f in functions if not re.search(rf"\b{f}\b", said)] == [], name
