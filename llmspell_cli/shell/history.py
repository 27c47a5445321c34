"""What a user typed in a project, kept in a file that nobody else can read."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from prompt_toolkit.history import History

MOST = 5000
"""Entries that are kept."""


class ProjectHistory(History):
    """Entries in a file, one JSON text a line; some are not stored, but known while this runs."""

    def __init__(self, file: Path, is_private: Callable[[str], bool]) -> None:
        """is_private: tells entries that are not to be stored."""
        super().__init__()
        self._file = file
        self._is_private = is_private

    def load_history_strings(self) -> Iterable[str]:
        """Returns the stored entries, newest first; a file that grew too long is cut."""
        try:
            lines = self._file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        if len(lines) > 2 * MOST:
            lines = lines[-MOST:]
            self._rewrite(lines)
        return [text for line in reversed(lines[-MOST:]) if (text := _entry(line)) is not None]

    def store_string(self, string: str) -> None:
        """Appends an entry, unless it is private; a disk that is full is no reason to stop."""
        if self._is_private(string):
            return
        line = (json.dumps(string) + "\n").encode()
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.fchmod(handle, 0o600)
                os.write(handle, line)
            finally:
                os.close(handle)
        except OSError:
            return

    def typed(self) -> list[str]:
        """Returns all entries, oldest first."""
        if not self._loaded:
            self._loaded_strings = list(self.load_history_strings())
            self._loaded = True
        return list(reversed(self._loaded_strings))

    def _rewrite(self, lines: list[str]) -> None:
        temporary = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            os.replace(temporary, self._file)
        except OSError:
            temporary.unlink(missing_ok=True)


def history_file(data: Path, project: Path, what: str) -> Path:
    """Returns where a project's history lies.

    data: the user's data folder; project: the project's folder
    what: which history of the project: a language, or `chat`
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", project.name).strip("-") or "root"
    mark = hashlib.sha256(os.fsencode(project)).hexdigest()[:12]
    return data / "history" / f"{name}-{mark}.{what}"


def _entry(line: str) -> str | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, str) else None
