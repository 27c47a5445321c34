"""An error that a spell's own function fails with inside a host call tells where that stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.casting import cast
from tests.sessions import make_session

FAILING = {
    "lua": 'local function deep()\n  error("broke")\nend\nlocal function fails()\n  deep()\nend\n',
    "javascript": (
        'function deep() {\n  throw new Error("broke");\n}\n'
        "const fails = async () => {\n  deep();\n};\n"
    ),
}
"""`fails`, which fails at line 2, called at line 5; what calls it stands in line 7."""

CALLS = {
    "tool": {
        "lua": 'Tool.new{name = "t", run = fails}:call{}',
        "javascript": 'await Tool.new({name: "t", run: fails}).call({})',
    },
    "step": {
        "lua": 'Workflow.sequential{name = "w", steps = {{name = "s", run = fails}}}:run(1)',
        "javascript": (
            'await Workflow.sequential({name: "w", steps: [{name: "s", run: fails}]}).run(1)'
        ),
    },
    "hook": {
        "lua": 'Hook.before("tool", fails) Tool.call("calculator", {expression = "1"})',
        "javascript": (
            'Hook.before("tool", fails); await Tool.call("calculator", {expression: "1"})'
        ),
    },
    "resilience": {
        "lua": "Resilience.retry{attempts = 1}:run(fails)",
        "javascript": "await Resilience.retry({attempts: 1}).run(fails)",
    },
    "inside another": {
        "lua": (
            'local t = Tool.new{name = "t", run = fails} '
            'Tool.new{name = "u", run = function() local _ = t:call{} end}:call{}'
        ),
        "javascript": (
            'const t = Tool.new({name: "t", run: fails}); '
            'await Tool.new({name: "u", run: async () => { await t.call({}); }}).call({})'
        ),
    },
    "thrown on": {
        "lua": (
            'local ok, e = pcall(function() Tool.new{name = "t", run = fails}:call{} end) error(e)'
        ),
        "javascript": (
            'try { await Tool.new({name: "t", run: fails}).call({}) } catch (e) { throw e }'
        ),
    },
}


@pytest.mark.parametrize("language", FAILING)
@pytest.mark.parametrize("name", CALLS)
def test_the_function_that_failed_comes_first(language: str, name: str, tmp_path: Path) -> None:
    outcome, _ = cast(language, FAILING[language] + CALLS[name][language], make_session(tmp_path))
    assert outcome.error is not None
    assert "broke" in outcome.error.message
    places = [(frame["file"].partition(".")[0], frame["line"]) for frame in outcome.error.traceback]
    assert places[:2] == [("spell", 2), ("spell", 5)], outcome.error.traceback
    assert set(places[2:]) == {("spell", 7)}


@pytest.mark.parametrize("language", FAILING)
def test_an_error_that_was_caught_keeps_to_its_fields(language: str, tmp_path: Path) -> None:
    call = CALLS["tool"][language]
    told = {
        "lua": f"local _, e = pcall(function() {call} end) return {{e.code, e.traceback == nil}}",
        "javascript": (
            f"let e; try {{ {call} }} catch (error) {{ e = error }}\n"
            "export default [e.code, e.traceback === undefined]"
        ),
    }
    source = FAILING[language] + told[language]
    outcome, _ = cast(language, source, make_session(tmp_path))
    assert outcome.value == ["tool_failed", True], outcome.error


@pytest.mark.parametrize(
    "thrown, said",
    [
        ("throw null", "null was thrown"),
        ("throw undefined", "undefined was thrown"),
        ("await Promise.reject(null)", "null was thrown"),
        ("new Promise((_, no) => no(null)); await Async.sleep(1)", "null was thrown"),
        ("setTimeout(() => { throw null }, 1)", "null was thrown"),
        ("await Tool.new({name: 't', run() { throw null }}).call({})", "null was thrown"),
        ("throw new Proxy({}, { get() { throw null } })", "an error that cannot be described"),
    ],
)
def test_a_thrown_null_is_no_lack_of_memory(thrown: str, said: str, tmp_path: Path) -> None:
    outcome, _ = cast("javascript", thrown, make_session(tmp_path))
    assert outcome.error is not None
    assert outcome.error.code in ("spell_error", "tool_failed")
    assert outcome.error.message.endswith(said)
