"""The files that a watched spell is made of, and which of them have changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from engines.languages import LANGUAGES

MAX_FILES = 5_000
MAX_FOLDERS = 200
DEPTH = 4
SKIPPED = frozenset(("node_modules", "__pycache__"))
SOURCES = tuple(suffix for known in LANGUAGES.values() for suffix in known.suffixes)
State = tuple[int, int, int] | None


class Files:
    """Paths and the state in which each was last seen.

    tree: a folder whose sources and folders all belong to the spell, or None
    homes: folders in which files may appear
    """

    def __init__(self, always: Iterable[Path], tree: Path | None, homes: Iterable[Path]) -> None:
        self._states: dict[str, State] = {}
        self._tree = tree
        self._homes = [os.path.abspath(path) for path in homes]
        for path in always:
            self.add(os.path.abspath(path))
        self.scan()

    def __len__(self) -> int:
        return sum(state is not None for state in self._states.values())

    def add(self, path: str) -> None:
        """Adds a file as it is now, whether it exists or not."""
        if path not in self._states and len(self._states) < MAX_FILES:
            self._states[path] = state_of(path)

    def scan(self) -> list[str]:
        """Adds the sources that have appeared in the spell's folder; returns them."""
        new = []
        for path in _sources(self._tree) if self._tree else ():
            if path not in self._states:
                self.add(path)
                new.append(path)
        return new

    def changed(self) -> list[str]:
        """Returns what has changed since it was last seen; this counts as seeing it."""
        found = self.scan()
        for path, before in self._states.items():
            now = state_of(path)
            if now != before:
                self._states[path] = now
                found.append(path)
        return found

    def see(self, paths: Iterable[str]) -> None:
        """Takes the state that some files have now as seen."""
        for path in paths:
            if path in self._states:
                self._states[path] = state_of(path)

    def folders(self) -> list[str]:
        """Returns the folders to listen at: those that have something to be changed."""
        found = {os.path.dirname(path) for path, state in self._states.items() if state}
        found |= {path for path in self._homes if os.path.isdir(path)}
        if self._tree:
            found |= {folder for folder, _ in _walk(self._tree)}
        return sorted(found)


def state_of(path: str) -> State:
    """Returns what tells one content of a file from another; None when there is no such file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _sources(tree: Path) -> Iterator[str]:
    for folder, names in _walk(tree):
        for name in names:
            if name.endswith(SOURCES):
                yield os.path.join(folder, name)


def _walk(tree: Path) -> Iterator[tuple[str, list[str]]]:
    """Yields folders with the names of their files; a folder that is no part of a spell is not."""
    top = os.path.abspath(tree)
    count = 0
    for folder, inner, names in os.walk(top):
        depth = folder[len(top) :].count(os.sep)
        inner[:] = sorted(
            name
            for name in inner
            if depth < DEPTH and not name.startswith(".") and name not in SKIPPED
        )
        yield folder, names
        count += 1
        if count >= MAX_FOLDERS:
            return
