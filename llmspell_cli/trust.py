"""Which project configurations the user trusts, by path and content."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

from bridges._errors import ConfigError
from llmspell_cli.world import World

FILE = "trust.json"


def is_trusted(world: World, file: Path, content: bytes) -> bool:
    """Tells whether the user trusts this file with exactly this content."""
    known = listed(world)
    return known.get(_name(file)) == _digest(content)


def trust(world: World, file: Path) -> None:
    """Remembers a file with the content it has now; raises ConfigError when it cannot be read."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None
    _save(world, {**listed(world), _name(file): _digest(content)})


def forget(world: World, file: Path) -> bool:
    """Forgets a file; tells whether it was known."""
    known = listed(world)
    if known.pop(_name(file), None) is None:
        return False
    _save(world, known)
    return True


def listed(world: World) -> dict[str, str]:
    """Returns the trusted files and the SHA-256 of the content that is trusted.

    A record that is missing or damaged trusts nothing.
    """
    try:
        found = json.loads((world.data_dir / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(path): digest for path, digest in found.items() if isinstance(digest, str)}


def _name(file: Path) -> str:
    return str(file.resolve())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _save(world: World, known: dict[str, str]) -> None:
    folder = world.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=FILE)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(known, stream, indent=1, sort_keys=True)
        Path(name).replace(folder / FILE)
    except OSError as error:
        raise ConfigError(f"{folder / FILE} cannot be written: {error.strerror}") from None
