"""The dot commands of REPL and chat: the table, and how a line finds its command."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from bridges._errors import ConfigError, SpellError
from bridges._names import did_you_mean
from llmspell_cli.repl import dot_code, dot_facts
from llmspell_cli.repl.tables import table

if TYPE_CHECKING:
    from llmspell_cli.repl.bench import Bench
    from llmspell_cli.repl.face import Face

COMMAND = re.compile(r"\.([a-z]+)(?:\s+(.*))?$", re.DOTALL)


class Dot(NamedTuple):
    """One command: what follows its name, one line about it, and what it does.

    A usage in brackets may be left out; without any, nothing may follow the name.
    """

    usage: str
    about: str
    action: Callable[[Any, str], Awaitable[None]]


async def _help(bench: Bench, _rest: str) -> None:
    show_help(bench.face, TABLE)
    if bench.face.is_terminal:
        bench.face.show(
            "\nAlt-Enter starts a new line, Tab completes, Ctrl-R searches the history,"
            "\nCtrl-C stops what runs, Ctrl-D leaves. _ is the last value, _error the last error."
        )


async def _exit(bench: Bench, rest: str) -> None:
    if rest and not (rest.isascii() and rest.isdigit() and len(rest) < 4 and int(rest) < 256):
        raise ConfigError(f"{rest!r} is no exit code", hint="a number from 0 to 255")
    bench.left = int(rest) if rest else bench.failures * (not bench.face.is_terminal)


async def _clear(bench: Bench, _rest: str) -> None:
    bench.face.clear()


TABLE: dict[str, Dot] = {
    "help": Dot("", "Show this list.", _help),
    "exit": Dot("[CODE]", "Leave; Ctrl-D does too.", _exit),
    "engine": Dot("[NAME]", "Change to lua or javascript; each keeps its state.", dot_code.engine),
    "load": Dot("FILE", "Evaluate a file here.", dot_code.load),
    "save": Dot("FILE", "Save what was evaluated as a spell.", dot_code.save),
    "run": Dot("FILE [NAME=VALUE …]", "Run a spell, apart from this session.", dot_code.run),
    "debug": Dot("FILE [NAME=VALUE …]", "Run a spell in the debugger.", dot_code.debug),
    "edit": Dot("[FILE]", "Write the last input anew in $EDITOR.", dot_code.edit),
    "clear": Dot("", "Clear the screen.", _clear),
    "reset": Dot("", "Start the engine anew, without variables.", dot_code.reset),
    "vars": Dot("", "Show the variables there are.", dot_facts.variables),
    "doc": Dot("NAME", "Show what a function, an object or its options are.", dot_facts.doc),
    "type": Dot("EXPR", "Show the type of a value.", dot_facts.type_of),
    "time": Dot("EXPR", "Evaluate, and show how long it took.", dot_facts.time),
    "model": Dot("[NAME]", "Show or set the default model.", dot_facts.model),
    "tools": Dot("", "Show the tools there are.", dot_facts.tools),
    "agents": Dot("", "Show the agents that were made.", dot_facts.agents),
    "state": Dot("[NAME]", "Show the states in use, or the values of one.", dot_facts.state),
    "cost": Dot("", "Show what model calls used so far.", dot_facts.cost),
    "trace": Dot("[on|off]", "Show host calls as they are made.", dot_facts.trace),
    "limits": Dot("", "Show the limits.", dot_facts.limits),
    "permissions": Dot("", "Show what code may do.", dot_facts.permissions),
    "history": Dot("[TEXT]", "Show what was typed, or what of it has a text.", dot_facts.history),
}
"""Every command of the REPL, in the order of `.help`."""


def is_command(line: str) -> bool:
    """Tells whether a line is a dot command, and not code such as `.5`."""
    return COMMAND.match(line.strip()) is not None


async def run(bench: Bench, line: str) -> None:
    """Does what a line says; its errors are shown, and count for the exit code."""
    try:
        await dispatch(TABLE, bench, line)
    except SpellError as error:
        bench.fail(error)


async def dispatch(commands: Mapping[str, Dot], target: Any, line: str) -> None:
    """Finds the command of a line and runs it with a target; raises ConfigError for no such one."""
    match = COMMAND.match(line.strip())
    name = match[1] if match else line.strip().lstrip(".")
    rest = (match[2] or "").strip() if match else ""
    dot = commands.get(name)
    if dot is None:
        known = [f".{name}" for name in commands]
        raise ConfigError(f"there is no command .{name}", hint=did_you_mean(f".{name}", known))
    if rest and not dot.usage:
        raise ConfigError(f".{name} takes nothing after it")
    if not rest and dot.usage and not dot.usage.startswith("["):
        raise ConfigError(f".{name} needs something after it", hint=f".{name} {dot.usage}")
    await dot.action(target, rest)


def show_help(face: Face, commands: Mapping[str, Dot]) -> None:
    """Shows every command with what it does."""
    rows = [(f".{name} {dot.usage}".rstrip(), dot.about) for name, dot in commands.items()]
    face.show(table(rows, face))
