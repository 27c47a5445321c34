"""The only module that makes HTTP requests for spells. It takes checked URLs only.

Names are resolved here, every address is checked, and the connection goes to the address that was
checked: a name that changes its mind between check and connection leads nowhere. Proxies of the
environment are not used, because a proxy would connect to addresses nobody checked.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from bridges._errors import (
    InvalidArgument,
    LimitExceeded,
    PermissionDenied,
    ProviderFailed,
    ProviderUnavailable,
    SpellError,
    TimeLimit,
)
from bridges._hosts import Address, parse_address
from bridges._permissions import Grants, NetUrl

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

    from bridges._session import Session

Resolve = Callable[[str, int], Awaitable[list[str]]]

CONNECT = 10.0
"""Seconds to reach a server, within the time of the whole request."""

# What travels to another origin after a redirect; the rest may be a credential.
HARMLESS_HEADERS = ("accept", "accept-language", "content-type", "user-agent", "range")
# What frames a message on the connection is ours to say; `host` would reach a site not checked.
RESERVED_HEADERS = frozenset(
    "host connection content-length transfer-encoding upgrade te trailer keep-alive "
    "proxy-authorization proxy-connection expect".split()
)


@dataclass(frozen=True)
class Call:
    """One request. `timeout`: seconds for all of it; `redirects`: how many are followed."""

    method: str
    url: NetUrl
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    timeout: float = 30.0
    redirects: int = 10


@dataclass(frozen=True)
class Answer:
    """One response, read whole."""

    status: int
    headers: dict[str, str]
    content: bytes
    charset: str
    url: str


class Network:
    """The requests of one run, over connections kept open until it ends."""

    def __init__(self, session: Session, resolve: Resolve | None = None) -> None:
        self._session = session
        self._resolve = resolve or resolve_name
        self._opened: httpx2.AsyncClient | None = None

    async def send(self, call: Call, api: str) -> Answer:
        """Makes a request and returns its answer, whatever its status.

        api: the function that asks, as the script spells it
        """
        _check_headers(call.headers, api)
        host = call.url.value.split("/")[2]
        with translated(api, host):
            try:
                async with asyncio.timeout(call.timeout):
                    return await self._follow(call, api)
            except TimeoutError:
                raise TimeLimit(
                    f"{api}: {host} took longer than {call.timeout:g} seconds",
                    hint="pass a longer timeout",
                ) from None

    async def close(self) -> None:
        """Closes the connections."""
        if self._opened:
            await self._opened.aclose()
            self._opened = None

    def _client(self) -> httpx2.AsyncClient:
        if self._opened is None:
            import httpx2

            from bridges._transport import Transport

            self._opened = httpx2.AsyncClient(
                transport=Transport(self._session.grants, self._resolve),
                trust_env=False,
                timeout=httpx2.Timeout(None, connect=CONNECT),
                headers={"accept-encoding": "gzip, deflate", "user-agent": "llmspell"},
            )
            self._session.on_close(self.close)
        return self._opened

    async def _follow(self, call: Call, api: str) -> Answer:
        client = self._client()
        request = client.build_request(
            call.method, call.url.value, headers=call.headers, content=call.content or None
        )
        hops = 0
        while True:
            response = await client.send(request, stream=True, follow_redirects=False)
            try:
                # Every request stands alone: no cookie of one is sent with the next.
                client.cookies.clear()
                onward = response.next_request
                if onward is None or call.redirects == 0:
                    return await self._read(response, api)
            finally:
                await response.aclose()
            hops += 1
            if hops > call.redirects:
                raise ProviderFailed(
                    f"{api}: more than {call.redirects} redirects",
                    hint="the server may send everybody in a circle",
                )
            self._check_hop(str(onward.url), api)
            request = _strip(request, onward)

    def _check_hop(self, url: str, api: str) -> None:
        audit = self._session.audit or (lambda *_: None)
        try:
            self._session.grants.check(NetUrl, url, api=f"{api} (redirected)")
        except PermissionDenied:
            audit(api, "net", url, False)
            raise
        audit(api, "net", url, True)

    async def _read(self, response: httpx2.Response, api: str) -> Answer:
        # The script gets text beside the copies made on the way.
        limit = self._session.limits.memory // 4
        content = bytearray()
        async for part in response.aiter_bytes():
            content += part
            if len(content) > limit:
                raise LimitExceeded(
                    f"{api}: the answer is larger than {limit} bytes",
                    hint="raise the limit with --memory (an answer may be a quarter of it)",
                    details={"limit": "memory"},
                )
        return Answer(
            response.status_code,
            dict(response.headers.items()),
            bytes(content),
            response.charset_encoding or "utf-8",
            str(response.url),
        )


async def resolve_name(host: str, port: int) -> list[str]:
    """Returns the addresses of a host name."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def checked_addresses(
    grants: Grants, resolve: Resolve, host: str, port: int
) -> list[Address]:
    """Returns the addresses at which a host may be reached; none is PermissionDenied."""
    own = parse_address(host)
    try:
        texts = [str(own)] if own else await resolve(host, port)
    except OSError:
        raise ProviderUnavailable(
            f"there is no host {host!r}, or its name cannot be looked up now"
        ) from None
    addresses = [address for text in texts if (address := parse_address(text))]
    granted = [address for address in addresses if grants.reaches(host, port, address)]
    if not granted:
        raise PermissionDenied(
            f"{host!r} leads to an address that is not granted",
            hint=f"if it is meant, run again with --allow-net={host}:{port}",
            details={"kind": "net", "value": host},
        )
    return granted


