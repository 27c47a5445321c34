from __future__ import annotations

from pathlib import Path

import pytest

from bridges._errors import PermissionDenied
from bridges._permissions import Grants
from tests.doors import call
from tests.sessions import make_session


def test_only_granted_variables_are_read_and_listed(tmp_path: Path) -> None:
    session = make_session(
        tmp_path,
        environ={"LANG": "C", "SECRET": "s", "LAB_A": "1", "LAB_B": "2"},
        grants=Grants(base=tmp_path, env=("LANG", "LAB_*"), deny_env=("LAB_B",)),
    )
    assert call(session, "Env.get", "LANG") == "C"
    assert call(session, "Env.get", "LAB_NEW", "none") == "none"
    assert call(session, "Env.get", "LAB_NEW") is None
    assert call(session, "Env.list") == ["LAB_A", "LANG"]
    for name in ("SECRET", "LAB_B", "", "*"):
        with pytest.raises(PermissionDenied):
            call(session, "Env.get", name)
    with pytest.raises(PermissionDenied) as caught:
        call(session, "Env.get", "SECRET")
    assert "--allow-env=SECRET" in caught.value.hint
