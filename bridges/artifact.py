"""Artifacts: what spells make and keep, by name and version, with a type and whatever is said."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from bridges import _io
from bridges._artifacts import reading
from bridges._artifacts.blobs import Pending
from bridges._artifacts.records import (
    ArtifactChoice,
    ArtifactFileOptions,
    ArtifactInfo,
    ArtifactInfos,
    ArtifactOptions,
    ArtifactPieces,
    ArtifactQuery,
)
from bridges._artifacts.store import About, Artifacts, Query, Row
from bridges._database import database
from bridges._declare import NOTHING, Bridge, HostObject, host_function
from bridges._errors import InvalidArgument
from bridges._events.bus import Bus
from bridges._joined import KeptScope, space_for, spaces_of
from bridges._permissions import Checked, ReadPath, WritePath
from bridges._threads import in_thread
from bridges._tools import as_data
from bridges._types import StreamOf
from bridges.stream import AHEAD, Final, Stream

if TYPE_CHECKING:
    from bridges._session import Session

LONGEST_NAME = 200
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(;\s*[\w.+-]+=[\w.+-]+)*")
PIECE = 64 * 1024
LARGEST_PIECE = 1024 * 1024
HELD = 4 * 1024 * 1024
"""Bytes of pieces that wait for a script that reads slowly."""
MOST_FOUND = 1000


class ArtifactObject(HostObject):
    """One version of an artifact."""

    name = "Artifact"

    def __init__(self, session: Session, row: Row) -> None:
        self._session = session
        self._row = row

    @host_function(needs=NOTHING, since=2)
    def info(self) -> ArtifactInfo:
        """Returns what is known of it.

        returns: Name, version, type, size and what was said of it
        """
        return _info(self._row)

    @host_function(needs=NOTHING, since=2)
    async def text(self) -> str:
        """Returns the content as text.

        returns: The whole content, which must be UTF-8
        """
        return reading.text_of(await self._whole(), self._row)

    @host_function(needs=NOTHING, since=2)
    async def bytes_(self) -> bytes:
        """Returns the content.

        returns: The whole content
        """
        return await self._whole()

    @host_function(needs=NOTHING, since=2)
    async def lines(self) -> StreamOf[str, int]:
        """Gives the content line by line, without line ends.

        returns: The lines; its result is how many they are
        """
        lines = reading.lines(_store(self._session), self._row)
        stream: Any = Stream(_counted(lines))
        return stream  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=2)
    async def stream(self, options: ArtifactPieces | None = None) -> StreamOf[bytes, int]:
        """Gives the content in pieces.

        options: How it is cut
        returns: The pieces; its result is how many they are
        """
        size = (options or {}).get("size", PIECE)
        if not 1 <= size <= LARGEST_PIECE:
            raise InvalidArgument(
                f"Artifact.stream: size must be 1 to {LARGEST_PIECE} bytes, got {size}"
            )
        pieces = reading.pieces(_store(self._session), self._row, size)
        stream: Any = Stream(_counted(pieces), min(AHEAD, HELD // size))
        return stream  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=2)
    async def write_to(self, path: WritePath) -> int:
        """Writes the content to a file, as a whole or not at all; it does not pass the spell.

        path: File to write; its folder must exist
        returns: How many bytes were written
        """
        with _io.writing(path, _shown(self._session, path)) as file:
            await reading.copy(_store(self._session), self._row, file)
        return self._row.size

    @host_function(needs=NOTHING, since=2)
    async def versions(self) -> ArtifactInfos:
        """Returns every version there is of it.

        returns: What is known of each, the latest first
        """
        row = self._row
        return [_info(r) for r in await _store(self._session).versions(row.space, row.name)]

    @host_function(needs=NOTHING, since=2)
    async def share(self, scope: KeptScope) -> ArtifactObject:
        """Stores the same content, by the same name, in another scope; nothing is copied.

        scope: session, for every run in the session this run has joined; global, for every spell
            that is granted it; or spell, to keep for this spell alone what a session has
        returns: The artifact there
        """
        space = space_for(self._session, scope, "Artifact.share")
        row = await _store(self._session).share(self._row, space)
        _saved(self._session, row)
        return ArtifactObject(self._session, row)

    @host_function(needs=NOTHING, since=2)
    async def remove(self) -> None:
        """Removes this version; what is being read of it can be read to its end."""
        await _store(self._session).remove(self._row)

    async def _whole(self) -> bytes:
        return await reading.whole(_store(self._session), self._row, self._session.limits.memory)


class Artifact(Bridge):
    """Keeps what spells make: reports, pictures, data, by name and version."""

    @host_function(needs=NOTHING, since=2)
    async def store(self, content: str | bytes, options: ArtifactOptions) -> ArtifactObject:
        """Stores a content; under a name that there is, it becomes the next version.

        content: Text, or bytes
        options: What it is
        returns: The artifact
        """
        data = content.encode("utf-8") if isinstance(content, str) else content
        usual = "text/plain" if isinstance(content, str) else "application/octet-stream"
        about = self._about(options["name"], options, usual, "Artifact.store")

        async def write(pending: Pending) -> None:
            await in_thread(lambda: pending.write(data))

        return self._stored(await _store(self.session).put(about, write))

    @host_function(needs=NOTHING, since=2)
    async def from_file(
        self, path: ReadPath, options: ArtifactFileOptions | None = None
    ) -> ArtifactObject:
        """Stores what a file holds; it does not pass the spell, however large it is.

        path: File to read
        options: What it is
        returns: The artifact
        """
        given = options or {}
        name = given.get("name") or path.value.rpartition("/")[2]
        about = self._about(name, given, "application/octet-stream", "Artifact.from_file")
        store = _store(self.session)
        with _io.reading(path, _shown(self.session, path)) as file:
            row = await store.put(about, lambda pending: reading.fill(pending, file))
        return self._stored(row)

    @host_function(needs=NOTHING, since=2)
    async def get(self, name: str, options: ArtifactChoice | None = None) -> ArtifactObject:
        """Returns an artifact.

        name: Its name, or the id of a version
        options: Which version is meant
        returns: The artifact; an unknown name is an error with code not_found
        """
        given = options or {}
        spaces = spaces_of(self.session, given.get("scope"), "Artifact.get")
        row = await _store(self.session).find(spaces, name, given.get("version"))
        return ArtifactObject(self.session, row)

    @host_function(needs=NOTHING, since=2)
    async def list_(self) -> ArtifactInfos:
        """Returns the latest version of every artifact, the latest first; 1,000 at most.

        returns: What is known of each
        """
        return await self.query({"limit": MOST_FOUND})

    @host_function(needs=NOTHING, since=2)
    async def query(self, options: ArtifactQuery) -> ArtifactInfos:
        """Returns the artifacts that are wanted, the latest first.

        options: Which
        returns: What is known of each
        """
        where = "Artifact.query"
        given: dict[str, Any] = dict(options)
        spaces = spaces_of(self.session, options.get("scope"), where)
        limit = options.get("limit", 100)
        if not 1 <= limit <= MOST_FOUND:
            raise InvalidArgument(f"{where}: limit must be 1 to {MOST_FOUND}, got {limit}")
        given.pop("scope", None)
        given["tags"] = tuple(options.get("tags", ()))
        rows = await _store(self.session).query(spaces, Query(**given))
        return [_info(row) for row in rows]

    @host_function(needs=NOTHING, since=2)
    async def remove(self, name: str, options: ArtifactChoice | None = None) -> int:
        """Removes an artifact, all versions of it unless one is said.

        name: Its name
        options: Which is meant
        returns: How many versions were removed
        """
        given = options or {}
        store = _store(self.session)
        spaces = spaces_of(self.session, given.get("scope"), "Artifact.remove")
        if "version" not in given:
            return await store.remove_all(spaces, name)
        await store.remove(await store.find(spaces, name, given["version"]))
        return 1

    def _about(self, name: str, options: Any, usual: str, where: str) -> About:
        _check_name(name, where)
        kind = options.get("type") or _guess(name, usual)
        if not _TYPE.fullmatch(kind) or len(kind) > 100:
            raise InvalidArgument(f"{where}: {kind[:100]!r} is no media type", hint="as text/csv")
        metadata = as_data(options.get("metadata", {}), f"{where}: metadata")
        space = space_for(self.session, options.get("scope"), where)
        return About(space, name, kind, metadata, options.get("tags", []))

    def _stored(self, row: Row) -> ArtifactObject:
        _saved(self.session, row)
        return ArtifactObject(self.session, row)


def _store(session: Session) -> Artifacts:
    return Artifacts(database(session), session.data, session.limits.artifacts)


def _saved(session: Session, row: Row) -> None:
    info = _info(row)
    fields = ("id", "name", "version", "scope", "type", "size", "sha256")
    bus: Bus = session.shared(Bus)
    bus.emit("artifact.saved", {key: value for key, value in info.items() if key in fields})


def _info(row: Row) -> ArtifactInfo:
    return cast(ArtifactInfo, row.fields())


def _check_name(name: str, where: str) -> None:
    shown = name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "…"
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidArgument(
            f"{where}: {shown!r} cannot be a name",
            hint=f"use 1 to {LONGEST_NAME} characters without line ends",
        )
    if name.startswith("/") or ".." in name.split("/"):
        raise InvalidArgument(
            f"{where}: {shown!r} cannot be a name: it reads like a path to somewhere else",
            hint="names may hold / but no .. and begin with none",
        )


def _guess(name: str, usual: str) -> str:
    import mimetypes

    # What comes with Python, not what this machine has: the same name is the same type anywhere.
    known = mimetypes.MimeTypes(filenames=())
    for suffix, kind in _MORE.items():
        known.add_type(kind, suffix)
    return known.guess_type("x/" + name, strict=True)[0] or usual


_MORE = {
    ".md": "text/markdown",
    ".lua": "text/x-lua",
    ".jsonl": "application/jsonl",
    ".toml": "application/toml",
    ".yaml": "application/yaml",
}
"""What not every version of Python knows."""


def _shown(session: Session, path: Checked) -> str:
    base = str(session.grants.base).rstrip("/") + "/"
    return path.value.removeprefix(base)


async def _counted(source: AsyncGenerator[Any]) -> AsyncGenerator[Any]:
    count = 0
    async with aclosing(source):
        async for piece in source:
            count += 1
            yield piece
    yield Final(count)
