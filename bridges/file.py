"""Files, under the spell's grants."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TypedDict

from bridges import _io
from bridges._declare import NOTHING, Bridge, host_function
from bridges._errors import InvalidArgument, LimitExceeded, NotFound, PermissionDenied
from bridges._permissions import Checked, EntryPath, ReadPath, WritePath

MAX_ENTRIES = 100_000
"""Entries looked at by one call; more is a folder tree nobody meant to list."""


class FileInfo(TypedDict):
    """What is known of a file or folder.

    name: Its last part
    path: Its path, relative to the working directory when it lies there
    kind: file, folder, or other (a pipe, a socket, a device)
    size: Bytes in the file; 0 for anything else
    modified: When it was last changed, as ISO 8601 text in UTC
    epoch: The same in seconds since 1970
    """

    name: str
    path: str
    kind: str
    size: int
    modified: str
    epoch: float


FileInfos = list[FileInfo]


class ListOptions(TypedDict, total=False):
    """How a folder is listed.

    pattern: Names to list, with `*` for any characters and `?` for one; the default is all
    recursive: Whether folders inside are listed as well; links to folders are not entered
    """

    pattern: str
    recursive: bool


class File(Bridge):
    """Reads and writes files under the spell's grants.

    Paths are relative to the working directory. Only regular files are opened.
    """

    @host_function(needs=NOTHING, since=1)
    def read(self, path: ReadPath) -> str:
        """Reads a text file.

        path: File to read
        returns: The whole text
        """
        data = _io.read_bytes(path, self.session.limits.memory, self._shown(path))
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise InvalidArgument(
                f"{self._shown(path)!r} is not UTF-8 text",
                hint=f"read it with File.{self.session.spell_name('read_bytes')}",
            ) from None

    @host_function(needs=NOTHING, since=1)
    def read_bytes(self, path: ReadPath) -> bytes:
        """Reads a file of any kind.

        path: File to read
        returns: The whole content
        """
        return _io.read_bytes(path, self.session.limits.memory, self._shown(path))

    @host_function(needs=NOTHING, since=1)
    def write(self, path: WritePath, content: str | bytes) -> None:
        """Writes a file, in place of the one that is there: as a whole or not at all.

        path: File to write; its folder must exist
        content: The new content
        """
        _io.write_bytes(path, _encoded(content), self._shown(path))

    @host_function(needs=NOTHING, since=1)
    def append(self, path: WritePath, content: str | bytes) -> None:
        """Adds to the end of a file, and makes it when it is not there.

        path: File to add to; its folder must exist
        content: What to add; nothing is put between it and what is there
        """
        _io.append_bytes(path, _encoded(content), self._shown(path))

    @host_function(needs=NOTHING, since=1)
    def exists(self, path: ReadPath) -> bool:
        """Tells whether there is a file or folder.

        path: File or folder to look for
        returns: Whether it is there
        """
        return _io.info(path, self._shown(path)) is not None

    @host_function(needs=NOTHING, since=1)
    def info(self, path: ReadPath) -> FileInfo:
        """Returns what is known of a file or folder.

        path: File or folder to look at
        returns: Its size, kind and date
        """
        found = _io.info(path, self._shown(path))
        if found is None:
            raise NotFound(f"{self._shown(path)!r} does not exist")
        return self._record(found, path.value)

    @host_function(needs=NOTHING, since=1)
    def list(self, path: ReadPath, options: ListOptions | None = None) -> FileInfos:
        """Lists a folder. What may not be read is not listed.

        path: Folder to list
        options: Which names to list, and how deep
        returns: What is in it, by path
        """
        options = options or {}
        pattern = options.get("pattern", "*")
        found = [
            self._record(entry, where)
            for entry, where in self._walk(path.value, options.get("recursive", False))
            if fnmatchcase(entry.name, pattern)
        ]
        return sorted(found, key=lambda record: record["path"])

    @host_function(needs=NOTHING, since=1)
    def remove(self, path: EntryPath) -> None:
        """Removes a file, a link (not what it points to), or an empty folder.

        path: What to remove
        """
        _io.remove(path, self._shown(path))

    @host_function(needs=NOTHING, since=1)
    def move(self, path: EntryPath, to: EntryPath) -> None:
        """Moves a file or folder, or gives it another name.

        path: What to move
        to: Its new path; nothing may be there yet
        """
        self._refuse_hidden(path)
        _io.move(path, to, self._shown(path))

    @host_function(needs=NOTHING, since=1)
    def new_folder(self, path: WritePath) -> None:
        """Makes a folder, and the folders above it; one that is there already is left as it is.

        path: Folder to make
        """
        _io.new_folder(path, self._shown(path))

    def _shown(self, path: Checked) -> str:
        return self._relative(path.value)

    def _relative(self, real: str) -> str:
        base = str(self.session.grants.base)
        return os.path.relpath(real, base) if real.startswith(base.rstrip("/") + "/") else real

    def _record(self, found: _io.Found, real: str) -> FileInfo:
        from datetime import UTC, datetime

        return {
            "name": found.name,
            "path": self._relative(real),
            "kind": found.kind,
            "size": found.size,
            "modified": datetime.fromtimestamp(found.modified, UTC).isoformat(),
            "epoch": found.modified,
        }

    def _walk(self, folder: str, recursive: bool) -> Iterator[tuple[_io.Found, str]]:
        """Yields what may be read below a folder, with its path."""
        waiting, seen = [folder], 0
        while waiting:
            above = waiting.pop()
            for entry in _io.scan(above, self._relative(above)):
                seen += 1
                if seen > MAX_ENTRIES:
                    raise LimitExceeded(
                        f"{self._relative(folder)!r} holds more than {MAX_ENTRIES} entries",
                        hint="list a folder further down",
                        details={"limit": "entries"},
                    )
                where = os.path.join(above, entry.name)
                visible = self._visible(entry, where)
                if visible:
                    yield visible, where
                if recursive and visible and entry.kind == "folder":
                    waiting.append(where)

    def _visible(self, entry: _io.Found, where: str) -> _io.Found | None:
        grants = self.session.grants
        if entry.kind != "link":
            return None if grants.why_not(ReadPath, where) else entry
        # A link shows what it leads to, so that must be granted, too.
        target = os.path.realpath(where)
        if grants.why_not(ReadPath, where) or grants.why_not(ReadPath, target):
            return None
        path = grants.check(ReadPath, target, api="File.list")
        found = _io.info(path, self._relative(where))
        return _io.Found(entry.name, found.kind, found.size, found.modified) if found else None

    def _refuse_hidden(self, path: EntryPath) -> None:
        """Refuses to move what may not be read or written: its new path might be granted."""
        grants = self.session.grants
        for place in _io.tree(path, self._shown(path)):
            if grants.why_not(ReadPath, place) or grants.why_not(EntryPath, place):
                raise PermissionDenied(
                    f"{self._shown(path)!r} cannot be moved: not all of it is granted",
                    hint="read and write access is needed to everything in it",
                )


def _encoded(content: str | bytes) -> bytes:
    return content.encode("utf-8") if isinstance(content, str) else content
