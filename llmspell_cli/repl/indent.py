"""How far a line of unfinished code is set in."""

from __future__ import annotations

import re

from llmspell_cli.scan import scan

STEP = "  "
_OPENING = re.compile(r"\b(?:then|do|function|repeat|else)\b")
_ENDING = re.compile(r"\b(?:end|until)\b")
_LUA_CLOSERS = ("end", "else", "elseif", "until")


def indent_after(text: str, language: str) -> str:
    """Returns what a line after `text` begins with."""
    line = text.rpartition("\n")[2]
    indent = line[: len(line) - len(line.lstrip(" "))]
    place = scan(text, language)
    if place.string is not None or place.comment:
        return indent
    code = place.code.rpartition("\n")[2]
    opened = sum(code.count(char) for char in "([{") - sum(code.count(char) for char in ")]}")
    if language == "lua":
        opened += len(_OPENING.findall(code)) - len(_ENDING.findall(code))
    if code.lstrip().startswith((")", "]", "}")) or _closes(code, language, partly=True):
        opened += code.lstrip()[:1] in ")]}" or code.split()[0] in ("end", "until")
    return indent + STEP if opened > 0 else indent


def should_close(before: str, language: str) -> bool:
    """Tells whether the line that was just typed up to here ends a block: it is set in less."""
    above, newline, line = before.rpartition("\n")
    if not newline or not _closes(line, language):
        return False
    indent = line[: len(line) - len(line.lstrip(" "))]
    return bool(indent) and len(indent) >= len(indent_after(above, language))


def _closes(line: str, language: str, *, partly: bool = False) -> bool:
    words = line.split()
    if not words:
        return False
    if language == "lua" and words[0] in _LUA_CLOSERS:
        return partly or len(words) == 1
    return line.strip() in (")", "]", "}")
