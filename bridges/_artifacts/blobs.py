"""Contents on disk, each a file named by its SHA-256: put in place whole, checked when read."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bridges._errors import ConfigError, InternalError, LimitExceeded, PermissionDenied, SpellError
from bridges._io import ERRORS

CHUNK = 1024 * 1024
STALE = 3600.0
"""Seconds after which a file that nobody wrote on is what a killed process left."""
_NAME = re.compile(r"[0-9a-f]{64}")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Blobs:
    """The contents in a folder, which is made when the first is put there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._new = folder / "new"

    @contextmanager
    def pending(self, limit: int) -> Iterator[Pending]:
        """Gives a content to be written; what is not put in place is gone afterwards.

        limit: bytes; more is LimitExceeded
        """
        path = self._new / f"{os.urandom(8).hex()}.tmp"
        with _translated(path):
            self._new.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = open(os.open(path, _NEW, 0o600), "wb", buffering=0)
        try:
            yield Pending(path, file, limit)
        finally:
            file.close()
            path.unlink(missing_ok=True)

    def put(self, pending: Pending, *, over: bool = False) -> None:
        """Puts a finished content in place, unless it is there; may be done again.

        over: whether what is there is to be replaced
        """
        target = self._path(pending.sha256)
        with _translated(target):
            is_first = not target.parent.exists()
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if over or not self._linked(pending.path, target):
                os.replace(pending.path, target)
            _sync(target.parent)
            if is_first:
                _sync(self.folder)

    def is_damaged(self, pending: Pending) -> bool:
        """Tells whether the same content is there already and is not what it was."""
        try:
            with self.opened(pending.sha256, pending.size) as file:
                checksum = hashlib.sha256()
                while data := file.read(CHUNK):
                    checksum.update(data)
                return checksum.hexdigest() != pending.sha256
        except ConfigError:
            return self._path(pending.sha256).exists()

    @staticmethod
    def _linked(source: Path, target: Path) -> bool:
        """Gives a content its name and tells so; some file systems know no second names."""
        try:
            os.link(source, target)
        except FileExistsError:
            pass
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK):
                raise
            return False
        return True

    @contextmanager
    def opened(self, sha256: str, size: int) -> Iterator[BinaryIO]:
        """Opens a content for reading; one that was removed or cut is ConfigError.

        It can be read to its end even if it is removed meanwhile.
        """
        path = self._path(sha256)
        with _translated(path):
            try:
                file = open(os.open(path, _READ), "rb", buffering=0)
            except FileNotFoundError:
                raise _damaged(path, "is gone") from None
        with file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size != size:
                raise _damaged(path, f"has {status.st_size} bytes, not {size}")
            yield file

    def damaged(self, sha256: str) -> ConfigError:
        """Returns the error for a content that is another than it was."""
        return _damaged(self._path(sha256), "has another content than was stored")

    def remove(self, sha256: str) -> None:
        """Removes a content; one that is gone is fine."""
        path = self._path(sha256)
        with _translated(path):
            path.unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """Yields the SHA-256 of every content there is."""
        for path in self.folder.glob("??/*"):
            if _NAME.fullmatch(path.name):
                yield path.name

    def sweep(self) -> None:
        """Removes what killed processes were writing."""
        for path in self._new.glob("*.tmp"):
            try:
                if path.lstat().st_mtime < time.time() - STALE:
                    path.unlink(missing_ok=True)
            except OSError:
                continue  # another process removes the same

    def _path(self, sha256: str) -> Path:
        if not _NAME.fullmatch(sha256):
            raise ConfigError(f"{sha256[:80]!r} is no checksum: the database is damaged")
        return self.folder / sha256[:2] / sha256


class Pending:
    """A content that is being written."""

    def __init__(self, path: Path, file: BinaryIO, limit: int) -> None:
        self.path = path
        self.size = 0
        self._limit = limit
        self._file = file
        self._hash = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Adds to the content."""
        self.size += len(data)
        if self.size > self._limit:
            raise LimitExceeded(
                f"the content is larger than the {self._limit} bytes that are left for artifacts",
                hint="remove some, or raise artifacts under [limits]",
                details={"limit": "artifacts"},
            )
        self._hash.update(data)
        view = memoryview(data)
        with _translated(self.path):
            while view:
                view = view[self._file.write(view) :]

    def finish(self) -> None:
        """Has the content written to the disk itself, so that it outlasts a loss of power."""
        with _translated(self.path):
            os.fsync(self._file.fileno())

    @property
    def sha256(self) -> str:
        """The checksum of what was written."""
        return self._hash.hexdigest()


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _damaged(path: Path, what: str) -> ConfigError:
    return ConfigError(
        f"the artifact's file {str(path)!r} is damaged: it {what}",
        hint="remove the artifact, or put a good copy of the file in its place",
    )


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        unknown = (InternalError, f"failed: {error.strerror or error}", "")
        kind, words, hint = ERRORS.get(error.errno or 0, unknown)
        meant: type[SpellError] = ConfigError if kind is PermissionDenied else kind
        raise meant(f"{str(path)!r} {words}", hint=hint) from None
