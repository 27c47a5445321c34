from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Any

import pytest

from bridges._errors import ConfigError, InvalidArgument, NotFound, PermissionDenied
from bridges._hosts import is_public, read_pattern
from bridges._permissions import (
    PROFILES,
    EntryPath,
    EnvName,
    Grants,
    KeptPath,
    ModulePath,
    NetUrl,
    Program,
    ReadPath,
    StateScope,
    WritePath,
)
from bridges._secrets import is_protected, is_secret


def may(grants: Grants, kind: Any, value: str) -> bool:
    try:
        grants.check(kind, value, api="Test.call")
    except PermissionDenied:
        return False
    return True


def test_nobody_but_the_check_makes_a_checked_value() -> None:
    with pytest.raises(TypeError):
        ReadPath("/etc/passwd", None)


# --- profiles ---------------------------------------------------------------

PROFILE_TABLE = [
    # profile, kind, value, granted
    ("high", ReadPath, "a.txt", False),
    ("high", WritePath, "a.txt", False),
    ("high", NetUrl, "https://example.org/", False),
    ("high", EnvName, "HOME", False),
    ("high", Program, "sh", False),
    ("high", ModulePath, "other.lua", True),
    ("medium", ReadPath, "a.txt", True),
    ("medium", ReadPath, "sub/../a.txt", True),
    ("medium", ReadPath, "../a.txt", False),
    ("medium", ReadPath, "/etc/passwd", False),
    ("medium", ReadPath, ".env", False),
    ("medium", ReadPath, "sub/id_rsa", False),
    ("medium", WritePath, "a.txt", True),
    ("medium", WritePath, ".env", False),
    ("medium", WritePath, "llmspell.toml", False),
    ("medium", WritePath, "LLMSPELL.TOML", False),
    ("medium", WritePath, ".git/hooks/pre-commit", False),
    ("medium", WritePath, "/tmp/elsewhere", False),
    ("medium", NetUrl, "https://example.org/", False),
    ("medium", EnvName, "HOME", False),
    ("medium", Program, "sh", False),
    ("low", ReadPath, "/etc/passwd", True),
    ("low", ReadPath, "/etc/shadow", False),
    ("low", ReadPath, "/proc/self/environ", False),
    ("low", ReadPath, "/sys/kernel", False),
    ("low", ReadPath, "/dev/null", False),
    ("low", WritePath, "/etc/motd", False),
    ("low", WritePath, ".git/config", False),
    ("low", NetUrl, "https://example.org/", True),
    ("low", NetUrl, "http://127.0.0.1:80/", False),
    ("low", NetUrl, "http://10.1.2.3/", False),
    ("low", NetUrl, "http://169.254.169.254/latest/meta-data", False),
    ("low", NetUrl, "http://[::1]/", False),
    ("low", NetUrl, "http://[::ffff:127.0.0.1]/", False),
    ("low", NetUrl, "http://[64:ff9b::7f00:1]/", False),
    ("low", NetUrl, "http://100.64.1.1/", False),
    ("low", EnvName, "HOME", False),
    ("low", Program, "sh", False),
    ("none", ReadPath, "/etc/shadow", True),
    ("none", ReadPath, "/proc/self/environ", True),
    ("none", WritePath, ".git/config", True),
    ("none", NetUrl, "http://169.254.169.254/", True),
    ("none", EnvName, "ANYTHING", True),
    ("none", Program, "sh", True),
]


@pytest.mark.parametrize(("profile", "kind", "value", "granted"), PROFILE_TABLE)
def test_profiles(tmp_path: Path, profile: str, kind: Any, value: str, granted: bool) -> None:
    grants = Grants.for_profile(profile, tmp_path, tmp_path, "/usr/bin:/bin")
    assert may(grants, kind, value) == granted


def test_an_unknown_profile_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="'mediun'") as caught:
        Grants.for_profile("mediun", Path("/"), None)
    assert "medium" in caught.value.hint
    assert PROFILES == ("high", "medium", "low", "none")


def test_a_working_directory_of_secrets_grants_nothing(tmp_path: Path) -> None:
    folder = tmp_path / ".ssh"
    folder.mkdir()
    assert not may(Grants.for_profile("medium", folder, None), ReadPath, "config")


def test_the_message_names_the_function_and_the_flag(tmp_path: Path) -> None:
    grants = Grants.for_profile("medium", tmp_path, None)
    with pytest.raises(PermissionDenied) as caught:
        grants.check(ReadPath, "/etc/passwd", api="File.read")
    assert caught.value.message == "File.read needs read access to '/etc/passwd'"
    assert "--allow-read=/etc/passwd" in caught.value.hint