def _check_headers(headers: dict[str, str], api: str) -> None:
    for name, value in headers.items():
        if name.lower() in RESERVED_HEADERS:
            raise InvalidArgument(f"{api}: the header {name!r} is set by llmspell only")
        if any(mark in name + value for mark in "\r\n\0"):
            raise InvalidArgument(f"{api}: the header {name!r} holds a line break")


def _strip(before: httpx2.Request, onward: httpx2.Request) -> httpx2.Request:
    def origin(request: httpx2.Request) -> tuple[Any, ...]:
        return request.url.scheme, request.url.host, request.url.port

    if origin(before) != origin(onward):
        ours = ("host", "accept-encoding", "content-length", "transfer-encoding")
        for name in list(onward.headers):
            if name not in HARMLESS_HEADERS and name not in ours:
                del onward.headers[name]
    return onward


@cache
def errors() -> dict[type[Exception], tuple[type[SpellError], str]]:
    """Returns what the HTTP libraries' errors mean to a spell: class and words."""
    import httpcore2
    import httpx2

    late = (TimeLimit, "did not answer in time")
    away = (ProviderUnavailable, "cannot be reached")
    broken = (ProviderUnavailable, "broke off the connection")
    wrong = (ProviderFailed, "sent what is not HTTP")
    ours = (InvalidArgument, "cannot be asked that: the request is not valid HTTP")
    found: dict[type[Exception], tuple[type[SpellError], str]] = {
        httpx2.InvalidURL: (InvalidArgument, "has a URL that is not valid"),
        httpx2.UnsupportedProtocol: (InvalidArgument, "is not an http or https URL"),
        httpcore2.UnsupportedProtocol: (InvalidArgument, "is not an http or https URL"),
        httpx2.DecodingError: (ProviderFailed, "sent an answer that cannot be unpacked"),
        httpx2.TooManyRedirects: (ProviderFailed, "redirects too often"),
        httpcore2.ConnectionNotAvailable: away,
    }
    for name, meaning in {
        "TimeoutException": late,
        "ConnectTimeout": late,
        "ReadTimeout": late,
        "WriteTimeout": late,
        "PoolTimeout": late,
        "ConnectError": away,
        "ProxyError": away,
        "NetworkError": broken,
        "ReadError": broken,
        "WriteError": broken,
        "ProtocolError": wrong,
        "RemoteProtocolError": wrong,
        "LocalProtocolError": ours,
    }.items():
        found[getattr(httpx2, name)] = found[getattr(httpcore2, name)] = meaning
    found[httpx2.CloseError] = broken
    return found


@contextmanager
def translated(api: str, host: str) -> Iterator[None]:
    """Turns an error of the HTTP libraries into the SpellError it means."""
    table = errors()
    try:
        yield
    except tuple(table) as error:
        known = next(kind for kind in type(error).__mro__ if kind in table)
        kind, words = table[known]
        raise kind(f"{api}: {host} {words}") from None
