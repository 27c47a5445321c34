"""The files of a debugged spell: module ids, the paths an editor knows, and their text."""

from __future__ import annotations

import os
from pathlib import Path

from bridges._errors import NotFound
from engines._modules import MAX_BYTES, STDLIB, Modules
from llmspell_cli.program import Spell

STANDARD = "llmspell/"


class Sources:
    """Where each module of one run lies.

    loaded: the ids of the modules that have been loaded, in order
    """

    def __init__(self, spell: Spell, modules: Modules) -> None:
        self._spell = spell
        self._roots = modules.roots
        self.loaded: list[str] = []

    @property
    def main(self) -> str:
        """The id of the spell's own file."""
        return self._spell.file_name

    def note(self, id: str) -> bool:
        """Notes that a module was loaded; tells whether that is news."""
        if id in self.loaded or not self.exists(id):
            return False
        self.loaded.append(id)
        return True

    def exists(self, id: str) -> bool:
        """Tells whether there is a module of that name; the name comes from the worker."""
        return id == self.main or self.path(id) is not None or self._standard(id) is not None

    def path(self, id: str) -> Path | None:
        """Returns the file of a module; None for the standard library and for what is none."""
        if id == self.main and self._spell.path is not None:
            return self._spell.path
        if "\0" in id or os.path.isabs(id) or os.path.normpath(id) != id:
            return None
        if id.startswith(STANDARD):
            return None
        for root in self._roots:
            found = (root / id).resolve()
            if found.is_relative_to(root) and found.is_file():
                return found
        return None

    def id(self, path: Path) -> str:
        """Returns the module id of a file; NotFound says why it can be none of this spell."""
        real = path.resolve()
        if self._spell.path is not None and real == self._spell.path.resolve():
            return self.main
        language = self._spell.language
        if not real.is_file():
            raise NotFound(f"there is no file {str(path)!r}")
        if real.suffix not in language.suffixes:
            raise NotFound(f"{path.name!r} is not a file that a spell in {language.name} loads")
        for root in self._roots:
            if real.is_relative_to(root):
                return real.relative_to(root).as_posix()
        raise NotFound(
            f"{str(path)!r} is neither in the spell's folder nor in one of modules",
            hint="name its folder under [security] modules",
        )

    def named(self, written: str) -> str:
        """Returns the module id of a file as a person writes it: an id, or the end of one."""
        if self.exists(written):
            return written
        near = [id for id in self.loaded if id.endswith(f"/{written}")]
        if len(near) == 1:
            return near[0]
        return self.id(self._spell.folder / written)

    def text(self, id: str) -> str | None:
        """Returns the text of a module, None where it cannot be read."""
        if id == self.main:
            return self._spell.source
        path = self._standard(id) or self.path(id)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                return file.read(MAX_BYTES).decode("utf-8-sig", "replace")
        except OSError:
            return None

    def lines(self, id: str) -> list[str]:
        """Returns the lines of a module, none where it cannot be read."""
        return (self.text(id) or "").removesuffix("\n").split("\n")

    def _standard(self, id: str) -> Path | None:
        name = id.removeprefix(STANDARD)
        if name == id or not name.isidentifier():
            return None
        language = self._spell.language
        file = STDLIB / language.name / f"{name}{language.suffixes[0]}"
        return file if file.is_file() else None
