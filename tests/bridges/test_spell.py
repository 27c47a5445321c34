from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridges._errors import InvalidArgument, LimitExceeded, PermissionDenied
from bridges._permissions import Grants
from bridges._session import SpellInfo
from tests.doors import call
from tests.sessions import make_session


def test_info(tmp_path: Path) -> None:
    spell = SpellInfo("name", "what it does", tmp_path / "a.lua", "lua")
    found = call(make_session(tmp_path, spell=spell, params={"a": 1}), "Spell.info")
    assert found == {
        "name": "name",
        "description": "what it does",
        "path": str(tmp_path / "a.lua"),
        "language": "lua",
        "level": 2,
        "depth": 0,
        "params": {"a": 1},
    }
    assert "path" not in call(make_session(tmp_path), "Spell.info")


def test_run_hands_over_the_checked_path_and_the_parameters(tmp_path: Path) -> None:
    (tmp_path / "b.js").touch()
    seen: list[Any] = []

    async def run_spell(path: str, params: Any, session: Any) -> Any:
        seen.append((path, params, session))
        return 42

    session = make_session(tmp_path, run_spell=run_spell)
    assert call(session, "Spell.run", "b.js", {"a": 1}) == 42
    assert seen == [(str(tmp_path / "b.js"), {"a": 1}, session)]
    with pytest.raises(PermissionDenied, match=r"Spell\.run needs read access"):
        call(session, "Spell.run", "/etc/passwd")


def test_the_own_folder_needs_no_read_grant(tmp_path: Path) -> None:
    (tmp_path / "b.js").touch()

    async def run_spell(path: str, _params: Any, _session: Any) -> Any:
        return path

    grants = Grants.for_profile("high", Path("/"), tmp_path)
    session = make_session(tmp_path, grants=grants, run_spell=run_spell)
    assert call(session, "Spell.run", "b.js") == str(tmp_path / "b.js")


def test_spells_do_not_run_each_other_without_end(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded, match="8 deep"):
        call(make_session(tmp_path, depth=8), "Spell.run", "b.js")


def test_write_error(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    call(session, "Spell.write_error", "text")
    assert session.errors == ["text"]  # type: ignore[attr-defined]
    with pytest.raises(InvalidArgument):
        call(session, "Spell.write_error", [1])
