"""Nothing a JavaScript spell can write gets it out: the table in javascript_escapes.toml, one worker each."""
# ruff: noqa: E501 - a script on one line reads better than one in pieces

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.engines.javascript_host import run, value_of

TABLE = tomllib.loads(Path(__file__).with_name("javascript_escapes.toml").read_text())
ATTEMPTS = {
    f"{group}.{name}": code for group, found in TABLE.items() for name, code in found.items()
}
MODULES = {
    "./meta.js": ("meta.js", "export default import.meta.url; export const secret = undefined"),
    "./hook.js": ("hook.js", "globalThis.dukpy = () => 'forged'; module.exports = { own: 1 }"),
}
# What a host that meets a forged or damaged handle would answer is the host's to test.
REFUSALS = {"spell_error", "invalid_argument", "not_found", "limit_exceeded"}


def test_the_table_is_long_enough() -> None:
    assert len(ATTEMPTS) >= 60


@pytest.mark.parametrize("name", ATTEMPTS)
def test_attempt_is_refused(name: str) -> None:
    outcome = run(ATTEMPTS[name], form="eval", modules=MODULES)
    assert outcome.errors == ""
    if outcome.kind == "FAIL":
        assert outcome.value["code"] in REFUSALS
        assert ".py" not in repr(outcome.value)
    else:
        assert outcome.kind == "DONE"
        assert not outcome.value


def test_the_worker_is_well_after_every_attempt() -> None:
    """What is tried above runs here in one worker, which then still works."""
    # These take from the spell itself what the loop below needs.
    left_out = ("exit", "promise_", "call_replaced", "then_replaced", "proxy_global")
    codes = [code for name, code in ATTEMPTS.items() if not any(word in name for word in left_out)]
    source = (
        "const AsyncFunction = (async () => {}).constructor;\n"
        f"for (const code of {codes!r}) {{\n"
        "  try { await Promise.race([new AsyncFunction(code)().catch(() => {}), Host.later(0, { seconds: 0.2 })]) }"
        " catch {}\n}\n"
        "export default await Host.later({ well: [1, 'x'] })"
    )
    assert value_of(source, modules=MODULES) == {"well": [1, "x"]}


def test_a_module_denied_says_so() -> None:
    outcome = run("export default await import('fs')")
    assert outcome.value["code"] == "not_found"
    assert outcome.message == "no module 'fs' (from spell.js)"
    assert outcome.value["hint"].startswith("modules are")
