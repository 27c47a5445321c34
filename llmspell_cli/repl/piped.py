"""A REPL whose input is no terminal: chunk by chunk, without prompt, banner or colour."""

from __future__ import annotations

from typing import BinaryIO

from bridges._errors import InvalidArgument, SpellError
from bridges._input import Reader
from llmspell_cli.repl import dots
from llmspell_cli.repl.bench import Bench

NAME = "stdin"
"""What tracebacks call the input."""
MAX_CHUNK = 16 * 1024 * 1024
"""Bytes of one piece of code."""


async def serve(bench: Bench, stdin: BinaryIO) -> int:
    """Evaluates the chunks of standard input and returns the exit code.

    That is the code of the last error; an error does not end the session, but `exit` does.
    """
    chunk: list[str] = []
    first = number = 0
    reader = Reader(stdin, bench.seed.limits.memory)
    while bench.left is None and (line := await reader.line()) is not None:
        number += 1
        line = line.removeprefix("\ufeff") if number == 1 else line
        if not chunk and not line.strip():
            continue
        if not chunk:
            first = number
            if dots.is_command(line):
                await dots.run(bench, line)
                continue
        chunk.append(line)
        if not _goes_on(line) and await _is_complete(bench, "\n".join(chunk)):
            await _evaluate(bench, chunk, first)
            chunk = []
    if chunk and bench.left is None:
        await _evaluate(bench, chunk, first)
    return bench.failures if bench.left is None else bench.left


def _goes_on(line: str) -> bool:
    """Tells of a line that no piece ends with; asking the engine at each would be quadratic."""
    return line.rstrip().endswith((",", "(", "[", "{")) and not any(
        mark in line for mark in ("//", "/*", "*/", "--")
    )


async def _is_complete(bench: Bench, source: str) -> bool:
    """Tells whether code can be evaluated; code that is wrong can, and fails."""
    if len(source) > MAX_CHUNK:
        raise InvalidArgument(f"a piece of code is larger than {MAX_CHUNK} bytes")
    try:
        found = await bench.engine.conversation.ask("check", source=source)
    except SpellError:
        return True  # the engine is gone: evaluating says so
    return found.get("state") != "incomplete"


async def _evaluate(bench: Bench, chunk: list[str], first: int) -> None:
    await bench.evaluate("\n".join(chunk), NAME, first=first)