# --- flags, deny, narrowing --------------------------------------------------


def test_flags_add_and_deny_wins(tmp_path: Path) -> None:
    other = tmp_path / "other"
    grants = Grants.for_profile("high", tmp_path, None).with_flags(
        allow_read=[other],
        deny_read=["other/private"],
        allow_net=["https://api.example.org/v1", "*.test"],
        deny_net=["bad.test"],
        allow_env=["LAB_*"],
        deny_env=["LAB_KEY"],
    )
    assert may(grants, ReadPath, "other/a")
    assert not may(grants, ReadPath, "other/private/a")
    assert not may(grants, ReadPath, "other/PRIVATE/a"), "a file system may ignore case"
    assert may(grants, NetUrl, "https://api.example.org/v2")
    assert may(grants, NetUrl, "http://deep.good.test")
    assert not may(grants, NetUrl, "http://test")
    assert not may(grants, NetUrl, "http://bad.test")
    assert may(grants, EnvName, "LAB_HOST")
    assert not may(grants, EnvName, "LAB_KEY")
    assert not may(grants, EnvName, "OTHER")


def test_a_deny_is_told_apart_from_a_missing_grant(tmp_path: Path) -> None:
    grants = Grants.for_profile("medium", tmp_path, None).with_flags(deny_read=["a"])
    with pytest.raises(PermissionDenied) as caught:
        grants.check(ReadPath, "a", api="File.read")
    assert "deny" in caught.value.hint and "--allow" not in caught.value.hint


def test_a_secret_is_granted_by_its_own_name_only(tmp_path: Path) -> None:
    grants = Grants.for_profile("high", tmp_path, None)
    assert not may(grants.with_flags(allow_read=["."]), ReadPath, ".env")
    assert may(grants.with_flags(allow_read=[".env"]), ReadPath, ".env")
    assert may(grants.with_flags(allow_write=["llmspell.toml"]), WritePath, "llmspell.toml") is True


def test_flags_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    for flag in ("allow_everything", "deny_modules", "read"):
        with pytest.raises(TypeError):
            Grants(base=tmp_path).with_flags(**{flag: ["x"]})


def test_narrowing_never_widens(tmp_path: Path) -> None:
    outer = Grants.for_profile("medium", tmp_path, None).with_flags(
        deny_read=["deep"], allow_net=["a.test"]
    )
    wide = Grants.for_profile("none", Path("/"), None)
    inner = outer.narrow(wide)
    assert may(inner, ReadPath, str(tmp_path / "a"))
    assert not may(inner, ReadPath, "/etc/passwd")
    assert not may(inner, ReadPath, str(tmp_path / "deep"))
    assert not may(inner, ReadPath, str(tmp_path / ".env"))
    assert may(inner, NetUrl, "http://a.test")
    assert not may(inner, NetUrl, "http://b.test")
    assert not may(inner, EnvName, "HOME")
    assert not may(inner, Program, "sh")
    twice = inner.narrow(wide).with_flags(allow_read=["/etc"], allow_env=["*"], allow_run=["*"])
    assert not may(twice, ReadPath, "/etc/passwd")
    assert not may(twice, EnvName, "HOME")
    assert not may(twice, Program, "/bin/sh")


# --- paths -------------------------------------------------------------------


def test_links_are_judged_by_where_they_lead(tmp_path: Path) -> None:
    base, outside = tmp_path / "base", tmp_path / "outside"
    base.mkdir()
    outside.mkdir()
    (base / "out").symlink_to(outside)
    (base / "file").symlink_to("/etc/passwd")
    (base / "inner").symlink_to(base)
    (base / "loop").symlink_to(base / "loop")
    grants = Grants.for_profile("medium", base, None)
    assert not may(grants, ReadPath, "out/a")
    assert not may(grants, WritePath, "out/a")
    assert not may(grants, ReadPath, "file")
    assert not may(grants, ReadPath, "inner/../../outside/a")
    assert may(grants, ReadPath, "inner/inner/a")
    assert may(grants, EntryPath, "file"), "the link itself lies inside"
    assert not may(grants, EntryPath, "out/a")
    assert not may(grants, EntryPath, "out/..")


@pytest.mark.parametrize("value", ["", "a\0b", "\ud800"])
def test_what_is_no_path_is_an_argument_error(tmp_path: Path, value: str) -> None:
    with pytest.raises(InvalidArgument):
        Grants.for_profile("medium", tmp_path, None).check(ReadPath, value, api="File.read")


