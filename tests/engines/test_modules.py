"""Which files a spell may load as modules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridges._errors import PermissionDenied
from bridges._permissions import Grants
from engines._modules import Modules


@pytest.mark.parametrize("with_folder", [True, False])
@pytest.mark.parametrize("profile", ["high", "medium", "low"])
@pytest.mark.parametrize("name", ["./.docker/config.json", "./secrets.json", "./link.json"])
def test_secrets_are_no_modules(tmp_path: Path, name: str, profile: str, with_folder: bool) -> None:
    (tmp_path / ".docker").mkdir()
    for file in (".docker/config.json", "secrets.json", "plain.json"):
        (tmp_path / file).write_text("{}")
    (tmp_path / "link.json").symlink_to("secrets.json")
    grants = Grants.for_profile(profile, tmp_path, tmp_path if with_folder else None)
    modules = Modules("javascript", tmp_path, grants)
    assert modules.load("spell.js", "./plain.json") == ("plain.json", "{}")
    with pytest.raises(PermissionDenied):
        modules.load("spell.js", name)


def test_a_deny_rule_holds_for_modules(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.lua").write_text("return 1")
    grants = Grants.for_profile("medium", tmp_path, tmp_path)
    assert Modules("lua", tmp_path, grants).load("spell.lua", "lib.a")[1] == "return 1"
    denied = replace(grants, deny_read=(tmp_path / "lib",))
    for narrowed in (denied, denied.narrow(grants), grants.narrow(denied)):
        with pytest.raises(PermissionDenied):
            Modules("lua", tmp_path, narrowed).load("spell.lua", "lib.a")


def test_profile_none_and_a_folder_of_secrets_load_what_they_name(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "llmspell" / "spells"
    folder.mkdir(parents=True)
    (folder / "a.lua").write_text("return 1")
    (tmp_path / "secrets.json").write_text("{}")
    own = Grants.for_profile("high", tmp_path, folder)
    assert Modules("lua", folder, own).load("spell.lua", "a")[0] == "a.lua"
    everything = Grants.for_profile("none", tmp_path, tmp_path)
    assert Modules("javascript", tmp_path, everything).load("s.js", "./secrets.json")[1] == "{}"
