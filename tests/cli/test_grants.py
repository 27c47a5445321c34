"""What a run may do: profile, then configuration, then flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridges._errors import ConfigError, PermissionDenied
from bridges._permissions import EnvName, NetUrl, ReadPath, StateScope
from llmspell_cli.config import Security
from llmspell_cli.grants import Flags, grants_for


def allows(kind: type, value: str, security: Security, flags: Flags, cwd: Path) -> bool:
    try:
        grants_for(security, flags, cwd, None).check(kind, value, api="Test.test")
    except PermissionDenied:
        return False
    return True


def test_the_profile_comes_from_flags_then_configuration(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    medium, high = Security(), Security(profile="high")
    assert allows(ReadPath, "a", medium, Flags(), tmp_path)
    assert not allows(ReadPath, "a", high, Flags(), tmp_path)
    assert not allows(ReadPath, "a", medium, Flags(profile="high"), tmp_path)
    assert allows(ReadPath, "a", high, Flags(profile="medium"), tmp_path)


def test_configuration_and_flags_add_up_and_deny_wins(tmp_path: Path) -> None:
    security = Security(allow_env=("A", "B"), deny_env=("C",))
    flags = Flags(allow_env=["C", "D"], deny_env=["B"])
    found = [name for name in "ABCDE" if allows(EnvName, name, security, flags, tmp_path)]
    assert found == ["A", "D"]


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    own = {"base": "high", "allow_net": ("example.org",)}
    security = Security(profiles={"ci": own})
    flags = Flags(profile="ci")
    assert allows(NetUrl, "https://example.org/", security, flags, tmp_path)
    assert not allows(ReadPath, "a", security, flags, tmp_path)
    assert not allows(NetUrl, "https://example.org/", security, Flags(), tmp_path)


def test_an_unknown_profile_is_named_with_the_nearest(tmp_path: Path) -> None:
    security = Security(profiles={"ci": {}})
    for name, hint in (("hihg", "did you mean 'high'?"), ("cii", "did you mean 'ci'?")):
        with pytest.raises(ConfigError, match=name) as caught:
            grants_for(security, Flags(profile=name), tmp_path, None)
        assert caught.value.hint == hint


def test_paths_of_flags_start_at_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a").write_text("")
    high = Security(profile="high")
    assert allows(ReadPath, "docs/a", high, Flags(allow_read=["docs"]), tmp_path)
    assert not allows(ReadPath, "docs/a", high, Flags(), tmp_path)


def test_states_that_all_spells_share_have_to_be_granted(tmp_path: Path) -> None:
    cases = [
        (Security(), Flags(), False),
        (Security(), Flags(allow_state=["global"]), True),
        (Security(allow_state=("global",)), Flags(), True),
        (Security(allow_state=("global",)), Flags(deny_state=["global"]), False),
        (Security(profile="low"), Flags(), True),
        (Security(profile="low", deny_state=("global",)), Flags(), False),
        (Security(profile="none"), Flags(profile="high"), False),
    ]
    for security, flags, granted in cases:
        assert allows(StateScope, "global", security, flags, tmp_path) is granted, (security, flags)
        assert allows(StateScope, "spell", security, flags, tmp_path)


def test_only_scopes_that_are_shared_can_be_granted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'spell' is no scope"):
        grants_for(Security(), Flags(allow_state=["spell"]), tmp_path, None)