def test_spells_are_found_beside_the_spell_first(tmp_path: Path) -> None:
    folder = tmp_path / "spells"
    folder.mkdir()
    (folder / "a.lua").touch()
    (tmp_path / "b.lua").touch()
    grants = Grants.for_profile("medium", tmp_path, folder)
    assert grants.check(ModulePath, "a.lua", api="x").value == str(folder / "a.lua")
    assert grants.check(ModulePath, "b.lua", api="x").value == str(tmp_path / "b.lua")
    assert not may(grants, ModulePath, "/etc/passwd")


@pytest.mark.parametrize(
    "path",
    [
        "/w/.env", "/w/.env.local", "/w/.ENV", "/w/prod.env", "/home/u/.ssh/config",
        "/home/u/.aws/credentials", "/w/server.pem", "/w/SERVER.KEY", "/home/u/.netrc",
        "/home/u/.config/gcloud/x", "/w/.git/config", "/w/llmspell.toml", "/proc/1/environ",
        "/home/u/.config/llmspell/config.toml", "/w/terraform.tfstate",
    ],
)  # fmt: skip
def test_secrets(path: str) -> None:
    assert is_secret(path)


@pytest.mark.parametrize(
    "path",
    ["/w/.env.example", "/w/environment.md", "/w/keys.txt", "/w/proc/a", "/w/dev/a", "/devices",
     "/w/monkey", "/w/.github/x", "/w/id_rsa.pub", "/w/llmspell.toml.example", "/"],
)  # fmt: skip
def test_no_secrets(path: str) -> None:
    assert not is_secret(path)


def test_protected_names() -> None:
    assert is_protected("/w/.git/hooks/x") and is_protected("/w/.git") and is_protected("/w/.GIT/x")
    assert not is_protected("/w/.gitignore") and not is_protected("/w/.github/x")


# --- network -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("file:///etc/passwd", "http"),
        ("ftp://a.test/", "http"),
        ("a.test", "http"),
        ("http://user:secret@a.test/", "password"),
        ("http:///x", "not a URL"),
        ("http://a.test\\@b.test/", "password"),
        ("http://a.test\\b/", "not a URL"),
        ("http://a.test/ x", "not a URL"),
        ("http://u:secret@a.test:99999/", "not a URL"),
        ("ftp://u:secret@a.test/", "http"),
        ("http://a.test/\r\nx", "not a URL"),
    ],
)
def test_urls_that_are_refused_whatever_is_granted(url: str, problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem) as caught:
        Grants(base=Path("/"), net=("*",)).check(NetUrl, url, api="Http.get")
    assert "secret" not in caught.value.message


def test_a_url_is_brought_to_one_spelling() -> None:
    grants = Grants(base=Path("/"), net=("example.org",))
    checked = grants.check(NetUrl, "HTTP://EXAMPLE.org.:80/a?b=1#c", api="Http.get")
    assert checked.value == "http://example.org/a?b=1"


def test_ports() -> None:
    grants = Grants(base=Path("/"), net=("127.0.0.1:8000",))
    assert may(grants, NetUrl, "http://127.0.0.1:8000/")
    assert not may(grants, NetUrl, "http://127.0.0.1:8001/")
    assert not may(grants, NetUrl, "http://127.0.0.1/")


@pytest.mark.parametrize(
    ("pattern", "address", "reached"),
    [
        ("a.test", "93.184.216.34", True),
        ("a.test", "10.0.0.1", True),
        ("a.test", "127.0.0.1", True),
        ("a.test", "169.254.169.254", False),
        ("a.test", "0.0.0.0", False),
        ("a.test", "fe80::1", False),
        ("*.test", "93.184.216.34", True),
        ("*.test", "10.0.0.1", False),
        ("public", "10.0.0.1", False),
        ("public", "::ffff:10.0.0.1", False),
        ("public", "2002:7f00:1::", False),
        ("public", "2606:4700::1111", True),
        ("public", "64:ff9b::5db8:d822", True),
        ("public", "64:ff9b::a00:1", False),
        ("*", "10.0.0.1", True),
    ],
)
def test_where_a_granted_name_may_lead(pattern: str, address: str, reached: bool) -> None:
    grants = Grants(base=Path("/"), net=(pattern,))
    assert grants.reaches("a.test", 80, ipaddress.ip_address(address)) == reached


