"""Runs code in a real worker against a real session: what engine and conformance tests share."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from bridges._session import Session
from engines._modules import Modules
from engines._output import Output
from engines._process import Worker
from engines._program import Outcome, Program
from engines._run import Run
from engines.languages import LANGUAGES


def cast(
    language: str,
    source: str,
    session: Session,
    *,
    form: str = "file",
    folder: Path | None = None,
    args: tuple[str, ...] = ("one", "two"),
) -> tuple[Outcome, str]:
    """Returns how the code ended and what it printed."""
    from llmspell_cli.compose import spelling

    session.spell_name = spelling(language)
    name = f"spell{LANGUAGES[language].suffixes[0]}"
    modules = Modules(language, folder or session.grants.base, session.grants)
    with tempfile.TemporaryFile() as printed:
        run = Run(Worker.start(language), session, modules, Output(printed.fileno()))
        outcome = run.execute(Program(source, name, form, args))
        os.lseek(printed.fileno(), 0, os.SEEK_SET)
        return outcome, printed.read().decode("utf-8", "replace")


def literal(language: str, value: Any) -> str:
    """Writes a value in a language."""
    if language == "lua":
        return _lua(value)
    return _javascript(value)


def _text(value: str) -> str:
    out = []
    for byte in value.encode():
        out.append(chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\' else f"\\x{byte:02x}")
    return '"' + "".join(out) + '"'


def _lua(value: Any) -> str:
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return "{" + ", ".join("null" if v is None else _lua(v) for v in value) + "}"
    return "{" + ", ".join(f"[{_text(k)}] = {_lua(v)}" for k, v in value.items()) + "}"


def _javascript(value: Any) -> str:
    import json

    return json.dumps(value)
