"""The panel in both languages: the same output, and the same events."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from bridges._events.bus import Bus
from bridges._permissions import Grants
from bridges._settings import ModelSettings
from tests.casting import cast
from tests.sessions import make_session
from tests.spells.test_spells import CASES, SPELLS

SUFFIXES = {"lua": "lua", "javascript": "js"}
PASSING = frozenset({"duration", "cost"})
"""Fields that differ from run to run."""


def panel(language: str, folder: Path) -> tuple[Any, list[str]]:
    """Returns what the spell gives, and its events without what differs from run to run."""
    shutil.copytree(CASES / "panel" / "files", folder)
    script = folder.parent.parent / "model.json"
    shutil.copy(CASES / "panel" / "model.json", script)
    session = make_session(
        folder,
        models=ModelSettings(default_model=f"test:{script}"),
        grants=Grants(base=folder, read=(folder.parent.parent,), write=(folder,)),
        params={"report": "report.md", "files": "*"},
    )
    source = (SPELLS / f"panel.{SUFFIXES[language]}").read_text(encoding="utf-8")
    outcome, _ = cast(language, source, session, args=("pump", "Should we replace it?"))
    assert outcome.error is None, outcome.error
    return outcome.value, [written(event) for event in session.shared(Bus).history()]


def written(event: dict[str, Any]) -> str:
    data = {key: value for key, value in event["data"].items() if key not in PASSING}
    return f"{event['name']} {json.dumps(data, sort_keys=True)}"


def test_both_languages_give_the_same_and_emit_the_same(tmp_path: Path) -> None:
    in_lua, lua_events = panel("lua", tmp_path / "lua" / "work")
    in_javascript, javascript_events = panel("javascript", tmp_path / "js" / "work")
    assert in_lua == in_javascript
    assert in_lua["counts"] == {"yes": 2, "no": 1, "unclear": 0}
    # The analysts work at the same time: who is first is nobody's promise.
    assert sorted(lua_events) == sorted(javascript_events)
    outer = [event for event in lua_events if '"panel' in event]
    assert outer == [event for event in javascript_events if '"panel' in event]
    names = [event.partition(" ")[0] for event in lua_events]
    assert names.count("model.started") == names.count("model.ended") == 4
    assert (names.count("workflow.ended"), names.count("step.ended")) == (2, 8)
    assert (names[0], names[-1]) == ("workflow.started", "workflow.ended")
