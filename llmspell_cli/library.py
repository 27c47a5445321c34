"""The spells on this machine: in a project, the user's own, and those that come along."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bridges._errors import NotFound, SpellError
from engines.languages import LANGUAGES, Language
from llmspell_cli import manifest
from llmspell_cli.world import World

HERE = Path(__file__).parent
HEAD_BYTES = 64 * 1024
"""How much of a file is read: the manifest stands at its beginning."""


@dataclass(frozen=True)
class Listed:
    """A spell in a list. place: the folder it was found in, as people read it"""

    name: str
    description: str
    language: str
    path: Path
    place: str


def find_all(world: World, folders: list[str]) -> list[Listed]:
    """Returns the spells in the given folders, or in the usual ones; NotFound for no folder."""
    if folders:
        found: list[Listed] = []
        for written in folders:
            folder = world.path(written)
            if not folder.is_dir():
                raise NotFound(f"there is no folder {written!r}")
            found += _spells(folder, written, only_declared=False)
        return found
    usual = [
        *_spells(world.cwd, ".", only_declared=True),
        *_spells(world.cwd / "spells", "./spells", only_declared=False),
        *_spells(world.config_dir / "spells", _short(world.config_dir / "spells", world), False),
    ]
    bundled = bundled_folder()
    if bundled.resolve() != (world.cwd / "spells").resolve():
        usual += _spells(bundled, f"with llmspell ({_short(bundled, world)})", False)
    return usual


def bundled_folder() -> Path:
    """Returns the folder of the spells that come with the program."""
    installed = HERE / "spells"
    return installed if installed.is_dir() else HERE.parent / "spells"


def _short(path: Path, world: World) -> str:
    text, home = str(path), str(world.home)
    return "~" + text[len(home) :] if text.startswith(home + os.sep) else text


def _spells(folder: Path, place: str, only_declared: bool) -> list[Listed]:
    found = []
    for path, language in _candidates(folder):
        listed = _read(path, language, place, only_declared)
        if listed:
            found.append(listed)
    return found


def _candidates(folder: Path) -> Iterator[tuple[Path, Language]]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        for language in LANGUAGES.values():
            if entry.suffix in language.suffixes and entry.is_file():
                yield entry, language
            elif any((entry / f"main{suffix}").is_file() for suffix in language.suffixes):
                yield entry, language
                break


def _read(path: Path, language: Language, place: str, only_declared: bool) -> Listed | None:
    is_folder = path.is_dir()
    try:
        head = "" if is_folder else _head(path)
        declared = (path / manifest.FOLDER_FILE).is_file() or manifest.OPENING in head
        if only_declared and not declared:
            return None
        if is_folder:
            found = manifest.load_folder(path)
        else:
            found = manifest.read(head, language.comment, path)
    except SpellError as error:
        what = error.message.replace(str(path), path.name)
        return Listed(path.stem, f"cannot be read: {what}", language.name, path, place)
    except OSError as error:
        return Listed(path.stem, f"cannot be read: {error.strerror}", language.name, path, place)
    text = found.description or manifest.leading_comment(head, language.comment)
    return Listed(found.name, " ".join(text.split()), language.name, path, place)


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES).decode("utf-8", "replace")
