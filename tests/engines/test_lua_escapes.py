"""Nothing a Lua spell can write gets it out: the table in lua_escapes.toml, one worker each."""

from __future__ import annotations

import tomllib

import pytest

from tests.engines.lua_host import HERE, cast

with open(HERE / "lua_escapes.toml", "rb") as file:
    TABLE = tomllib.load(file)
ATTEMPTS = {
    f"{group}.{name}": code for group, found in TABLE.items() for name, code in found.items()
}
MODULES = {"bytecode": "\x1bLua"}


def test_the_table_is_long_enough() -> None:
    assert len(ATTEMPTS) >= 60


@pytest.mark.parametrize("name", ATTEMPTS)
def test_attempt_is_refused(name: str) -> None:
    outcome = cast(
        ATTEMPTS[name], modules=MODULES, hardened=True, environment={"SECRET": "hunter2"}
    )
    assert outcome.errors == b""
    if outcome.end == "exit":
        assert name.startswith("coroutines.swallow_exit")
    elif outcome.end == "fail":
        assert outcome.value["code"] in ("spell_error", "invalid_argument", "not_found")
        assert "engine]" not in outcome.value["message"]
    else:
        assert outcome.end == "done"
        assert not outcome.value
    assert "hunter2" not in repr(outcome)


def test_a_refused_spell_leaves_the_worker_well() -> None:
    """What is tried above runs here in one worker, which then still works."""
    codes = [code for name, code in ATTEMPTS.items() if "exit" not in name and "main" not in name]
    body = "".join(f"pcall(load({lua_text(code)}))\n" for code in codes)
    outcome = cast(f"local pcall, load = pcall, load\n{body}return Host.later('well')")
    assert (outcome.end, outcome.value) == ("done", "well")


def lua_text(text: str) -> str:
    """Returns a Lua literal of some text."""
    return "[====[" + text + "]====]"
