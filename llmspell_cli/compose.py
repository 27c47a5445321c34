"""Puts a run together: configuration and flags to a session, a session to a worker."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridges._budget import Budget
from bridges._errors import InvalidArgument, LimitExceeded, ScriptError, SpellError
from bridges._log import Log
from bridges._permissions import Grants, ModulePath
from bridges._session import Limits, Session, SpellInfo
from engines._limits import cpu_limit
from engines._modules import Modules
from engines._output import CLOSED, Output
from engines._process import Worker
from engines._program import Outcome, Program
from engines._run import Run
from engines._watch import Watch
from llmspell_cli import grants, params, program
from llmspell_cli.program import Spell

if TYPE_CHECKING:
    import asyncio

    from bridges._settings import ModelSettings
    from llmspell_cli.config import Config
    from llmspell_cli.invocation import Invocation
    from llmspell_cli.logs import LogSink
    from llmspell_cli.world import World

MAX_DEPTH = 8
"""Spells within spells."""

MAX_BESIDE = 8
"""Spells of one depth that run at a time; more wait for their turn."""


@dataclass(frozen=True)
class Overrides:
    """What flags say about a run; None or empty says nothing.

    limits: fields of Limits; security: flags of the grants, see `grants.Flags`
    """

    limits: dict[str, Any] = field(default_factory=dict)
    max_cost: Decimal | None = None
    max_tokens: int | None = None
    max_requests: int | None = None
    model: str | None = None
    log_level: str | None = None
    security: grants.Flags = field(default_factory=grants.Flags)


def session(
    invocation: Invocation,
    config: Config,
    spell: Spell | None,
    overrides: Overrides,
    sink: LogSink,
    prints: Output | None = None,
) -> Session:
    """Returns a session for a spell, or (None) for a tool called from the command line.

    prints: where the spells that the spell runs print
    """
    world = invocation.world
    return Session(
        spell=_info(spell),
        grants=_guarded(
            grants.grants_for(config.security, overrides.security, world.cwd, _folder(spell)), world
        ),
        limits=replace(_lowered(spell, config.limits), **overrides.limits),
        models=models_for(config, spell, overrides),
        budget=budget_for(config, overrides),
        log=Log(overrides.log_level or config.logging.level, sink),
        spell_name=spelling(spell.language.name if spell else "lua"),
        environ=world.environ,
        data=world.data_dir,
        stdin=world.stdin,
        write_error=world.write_error,
        run_spell=Nested(invocation, prints).run,
        audit=sink.audit(config.audit_log),
    )


def _guarded(given: Grants, world: World) -> Grants:
    """Keeps spells from what the program keeps for itself and for others, wherever it lies."""
    if given.secrets:
        return given
    own = tuple(Path(os.path.realpath(f)) for f in (world.config_dir, world.data_dir))
    # What spells keep there is each one's own; the database is on the list of secrets.
    kept = own[1] / "artifacts"
    return replace(given, deny_read=(*given.deny_read, kept), deny_write=(*given.deny_write, *own))


def models_for(config: Config, spell: Spell | None, overrides: Overrides) -> ModelSettings:
    """Returns what a run knows of models: a flag, then the configuration, then the manifest."""
    models = config.models
    if overrides.model:
        return replace(models, default_model=overrides.model)
    if models.default_model is None and spell and spell.manifest.model:
        return replace(models, default_model=spell.manifest.model)
    return models


def budget_for(config: Config, overrides: Overrides) -> Budget:
    """Returns the budget of a run that has spent nothing yet."""
    return Budget(
        overrides.max_cost if overrides.max_cost is not None else config.budget.max_cost,
        _first(overrides.max_tokens, config.budget.max_tokens),
        _first(overrides.max_requests, config.budget.max_requests),
    )


def _first(flag: int | None, configured: int | None) -> int | None:
    return configured if flag is None else flag


def _info(spell: Spell | None) -> SpellInfo:
    if spell is None:
        return SpellInfo("llmspell", "", None, "lua")
    found = spell.manifest
    name = found.name or (spell.path.stem if spell.path else "eval")
    return SpellInfo(name, found.description or "", spell.path, spell.language.name)


def _folder(spell: Spell | None) -> Path | None:
    return spell.folder if spell and spell.path else None


def _lowered(spell: Spell | None, limits: Limits) -> Limits:
    return spell.manifest.lowered(limits) if spell else limits


def spelling(language: str) -> Callable[[str], str]:
    """Returns how a language writes declared names."""
    if language == "javascript":
        from engines.javascript.names import to_js

        return to_js
    return str


def execute(
    run: Session, spell: Spell, text: Program, worker: Worker, output: Output, watch: Watch
) -> Outcome:
    """Runs a spell to its end."""
    modules = Modules(spell.language.name, spell.folder, run.grants)
    engine = Run(worker, run, modules, output)
    return engine.execute(_profiled(run, engine, text), watch)


def _profiled(run: Session, engine: Run, text: Program) -> Program:
    """Returns the program as it is, or with the profiler where the run is profiled."""
    if run.timings is None:
        return text
    from engines._profiled import Listener

    engine.talk.on_event = Listener(run.timings, run.spell.name)
    return replace(text, options={**text.options, "profile": True})


def _seen_from(error: SpellError, spell: Spell, caller: Session) -> SpellError:
    """Returns a spell's error with its files named as the spell that ran it sees them."""
    if caller.spell.path is not None:
        folder = os.path.dirname(caller.spell.path)
        for frame in error.traceback:
            frame["file"] = os.path.relpath(os.path.join(spell.folder, frame["file"]), folder)
    return error


