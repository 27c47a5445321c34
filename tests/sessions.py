"""Sessions for tests: real ones, with the outside world in a temporary folder."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from bridges._budget import Budget
from bridges._log import Log
from bridges._permissions import Grants
from bridges._session import Limits, Session, SpellInfo
from bridges._settings import ModelSettings


def make_session(tmp_path: Path, **overrides: Any) -> Session:
    """Returns a session whose spell may read and write `tmp_path`.

    Its log lines gather in `session.lines` as (level, message, fields), its messages to standard
    error in `session.errors`; any field of Session can be overridden.
    """
    lines: list[tuple[str, str, dict[str, Any]]] = []
    errors: list[str] = []

    async def run_spell(path: str, params: Any, session: Session) -> Any:
        raise AssertionError(f"the test did not expect to run {path}")

    fields: dict[str, Any] = {
        "spell": SpellInfo("test", "", None, "lua"),
        "grants": Grants(base=tmp_path, read=(tmp_path,), write=(tmp_path,)),
        "limits": Limits(),
        "models": ModelSettings(),
        "budget": Budget(),
        "log": Log("trace", lambda *line: lines.append(line)),
        "spell_name": lambda name: name,
        "environ": {},
        "data": tmp_path / "data",
        "stdin": io.BytesIO(),
        "write_error": errors.append,
        "run_spell": run_spell,
    }
    session = Session(**{**fields, **overrides})
    session.lines = lines  # type: ignore[attr-defined]
    session.errors = errors  # type: ignore[attr-defined]
    return session
