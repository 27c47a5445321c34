"""Writes what a session evaluated as a spell that does the same when it is run."""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from bridges._errors import ConfigError, SpellError
from engines.languages import LANGUAGES
from llmspell_cli.manifest import CLOSING, OPENING
from llmspell_cli.scan import scan

if TYPE_CHECKING:
    from llmspell_cli.repl.bench import Bench, Piece

MARK = "Saved from the REPL"
_LAST = re.compile(r"(?<![\w.$])_(?![\w$])")
_ERROR = re.compile(r"(?<![\w.$])_error(?![\w$])")
_DECLARED = re.compile(r"(?:^|(?<=[;}\n]))(\s*)(let|const|class|(?:async\s+)?function\*?)\s+(\w+)?")
_NAME = re.compile(r"[^A-Za-z0-9_-]+")


async def save(bench: Bench, path: Path) -> int:
    """Writes the pieces of the engine in use and returns how many they are.

    Raises ConfigError where there are none, or where the file is not one that this wrote before.
    """
    pieces = bench.engine.pieces
    if not pieces:
        raise ConfigError("nothing was evaluated yet that could be saved")
    _check_free(path)
    sources = await _as_statements(bench, pieces)
    if bench.language == "javascript":
        sources = _declared_once(sources)
    comment = LANGUAGES[bench.language].comment
    name = _NAME.sub("-", path.stem).strip("-_") or "session"
    lines = [OPENING, f'name = "{name}"', f'description = "{MARK}"']
    if bench.seed.models.default_model:
        lines.append(f"model = {_toml(bench.seed.models.default_model)}")
    head = "".join(f"{comment} {line}\n" for line in [*lines, CLOSING])
    write(path, head + "\n" + "\n".join(sources) + "\n", 0o644)
    return len(pieces)


def write(path: Path, text: str, mode: int) -> None:
    """Writes a whole file or nothing; raises ConfigError saying why not."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            os.chmod(name, mode)
            os.replace(name, path)
        except OSError:
            os.unlink(name)
            raise
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None


def _check_free(path: Path) -> None:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            start = file.read(1000)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    if MARK not in start:
        raise ConfigError(f"{path.name} exists already", hint="save under another name")


async def _as_statements(bench: Bench, pieces: list[Piece]) -> list[str]:
    """Returns the pieces as statements: an expression is one in Lua only when it is a call.

    Assigned to `_`, as the REPL does, it also is what a later piece means by `_`.
    """
    wants_last = any(_LAST.search(piece.source) for piece in pieces)
    found = []
    for piece in pieces:
        source = piece.source
        if bench.language == "lua":
            assigned = f"_ = {source.lstrip()}"
        else:
            end = "\n" if "//" in source else ""  # a comment must not take the bracket
            assigned = f"_ = ({source.strip().removesuffix(';')}{end});"
        is_needed = bench.language == "lua" or (wants_last and not _top_level(source))
        if is_needed and await _is_complete(bench, assigned):
            source = assigned
        found.append(source)
    used = {"_": wants_last, "_error": any(_ERROR.search(piece.source) for piece in pieces)}
    names = ", ".join(name for name, is_used in used.items() if is_used)
    if names and bench.language == "javascript":
        found.insert(0, f"let {names};")
    return found


async def _is_complete(bench: Bench, source: str) -> bool:
    try:
        answer = await bench.engine.conversation.ask("check", source=source)
    except SpellError:
        return False
    return answer.get("state") == "complete"


def _declared_once(sources: list[str]) -> list[str]:
    """Returns JavaScript in which names declared again, as the REPL allows, are plain variables."""
    names: Counter[str] = Counter()
    for source in sources:
        names.update({match[3] for match in _top_level(source) if match[3]})
    again = {name for name, count in names.items() if count > 1}
    if not again:
        return sources
    return [_with_var(source, again) for source in sources]


def _with_var(source: str, again: set[str]) -> str:
    for match in reversed(list(_top_level(source))):
        kind, name = match[2], match[3]
        if kind in ("let", "const") and (name is None or name in again):
            source = source[: match.start(2)] + "var" + source[match.end(2) :]
        elif name in again:
            source = source[: match.start(2)] + f"var {name} = " + source[match.start(2) :]
    return source


def _top_level(source: str) -> list[re.Match[str]]:
    """Returns the declarations of a piece that stand in no block."""
    code = scan(source, "javascript").code
    return [
        match
        for match in _DECLARED.finditer(code)
        if not scan(source[: match.start(2)], "javascript").brackets
    ]


def _toml(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)
