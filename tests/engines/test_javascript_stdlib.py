"""The standard library that spells import: llmspell/text and llmspell/retry."""
# ruff: noqa: E501 - a script on one line reads better than one in pieces

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engines.javascript_host import run, value_of

STDLIB = Path(__file__).resolve().parent.parent.parent / "stdlib" / "javascript"
MODULES = {
    f"llmspell/{name}": (f"llmspell/{name}", (STDLIB / f"{name}.js").read_text(encoding="utf-8"))
    for name in ("text", "retry")
}

TEXT: list[tuple[str, Any]] = [
    ("trim(' \\n a b\\t')", "a b"),
    ("split('a, b,', ',')", ["a", " b", ""]),
    ("lines('a\\r\\nb\\n\\nc\\n')", ["a", "b", "", "c"]),
    ("lines('')", []),
    ("truncate('abc', 3)", "abc"),
    ("truncate('abcdef', 3)", "ab…"),
    ("truncate('ab cdef', 4)", "ab…"),
    ("truncate('😀😀😀', 2)", "😀…"),
    ("truncate('😀😀', 2)", "😀😀"),
    ("truncate('abc', 0)", ""),
    ("chunk('one two three four', 9)", ["one two ", "three ", "four"]),
    ("chunk('abcdefgh', 4, 2)", ["abcd", "cdef", "efgh"]),
    ("chunk('aaaa\\n\\nbbb cc', 8)", ["aaaa\n\n", "bbb cc"]),
    ("chunk('😀😀😀', 2)", ["😀😀", "😀"]),
    ("chunk('', 5)", []),
    ("chunk('x'.repeat(10), 3).join('') === 'x'.repeat(10)", True),
    ("wrap('aa bb cc\\ndd  ee', 5)", "aa bb\ncc\ndd ee"),
    ("wrap('longword a', 3)", "longword\na"),
    ("dedent('  a\\n    b\\n\\n  c')", "a\n  b\n\nc"),
]


@pytest.mark.parametrize(("call", "expected"), TEXT)
def test_text(call: str, expected: Any) -> None:
    name = call.partition("(")[0]
    source = f"import {{ {name} }} from 'llmspell/text';\nexport default {call}"
    assert value_of(source, modules=MODULES) == expected


@pytest.mark.parametrize("call", ["chunk('a', 0)", "chunk('a', 4, 3)", "split('a', '')"])
def test_text_refuses(call: str) -> None:
    source = f"const text = require('llmspell/text');\ntext.{call}"
    assert run(source, modules=MODULES).value["name"] == "TypeError"


RETRY = "import { retry } from 'llmspell/retry';\nlet n = 0;\nexport default "


def test_retry_tries_until_it_succeeds() -> None:
    source = RETRY + (
        "[await retry(() => { if (++n < 3) throw new Error('no'); return 'yes' }, { delay: 0.001 }), n]"
    )
    assert value_of(source, modules=MODULES) == ["yes", 3]


@pytest.mark.parametrize(
    ("options", "error", "tries"),
    [
        ("{ delay: 0 }", "new Error('x')", 3),
        ("{ attempts: 2, delay: 0 }", "new Error('x')", 2),
        ("{ delay: 0 }", "new SpellError('x', { retryable: false })", 1),
        ("{ delay: 0 }", "new SpellError('x', { retryable: true })", 3),
        ("{ delay: 0, retryable: () => false }", "new Error('x')", 1),
    ],
)
def test_retry_gives_up(options: str, error: str, tries: int) -> None:
    source = (
        RETRY
        + f"await retry(() => {{ n++; throw {error} }}, {options}).catch((e) => [e.message, n])"
    )
    assert value_of(source, modules=MODULES) == ["x", tries]


def test_retry_waits_longer_each_time() -> None:
    source = RETRY + (
        "await (async () => { const at = []; await retry(() => { at.push(Date.now()); throw 1 },"
        " { delay: 0.02, backoff: 3 }).catch(() => {}); return [at[1] - at[0] >= 19, at[2] - at[1] >= 59] })()"
    )
    assert value_of(source, modules=MODULES) == [True, True]


def test_retry_knows_its_options() -> None:
    outcome = run(RETRY + "await retry(() => 1, { tries: 2 })", modules=MODULES)
    assert outcome.message.startswith("retry: 'tries' is not an option; there are attempts,")
