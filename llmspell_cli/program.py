"""Finds a spell: its text, its language, its manifest, the folder its modules live in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bridges._errors import ConfigError, InvalidArgument, NotFound
from bridges._names import did_you_mean
from engines.languages import LANGUAGES, Language
from llmspell_cli import manifest
from llmspell_cli.manifest import Manifest
from llmspell_cli.world import World

MAX_BYTES = 16 * 1024 * 1024
SUFFIXES = tuple(suffix for known in LANGUAGES.values() for suffix in known.suffixes)
WORKFLOWS = (".toml", ".yaml", ".yml")
QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
# What only one of the languages says.
HINTS = {
    "javascript": re.compile(
        r"^\s*(?:(?:const|let|var|import|export|async|await)\b|//)|=>|/\*|\bconsole\."
        r"|\bnew\s+[A-Z]|[!=]==|&&|\|\||^\s*\(?\[(?!\[|=)|\{\s*\w+\s*:(?=[\s\d\"'\[{])|\)\s*\{",
        re.M,
    ),
    "lua": re.compile(r"^\s*(?:local|elseif|end)\b|--|\bthen$|\bdo$|\bfunction\b.*\)$", re.M),
}


@dataclass(frozen=True)
class Spell:
    """A spell found: `path` is None for code from the command line or standard input.

    is_ours: whether the code is the program's own, of which nobody is shown lines
    """

    source: str
    path: Path | None
    language: Language
    manifest: Manifest
    folder: Path
    is_ours: bool = False

    @property
    def file_name(self) -> str:
        """What tracebacks call it."""
        return self.path.name if self.path else f"eval{self.language.suffixes[0]}"


def find(world: World, written: str, engine: str | None) -> Spell:
    """Returns the spell in a file, or in a folder that has main.lua or main.js.

    written: the path as the user gave it; engine: the language asked for, or None
    """
    path = world.path(written)
    if path.is_dir():
        return _in_folder(path, engine)
    source = read(path, written)
    language = language_for(source, path, engine)
    found = manifest.read(source, language.comment, path)
    return Spell(source, path, language, found, path.parent)


def _in_folder(folder: Path, engine: str | None) -> Spell:
    mains = [folder / f"main{suffix}" for known in LANGUAGES.values() for suffix in known.suffixes]
    found = [path for path in mains if path.is_file()]
    if engine:
        found = [path for path in found if path.suffix in known_language(engine).suffixes]
    if not found:
        raise NotFound(
            f"{folder.name}/ is not a spell",
            hint="a folder spell has main.lua or main.js, and spell.toml beside it",
        )
    path = found[0]
    source = read(path, str(path))
    language = language_for(source, path, engine)
    return Spell(source, path, language, manifest.load_folder(folder), folder)


def read(path: Path, written: str, suffixes: tuple[str, ...] = SUFFIXES) -> str:
    """Returns a spell's text; raises a SpellError that says why it cannot be read.

    suffixes: of the files that may have been meant
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(f"there is no file {written!r}", hint=_nearest(path, suffixes)) from None
    except OSError as error:
        raise NotFound(f"cannot read {written!r}: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise InvalidArgument(f"{written!r} is larger than {MAX_BYTES} bytes")
    return decode(data, written)


def decode(data: bytes, written: str) -> str:
    """Returns the text of a spell's bytes, which must be UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidArgument(
            f"{written!r} is not UTF-8 text (line {line})", hint="save it as UTF-8"
        ) from None


def _nearest(path: Path, suffixes: tuple[str, ...]) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.name.endswith(suffixes)]
    except OSError:
        return f"there is no folder {str(path.parent)!r} either"
    if names or suffixes != SUFFIXES:
        return did_you_mean(path.name, names)
    return "llmspell list shows the spells there are"


def known_language(name: str) -> Language:
    """Returns a language by its name or common short form."""
    short = {"js": "javascript"}.get(name, name)
    if short not in LANGUAGES:
        raise ConfigError(f"there is no engine {name!r}", hint=did_you_mean(name, LANGUAGES))
    return LANGUAGES[short]


def language_for(source: str, path: Path | None, engine: str | None) -> Language:
    """Returns the language: by --engine, then shebang, then ending, then content."""
    if engine:
        return known_language(engine)
    chosen = _by_shebang(source) or _by_ending(path)
    if chosen is None and path and path.suffix in WORKFLOWS:
        raise ConfigError(
            f"{path.name!r} is no spell", hint="a workflow file is run by: llmspell workflow run"
        )
    chosen = chosen or _by_content(source)
    if chosen is None:
        raise ConfigError(
            f"cannot tell the language of {path.name if path else 'the code'!r}",
            hint=f"pass --engine; there are {', '.join(LANGUAGES)}",
        )
    return chosen


def _by_shebang(source: str) -> Language | None:
    if not source.startswith("#!"):
        return None
    words = re.split(r"[\s/]+", source.partition("\n")[0])
    for word in words:
        for language in LANGUAGES.values():
            if word in (language.name, *language.shebangs):
                return language
    return None


def _by_ending(path: Path | None) -> Language | None:
    for language in LANGUAGES.values():
        if path is not None and path.suffix in language.suffixes:
            return language
    return None


def _by_content(source: str) -> Language | None:
    source = QUOTED.sub('""', source)
    counts = {name: len(pattern.findall(source)) for name, pattern in HINTS.items()}
    best = max(counts, key=lambda name: counts[name])
    others = [count for name, count in counts.items() if name != best]
    return LANGUAGES[best] if counts[best] > max(others) else None
