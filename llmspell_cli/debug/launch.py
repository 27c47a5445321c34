"""Makes a debugged run of what a command line or an editor asks for, and tells how it ended."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from bridges._errors import ConfigError, NotFound, SpellError
from engines._modules import Modules
from engines._output import Output
from engines._process import Worker
from engines._program import Outcome, Program
from engines._run import Run
from llmspell_cli import cast
from llmspell_cli.debug.session import Debugger
from llmspell_cli.debug.sources import Sources
from llmspell_cli.hints import add_hint
from llmspell_cli.invocation import Invocation
from llmspell_cli.present import present
from llmspell_cli.program import Spell
from llmspell_cli.request import Request
from llmspell_cli.result import TextResult
from llmspell_cli.tracing.sessions import follow_to_the_end
from llmspell_cli.world import World


@dataclass(frozen=True)
class Debuggee:
    """A spell that is about to be debugged, or is; trace: the file that its trace goes to."""

    invocation: Invocation
    spell: Spell
    debugger: Debugger
    output: Output
    worker: Worker
    trace: str | None

    async def execute(self) -> Outcome:
        """Runs the spell to its end; raises ConfigError where it cannot be followed as asked."""
        try:
            follow_to_the_end(self.invocation, self.debugger.session, self.trace)
        except ConfigError:
            self.discard()
            raise
        return await self.debugger.execute()

    def discard(self) -> None:
        """Ends the worker, which a run that was never executed still has."""
        self.worker.end()


def prepare(
    invocation: Invocation,
    find: Callable[[], Spell],
    request: Request,
    output: Output,
) -> Debuggee:
    """Returns a run that has not begun; raises the SpellError that keeps it from beginning.

    find: finds the spell; output: where it prints
    The worker is started: its `execute`, or `discard`, ends it.
    """
    spell = find()
    invocation.folder = spell.folder if spell.path else None
    session = cast.session(invocation, spell, request, output)
    cast.preload_models(spell)
    modules = _Modules(spell.language.name, spell.folder, session.grants)
    program = Program(spell.source, spell.file_name, "file", tuple(request.args))
    worker = Worker.start(spell.language.name)
    run = Run(worker, session, modules, output)
    debugger = Debugger(run, program, session, Sources(spell, modules))
    modules.told = debugger.module_loaded
    return Debuggee(invocation, spell, debugger, output, worker, request.trace)


class _Modules(Modules):
    """The modules of a run that tell which of them are loaded."""

    told: Callable[[str], None]

    def load(self, importer: str, name: str) -> tuple[str, str]:
        id, source = super().load(importer, name)
        self.told(id)
        return id, source


def standard_input(world: World, written: str | None) -> BinaryIO:
    """Returns what the spell reads as its standard input: a file's bytes, or nothing.

    The debugger's own standard input brings commands.
    """
    if not written:
        return io.BytesIO()
    try:
        return world.path(written).open("rb")
    except OSError as error:
        raise NotFound(f"cannot read {written!r}: {error.strerror}") from None


@dataclass(frozen=True)
class Ending:
    """How a run ended: the exit code of `llmspell run`, and the error as text, if there is one."""

    code: int
    error: str = ""


def ending(debuggee: Debuggee, outcome: Outcome) -> Ending:
    """Returns how a run ended."""
    if outcome.error is None:
        return Ending(outcome.exit_code or 0)
    return failure(debuggee.invocation, add_hint(outcome.error, debuggee.spell))


def failure(invocation: Invocation, error: SpellError) -> Ending:
    """Returns the end that an error is."""
    text = present(error, invocation.world, verbose=invocation.verbose, folder=invocation.folder)
    return Ending(error.exit_code, text)


def write_value(debuggee: Debuggee, value: Any) -> None:
    """Writes the value of a spell as `llmspell run` does; raises OutputClosed."""
    TextResult(debuggee.output).value(value, debuggee.debugger.session)
