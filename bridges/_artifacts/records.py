"""What spells read and write about artifacts."""

from __future__ import annotations

from typing import Any, Required, TypedDict

from bridges._joined import KeptScope


class ArtifactOptions(TypedDict, total=False):
    """What an artifact is.

    name: Its name: what is stored under it before becomes an older version
    type: Its media type, such as text/csv; guessed from the name unless set
    metadata: Whatever is to be known of it
    tags: Words to find it by
    scope: spell (this spell's own), session (of all runs in the session) or global (of all spells
        that are granted it); the session where the run has joined one, else the spell
    """

    name: Required[str]
    type: str
    metadata: dict[str, Any]
    tags: list[str]
    scope: KeptScope


class ArtifactFileOptions(TypedDict, total=False):
    """What an artifact is that a file becomes.

    name: Its name; the file's unless set
    type: Its media type, such as text/csv; guessed from the name unless set
    metadata: Whatever is to be known of it
    tags: Words to find it by
    scope: spell, session or global; the session where the run has joined one, else the spell
    """

    name: str
    type: str
    metadata: dict[str, Any]
    tags: list[str]
    scope: KeptScope


class ArtifactChoice(TypedDict, total=False):
    """Which version is meant.

    version: Its number; the latest unless set
    scope: spell, session or global; looked for in session and spell unless set
    """

    version: int
    scope: KeptScope


class ArtifactQuery(TypedDict, total=False):
    """Which artifacts are wanted.

    name: Names, with `*` for any characters and `?` for one
    type: Media types, with `*` and `?`, such as `image/*`
    tags: Words that each must have
    metadata: Values that each must have
    since: Only those stored since then, in seconds since 1970
    limit: How many at most; 100 unless set, 1,000 at most
    versions: Whether older versions count as well
    scope: spell, session or global; spell and session unless set
    """

    name: str
    type: str
    tags: list[str]
    metadata: dict[str, Any]
    since: float
    limit: int
    versions: bool
    scope: KeptScope


class ArtifactPieces(TypedDict, total=False):
    """How an artifact is cut.

    size: Bytes of each piece; 65,536 unless set, 1,048,576 at most
    """

    size: int


class ArtifactInfo(TypedDict):
    """What is known of one version of an artifact.

    id: Names this version
    name: Its name
    version: Its number; the first is 1
    scope: spell, session or global: whose it is
    type: Its media type
    size: Its bytes
    sha256: The checksum of its content
    created: When it was stored, in seconds since 1970
    metadata: Whatever was said of it
    tags: Words to find it by
    """

    id: str
    name: str
    version: int
    scope: str
    type: str
    size: int
    sha256: str
    created: float
    metadata: dict[str, Any]
    tags: list[str]


ArtifactInfos = list[ArtifactInfo]
