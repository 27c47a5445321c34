"""Casts a spell: from what the command line asks to what leaves the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

from bridges._durations import parse_duration
from bridges._errors import ConfigError, InvalidArgument, SpellError
from bridges._log import LEVELS
from bridges._names import did_you_mean
from engines._output import CLOSED, Output, OutputClosed, output_failed
from engines._program import Program
from engines._watch import Watch
from llmspell_cli import compose, early, grants, manifest, membership, params, program
from llmspell_cli.compose import Overrides
from llmspell_cli.invocation import Invocation
from llmspell_cli.logs import LogSink
from llmspell_cli.present import present
from llmspell_cli.program import Spell
from llmspell_cli.request import OutputForm, Request, money
from llmspell_cli.result import EventResult, JsonResult, TextResult
from llmspell_cli.sizes import parse_size
from llmspell_cli.world import World

if TYPE_CHECKING:
    from bridges._session import Session

Result = TextResult | JsonResult | EventResult
MODEL_WORDS = ("Agent", "LLM")
"""Globals that call models: a spell that has one of these words will load the SDKs."""


def cast_file(invocation: Invocation, file: str, request: Request) -> int:
    """Runs the spell in a file or a folder, and returns the exit code.

    file: the path as the user gave it
    """
    return cast(
        invocation, lambda: program.find(invocation.world, file, request.engine), "file", request
    )


def cast(invocation: Invocation, find: Callable[[], Spell], form: str, request: Request) -> int:
    """Runs a spell and returns the exit code; its value and errors are written on the way.

    find: finds the spell (its errors belong to the run); form: `file` or `eval`
    """
    # Until everything is written: a reader that never reads must not outlast the time limit.
    after: list[Callable[[int], int]] = []
    with Watch() as watch:
        code = _cast(invocation, find, form, request, (watch, after))
    for step in after:
        code = step(code)
    return code


def _cast(
    invocation: Invocation,
    find: Callable[[], Spell],
    form: str,
    request: Request,
    around: tuple[Watch, list[Callable[[int], int]]],
) -> int:
    watch, after = around
    result = _result(invocation.world, request.output)
    run: Session | None = None
    try:
        spell = find()
        invocation.folder = spell.folder if spell.path else None
        log = result.log if isinstance(result, EventResult) else None
        run = session(invocation, spell, request, result.prints, log)
        preload_models(spell)
        after += _workbench(invocation, spell, request, run)
        if isinstance(result, EventResult):
            result.start(run.spell.name, run.spell.language)
        worker = early.take(spell.language.name)
        text = Program(spell.source, spell.file_name, form, tuple(request.args))
        outcome = compose.execute(run, spell, text, worker, result.prints, watch)
        if outcome.error is not None:
            raise _shown(outcome.error, spell)
        if outcome.exit_code is not None:
            result.left(outcome.exit_code, run)
            return outcome.exit_code
        result.value(outcome.value, run)
        return 0
    except OutputClosed as closed:
        return _report(invocation, output_failed(closed))
    except SpellError as error:
        try:
            result.error(error, run)
        except OutputClosed as closed:
            return _report(invocation, output_failed(closed))
        return _report(invocation, error)
    finally:
        early.drop()


def _shown(error: SpellError, spell: Spell) -> SpellError:
    """Returns an error as people are shown it."""
    if spell.is_ours:
        own = spell.file_name
        error.traceback = [frame for frame in error.traceback if frame.get("file") != own]
        return error
    from llmspell_cli.hints import add_hint

    return add_hint(error, spell)


def _workbench(
    invocation: Invocation, spell: Spell, request: Request, run: Session
) -> Iterator[Callable[[int], int]]:
    """Begins what looks after a run; yields what is to be done with its exit code in the end."""
    yield membership.note_end(run)
    if request.reload_config:
        from llmspell_cli.reload import Reloader

        yield Reloader(invocation, spell, overrides_of(invocation, request), run).end
    if request.profile:
        from llmspell_cli.profile.measure import Measure

        yield Measure(invocation, run, request.profile_output).report
    if request.trace or invocation.load_config().names_collector(run.environ):
        from llmspell_cli.tracing.follow import Follower

        yield Follower(invocation, run, request.trace).end


def _report(invocation: Invocation, error: SpellError) -> int:
    world = invocation.world
    world.err(present(error, world, verbose=invocation.verbose, folder=invocation.folder))
    return error.exit_code


def _result(world: World, form: OutputForm) -> Result:
    stdout = Output(_descriptor(world.stdout))
    if form is OutputForm.json:
        return JsonResult(stdout, Output(_descriptor(world.stderr)))
    return EventResult(stdout) if form is OutputForm.jsonl else TextResult(stdout)


def _descriptor(stream: TextIO) -> int:
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return CLOSED


def preload_models(spell: Spell) -> None:
    """Starts loading the SDKs in the background where a spell will plainly need them."""
    if any(word in spell.source for word in MODEL_WORDS):
        from bridges._llm import preload

        preload.start()


def session(
    invocation: Invocation,
    spell: Spell,
    request: Request,
    prints: Output,
    log: Callable[[str, str, dict[str, Any]], None] | None = None,
) -> Session:
    """Returns the session that a command line asks for.

    prints: where the spells that the spell runs print
    log: takes the log lines, instead of standard error or the configured file
    """
    world = invocation.world
    config = invocation.load_config()
    colour = world.is_terminal(world.stderr) and not world.environ.get("NO_COLOR")
    sink = LogSink(world, config.logging.format, config.logging.file, colour)
    overrides = overrides_of(invocation, request)
    run = compose.session(invocation, config, spell, overrides, sink, prints)
    if log is not None:
        run.log.sink = log
    run.params = params.bind_params(
        spell.manifest, request.param, request.params, request.args, world
    )
    if request.session is not None:
        membership.join(run, request.session)
    return run


def overrides_of(invocation: Invocation, request: Request) -> Overrides:
    """Returns what the flags of a command line say about a run; raises ConfigError."""
    level = _level(request.log_level)
    if invocation.verbose:
        level = level or "debug"
    elif invocation.quiet:
        level = level or "error"
    return Overrides(
        limits=_limits(request),
        max_cost=money(request.max_cost),
        max_tokens=request.max_tokens,
        max_requests=request.max_requests,
        model=request.model,
        log_level=level,
        security=grants.Flags(**request.security),
    )


def _level(text: str | None) -> str | None:
    level = {"warning": "warn"}.get(text or "", text)
    if level is not None and level not in LEVELS:
        raise ConfigError(f"{text!r} is not a log level", hint=did_you_mean(level, LEVELS))
    return level


def _limits(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, written in request.limits.items():
        if written is None:
            continue
        try:
            if name in ("timeout", "cpu"):
                found[name] = parse_duration(str(written))
            elif name in ("memory", "output"):
                found[name] = parse_size(str(written))
            else:
                found[name] = written
        except ValueError as error:
            flag = "output-limit" if name == "output" else name
            raise ConfigError(f"--{flag}: {error}") from None
    return found


def code_spell(world: World, code: str, engine: str | None) -> Spell:
    """Returns the spell of code given on the command line, or on standard input for `-`."""
    if code == "-":
        try:
            code = program.decode(world.stdin.read(program.MAX_BYTES + 1), "standard input")
        except OSError as error:
            raise InvalidArgument(f"cannot read standard input: {error.strerror}") from None
    else:
        # What is not text in the user's locale arrives as lone surrogates.
        code = program.decode(code.encode("utf-8", "surrogateescape"), "the code")
    language = program.known_language(engine or "lua")
    if engine is None:
        try:
            language = program.language_for(code, None, None)
        except ConfigError:
            pass  # an expression that either language could read
    found = manifest.read(code, language.comment, None)
    return Spell(code, None, language, found, world.cwd)