def test_denied_addresses_are_denied_under_every_name() -> None:
    grants = Grants(base=Path("/"), net=("*",), deny_net=("10.0.0.0/8", "192.0.2.1"))
    assert not grants.reaches("a.test", 80, ipaddress.ip_address("10.9.9.9"))
    assert not grants.reaches("a.test", 80, ipaddress.ip_address("::ffff:192.0.2.1"))
    assert grants.reaches("a.test", 80, ipaddress.ip_address("10.0.0.1")) is False
    assert grants.reaches("a.test", 80, ipaddress.ip_address("11.0.0.1"))


def test_network_patterns() -> None:
    assert read_pattern("HTTPS://Api.Example.org/v1") == "api.example.org"
    assert read_pattern("[::1]:8000") == "[::1]:8000"
    assert read_pattern("10.0.0.0/8") == "10.0.0.0/8"
    for wrong in ("", "a b", "*.*", "http://", "a..b", "-"):
        with pytest.raises(ConfigError):
            read_pattern(wrong)
    assert not is_public(ipaddress.ip_address("224.0.0.1"))


# --- programs ----------------------------------------------------------------


def test_programs_are_found_on_the_path_but_not_where_the_spell_writes(tmp_path: Path) -> None:
    own = tmp_path / "bin"
    own.mkdir()
    (own / "sh").write_text("#!/bin/sh\n")
    (own / "sh").chmod(0o755)
    path = f".:bin:{own}:/usr/bin:/bin"
    grants = Grants.for_profile("medium", tmp_path, None, path).with_flags(allow_run=["sh"])
    assert grants.check(Program, "sh", api="x").value in ("/usr/bin/sh", "/bin/sh")
    assert not may(grants, Program, "./bin/sh"), "a name grants no path"
    assert not may(grants, Program, "bash")
    with pytest.raises(NotFound):
        grants.with_flags(allow_run=["no-such-program"]).check(Program, "no-such-program", api="x")


def test_relative_entries_of_the_path_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").write_text("#!/bin/sh\n")
    (tmp_path / "mine").chmod(0o755)
    grants = Grants.for_profile("high", tmp_path, None, f".::{tmp_path.name}")
    with pytest.raises(NotFound):
        grants.with_flags(allow_run=["mine"]).check(Program, "mine", api="x")


def test_programs_by_path_and_denied_names(tmp_path: Path) -> None:
    grants = Grants.for_profile("medium", tmp_path, None)
    assert may(grants.with_flags(allow_run=["/bin/sh"]), Program, "/bin/sh")
    denied = Grants.for_profile("none", tmp_path, None).with_flags(deny_run=["sh"])
    assert not may(denied, Program, "sh")
    assert not may(denied, Program, "/bin/sh")
    assert not may(denied, Program, os.path.relpath("/bin/sh", tmp_path))


# --- states -----------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES)
def test_the_states_of_all_spells_by_profile(profile: str, tmp_path: Path) -> None:
    grants = Grants.for_profile(profile, tmp_path, None)
    assert may(grants, StateScope, "global") is (profile in ("low", "none"))
    assert all(may(grants, StateScope, scope) for scope in ("run", "spell", "agent", "session"))


def test_the_states_of_all_spells_are_granted_and_refused(tmp_path: Path) -> None:
    granted = Grants.for_profile("high", tmp_path, None).with_flags(allow_state=["global"])
    assert may(granted, StateScope, "global")
    assert not may(granted.with_flags(deny_state=["global"]), StateScope, "global")
    # Spells that a spell runs, agents and tools get no more than it has.
    assert not may(Grants(base=tmp_path).narrow(granted), StateScope, "global")
    with pytest.raises(PermissionDenied) as caught:
        Grants(base=tmp_path).check(StateScope, "global", api="State.new")
    assert "--allow-state=global" in caught.value.hint


def test_a_file_that_is_kept_has_to_be_readable_and_writable(tmp_path: Path) -> None:
    for read, write, granted in (
        ((tmp_path,), (tmp_path,), True),
        ((tmp_path,), (), False),
        ((), (tmp_path,), False),
    ):
        grants = Grants(base=tmp_path, read=read, write=write)
        assert may(grants, KeptPath, "a.json") is granted
    both = Grants(base=tmp_path, read=(tmp_path,), write=(tmp_path,))
    assert not may(both.with_flags(deny_read=["a.json"]), KeptPath, "a.json")
    assert not may(both.with_flags(deny_write=["a.json"]), KeptPath, "a.json")
    assert not may(both, KeptPath, ".env")
    assert KeptPath.kinds() == ("read", "write")
