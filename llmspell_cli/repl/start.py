"""Starts a REPL: at a terminal or piped, in an event loop, with the signals it listens to."""

from __future__ import annotations

import asyncio
import io
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO

from bridges._errors import Cancelled, SpellError
from engines._output import OutputClosed, output_failed
from llmspell_cli import program
from llmspell_cli.repl import dots, piped
from llmspell_cli.repl.bench import Bench
from llmspell_cli.repl.face import PlainFace

if TYPE_CHECKING:
    from llmspell_cli.invocation import Invocation
    from llmspell_cli.repl.face import Face
    from llmspell_cli.request import Request

ENDING = (signal.SIGTERM, signal.SIGHUP)


@dataclass
class Wishes:
    """What a command line asks of a REPL.

    code, preload: code and files that are evaluated first; vi: whether keys are those of vi
    """

    request: Request
    code: list[str] = field(default_factory=list)
    preload: list[str] = field(default_factory=list)
    vi: bool = False


def start(invocation: Invocation, wishes: Wishes) -> int:
    """Runs a REPL to its end and returns the exit code."""
    world = invocation.world
    if world.is_terminal(world.stdin) and world.is_terminal(world.stdout):
        from llmspell_cli.repl.live import converse

        return run_loop(converse(invocation, wishes))
    # Standard input is the code's own text: what a script reads there is nothing.
    quiet = replace(invocation, world=replace(world, stdin=io.BytesIO()))
    face = PlainFace(quiet.world, quiet=invocation.quiet, verbose=invocation.verbose)
    return run_loop(_serve(quiet, wishes, face, world.stdin))


def run_loop(work: Awaitable[int]) -> int:
    """Runs something in an event loop that does not wait for blocked threads at its end."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    except OutputClosed as closed:
        raise output_failed(closed) from None
    finally:
        loop.run_until_complete(_cancel_rest())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def prepare(bench: Bench, wishes: Wishes) -> None:
    """Starts the engine and evaluates what comes first."""
    await bench.use(bench.language)
    for name in wishes.preload:
        await dots.run(bench, f".load {_quoted(name)}")
    for code in wishes.code:
        if bench.left is None:
            await bench.evaluate(code, "eval")


def language_of(wishes: Wishes) -> str:
    """Returns the language to begin with: by --engine, then a preloaded file's ending, else Lua."""
    from llmspell_cli.early import language_of as by_ending

    if wishes.request.engine:
        return program.known_language(wishes.request.engine).name
    return next((found for name in wishes.preload if (found := by_ending(name))), "lua")


@contextmanager
def signals(handler: Callable[[], object], numbers: tuple[signal.Signals, ...]) -> Iterator[None]:
    """Calls a handler in the event loop when one of the signals comes."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, old)


async def _serve(invocation: Invocation, wishes: Wishes, face: Face, stdin: BinaryIO) -> int:
    bench = Bench(invocation, wishes.request, face, language_of(wishes))
    task = asyncio.ensure_future(_serve_all(bench, wishes, stdin))
    with signals(task.cancel, (signal.SIGINT, *ENDING)):
        try:
            return await task
        except asyncio.CancelledError:
            raise Cancelled("interrupted") from None
        finally:
            await bench.close()


async def _serve_all(bench: Bench, wishes: Wishes, stdin: BinaryIO) -> int:
    try:
        await prepare(bench, wishes)
        return await piped.serve(bench, stdin)
    except SpellError as error:
        bench.fail(error)
        return error.exit_code


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)


async def _cancel_rest() -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    if rest:
        await asyncio.wait(rest, timeout=1)
