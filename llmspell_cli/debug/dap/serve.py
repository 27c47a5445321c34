"""Serves DAP clients on standard input and output, or on a port."""

from __future__ import annotations

import asyncio
import ipaddress
import os

from bridges._errors import ConfigError, SpellError
from engines._output import CLOSED, Output
from llmspell_cli.debug.dap.adapter import Adapter, Given
from llmspell_cli.debug.dap.stdio import PIECE, Writer, read_in_thread
from llmspell_cli.debug.dap.wire import Wire
from llmspell_cli.debug.loop import Interrupts, run_loop
from llmspell_cli.invocation import Invocation
from llmspell_cli.present import present
from llmspell_cli.request import Request

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]
MAX_PORT = 65535
LAST_MOMENTS = 1.0
"""Seconds that a client has to read the rest."""


def given_by(invocation: Invocation, file: str | None, request: Request) -> Given:
    """Returns what the command line says, for every client."""
    try:
        descriptor = invocation.world.stdout.fileno()
    except (OSError, ValueError):
        descriptor = CLOSED
    return Given(invocation, file, request, Output(descriptor))


def serve_stdio(given: Given) -> int:
    """Serves the one client at standard input and output; returns the exit code."""
    # Whatever else writes to standard output, a library for one, would break the protocol.
    out = os.dup(1)
    os.dup2(2, 1)
    given.output.fd = os.open(os.devnull, os.O_WRONLY)

    async def main(_interrupts: Interrupts) -> int:
        loop = asyncio.get_running_loop()
        adapter = Adapter(given, Wire(read_in_thread(0, loop), Writer(out, loop)))
        await adapter.serve()
        if adapter.running is not None:
            await adapter.running
        return 0

    return run_loop(main)


def serve_port(given: Given, address: str, remote: bool) -> int:
    """Serves clients on a port, one after another; with a file to attach to, until it has ended.

    address: HOST:PORT; remote: whether the host may be one that other machines reach
    """
    host, port = _address(address, remote)

    async def main(_interrupts: Interrupts) -> int:
        waiting = Waiting()
        async with await asyncio.start_server(waiting.came, host, port, limit=PIECE) as server:
            found = server.sockets[0].getsockname()
            given.invocation.world.out(f"listening on {found[0]}:{found[1]}")
            given.invocation.world.stdout.flush()
            while True:
                adapter = await _serve_next(given, waiting)
                if given.file is not None and adapter.running is not None:
                    return (await adapter.running).code

    return run_loop(main)


class Waiting:
    """Clients that have come and are not served yet: one at a time, the others are turned away.

    serving: whose turn it is; who comes while that one leaves is the next, and waits
    """

    def __init__(self) -> None:
        self._clients: asyncio.Queue[Client] = asyncio.Queue(1)
        self.serving: Adapter | None = None

    def came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Takes a client that has connected."""
        busy = self.serving is not None and not self.serving.leaving
        if busy or self._clients.full():
            writer.close()
        else:
            self._clients.put_nowait((reader, writer))

    async def next(self, given: Given) -> tuple[Adapter, asyncio.StreamWriter]:
        """Returns what serves the next client, when one comes, and its stream."""
        self.serving = None
        reader, writer = await self._clients.get()
        self.serving = Adapter(given, Wire(reader, writer))
        return self.serving, writer


async def _serve_next(given: Given, waiting: Waiting) -> Adapter:
    adapter, writer = await waiting.next(given)
    try:
        await adapter.serve()
    except SpellError as error:
        world = given.invocation.world
        world.err(present(error, world, verbose=given.invocation.verbose))
    finally:
        await _close(writer)
    return adapter


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), LAST_MOMENTS)
    except (TimeoutError, ConnectionError):
        writer.transport.abort()


def _address(text: str, remote: bool) -> tuple[str, int]:
    host, mark, port = text.rpartition(":")
    if not mark or not port.isascii() or not port.isdigit() or int(port) > MAX_PORT:
        raise ConfigError(f"{text!r} is not an address such as 127.0.0.1:0")
    host = host.strip("[]") or "127.0.0.1"
    if not remote and not _is_loopback(host):
        raise ConfigError(
            f"{host!r} is an address that other machines may reach",
            hint="whoever connects can run spells here; --remote allows it",
        )
    return host, int(port)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
