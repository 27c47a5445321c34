"""The only module that touches a spell's files. It takes checked paths and opens what was checked.

A checked path has no links in it. It is opened part by part from the root, each part refused when
it has become a link since, so nothing swapped in after the check leads anywhere else. (A hard link
is no link but the file itself under one more name; spells cannot make any.)
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from bridges._errors import (
    InternalError,
    InvalidArgument,
    LimitExceeded,
    NotFound,
    PermissionDenied,
    SpellError,
)
from bridges._permissions import EntryPath, ModulePath, ReadPath, WritePath

# O_PATH opens a folder one may pass through but not list, where the system has it.
_PASS = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", 0)
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_HOLD = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_SWAPPED = "changed while it was being opened"
ERRORS: dict[int, tuple[type[SpellError], str, str]] = {
    errno.ENOENT: (NotFound, "does not exist", ""),
    errno.EACCES: (PermissionDenied, "is closed to this user by the operating system", ""),
    errno.EPERM: (PermissionDenied, "is closed to this user by the operating system", ""),
    errno.EROFS: (PermissionDenied, "is on a disk that cannot be written", ""),
    errno.EISDIR: (InvalidArgument, "is a folder", "name a file"),
    errno.ENOTDIR: (InvalidArgument, "leads through something that is no folder", ""),
    errno.ELOOP: (PermissionDenied, _SWAPPED, "try again; a link has taken its place"),
    errno.EEXIST: (InvalidArgument, "exists already", "remove it first, or use another name"),
    errno.ENOTEMPTY: (InvalidArgument, "is not empty", "remove what is in it first"),
    errno.ENAMETOOLONG: (InvalidArgument, "is too long a name", ""),
    errno.EXDEV: (InvalidArgument, "is on another disk", "write a copy and remove the original"),
    errno.EINVAL: (InvalidArgument, "is not possible for this name", ""),
    errno.ETXTBSY: (InvalidArgument, "is a program that runs", ""),
    errno.EBUSY: (InvalidArgument, "is in use by the operating system", ""),
    errno.ENOSPC: (LimitExceeded, "does not fit: the disk is full", "free some space"),
    errno.EDQUOT: (LimitExceeded, "does not fit: the disk quota is used up", "free some space"),
    errno.EFBIG: (LimitExceeded, "is larger than the file system takes", ""),
    errno.EMFILE: (LimitExceeded, "cannot be opened: too many files are open", ""),
    errno.ENFILE: (LimitExceeded, "cannot be opened: too many files are open", ""),
}
"""What the operating system's errors mean to a spell: class, words after the path, hint."""


@dataclass(frozen=True)
class Found:
    """What a folder holds or a path names: `kind` is file, folder, link or other."""

    name: str
    kind: str
    size: int
    modified: float


@contextmanager
def translated(shown: str) -> Iterator[None]:
    """Turns an OSError into the SpellError it means; `shown` is the path as messages name it."""
    try:
        yield
    except OSError as error:
        kind, words, hint = ERRORS.get(
            error.errno or 0, (InternalError, f"failed: {error.strerror or error}", "")
        )
        raise kind(f"{shown!r} {words}", hint=hint) from None


def read_bytes(path: ReadPath | ModulePath, limit: int, shown: str) -> bytes:
    """Returns a file's content; one longer than `limit` bytes is LimitExceeded."""
    with reading(path, shown) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise LimitExceeded(
            f"{shown!r} is larger than the {limit} bytes a spell's memory takes",
            hint="raise the limit with --memory",
            details={"limit": "memory"},
        )
    return data


def write_bytes(path: WritePath, data: bytes, shown: str, *, lasting: bool = False) -> None:
    """Puts a file in place as a whole: a reader sees the old content or the new, never a part.

    lasting: not even after a loss of power
    """
    with writing(path, shown, lasting=lasting) as file:
        file.write(data)


@contextmanager
def writing(path: WritePath, shown: str, *, lasting: bool = False) -> Iterator[BinaryIO]:
    """Gives a file to write, which is put in place as a whole when the body ends well.

    lasting: what is put in place is on the disk itself before
    """
    sys.audit("llmspell.write", path.value)
    with translated(shown), _folder_of(path.value) as (folder, name):
        old = _refuse_special(folder, name, shown)
        # The name says what it is, should the host be killed in between.
        passing = f".{name[:200]}.{os.urandom(6).hex()}.tmp"
        with (
            open(os.open(passing, _NEW, 0o666, dir_fd=folder), "wb") as file,
            ExitStack() as unless_in_place,
        ):
            unless_in_place.callback(os.unlink, passing, dir_fd=folder)
            if old:
                os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode) & 0o777)
            yield file
            file.flush()
            if lasting:
                os.fsync(file.fileno())
            os.rename(passing, name, src_dir_fd=folder, dst_dir_fd=folder)
            unless_in_place.pop_all()


