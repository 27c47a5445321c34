"""`llmspell state`: what spells have kept, shown, changed, moved."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from llmspell_cli.main import run
from tests.bridges.test_state_stores import new
from tests.cli.running import llmspell
from tests.cli.worlds import make_world, written
from tests.door import finish
from tests.sessions import make_session


def state(tmp_path: Path, *words: str, stdin: bytes = b"", **environ: str) -> tuple[int, str, str]:
    world = make_world(tmp_path, "state", *words, stdin=stdin, **environ)
    code = run(world)
    return code, *written(world)


def keep(tmp_path: Path, spell: str, name: str = "notes", **values: Any) -> None:
    from bridges._permissions import Grants
    from bridges._session import SpellInfo

    path = tmp_path / "work" / spell
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    scope = "global" if name == "shared" else "spell"
    session = make_session(
        tmp_path,
        spell=SpellInfo(spell, "", path, "lua"),
        grants=Grants(base=tmp_path, state=("global",)),
    )
    finish(session, new(session, name=name, scope=scope).merge(values))


def test_states_are_listed_and_shown(tmp_path: Path) -> None:
    assert state(tmp_path, "list") == (0, "", "no states are kept\n")
    keep(tmp_path, "a.lua", n=1, text="é\x1b[31m")
    keep(tmp_path, "b.lua", name="shared", n=2)
    code, out, _ = state(tmp_path, "list")
    assert code == 0 and len(out.splitlines()) == 2
    assert "notes   spell   2 keys" in out and "shared  global  1 key   1 byte " in out
    _, out, _ = state(tmp_path, "list", "--global", "--json")
    assert [row["name"] for row in json.loads(out)] == ["shared"]
    _, out, _ = state(tmp_path, "list", "--spell", "a.lua")
    assert "notes" in out and "shared" not in out
    code, out, _ = state(tmp_path, "show", "notes")
    assert json.loads(out) == {"n": 1, "text": "é\x1b[31m"}
    assert state(tmp_path, "get", "shared", "n")[1] == "2\n"


def test_values_are_set(tmp_path: Path) -> None:
    keep(tmp_path, "a.lua", n=1)
    for key, value, there in (
        ("n", "[1, 2]", [1, 2]),
        ("m.x", "plain text", "plain text"),
        ("n", "null", None),
    ):
        code, _, err = state(tmp_path, "set", "notes", key, value)
        assert code == 0, err
        found = json.loads(state(tmp_path, "show", "notes")[1])
        for part in key.split("."):
            found = found.get(part)
        assert found == there
    code, out, _ = state(tmp_path, "history", "notes")
    assert [line.split()[0] for line in out.splitlines()] == ["4", "3", "2", "1"]
    assert len(json.loads(state(tmp_path, "history", "notes", "--json")[1])) == 4
    assert state(tmp_path, "set", "notes", "a", "NaN")[0] == 1
    assert state(tmp_path, "set", "new", "a", "1")[0] == 1
    assert state(tmp_path, "set", "new", "a", "1", "--global")[0] == 0
    assert state(tmp_path, "get", "new", "a")[1] == "1\n"


def test_a_name_that_is_not_clear_is_asked_for(tmp_path: Path) -> None:
    keep(tmp_path, "a.lua", n=1)
    keep(tmp_path, "b.lua", n=2)
    code, _, err = state(tmp_path, "show", "notes")
    assert code == 1 and "there are 2 states 'notes'" in err and "--spell" in err
    assert state(tmp_path, "get", "notes", "n", "--spell", "b.lua")[1] == "2\n"
    code, _, err = state(tmp_path, "show", "note")
    assert code == 1 and "did you mean 'notes'" in err
    code, _, err = state(tmp_path, "get", "notes", "m", "--spell", "a.lua")
    assert code == 1 and "'m' is not set" in err
    assert state(tmp_path, "show", "notes", "--spell", "a.lua", "--global")[0] == 2
    assert state(tmp_path, "set", "x", "a", "1", "--session", "none")[0] == 1
    for option in ("--spell", "--agent", "--session"):
        code, _, err = state(tmp_path, "remove", "notes", option, "", "--yes")
        assert code == 2 and "is empty" in err


def test_sessions_of_one_name_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    for name in ("a", "b"):
        made = "State.new{name = 'plan', scope = 'session'}"
        code = f"Session.start('trip') {made}:set('of', '{name}')"
        (tmp_path / "work" / f"{name}.lua").write_text(code)
        assert llmspell(tmp_path / "work", "run", f"{name}.lua").code == 0
    at = tmp_path / "work"

    def said(*words: str) -> Any:
        return llmspell(at, "state", *words)

    found = said("show", "plan")
    assert found.code == 1 and "session of trip of a.lua; session of trip of b.lua" in found.err
    found = said("set", "plan", "of", "x", "--session", "trip")
    assert found.code == 2 and "--spell FILE" in found.err
    whose = ("--session", "trip", "--spell", "b.lua")
    assert said("get", "plan", "of", *whose).out == "b\n"
    # The session that the user names on the command line is another one, and comes first.
    assert llmspell(at, "eval", "--session", "trip", "return 1").code == 0
    assert said("set", "plan", "of", "user", "--session", "trip").code == 0
    assert said("get", "plan", "of", "--session", "trip").out == "user\n"
    assert said("get", "plan", "of", *whose).out == "b\n"


def test_a_state_is_removed_only_with_consent(tmp_path: Path) -> None:
    keep(tmp_path, "a.lua", n=1)
    code, _, err = state(tmp_path, "remove", "notes")
    assert code == 2 and "--yes" in err
    assert state(tmp_path, "get", "notes", "n")[1] == "1\n"
    assert state(tmp_path, "remove", "notes", "--yes")[0] == 0
    assert state(tmp_path, "show", "notes")[0] == 1


def test_a_state_moves_from_one_spell_to_another(tmp_path: Path) -> None:
    keep(tmp_path, "a.lua", n=1, text="é\n")
    keep(tmp_path, "b.lua", name="other", m=2)
    _, out, _ = state(tmp_path, "export", "notes")
    assert state(tmp_path, "export", "notes", "notes.json")[0] == 0
    file = tmp_path / "work" / "notes.json"
    assert file.read_text() == out
    assert state(tmp_path, "import", "notes", "notes.json", "--spell", "b.lua")[0] == 0
    _, shown, _ = state(tmp_path, "show", "notes", "--spell", "b.lua")
    assert json.loads(shown) == {"n": 1, "text": "é\n"}
    session = make_session(tmp_path / "work")
    assert finish(session, new(session, path="notes.json").get("n")) == 1
    file.write_text(out[:-10])
    code, _, err = state(tmp_path, "import", "notes", "notes.json", "--spell", "a.lua")
    assert code == 2 and "damaged" in err
    assert state(tmp_path, "import", "notes", "none.json", "--global")[0] == 2
    assert state(tmp_path, "export", "notes", "no/such.json", "--spell", "b.lua")[0] == 2


EDITOR = """
import json, sys
file = sys.argv[-1]
values = json.load(open(file))
values["n"] += 1
open(file, "w").write({change})
"""


@pytest.mark.parametrize(
    ("change", "code", "n"),
    [
        ("json.dumps(values)", 0, 2),
        ("'{'", 1, 1),
        ("'[1]'", 1, 1),
        ("json.dumps({**values, '': 1})", 1, 1),
        ("json.dumps({'n': float('nan')})", 1, 1),
        ("json.dumps({'n': 2**70})", 1, 1),
        ("json.dumps({'n': 1})", 0, 1),
    ],
)
def test_values_are_edited_whole(change: str, code: int, n: int, tmp_path: Path) -> None:
    keep(tmp_path, "a.lua", n=1)
    editor = tmp_path / "editor.py"
    editor.write_text(EDITOR.replace("{change}", change))
    found = state(tmp_path, "edit", "notes", EDITOR=f"{sys.executable} {editor}")
    assert found[0] == code, found
    assert state(tmp_path, "get", "notes", "n")[1] == f"{n}\n"


def test_without_a_terminal_no_editor_is_guessed(tmp_path: Path) -> None:
    keep(tmp_path, "a.lua", n=1)
    code, _, err = state(tmp_path, "edit", "notes")
    assert code == 1 and "there is no terminal for an editor" in err


def test_looking_makes_no_database(tmp_path: Path) -> None:
    assert state(tmp_path, "list", "--json")[:2] == (0, "[]\n")
    for words in (("show", "x"), ("get", "x", "a"), ("history", "x"), ("remove", "x", "--yes")):
        assert state(tmp_path, *words) == (1, "", "error: no states are kept yet\n")
    assert not (tmp_path / "data").exists()


def test_names_and_keys_are_completed(tmp_path: Path) -> None:
    keep(tmp_path, "a.lua", n=1, inner={"near": 1, "far": 2})
    keep(tmp_path, "b.lua", name="nothing")
    (tmp_path / "llmspell").symlink_to("data")
    for words, expected in (
        ("llmspell state get no", ["notes", "nothing"]),
        ("llmspell state get notes in", ["inner"]),
        ("llmspell state get notes inner.", ["inner.near", "inner.far"]),
        ("llmspell state get none in", []),
    ):
        ended = llmspell(
            tmp_path / "work",
            _LLMSPELL_COMPLETE="complete_bash",
            COMP_WORDS=words,
            COMP_CWORD=str(len(words.split()) - 1),
            XDG_DATA_HOME=str(tmp_path),
        )
        assert (ended.out.split(), ended.err) == (expected, "")


def test_an_edit_does_not_undo_what_a_run_wrote_meanwhile(tmp_path: Path) -> None:
    keep(tmp_path, "a.lua", n=1)
    editor = tmp_path / "editor.py"
    root = Path(__file__).parent.parent.parent
    editor.write_text(
        f"import sys; sys.path.insert(0, {str(root)!r})\n"
        "from pathlib import Path\n"
        "from tests.cli.test_state import state\n"
        f"assert state(Path({str(tmp_path)!r}), 'set', 'notes', 'n', '9')[0] == 0\n"
        + EDITOR.replace("{change}", "json.dumps(values)")
    )
    code, _, err = state(tmp_path, "edit", "notes", EDITOR=f"{sys.executable} {editor}")
    assert code == 1 and "a run has changed the state meanwhile" in err
    assert state(tmp_path, "get", "notes", "n")[1] == "9\n"


def test_a_damaged_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "llmspell.db").write_bytes(b"x" * 5000)
    code, out, err = state(tmp_path, "list")
    assert code == 2 and out == "" and "is damaged" in err and "Traceback" not in err


def test_names_are_completed(tmp_path: Path) -> None:
    assert llmspell(tmp_path, "state", "set", "notes", "n", "1", "--global").code == 0
    ended = llmspell(
        tmp_path,
        _LLMSPELL_COMPLETE="complete_bash",
        COMP_WORDS="llmspell state show no",
        COMP_CWORD="3",
    )
    assert ended.out.split() == ["notes"]


def test_spells_and_the_command_find_the_same_data_without_a_home(tmp_path: Path) -> None:
    (tmp_path / "a.lua").write_text('print(State.new{name = "a", scope = "spell"}:set("n", 1))')
    found = llmspell(tmp_path, "a.lua", HOME="", XDG_DATA_HOME=str(tmp_path / "data"))
    assert (found.code, found.out) == (0, "1\n"), found.err
    found = llmspell(
        tmp_path, "state", "get", "a", "n", HOME="", XDG_DATA_HOME=str(tmp_path / "data")
    )
    assert (found.code, found.out) == (0, "1\n"), found.err


def test_a_flag_grants_what_all_spells_share(tmp_path: Path) -> None:
    spell = 'print(State.new{name = "a", scope = "global"}:update("n", function() return 1 end))'
    (tmp_path / "a.lua").write_text(spell)
    refused = llmspell(tmp_path, "a.lua")
    assert refused.code == 3 and "--allow-state=global" in refused.err
    assert llmspell(tmp_path, "a.lua", "--allow-state=global").out == "1\n"
    checked = llmspell(tmp_path, "check", "a.lua")
    assert "state" in checked.out and "State.new" in checked.out


def test_the_states_of_a_repl_are_shown(tmp_path: Path) -> None:
    typed = """State.set("a.b", 1)
        notes = State.new{name = "notes", scope = "spell"}
        notes:set("text", "kept")
        .state
        .state notes
        .state none
    """
    found = llmspell(tmp_path, "repl", stdin=typed)
    assert "default" in found.out and "notes" in found.out and '"kept"' in found.out, found
    assert "no state 'none' is in use" in found.err
