"""Looking for syntax errors in a spell runs nothing of it, in every language."""

from __future__ import annotations

import pytest

from engines._probe import check

SOUND = [
    ("lua", "local x <const> = 1\nfor _ = 1, 2 do print(x) end\nerror('it ran')"),
    ("javascript", "throw new Error('it ran')"),
    ("javascript", "await Stdin.read()\nif (params.x) return 1\nthrow new Error('it ran')"),
    ("javascript", "import { chunk } from 'llmspell/text';\nthrow new Error('it ran')"),
    ("javascript", "import { a } from './nowhere.js';\nexport default a;"),
]
WRONG = [
    ("lua", "local x = 1\nfor x = 1 do end", 2),
    ("javascript", "let x = 1;\nlet x = 2;", 2),
    ("javascript", "import { chunk } from 'llmspell/text';\n\nconst = 3;", 3),
    ("javascript", "export default 1;\nif (", 2),
]


@pytest.mark.parametrize("language, source", SOUND)
def test_a_sound_spell_is_not_run(language: str, source: str) -> None:
    assert check(language, source, "spell") is None


@pytest.mark.parametrize("language, source, line", WRONG)
def test_an_error_names_its_line(language: str, source: str, line: int) -> None:
    error = check(language, source, "spell")
    assert error is not None
    assert (error.traceback[0]["file"], error.traceback[0]["line"]) == ("spell", line)
