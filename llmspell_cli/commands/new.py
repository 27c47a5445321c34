"""`llmspell new`."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from llmspell_cli.invocation import Invocation

TEMPLATES = Path(__file__).parent.parent / "templates"


class Language(StrEnum):
    """A language there are templates for."""

    lua = "lua"
    javascript = "javascript"


class Template(StrEnum):
    """What the new spell starts from."""

    basic = "basic"
    agent = "agent"
    tool = "tool"
    pipe = "pipe"
    schema = "schema"


def new(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The spell's name; .lua or .js may end it.")
    ],
    language: Annotated[
        Language | None, typer.Option("--language", "-l", help="Lua unless NAME tells.")
    ] = None,
    template: Annotated[
        Template, typer.Option("--template", "-t", help="What it starts from.")
    ] = Template.basic,
) -> None:
    """Write a new spell from a template.

    basic: parameters and a result; agent: a model that answers a question;
    tool: an agent with a tool of yours; pipe: standard input to standard output;
    schema: text to JSON of a given shape.
    """
    from bridges._errors import ConfigError
    from engines.languages import LANGUAGES
    from llmspell_cli.editors import TYPES

    call: Invocation = ctx.obj
    path = call.world.path(name)
    by_suffix = {s: known.name for known in LANGUAGES.values() for s in known.suffixes}
    told = by_suffix.get(path.suffix)
    chosen = language.value if language else told or Language.lua.value
    if told is None:
        path = path.with_name(path.name + LANGUAGES[chosen].suffixes[0])
    elif told != chosen:
        raise ConfigError(
            f"{path.name!r} is a name for {told}, and the language is {chosen}",
            hint="leave out the ending or --language",
        )
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", path.stem):
        raise ConfigError(
            f"{path.stem!r} is not a name for a spell", hint="use letters, digits, '-' and '_'"
        )
    _write(path, _text(chosen, template.value).replace("{{name}}", path.stem))
    call.world.out(str(path.relative_to(call.world.cwd) if _is_below(path, call) else path))
    call.note(f"run it with: llmspell {name if told else path.name}")
    if not (path.parent / TYPES).exists():
        call.note("for completion and checks in your editor: llmspell types")


def _is_below(path: Path, call: Invocation) -> bool:
    return path.is_relative_to(call.world.cwd)


def _text(language: str, template: str) -> str:
    suffix = {"lua": ".lua", "javascript": ".js"}[language]
    return (TEMPLATES / language / f"{template}{suffix}").read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    import os

    from bridges._errors import ConfigError

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # A spell begins with #!, so it can be run by its name; the umask has its say.
        with open(path, "x", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o777)) as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{path} exists already", hint="choose another name") from None