class Nested:
    """Spells that spells run: each in its own worker, under the first one's grants and limits."""

    def __init__(self, invocation: Invocation, prints: Output | None) -> None:
        self._invocation = invocation
        self._prints = prints
        # One queue a depth: a spell never waits for a place that its own caller holds.
        self._places: dict[int, asyncio.Semaphore] = {}

    async def run(self, path: str, given: Any, caller: Session) -> Any:
        """Returns the value of the spell in a file; its error is raised as it is.

        path: resolved and granted by the caller; given: a map of its parameters
        """
        if caller.depth >= MAX_DEPTH:
            raise LimitExceeded(f"spells run spells more than {MAX_DEPTH} deep")
        import asyncio

        place = self._places.setdefault(caller.depth, asyncio.Semaphore(MAX_BESIDE))
        async with place:
            return await self._run(self._find(path, caller), given, caller)

    def _find(self, path: str, caller: Session) -> Spell:
        if not os.path.isdir(path) and os.path.exists(path) and not os.path.isfile(path):
            raise InvalidArgument(f"{path!r} is a pipe, a socket or a device")
        spell = program.find(self._invocation.world, path, None)
        # The main file of a folder may be a link to somewhere else.
        caller.grants.check(ModulePath, str(spell.path), api="Spell.run")
        return spell

    async def _run(self, spell: Spell, given: Any, caller: Session) -> Any:
        inner = Session(
            spell=_info(spell),
            grants=caller.grants,
            limits=spell.manifest.lowered(caller.limits),
            models=caller.models,
            budget=Budget(parent=caller.budget),
            log=caller.log,
            spell_name=spelling(spell.language.name),
            environ=caller.environ,
            data=caller.data,
            stdin=caller.stdin,
            write_error=caller.write_error,
            run_spell=self.run,
            params=params.bind_values(spell.manifest, given or {}),
            audit=caller.audit,
            depth=caller.depth + 1,
            caller=caller,
            gate=caller.gate,
            timings=caller.timings,
            tracing=caller.tracing,
        )
        if caller.left("cpu") <= 0:
            raise cpu_limit(caller.limits)
        worker = Worker.start(spell.language.name)
        prints = self._prints or Output(CLOSED)
        modules = Modules(spell.language.name, spell.folder, caller.grants)
        text = Program(spell.source, spell.file_name, "file")
        caller.inner.append(inner)
        inner.models = caller.models  # they may have been reloaded just now
        try:
            engine = Run(worker, inner, modules, prints.nested())
            outcome = await engine.execute_async(_profiled(inner, engine, text))
        finally:
            caller.inner.remove(inner)
            caller.use("cpu", worker.cpu)
            await inner.close()
        if outcome.error is not None:
            raise _seen_from(outcome.error, spell, caller)
        if outcome.exit_code:
            raise ScriptError(
                f"the spell {inner.spell.name!r} ended with exit code {outcome.exit_code}",
                details={"exit": outcome.exit_code},
            )
        return outcome.value
