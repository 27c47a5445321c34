"""Program forms, their values, line numbers in every form, syntax errors, modules and require."""
# ruff: noqa: E501 - a script on one line reads better than one in pieces

from __future__ import annotations

from typing import Any

import pytest

from tests.engines.javascript_host import run, value_of

VALUES: list[tuple[str, Any]] = [
    ("1 + 1", 2),
    ("const a = 20;\na + 1", 21),
    ("const a = await Host.later(3);\na * 2", 6),
    ("Host.later('awaited')", "awaited"),
    ("return 5", 5),
    ("if (params.x) return await Host.later('then');\nreturn 'else'", "then"),
    ("function f() {\n  return 3;\n}\nf()", 3),
    ("export default 7", 7),
    ("export default (p) => p.x", "parameter"),
    ("export default async (p) => await Host.later(p.x)", "parameter"),
    ("export const other = 1;", None),
    ("import { two } from './two.js';\ntwo + 1", 3),
    ("import { two } from './two.js';\nexport default two", 2),
    ("import './two.js';\nconst x = 1;", None),
    ("#!/usr/bin/env llmspell\nparams.x", "parameter"),
    ("#!/usr/bin/env llmspell", None),
    ("", None),
    ("// nothing\n", None),
    ("[params.x, ARGS]", ["parameter", ["one", "two"]]),
    ("let t = 0;\nfor (const n of [1, 2]) t += n;", None),
    ("let t = 0;\nfor (const n of [1, 2]) t += n;\nt", 3),
    ("if (true) { 5 }", None),
    ("const s = 'for if while';\ns", "for if while"),
    ("new Map()", None),
    ("const f = () => 1;\nf", None),
    ("setTimeout(() => {}, 0)", None),
    ("'import and export and return'", "import and export and return"),
    ("const { two } = await import('./two.js');\nreturn two;", 2),
    ("'use strict';\nlet a = 1\na", 1),
    ("this === undefined || typeof this", "object"),
    ("null", None),
    ("undefined", None),
    ("await null", None),
]


@pytest.mark.parametrize(("source", "expected"), VALUES)
def test_a_file_gives(source: str, expected: Any) -> None:
    modules = {"./two.js": ("two.js", "export const two = 2;")}
    assert value_of(source, params={"x": "parameter"}, modules=modules) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{a: 1, b: await Host.later(2)}", {"a": 1, "b": 2}),
        ("{ let x = 4; x }", 4),
        ("{}", {}),
        ("if (true) { 5 }", 5),
        ("let n = 1; n += 1", 2),
        ("return 3", 3),
    ],
)
def test_eval_gives(source: str, expected: Any) -> None:
    assert value_of(source, form="eval") == expected


def test_eval_refuses_a_value_that_cannot_cross() -> None:
    outcome = run("new Map()", form="eval")
    assert outcome.value["code"] == "invalid_argument"
    assert outcome.message == "the spell's value is a Map"


FAILURES: dict[str, tuple[str, list[tuple[str, int]]]] = {
    "script": ("const a = 1;\n\nnull.x", [("spell.js", 3)]),
    "function": (
        "function f() {\n  throw new Error('no');\n}\n\nf();",
        [("spell.js", 2), ("spell.js", 5)],
    ),
    "after await": ("await Host.later(1);\n\nnull.x", [("spell.js", 3)]),
    "return form": ("if (params.x) return 1;\nnull.x", [("spell.js", 2)]),
    "return form, first line": ("null.x; return 1", [("spell.js", 1)]),
    "module": ("export default 1;\nnull.x", [("spell.js", 2)]),
    "module with a last expression": ("import './ok.js';\n\nnull.x", [("spell.js", 3)]),
    "exported function": ("\nexport default () => {\n  null.x\n}", [("spell.js", 3)]),
    "shebang": ("#!/usr/bin/env llmspell\nnull.x", [("spell.js", 2)]),
    "imported": ("import './bad.js'", [("lib/bad.js", 2)]),
    "required": ("\nrequire('./bad.cjs')", [("lib/bad.cjs", 2), ("spell.js", 2)]),
    "timer": ("\nsetTimeout(() => {\n  null.x\n}, 1)", [("spell.js", 3)]),
    "host call": ("\nHost.fail('timeout')", [("spell.js", 2)]),
    "awaited call": ("\n\nawait Host.failLater('timeout')", [("spell.js", 3)]),
    "argument": ("\n\nawait Host.later(NaN)", [("spell.js", 3)]),
}
MODULES = {
    "./ok.js": ("ok.js", ""),
    "./bad.js": ("lib/bad.js", "\nthrow new TypeError('bad')"),
    "./bad.cjs": ("lib/bad.cjs", "\nthrow new TypeError('bad')"),
    "./broken.js": ("lib/broken.js", "let a = 1;\nlet b = = 2;"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_names_its_lines(name: str) -> None:
    source, lines = FAILURES[name]
    outcome = run(source, modules=MODULES)
    assert outcome.kind == "FAIL"
    assert outcome.lines == lines


@pytest.mark.parametrize(
    ("source", "line", "column", "part"),
    [
        ("const a = 1;\nconst b = = 2;", 2, 11, "Unexpected token"),
        ("export default 1;\n\nlet x = ;", 3, 9, "Unexpected token"),
        ("await Host.later(\n", 2, 1, "Unexpected token"),
        ("return 1;\nlet let = 1;", 2, 5, "let"),
        ("import { a } from './ok.js';\nreturn a;", 2, 1, "return"),
        ("}", 1, 1, "Unexpected token"),
    ],
)
def test_a_syntax_error_is_placed(source: str, line: int, column: int, part: str) -> None:
    outcome = run(source, modules=MODULES)
    assert outcome.value["name"] == "SyntaxError"
    assert outcome.lines == [("spell.js", line)]
    assert outcome.value["traceback"][0]["column"] == column
    assert part in outcome.message


def test_a_syntax_error_in_a_module_is_placed() -> None:
    outcome = run("import './broken.js'", modules=MODULES)
    assert outcome.lines == [("lib/broken.js", 2)]
    assert outcome.value["traceback"][0]["column"] == 9


def test_an_import_is_asked_for_with_its_importer() -> None:
    modules = {"./a.js": ("lib/a.js", "export { b } from './b.js'")}
    outcome = run("import { b } from './a.js'\nb", modules=modules)
    assert outcome.value["code"] == "not_found"
    assert outcome.message == "no module './b.js' (from lib/a.js)"
    assert outcome.lines == [("lib/a.js", 1)]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("import './no.js'", 1),
        ("// from './no.js'\nimport no from './no.js'", 2),
        ("import {\n  a,\n  b,\n} from './no.js'", 4),
        ("1;\nexport * from './no.js'", 2),
        ("1;\nconst no = await import('./no.js')", 2),
        ("1;\nrequire('./no.js')", 2),
    ],
)
def test_a_missing_module_is_placed(source: str, line: int) -> None:
    outcome = run(source, modules=MODULES)
    assert outcome.value["code"] == "not_found"
    assert outcome.lines[:1] == [("spell.js", line)]
    assert outcome.value["hint"]


