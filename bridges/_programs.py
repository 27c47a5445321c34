"""The only module that runs programs for spells. It takes checked programs only.

There is no shell. A program has the rights of the user who runs llmspell: granting one grants what
it can do. It gets a clean environment, a time limit and a limit on what it may say.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bridges._errors import InvalidArgument, LimitExceeded, PermissionDenied, TimeLimit
from bridges._permissions import Grants, Program
from bridges._processes import RUNNING

ALWAYS = ("PATH", "HOME", "LANG")
"""Variables every program gets."""

NEVER = frozenset(
    "BASH_ENV ENV SHELLOPTS BASHOPTS IFS PS4 NODE_OPTIONS NODE_PATH PERL5OPT PERL5LIB PERLLIB "
    "RUBYOPT RUBYLIB JAVA_TOOL_OPTIONS _JAVA_OPTIONS GCONV_PATH GIT_SSH_COMMAND".split()
)
"""Variables by which a program could be made to load or run something else."""

NEVER_PREFIXES = ("LD_", "DYLD_", "PYTHON", "BASH_FUNC_", "GIT_CONFIG")
MAX_ARGUMENTS = 1000
PIECE = 65536
CLOSING = 1.0


@dataclass(frozen=True)
class Job:
    """One run of a program.

    folder: where it runs; stdin: what it reads, None for nothing at all
    timeout: seconds; output: bytes it may write, to standard output and error together
    """

    program: Program
    folder: Path
    arguments: list[str] = field(default_factory=list)
    environ: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes | None = None
    timeout: float = 60.0
    output: int = 1024 * 1024


@dataclass(frozen=True)
class Outcome:
    """How a program ended: its exit status (negative: a signal) and what it wrote."""

    status: int
    stdout: bytes
    stderr: bytes


def environment(environ: Mapping[str, str], grants: Grants) -> dict[str, str]:
    """Returns what a program sees of the environment: the basics and the granted names."""
    return {
        name: value
        for name, value in environ.items()
        if (name in ALWAYS or grants.grants_env(name))
        and name not in NEVER
        and not name.startswith(NEVER_PREFIXES)
    }


async def run(job: Job) -> Outcome:
    """Runs a program to its end; too slow or too talkative, it is killed with all it started."""
    name = os.path.basename(job.program.value)
    _check_arguments(job, name)
    try:
        process = await asyncio.create_subprocess_exec(
            job.program.value,
            *job.arguments,
            cwd=job.folder,
            env=dict(job.environ),
            stdin=subprocess.DEVNULL if job.stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except PermissionError:
        raise PermissionDenied(f"{name!r} may not be run by this user") from None
    except OSError as error:
        raise InvalidArgument(f"{name!r} cannot be run: {error.strerror}") from None
    RUNNING.add(process.pid)
    try:
        async with asyncio.timeout(job.timeout):
            stdout, stderr = await _talk(process, job, name)
            return Outcome(await process.wait(), stdout, stderr)
    except TimeoutError:
        raise TimeLimit(
            f"{name!r} took longer than {job.timeout:g} seconds and was ended",
            hint="give it more time",
        ) from None
    finally:
        await _end(process)
        RUNNING.discard(process.pid)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kills the program, and what it left behind in its group with its pipes open."""
    streams = [stream for stream in (process.stdout, process.stderr) if stream]
    if process.returncode is not None and all(stream.at_eof() for stream in streams):
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    # The pipes close when the last of them is gone; one that left the group is not waited for.
    try:
        async with asyncio.timeout(CLOSING):
            for stream in streams:
                while await stream.read(PIECE):
                    pass
            await process.wait()
    except TimeoutError:
        # asyncio has no public way to let go of the pipes of a process.
        process._transport.close()  # type: ignore[attr-defined]


async def _talk(process: asyncio.subprocess.Process, job: Job, name: str) -> tuple[bytes, bytes]:
    left = job.output

    async def read(stream: asyncio.StreamReader | None) -> bytes:
        nonlocal left
        found = bytearray()
        while stream and (piece := await stream.read(PIECE)):
            found += piece
            left -= len(piece)
            if left < 0:
                raise LimitExceeded(
                    f"{name!r} wrote more than {job.output} bytes and was ended",
                    hint="ask it for less",
                    details={"limit": "output"},
                )
        return bytes(found)

    async def write() -> None:
        if process.stdin:
            # A program may end before it has read everything.
            with suppress(BrokenPipeError, ConnectionResetError):
                process.stdin.write(job.stdin or b"")
                await process.stdin.drain()
            process.stdin.close()

    outputs = [asyncio.create_task(read(stream)) for stream in (process.stdout, process.stderr)]
    writer = asyncio.create_task(write())
    try:
        stdout, stderr = await asyncio.gather(*outputs)
        await writer
    finally:
        talking = [*outputs, writer]
        for task in talking:
            task.cancel()
        # Whoever still reads must be gone before another reads the rest.
        await asyncio.gather(*talking, return_exceptions=True)
    return stdout, stderr


def _check_arguments(job: Job, name: str) -> None:
    if len(job.arguments) > MAX_ARGUMENTS:
        raise InvalidArgument(f"{name!r} takes at most {MAX_ARGUMENTS} arguments here")
    if any("\0" in argument for argument in job.arguments):
        raise InvalidArgument(f"an argument of {name!r} holds a NUL")
