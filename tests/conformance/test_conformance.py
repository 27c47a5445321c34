"""Every declared function behaves the same in every language; one without a case fails by name.

The cases are the TOML files in `cases/`; docs/contributing.md says how to write one.
"""

from __future__ import annotations

import io
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bridges._events.built_in import EVENTS
from bridges._invoke import api
from bridges._permissions import Grants
from bridges._session import Session
from engines.languages import LANGUAGES
from tests.casting import cast, literal
from tests.sessions import make_session

CASES = [
    case
    for file in sorted(Path(__file__).with_name("cases").glob("*.toml"))
    for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]
]
KEYS = {
    *("id", "files", "before", "call", "on", "expect", "error", "matches", "type", "grants"),
    *("env", "stdin", "lua", "javascript", "prints", "logs"),
}


def spelled(language: str, name: str) -> str:
    """Writes a declared name in a language."""
    if language == "javascript":
        return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)
    return name


def keys(language: str, value: Any) -> Any:
    """Spells the keys of option maps: a case marks such a map with a leading `=` in each key."""
    if isinstance(value, list):
        return [keys(language, item) for item in value]
    if isinstance(value, dict):
        return {
            spelled(language, key[1:]) if key.startswith("=") else key: keys(language, item)
            for key, item in value.items()
        }
    return value


def call(language: str, parts: list[Any], owner: str = "") -> str:
    """Writes a call: `["File.read", "a"]`, or `[":info", …]` on `owner`."""
    name, arguments = parts[0], [literal(language, keys(language, part)) for part in parts[1:]]
    if name.startswith(":"):
        mark = ":" if language == "lua" else "."
        function = f"{owner}{mark}{spelled(language, name[1:])}"
    else:
        noun, _, method = name.partition(".")
        function = f"{noun}.{spelled(language, method)}"
    wait = "await " if language == "javascript" else ""
    return f"{wait}{function}({', '.join(arguments)})"


def script(language: str, case: dict[str, Any]) -> str:
    """Returns the spell of a case; it returns {ok, value} or {ok, code, message}."""
    lines = [call(language, parts) + ";" for parts in case.get("before", [])]
    if "call" not in case:
        body = case[language]
    elif "on" in case:
        mine = "local" if language == "lua" else "const"
        body = f"{mine} thing = {call(language, case['on'])};\n"
        body += f"return {call(language, case['call'], 'thing')}"
    else:
        body = f"return {call(language, case['call'])}"
    before = "\n".join(lines)
    if language == "lua":
        return f"""
local ok, found = pcall(function() {before}
{body}
end)
if ok then return {{ok = true, value = found}} end
return {{ok = false, code = type(found) == "table" and found.code or "raw",
  message = tostring(found)}}"""
    return f"""
try {{
  const found = await (async () => {{ {before}
{body}
}})();
  return {{ok: true, value: found}};
}} catch (e) {{ return {{ok: false, code: e.code ?? "raw", message: String(e.message)}}; }}"""


def session_for(case: dict[str, Any], tmp_path: Path) -> Session:
    for name, text in case.get("files", {}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    more: dict[str, Any] = {key: tuple(value) for key, value in case.get("grants", {}).items()}
    return make_session(
        tmp_path,
        grants=Grants(base=tmp_path, read=(tmp_path,), write=(tmp_path,), **more),
        environ=case.get("env", {}),
        stdin=io.BytesIO(case.get("stdin", "").encode()),
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case: dict[str, Any], language: str, tmp_path: Path) -> None:
    assert set(case) <= KEYS, f"unknown keys in case: {set(case) - KEYS}"
    session = session_for(case, tmp_path)
    outcome, printed = cast(language, script(language, case), session)
    assert outcome.error is None, f"{outcome.error}: {outcome.error and outcome.error.traceback}"
    check_events(session)
    found = outcome.value
    if "error" in case:
        assert not found["ok"], f"expected {case['error']}, got {found}"
        assert found["code"] == case["error"], found
        return
    assert found["ok"], found
    value = found.get("value")
    if "expect" in case:
        assert value == keys(language, case["expect"])
    if "matches" in case:
        assert re.search(case["matches"], str(value)), value
    if "type" in case:
        assert type(value).__name__ == case["type"], value
    if "prints" in case:
        assert printed == case["prints"]
    if "logs" in case:
        logged = [list(line[:2]) for line in session.lines]  # type: ignore[attr-defined]
        assert case["logs"] in logged


def check_events(session: Session) -> None:
    """Built-in events are those of the table, with no other fields."""
    for event in session.bus.history() if session.bus else ():
        if event["source"] == "llmspell":
            assert event["name"] in EVENTS, event
            assert set(event["data"]) <= set(EVENTS[event["name"]].fields), event


def declared() -> set[str]:
    found = api()
    names = {f"{n['name']}.{f['name']}" for n in found["globals"] for f in n["functions"]}
    return names | {f"{n['name']}:{f['name']}" for n in found["objects"] for f in n["functions"]}


def test_every_declared_function_has_a_case_and_every_case_a_function() -> None:
    covered = {case["id"].partition("/")[0] for case in CASES}
    assert sorted(declared() - covered) == [], "declared without a case"
    assert sorted(covered - declared()) == [], "a case for what is not declared"


def test_every_case_tests_something() -> None:
    for case in CASES:
        assert {"expect", "error", "matches", "type", "prints", "logs"} & set(case), case["id"]
        assert "call" in case or {"lua", "javascript"} <= set(case), case["id"]