@contextmanager
def reading(path: ReadPath | ModulePath, shown: str) -> Iterator[BinaryIO]:
    """Opens a file to be read piece by piece."""
    # Whoever watches a spell's files listens: `sys.addaudithook`.
    sys.audit("llmspell.read", path.value)
    with translated(shown), _folder_of(path.value) as (folder, name):
        _refuse_special(folder, name, shown)
        with open(os.open(name, _READ, dir_fd=folder), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _special(shown)
            yield file


@contextmanager
def claimed(path: WritePath, shown: str) -> Iterator[bool]:
    """Holds a file, made empty where there is none, against others; gives whether it could.

    Processes that claim a file take turns; a process that is killed holds nothing any more. To put
    the file in place anew gives it free, so it has to be the last thing done.
    """
    import fcntl

    with translated(shown), _folder_of(path.value) as (folder, name):
        _refuse_special(folder, name, shown)
        fd = os.open(name, _HOLD, 0o666, dir_fd=folder)
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                there = _status(folder, name)
                # Another one may have put its own in place since it was opened.
                mine = there is not None and os.path.samestat(there, os.fstat(fd))
            except BlockingIOError:
                mine = False
            yield mine
        finally:
            os.close(fd)


def append_bytes(path: WritePath, data: bytes, shown: str) -> None:
    """Adds to the end of a file, which is made when it is not there."""
    sys.audit("llmspell.write", path.value)
    with translated(shown), _folder_of(path.value) as (folder, name):
        _refuse_special(folder, name, shown)
        with open(os.open(name, _APPEND, 0o666, dir_fd=folder), "ab") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _special(shown)
            file.write(data)


def new_folder(path: WritePath, shown: str) -> None:
    """Makes a folder, and those above it; one that is there already is fine."""
    parts = path.value.strip("/").split("/")
    with translated(shown):
        fd = os.open("/", _PASS)
        try:
            for part in parts:
                try:
                    inner = os.open(part, _PASS, dir_fd=fd)
                except FileNotFoundError:
                    os.mkdir(part, dir_fd=fd)
                    inner = os.open(part, _PASS, dir_fd=fd)
                os.close(fd)
                fd = inner
        finally:
            os.close(fd)


def remove(path: EntryPath, shown: str) -> None:
    """Removes a file, a link, or an empty folder."""
    sys.audit("llmspell.write", path.value)
    with translated(shown), _folder_of(path.value) as (folder, name):
        if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            os.rmdir(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)


def move(path: EntryPath, to: EntryPath, shown: str) -> None:
    """Gives a file or folder another name; what is there under that name already stays."""
    sys.audit("llmspell.write", path.value)
    sys.audit("llmspell.write", to.value)
    with (
        translated(shown),
        _folder_of(path.value) as (old, old_name),
        _folder_of(to.value) as (new, new_name),
    ):
        os.stat(old_name, dir_fd=old, follow_symlinks=False)
        if _status(new, new_name):
            raise InvalidArgument(
                f"{shown!r} cannot be moved: its new name is taken",
                hint="remove what is there first",
            )
        os.rename(old_name, new_name, src_dir_fd=old, dst_dir_fd=new)


def info(path: ReadPath, shown: str) -> Found | None:
    """Returns what a path names, or None when there is nothing."""
    with translated(shown):
        try:
            with _folder_of(path.value) as (folder, name):
                status = _status(folder, name)
        except (FileNotFoundError, NotADirectoryError):
            return None
    return _found(name, status) if status else None


def scan(folder: ReadPath | str, shown: str) -> Iterator[Found]:
    """Yields what a folder holds, unsorted. Names that are not text are left out.

    folder: a checked path, or one below it whose every part came from an earlier scan
    """
    path = folder if isinstance(folder, str) else folder.value
    with translated(shown), _folder_of(path) as (above, name):
        fd = os.open(name, _LIST, dir_fd=above)
        try:
            with os.scandir(fd) as entries:
                for entry in entries:
                    if _is_text(entry.name):
                        yield _found(entry.name, entry.stat(follow_symlinks=False))
        finally:
            os.close(fd)


def tree(path: EntryPath, shown: str) -> Iterator[str]:
    """Yields the path and the paths of everything below it; links are not followed."""
    waiting = [path.value]
    while waiting:
        place = waiting.pop()
        yield place
        with translated(shown), _folder_of(place) as (folder, name):
            status = _status(folder, name)
        if status and stat.S_ISDIR(status.st_mode):
            waiting += [os.path.join(place, entry.name) for entry in scan(place, shown)]


@contextmanager
def _folder_of(path: str) -> Iterator[tuple[int, str]]:
    """Opens the folder of an absolute path without following links; gives it and the last part."""
    *folders, name = path.strip("/").split("/")
    fd = os.open("/", _PASS)
    try:
        for part in folders:
            inner = os.open(part, _PASS, dir_fd=fd)
            os.close(fd)
            fd = inner
        yield fd, name or "."
    finally:
        os.close(fd)


def _status(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _refuse_special(folder: int, name: str, shown: str) -> os.stat_result | None:
    """Returns the status of what is there; raises for anything but a regular file."""
    status = _status(folder, name)
    if status is None or stat.S_ISREG(status.st_mode):
        return status
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder")
    if stat.S_ISLNK(status.st_mode):
        raise PermissionDenied(f"{shown!r} {_SWAPPED}", hint=ERRORS[errno.ELOOP][2])
    raise _special(shown)


def _special(shown: str) -> InvalidArgument:
    return InvalidArgument(
        f"{shown!r} is a pipe, a socket or a device", hint="spells open regular files only"
    )


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _found(name: str, status: os.stat_result) -> Found:
    mode = status.st_mode
    kind = "other"
    for test, word in ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISLNK, "link")):
        if test(mode):
            kind = word
    return Found(name, kind, status.st_size if kind == "file" else 0, status.st_mtime)