def test_modules_are_shared_and_may_be_circular() -> None:
    modules = {
        "./a.js": (
            "a.js",
            "import { g } from './b.js'; export const f = () => g(); export let n = 1",
        ),
        "./b.js": ("b.js", "import { n } from './a.js'; export const g = () => n;"),
    }
    source = (
        "import { f } from './a.js';\nconst again = await import('./a.js');\n"
        "export default [f(), again.f === f]"
    )
    assert value_of(source, modules=modules) == [1, True]


def test_a_refused_dynamic_import_can_be_caught() -> None:
    source = "let text;\ntry { await import('fs') } catch (e) { text = e.message }\ntext"
    assert "no module 'fs'" in value_of(source)


def test_json_is_imported_and_required() -> None:
    modules = {"./d.json": ("d.json", '{"a": [1], "__proto__": {"b": 2}}')}
    source = (
        "import d from './d.json';\nconst r = require('./d.json');\n"
        "export default [d.a, r.a, Object.keys(r), d.b === undefined]"
    )
    assert value_of(source, modules=modules) == [[1], [1], ["a", "__proto__"], True]


def test_require_knows_commonjs_and_modules() -> None:
    modules = {
        "./c.js": (
            "lib/c.js",
            "exports.a = require('./d.js').d; exports.i = module.id + __dirname",
        ),
        "./d.js": ("lib/d.js", "module.exports = { d: 4, self: this === exports }"),
        "llmspell/text": ("llmspell/text", "export const trim = (t) => t.trim();"),
    }
    source = (
        "const c = require('./c.js');\nconst { trim } = require('llmspell/text');\n"
        "[c.a, c.i, require('./d.js').self, trim(' x '), require('./c.js') === c]"
    )
    assert value_of(source, modules=modules) == [4, "lib/c.jslib", True, "x", True]


def test_require_works_after_an_await() -> None:
    modules = {"./d.js": ("d.js", "module.exports = 4")}
    assert value_of("await Host.later(1);\nrequire('./d.js')", modules=modules) == 4


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("await 1;\nexport const a = 1", "uses await at its top level"),
        ("export const a = null.x", "cannot read property 'x' of null"),
        ("exports.a = null.x", "cannot read property 'x' of null"),
        ("let a = = 1", "Unexpected token"),
    ],
)
def test_require_says_what_is_wrong(code: str, part: str) -> None:
    outcome = run("require('./m.js')", modules={"./m.js": ("m.js", code)})
    assert outcome.kind == "FAIL"
    assert part in outcome.message


def test_require_of_a_refused_module_is_the_hosts_error() -> None:
    outcome = run("\nrequire('fs')")
    assert outcome.value["code"] == "not_found"
    assert outcome.lines == [("spell.js", 2)]


def test_exit_ends_at_once() -> None:
    outcome = run("console.log('before'); exit(7); console.log('after')")
    assert (outcome.kind, outcome.value, outcome.printed) == ("EXIT", 7, "before\n")


def test_the_spell_ends_when_everything_it_started_has() -> None:
    outcome = run(
        "setTimeout(() => console.log('timer'), 20);\n"
        "Host.later(1, { seconds: 0.05 }).then(() => console.log('call'));\n'value'"
    )
    assert (outcome.value, outcome.printed) == ("value", "timer\ncall\n")
