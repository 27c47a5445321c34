"""Dot commands that evaluate, run, save and edit code."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from typing import TYPE_CHECKING, Any

from bridges._errors import ConfigError, SpellError
from llmspell_cli import params, program
from llmspell_cli.repl.bench import NAMES
from llmspell_cli.result import to_json

if TYPE_CHECKING:
    from pathlib import Path

    from bridges._session import Session
    from llmspell_cli.program import Spell
    from llmspell_cli.repl.bench import Bench


async def engine(bench: Bench, name: str) -> None:
    """Changes to another engine, or tells which one is in use."""
    if name:
        await bench.use(program.known_language(name).name)
    bench.face.show(bench.language)


async def reset(bench: Bench, _rest: str) -> None:
    """Starts the engine anew."""
    await bench.reset()
    bench.face.note(f"a new {NAMES[bench.language]} engine, without variables")


async def load(bench: Bench, written: str) -> None:
    """Evaluates a file in the engine in use."""
    path = _path(bench, written)
    source = program.read(path, written)
    language = program.language_for(source, path, None) if path.suffix else None
    if language is not None and language.name != bench.language:
        raise ConfigError(
            f"{path.name} is {NAMES[language.name]}", hint=f"first .engine {language.name}"
        )
    await bench.evaluate(source, path.name)


async def save(bench: Bench, written: str) -> None:
    """Writes the session as a spell."""
    from llmspell_cli.repl import saved

    path = _path(bench, written)
    if not path.suffix:
        path = path.with_name(path.name + program.known_language(bench.language).suffixes[0])
    count = await saved.save(bench, path)
    pieces = "1 piece" if count == 1 else f"{count} pieces"
    bench.face.note(f"{path.name}: {pieces} of code; run it with .run {path.name}")


async def run(bench: Bench, rest: str) -> None:
    """Runs a spell in an engine of its own, with this session's permissions and budget."""
    spell, given = _spell(bench, rest)
    session = bench.new_session(spell.language.name)
    try:
        value = await bench.doing.run(run_spell(session, spell, given))
    except SpellError as error:
        bench.fail(error, spell.folder)
    else:
        if value is not None:
            text = getattr(value, "text", value)
            plain = isinstance(text, str)
            bench.face.echo(text if plain else to_json(text, indent=2), "" if plain else "json")
    finally:
        await session.close()


async def run_spell(session: Session, spell: Spell, given: dict[str, Any]) -> Any:
    """Returns the value of a spell that is run within a session."""
    return await session.run_spell(str(spell.path), given, session)


async def debug(bench: Bench, rest: str) -> None:
    """Runs a spell in the terminal debugger, a program of its own, until the user leaves it."""
    if not bench.face.is_terminal:
        raise ConfigError("there is no terminal for the debugger", hint="llmspell debug FILE")
    spell, _ = _spell(bench, rest)  # its faults are told before the debugger starts
    file, *pairs = _words(rest)
    words = [word for pair in pairs for word in ("--param", pair)]
    command = ["-m", "llmspell_cli", "debug", *words, *flags_for(bench), "--", file]
    bench.face.note(f"debugging {spell.file_name}")
    await in_terminal([sys.executable, *command])


def flags_for(bench: Bench) -> list[str]:
    """Returns the flags that give another command this session's settings and what is left."""
    request, budget = bench.request, bench.seed.budget
    found: list[tuple[str, Any]] = [("model", bench.seed.models.default_model)]
    found += [("output-limit" if k == "output" else k, v) for k, v in request.limits.items()]
    for name, value in request.security.items():
        values = value if isinstance(value, list) else [value]
        flag = "security" if name == "profile" else name.replace("_", "-")
        found += [(flag, one) for one in values]
    if budget.max_cost is not None:
        found.append(("max-cost", max(budget.max_cost - budget.cost, 0)))
    if budget.max_requests is not None:
        found.append(("max-requests", max(budget.max_requests - budget.requests, 0)))
    found += [("max-tokens", budget.tokens_left()), ("config", bench.invocation.config_file)]
    return [
        word for flag, value in found if value is not None for word in (f"--{flag}", str(value))
    ]


async def in_terminal(command: list[str]) -> None:
    """Runs a program that has the terminal to itself until it ends."""
    pid = os.posix_spawn(command[0], command, os.environ)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the program's
    try:
        ended: tuple[int, int] = (0, 0)
        while not ended[0]:
            ended = os.waitpid(pid, os.WNOHANG)
            await asyncio.sleep(0.05)
    except asyncio.CancelledError:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        raise
    finally:
        signal.signal(signal.SIGINT, before)


async def edit(bench: Bench, written: str) -> None:
    """Has the user edit the last input, or a file's code, before it is evaluated."""
    text = program.read(_path(bench, written), written) if written else bench.last
    bench.face.edit(text)


def _spell(bench: Bench, rest: str) -> tuple[Spell, dict[str, Any]]:
    """Returns the spell a command names, and its parameters."""
    words = _words(rest)
    world = bench.invocation.world
    spell = program.find(world, words[0], None)
    return spell, params.bind_params(spell.manifest, words[1:], None, [], world)


def _words(rest: str) -> list[str]:
    try:
        return shlex.split(rest)
    except ValueError as error:
        raise ConfigError(f"{rest!r} cannot be read: {error}") from None


def _path(bench: Bench, written: str) -> Path:
    words = _words(written)
    if len(words) != 1:
        raise ConfigError(f"one file is wanted, not {len(words)}", hint="quote a name with spaces")
    return bench.invocation.world.path(words[0])
