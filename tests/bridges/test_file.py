from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from bridges import _io, file
from bridges._errors import (
    InternalError,
    InvalidArgument,
    LimitExceeded,
    NotFound,
    PermissionDenied,
    SpellError,
)
from bridges._permissions import EntryPath, Grants, ReadPath, WritePath
from bridges._session import Limits
from tests.doors import call
from tests.sessions import make_session


def names(entries: Any) -> list[str]:
    return [entry["path"] for entry in entries]


# --- reading -----------------------------------------------------------------


def test_reads_text_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("häuser\r\n", newline="")
    (tmp_path / "b.bin").write_bytes(b"\xff\x00")
    session = make_session(tmp_path)
    assert call(session, "File.read", "a.txt") == "häuser\r\n"
    assert call(session, "File.read_bytes", "b.bin") == b"\xff\x00"
    with pytest.raises(InvalidArgument, match=r"'b.bin' is not UTF-8") as caught:
        call(session, "File.read", "b.bin")
    assert "File.read_bytes" in caught.value.hint


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    with pytest.raises(NotFound, match=r"'no/a.txt' does not exist"):
        call(session, "File.read", "no/a.txt")
    with pytest.raises(InvalidArgument, match="is a folder"):
        call(session, "File.read", ".")
    (tmp_path / "f").touch()
    with pytest.raises(InvalidArgument, match="no folder"):
        call(session, "File.read", "f/x")


def test_a_file_larger_than_the_memory_of_the_spell_is_refused(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 101)
    session = make_session(tmp_path, limits=Limits(memory=100))
    with pytest.raises(LimitExceeded, match="100 bytes"):
        call(session, "File.read", "big")


def test_pipes_and_devices_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    session = make_session(tmp_path, grants=Grants.for_profile("none", tmp_path, None))
    for function, path, more in (
        ("File.read", "pipe", []),
        ("File.write", "pipe", ["x"]),
        ("File.append", "pipe", ["x"]),
        ("File.read", "/dev/zero", []),
        ("File.write", "/dev/null", ["x"]),
    ):
        with pytest.raises(InvalidArgument, match="a device"):
            call(session, function, path, *more)


# --- what was checked is what is opened --------------------------------------


def secret_outside(tmp_path: Path) -> tuple[Path, Path]:
    base, outside = tmp_path / "base", tmp_path / "outside"
    (base / "sub").mkdir(parents=True)
    outside.mkdir()
    (base / "sub" / "a").write_text("mine")
    (outside / "a").write_text("secret")
    return base, outside


def swap_folder(base: Path, outside: Path) -> None:
    (base / "sub").rename(base / "old")
    (base / "sub").symlink_to(outside)


def swap_file(base: Path, outside: Path) -> None:
    (base / "sub" / "a").unlink()
    (base / "sub" / "a").symlink_to(outside / "a")


@pytest.mark.parametrize("swap", [swap_folder, swap_file])
def test_a_link_swapped_in_after_the_check_leads_nowhere(tmp_path: Path, swap: Any) -> None:
    base, outside = secret_outside(tmp_path)
    grants = Grants.for_profile("medium", base, None)
    readable = grants.check(ReadPath, "sub/a", api="x")
    writable = grants.check(WritePath, "sub/a", api="x")
    swap(base, outside)
    with pytest.raises(SpellError):
        _io.read_bytes(readable, 100, "a")
    with pytest.raises(SpellError):
        _io.write_bytes(writable, b"new", "a")
    with pytest.raises(SpellError):
        _io.append_bytes(writable, b"new", "a")
    assert (outside / "a").read_text() == "secret"
    assert sorted(p.name for p in outside.iterdir()) == ["a"]


