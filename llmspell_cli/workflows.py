"""Workflow files on the command line: found, read as the program a run of one is, and drawn."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bridges._errors import ConfigError, InvalidArgument
from engines.languages import LANGUAGES
from llmspell_cli import compose, program
from llmspell_cli.manifest import Manifest
from llmspell_cli.params import ParamSpec, bind_params, refuse_unknown
from llmspell_cli.program import Spell
from llmspell_cli.terminal import clean

if TYPE_CHECKING:
    from bridges._session import Session
    from bridges._workflow.outline import Line
    from bridges._workflow.specs import Spec
    from bridges.workflow import WorkflowObject
    from llmspell_cli.compose import Overrides
    from llmspell_cli.invocation import Invocation
    from llmspell_cli.world import World

SOURCE = """\
local path, progress, params, mode, input = table.unpack(ARGS)
params = JSON.parse(params)
local flow = Workflow.load(path)
if mode == "stdin" then
  input = Stdin.read():gsub("\\r?\\n$", "", 1)
elseif mode == "none" then
  input = nil
end
if progress == "quiet" then
  return flow:run(input, { params = params })
end
local stream = flow:stream(input, { params = params })
for event in stream do
  local step = event.step and event.workflow .. "." .. event.step
  if event.event == "step.ended" then
    Spell.write_error(("%s: done, %.1f s\\n"):format(step, event.duration))
  elseif event.event == "step.failed" then
    Spell.write_error(("%s: failed, %.1f s\\n"):format(step, event.duration))
  elseif event.event == "step.retried" then
    Spell.write_error(("%s: attempt %d\\n"):format(step, event.attempt))
  elseif event.event == "step.compensated" then
    Spell.write_error(("%s: %s\\n"):format(step, event.error and "not undone" or "undone"))
  elseif event.event ~= "workflow.started" and event.event ~= "workflow.ended" and step then
    Spell.write_error(("%s: %s\\n"):format(step, (event.event:gsub("^step%.", ""))))
  end
end
return stream:result()
"""
"""What runs a workflow file: a spell like any other, so that everything of one holds for it."""

TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "list", dict: "map"}


@dataclass(frozen=True)
class Asked:
    """What a command line says of a run.

    text: the workflow's input; None is none, `-` is standard input
    pairs: `NAME=VALUE` parameters; params: a file of them
    progress: whether to tell on standard error how it goes
    """

    text: str | None
    pairs: list[str]
    params: str | None
    progress: bool


def find(invocation: Invocation, written: str) -> tuple[Spell, dict[str, Any]]:
    """Returns the program that runs a workflow file, and what the file holds.

    Raises a SpellError that names the file and the line.
    """
    from bridges._workflow import files

    path = invocation.world.path(written)
    if path.is_dir():
        raise InvalidArgument(f"{written!r} is a folder", hint="name a workflow file")
    text = program.read(path, written, files.SUFFIXES)
    found = files.parse(text.encode(), str(path), written).data
    fields: dict[str, Any] = found if isinstance(found, dict) else {}
    name = fields.get("name")
    manifest = Manifest(name if isinstance(name, str) else path.stem)
    return Spell(SOURCE, path, LANGUAGES["lua"], manifest, path.parent, is_ours=True), fields


def arguments(
    call: Invocation, spell: Spell, asked: Asked, overrides: Overrides
) -> tuple[str, ...]:
    """Returns what the program that runs a workflow is given.

    Parameters are only those that the workflow has or asks for, each of the type of its default;
    ConfigError names what is wrong.
    """
    if asked.text == "-" and asked.params == "-":
        raise ConfigError("standard input can be the input or the parameters, not both")
    given: dict[str, Any] = {}
    if asked.params or asked.pairs:
        given = _given(call.world, spell.manifest, asked, load(call, spell, overrides).spec)
    mode = "none" if asked.text is None else "stdin" if asked.text == "-" else "text"
    told = "progress" if asked.progress else "quiet"
    return (str(spell.path), told, json.dumps(given), mode, asked.text or "")


def _given(world: World, about: Manifest, asked: Asked, spec: Spec) -> dict[str, Any]:
    from bridges._workflow.names import params_of

    known = params_of(spec)
    given = bind_params(about, [], asked.params, [], world) if asked.params else {}
    names = [pair.partition("=")[0] for pair in asked.pairs]
    if known is not None:
        try:
            refuse_unknown(about.name, known, [*given, *filter(None, names)])
        except InvalidArgument as error:
            raise ConfigError(error.message, hint=error.hint) from None
    kinds = {name: TYPES.get(type((known or {}).get(name)), "string") for name in names}
    typed = replace(about, params={name: ParamSpec(kind) for name, kind in kinds.items()})
    return given | bind_params(typed, asked.pairs, None, [], world)


def names_of(call: Invocation, written: str) -> list[str]:
    """Returns the parameters that a workflow file takes by name."""
    from bridges._workflow.names import params_of
    from llmspell_cli.compose import Overrides

    spec = load(call, find(call, written)[0], Overrides()).spec
    return sorted(params_of(spec) or spec.params)


def has_agent(fields: Any) -> bool:
    """Tells whether a workflow asks a model for sure."""
    if isinstance(fields, dict):
        return "agent" in fields or any(map(has_agent, fields.values()))
    return isinstance(fields, list) and any(map(has_agent, fields))


def load(call: Invocation, spell: Spell, overrides: Overrides) -> WorkflowObject:
    """Reads a workflow file without running it, as a spell beside it would.

    spell: what `find` has found
    """
    from llmspell_cli.logs import LogSink

    config = call.load_config()
    sink = LogSink(call.world, config.logging.format, config.logging.file, False)
    session = compose.session(call, config, spell, overrides, sink)

    async def ask(session: Session) -> Any:
        try:
            door = session.door
            return await door.call_async(door.number("Workflow.load"), [str(spell.path)])
        finally:
            await session.close()

    found: WorkflowObject = asyncio.run(ask(session))
    return found


def draw(line: Line, *, colour: bool) -> str:
    """Returns an outline as a drawn tree."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    tree = Tree(Text(clean(line.text), style="bold"))

    def add(to: Tree, parts: list[Line]) -> None:
        for part in parts:
            name, mark, rest = clean(part.text).partition(" (")
            text = Text(name, style="cyan")
            text.append(mark + rest, style="dim")
            add(to.add(text), part.parts)

    add(tree, line.parts)
    drawn = StringIO()
    width = 1000  # no line is broken, whatever the terminal
    Console(file=drawn, force_terminal=colour, no_color=not colour, width=width).print(tree)
    return "\n".join(line.rstrip() for line in drawn.getvalue().splitlines())
