"""Connections that go only where the grants allow: the network end of `bridges._net`."""

from __future__ import annotations

import select
import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpcore2
import httpx2

from bridges._net import Resolve, checked_addresses
from bridges._permissions import Grants


class Transport(httpx2.AsyncBaseTransport):
    """Sends requests over connections that `_Backend` opens."""

    def __init__(self, grants: Grants, resolve: Resolve) -> None:
        self._backend = _Backend(grants, resolve)
        self._pools: dict[str, httpcore2.AsyncConnectionPool] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends one request; the answer's body is read as it is asked for."""
        url = request.url
        answer = await self._pool(url.scheme).handle_async_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Closes all connections."""
        for pool in self._pools.values():
            await pool.aclose()

    def _pool(self, scheme: str) -> httpcore2.AsyncConnectionPool:
        if scheme not in self._pools:
            # Reading the system's certificates takes time that plain HTTP need not spend.
            secure = ssl.create_default_context() if scheme == "https" else None
            self._pools[scheme] = httpcore2.AsyncConnectionPool(
                ssl_context=secure,
                max_connections=100,
                keepalive_expiry=5.0,
                network_backend=self._backend,
            )
        return self._pools[scheme]


class _Body(httpx2.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Backend(httpcore2.AsyncNetworkBackend):
    """Resolves names itself and connects to checked addresses."""

    def __init__(self, grants: Grants, resolve: Resolve) -> None:
        self._grants = grants
        self._resolve = resolve
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connects to the first address of a host that answers."""
        failure: Exception | None = None
        for address in await checked_addresses(self._grants, self._resolve, host, port):
            try:
                return _Stream(
                    await self._plain.connect_tcp(
                        str(address), port, timeout, local_address, socket_options
                    )
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError(host)

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        await self._plain.sleep(seconds)


class _Stream(httpcore2.AsyncNetworkStream):
    """A connection that tells quickly whether the server has closed it.

    The pool asks every idle one at each request. The library's own way, which looks all about a
    socket up anew, would be half of what fifty requests at a time cost.
    """

    def __init__(self, plain: httpcore2.AsyncNetworkStream) -> None:
        self._plain = plain
        self._socket = plain.get_extra_info("socket")
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Returns what has come, waiting for something."""
        return await self._plain.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends bytes."""
        await self._plain.write(buffer, timeout)

    async def aclose(self) -> None:
        """Closes the connection."""
        await self._plain.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Returns the connection with TLS on it."""
        return _Stream(await self._plain.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Returns what is known of the connection, by the library's names."""
        if info != "is_readable":
            return self._plain.get_extra_info(info)
        # One that is closed here counts as readable, as it does with the library.
        return self._socket.fileno() < 0 or bool(self._poll.poll(0))