def test_other_operations_do_not_follow_a_swapped_folder_either(tmp_path: Path) -> None:
    base, outside = secret_outside(tmp_path)
    grants = Grants.for_profile("medium", base, None)
    entry = grants.check(EntryPath, "sub/a", api="x")
    target = grants.check(EntryPath, "b", api="x")
    folder = grants.check(WritePath, "sub/new", api="x")
    listed = grants.check(ReadPath, "sub", api="x")
    swap_folder(base, outside)
    with pytest.raises(SpellError):
        _io.remove(entry, "a")
    with pytest.raises(SpellError):
        _io.move(entry, target, "a")
    with pytest.raises(SpellError):
        _io.new_folder(folder, "new")
    with pytest.raises(SpellError):
        list(_io.scan(listed, "sub"))
    assert sorted(p.name for p in outside.iterdir()) == ["a"]


# --- writing -----------------------------------------------------------------


def test_writes_are_whole_and_keep_the_mode(tmp_path: Path) -> None:
    target = tmp_path / "a.sh"
    target.write_text("old")
    target.chmod(0o750)
    before = target.stat().st_ino
    session = make_session(tmp_path)
    call(session, "File.write", "a.sh", "new")
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o750
    assert target.stat().st_ino != before, "put in place, not written over"
    assert [p.name for p in tmp_path.iterdir()] == ["a.sh"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("old")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(LimitExceeded, match="disk is full"):
        call(make_session(tmp_path), "File.write", "a", "new")
    assert (tmp_path / "a").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_hard_link_is_replaced_not_written_through(tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (tmp_path / "outside").write_text("old")
    os.link(tmp_path / "outside", base / "a")
    session = make_session(base)
    call(session, "File.write", "a", "new")
    assert (tmp_path / "outside").read_text() == "old"


def test_append_makes_and_adds(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    call(session, "File.append", "log", "a\n")
    call(session, "File.append", "log", b"b\n")
    assert (tmp_path / "log").read_text() == "a\nb\n"


def test_write_needs_a_write_grant(tmp_path: Path) -> None:
    session = make_session(tmp_path, grants=Grants(base=tmp_path, read=(tmp_path,)))
    for name, arguments in (
        ("File.write", ["a", "x"]),
        ("File.append", ["a", "x"]),
        ("File.remove", ["a"]),
        ("File.new_folder", ["a"]),
        ("File.move", ["a", "b"]),
    ):
        with pytest.raises(PermissionDenied, match="needs write access"):
            call(session, name, *arguments)


# --- folders -----------------------------------------------------------------


def test_lists_sorted_with_pattern_and_depth(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "sub/c.txt", "sub/d.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("xy")
    session = make_session(tmp_path)
    assert names(call(session, "File.list", ".")) == ["a.txt", "b.txt", "sub"]
    deep = call(session, "File.list", ".", {"recursive": True, "pattern": "*.txt"})
    assert names(deep) == ["a.txt", "b.txt", "sub/c.txt"]
    assert deep[0]["size"] == 2 and deep[0]["kind"] == "file"
    assert names(call(session, "File.list", "sub")) == ["sub/c.txt", "sub/d.md"]


def test_lists_only_what_may_be_read(tmp_path: Path) -> None:
    base = tmp_path / "base"
    (base / "private").mkdir(parents=True)
    (base / "private" / "x").touch()
    for name in (".env", "id_rsa", "a.txt"):
        (base / name).touch()
    (tmp_path / "outside").mkdir()
    (base / "out").symlink_to(tmp_path / "outside")
    (base / "hidden").symlink_to(base / ".env")
    (base / "same").symlink_to(base / "a.txt")
    grants = Grants.for_profile("medium", base, None).with_flags(deny_read=["private"])
    session = make_session(base, grants=grants)
    entries = call(session, "File.list", ".", {"recursive": True})
    assert names(entries) == ["a.txt", "same"]
    with pytest.raises(PermissionDenied):
        call(session, "File.list", "private")


def test_links_to_folders_are_not_entered(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    found = call(make_session(tmp_path), "File.list", ".", {"recursive": True})
    assert names(found) == ["sub", "sub/up"]


def test_a_tree_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "MAX_ENTRIES", 3)
    for name in "abcd":
        (tmp_path / name).touch()
    with pytest.raises(LimitExceeded, match="more than 3"):
        call(make_session(tmp_path), "File.list", ".")


def test_names_that_are_not_text_are_left_out(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff")).touch()
    (tmp_path / "ü\u00a0").touch()
    assert names(call(make_session(tmp_path), "File.list", ".")) == ["ü\u00a0"]


def test_new_folder_makes_all_of_them(tmp_path: Path) -> None:
    session = make_session(tmp_path)
    call(session, "File.new_folder", "a/b/c")
    call(session, "File.new_folder", "a/b/c")
    assert (tmp_path / "a/b/c").is_dir()
    (tmp_path / "f").touch()
    with pytest.raises(InvalidArgument):
        call(session, "File.new_folder", "f/x")


# --- remove, move, info ------------------------------------------------------


def test_remove_takes_the_link_not_its_target(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    (tmp_path / "empty").mkdir()
    session = make_session(tmp_path)
    call(session, "File.remove", "link")
    call(session, "File.remove", "empty/")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "full"]
    with pytest.raises(InvalidArgument, match="not empty"):
        call(session, "File.remove", "full")
    with pytest.raises(NotFound):
        call(session, "File.remove", "gone")


def test_move(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "taken").touch()
    (tmp_path / "sub").mkdir()
    session = make_session(tmp_path)
    with pytest.raises(InvalidArgument, match="taken"):
        call(session, "File.move", "a", "taken")
    call(session, "File.move", "a", "sub/b")
    call(session, "File.move", "sub", "other")
    assert (tmp_path / "other/b").read_text() == "x"
    with pytest.raises(NotFound):
        call(session, "File.move", "gone", "x")


def test_what_is_hidden_does_not_move_into_the_light(tmp_path: Path) -> None:
    base = tmp_path / "base"
    (base / ".config/gh").mkdir(parents=True)
    (base / ".config/gh/hosts.yml").write_text("token")
    (base / "box/private").mkdir(parents=True)
    grants = Grants.for_profile("medium", base, None).with_flags(deny_read=["box/private"])
    session = make_session(base, grants=grants)
    for name in (".config", "box", ".config/gh"):
        with pytest.raises(PermissionDenied):
            call(session, "File.move", name, "open")
    write_only = Grants(base=base, write=(base,), read=(base / "out",))
    with pytest.raises(PermissionDenied):
        call(make_session(base, grants=write_only), "File.move", "box", "out")


def test_info_and_exists(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("12345")
    os.utime(tmp_path / "a.txt", (0, 86400))
    session = make_session(tmp_path)
    found = call(session, "File.info", "a.txt")
    assert found == {
        "name": "a.txt",
        "path": "a.txt",
        "kind": "file",
        "size": 5,
        "modified": "1970-01-02T00:00:00+00:00",
        "epoch": 86400.0,
    }
    assert call(session, "File.info", ".")["kind"] == "folder"
    assert call(session, "File.exists", "a.txt") is True
    assert call(session, "File.exists", "no") is False
    assert call(session, "File.exists", "a.txt/x") is False
    with pytest.raises(NotFound):
        call(session, "File.info", "no")


# --- errors ------------------------------------------------------------------


def test_every_file_error_of_the_system_means_something(tmp_path: Path) -> None:
    for number, (kind, words, _) in _io.ERRORS.items():
        with pytest.raises(kind, match=words.split(":")[0]), _io.translated("a"):
            raise OSError(number, os.strerror(number))
    with pytest.raises(InternalError, match="'a' failed: Input/output error"), _io.translated("a"):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_every_public_subclass_of_oserror_for_files_is_mapped() -> None:
    numbers = {
        FileNotFoundError: errno.ENOENT,
        FileExistsError: errno.EEXIST,
        IsADirectoryError: errno.EISDIR,
        NotADirectoryError: errno.ENOTDIR,
        PermissionError: errno.EACCES,
    }
    # The others belong to processes and connections.
    elsewhere = {
        ChildProcessError, ConnectionError, InterruptedError, ProcessLookupError, TimeoutError,
        BlockingIOError,
    }  # fmt: skip
    builtin = {kind for kind in OSError.__subclasses__() if kind.__module__ == "builtins"}
    assert builtin == set(numbers) | elsewhere
    assert set(numbers.values()) <= set(_io.ERRORS)
