from __future__ import annotations

import asyncio
import gzip
import inspect
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpcore2
import httpx2
import pytest

from bridges import _net
from bridges._errors import (
    InvalidArgument,
    LimitExceeded,
    PermissionDenied,
    ProviderFailed,
    ProviderUnavailable,
    SpellError,
    TimeLimit,
)
from bridges._permissions import Grants
from bridges._session import Limits, Session
from bridges.http import LARGE
from tests.doors import ask
from tests.sessions import make_session

Handle = Callable[[str, str, dict[str, str], bytes], Awaitable[bytes]]


class Server:
    """An HTTP server on loopback that answers what a function says, byte for byte."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.port = 0
        self._tasks: list[asyncio.Future[None]] = []

    async def __aenter__(self) -> Server:
        self._server = await asyncio.start_server(self._start, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.append(asyncio.ensure_future(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        finally:
            writer.close()
            await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests.append((method, target, headers, body))
        writer.write(await self.handle(method, target, headers, body))
        await writer.drain()


def answer(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    lines = {"content-length": str(len(body)), "connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def always(reply: bytes) -> Handle:
    async def handle(*_: Any) -> bytes:
        return reply

    return handle


def with_server(
    tmp_path: Path,
    handle: Handle,
    use: Callable[[Session, Server], Awaitable[None]],
    **overrides: Any,
) -> None:
    async def run() -> None:
        async with Server(handle) as server:
            given = {"grants": Grants(base=tmp_path, net=("127.0.0.1",)), **overrides}
            session = make_session(tmp_path, **given)
            try:
                await use(session, server)
            finally:
                await session.close()

    asyncio.run(run())


def test_get_gives_status_headers_text_and_json(tmp_path: Path) -> None:
    async def use(session: Session, server: Server) -> None:
        url = f"http://127.0.0.1:{server.port}/x"
        options = {"query": {"q": "a b", "n": [1, 2]}, "headers": {"X-Own": "1"}}
        found = await ask(session, "Http.get", url, options)
        assert found["status"] == 418 and found["ok"] is False
        assert found["json"] == {"a": [1, None]}
        assert found["text"] == '{"a":[1,null]}'
        assert found["headers"]["content-type"] == "application/json"
        assert "bytes" not in found
        method, target, headers, _ = server.requests[0]
        assert (method, target) == ("GET", "/x?q=a%20b&n=1&n=2")
        assert headers["x-own"] == "1" and headers["user-agent"] == "llmspell"

    reply = answer(b'{"a":[1,null]}', "418 Teapot", content_type="application/json")
    with_server(tmp_path, always(reply), use)


def test_what_is_not_text_comes_as_bytes(tmp_path: Path) -> None:
    async def use(session: Session, server: Server) -> None:
        found = await ask(session, "Http.get", f"http://127.0.0.1:{server.port}/")
        assert found["bytes"] == b"\xff\xfe\xff" and found["text"] == ""

    with_server(tmp_path, always(answer(b"\xff\xfe\xff")), use)


@pytest.mark.parametrize(
    ("body", "sent", "kind"),
    [
        ({"a": 1}, b'{"a":1}', "application/json"),
        ("text", b"text", "text/plain; charset=utf-8"),
        (b"\x00", b"\x00", "application/octet-stream"),
    ],
)
def test_post(tmp_path: Path, body: Any, sent: bytes, kind: str) -> None:
    async def use(session: Session, server: Server) -> None:
        await ask(session, "Http.post", f"http://127.0.0.1:{server.port}/", body)
        method, _, headers, found = server.requests[0]
        assert (method, found, headers["content-type"]) == ("POST", sent, kind)

    with_server(tmp_path, always(answer()), use)


def test_request(tmp_path: Path) -> None:
    async def use(session: Session, server: Server) -> None:
        url = f"http://127.0.0.1:{server.port}/"
        await ask(session, "Http.request", {"url": url, "method": "PATCH", "json": [1]})
        assert (server.requests[0][0], json.loads(server.requests[0][3])) == ("PATCH", [1])
        with pytest.raises(InvalidArgument, match="exclude"):
            await ask(session, "Http.request", {"url": url, "body": "x", "json": 1})
        with pytest.raises(InvalidArgument, match="CONNECT"):
            await ask(session, "Http.request", {"url": url, "method": "CONNECT"})

    with_server(tmp_path, always(answer()), use)


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection"])
def test_headers_that_frame_the_request_are_refused(tmp_path: Path, name: str) -> None:
    async def use(session: Session, server: Server) -> None:
        url = f"http://127.0.0.1:{server.port}/"
        with pytest.raises(InvalidArgument, match="llmspell only"):
            await ask(session, "Http.get", url, {"headers": {name: "x"}})
        with pytest.raises(InvalidArgument, match="line break"):
            await ask(session, "Http.get", url, {"headers": {"x": "a\r\nhost: b"}})
        assert server.requests == []

    with_server(tmp_path, always(answer()), use)


# --- redirects ---------------------------------------------------------------


def test_redirects_are_followed_and_checked_at_each_hop(tmp_path: Path) -> None:
    async def handle(_m: str, target: str, *_: Any) -> bytes:
        if target == "/start":
            return answer(status="302 Found", location="/end")
        if target == "/out":
            return answer(status="302 Found", location="http://127.0.0.2:1/secret")
        if target == "/circle":
            return answer(status="302 Found", location="/circle")
        return answer(b"done", set_cookie="a=b")

    decisions: list[Any] = []

    async def use(session: Session, server: Server) -> None:
        url = f"http://127.0.0.1:{server.port}"
        found = await ask(session, "Http.get", f"{url}/start")
        assert (found["text"], found["url"]) == ("done", f"{url}/end")
        with pytest.raises(PermissionDenied, match="redirected"):
            await ask(session, "Http.get", f"{url}/out")
        assert decisions[-1][1:] == ("net", "http://127.0.0.2:1/secret", False)
        with pytest.raises(ProviderFailed, match="more than 2 redirects"):
            await ask(session, "Http.get", f"{url}/circle", {"redirects": 2})
        kept = await ask(session, "Http.get", f"{url}/start", {"redirects": 0})
        assert kept["status"] == 302
        assert all("cookie" not in headers for _, _, headers, _ in server.requests)

    with_server(tmp_path, handle, use, audit=lambda *line: decisions.append(line))


def test_credentials_do_not_travel_to_another_origin(tmp_path: Path) -> None:
    async def use(session: Session, server: Server) -> None:
        async with Server(always(answer())) as other:

            async def away(*_: Any) -> bytes:
                return answer(status="307 x", location=f"http://127.0.0.1:{other.port}/")

            server.handle = away
            url = f"http://127.0.0.1:{server.port}/"
            headers = {"X-Api-Key": "secret", "Authorization": "secret", "Accept": "a/b"}
            await ask(session, "Http.get", url, {"headers": headers})
            seen = other.requests[0][2]
            assert "secret" not in str(seen) and seen["accept"] == "a/b"
            assert seen["host"] == f"127.0.0.1:{other.port}"

    with_server(tmp_path, always(answer()), use)


# --- addresses ---------------------------------------------------------------


def resolving(session: Session, *addresses: str) -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return list(addresses)

    session._shared[_net.Network] = _net.Network(session, resolve)


def test_a_public_name_that_leads_to_a_private_address_is_refused(tmp_path: Path) -> None:
    async def use(session: Session, server: Server) -> None:
        for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"):
            resolving(session, address)
            with pytest.raises(PermissionDenied, match="not granted"):
                await ask(session, "Http.get", f"http://rebound.test:{server.port}/")
        assert server.requests == []

    grants = Grants(base=tmp_path, net=("public", "*.test"))
    with_server(tmp_path, always(answer()), use, grants=grants)


def test_a_name_granted_by_itself_may_be_private_and_the_checked_address_is_used(
    tmp_path: Path,
) -> None:
    async def use(session: Session, server: Server) -> None:
        resolving(session, "169.254.1.1", "127.0.0.1")
        found = await ask(session, "Http.get", f"http://own.test:{server.port}/")
        assert found["text"] == "here"
        assert server.requests[0][2]["host"] == f"own.test:{server.port}"

    with_server(tmp_path, always(answer(b"here")), use, grants=Grants(tmp_path, net=("own.test",)))


def test_proxies_of_the_environment_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    async def use(session: Session, server: Server) -> None:
        found = await ask(session, "Http.get", f"http://127.0.0.1:{server.port}/")
        assert found["text"] == "direct"

    with_server(tmp_path, always(answer(b"direct")), use)


def test_nothing_is_asked_of_a_host_that_is_not_granted(tmp_path: Path) -> None:
    async def use(session: Session, server: Server) -> None:
        with pytest.raises(PermissionDenied) as caught:
            await ask(session, "Http.get", f"http://127.0.0.1:{server.port}/")
        assert f"--allow-net=127.0.0.1:{server.port}" in caught.value.hint
        assert server.requests == []

    with_server(tmp_path, always(answer()), use, grants=Grants(tmp_path, net=("a.test",)))


# --- limits and failures -----------------------------------------------------


def test_an_answer_that_is_too_large_is_refused_packed_or_not(tmp_path: Path) -> None:
    packed = gzip.compress(b"x" * 200_000)
    assert len(packed) < 1000
    replies = [answer(b"x" * 1001), answer(packed, content_encoding="gzip")]

    async def use(session: Session, server: Server) -> None:
        for reply in replies:
            server.handle = always(reply)
            with pytest.raises(LimitExceeded, match="1000 bytes"):
                await ask(session, "Http.get", f"http://127.0.0.1:{server.port}/")

    with_server(tmp_path, always(b""), use, limits=Limits(memory=4000))


def test_a_slow_server_ends_in_a_timeout(tmp_path: Path) -> None:
    async def slow(*_: Any) -> bytes:
        await asyncio.sleep(5)
        return b""

    async def use(session: Session, server: Server) -> None:
        url = f"http://127.0.0.1:{server.port}/"
        with pytest.raises(TimeLimit, match=r"0\.05 seconds") as caught:
            await ask(session, "Http.get", url, {"timeout": "50ms"})
        assert caught.value.retryable

    with_server(tmp_path, slow, use)


def test_a_connection_is_used_until_the_server_closes_it(tmp_path: Path) -> None:
    connections = 0
    closed = asyncio.Event()

    async def serve_twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for _ in range(2):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer(b"hello", connection="keep-alive"))
        writer.close()
        await writer.wait_closed()
        closed.set()

    async def use(session: Session, _: Server) -> None:
        server = await asyncio.start_server(serve_twice, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with server:
            for _round in range(3):
                closed.clear()
                for _request in range(2):
                    assert (await ask(session, "Http.get", url))["text"] == "hello"
                await closed.wait()
        assert connections == 3

    with_server(tmp_path, always(b""), use)


@pytest.mark.parametrize("size", [LARGE - 1, LARGE])
def test_large_and_small_answers_are_read_alike(size: int, tmp_path: Path) -> None:
    async def use(session: Session, server: Server) -> None:
        found = await ask(session, "Http.get", f"http://127.0.0.1:{server.port}/")
        assert found["text"] == "x" * size

    with_server(tmp_path, always(answer(b"x" * size)), use)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_failures_of_the_network_have_codes(tmp_path: Path) -> None:
    async def use(session: Session, server: Server) -> None:
        with pytest.raises(ProviderUnavailable, match="cannot be reached"):
            await ask(session, "Http.get", f"http://127.0.0.1:{free_port()}/")
        for reply in (b"nonsense\r\n\r\n", b""):
            server.handle = always(reply)
            with pytest.raises(ProviderFailed):
                await ask(session, "Http.get", f"http://127.0.0.1:{server.port}/")
        server.handle = always(answer(b"not packed", content_encoding="gzip"))
        with pytest.raises(ProviderFailed, match="cannot be unpacked"):
            await ask(session, "Http.get", f"http://127.0.0.1:{server.port}/")

    with_server(tmp_path, always(b""), use)


def test_a_name_nobody_knows_is_unavailable(tmp_path: Path) -> None:
    async def use(session: Session, _server: Server) -> None:
        async def fail(_host: str, _port: int) -> list[str]:
            raise socket.gaierror(-2, "Name or service not known")

        session._shared[_net.Network] = _net.Network(session, fail)
        with pytest.raises(ProviderUnavailable, match=r"no host 'a\.test'"):
            await ask(session, "Http.get", "http://a.test/")

    with_server(tmp_path, always(b""), use, grants=Grants(tmp_path, net=("a.test",)))


def exceptions(module: Any) -> set[type[Exception]]:
    found = (value for name, value in vars(module).items() if not name.startswith("_"))
    return {k for k in found if inspect.isclass(k) and issubclass(k, Exception)}


def test_every_public_exception_of_the_http_libraries_is_mapped() -> None:
    public = exceptions(httpx2) | {
        getattr(httpx2, n) for n in httpx2.__all__ if n.endswith("Error")
    }
    # Bases that are never raised, and what only features that are not used raise.
    unused = {
        httpx2.HTTPError, httpx2.RequestError, httpx2.TransportError, httpx2.HTTPStatusError,
        httpx2.CookieConflict, httpx2.StreamError, httpx2.StreamConsumed, httpx2.StreamClosed,
        httpx2.ResponseNotRead, httpx2.RequestNotRead, httpx2.SSEError,
    }  # fmt: skip
    wanted = {k for k in public if issubclass(k, Exception)} - unused | exceptions(httpcore2)
    assert wanted - set(_net.errors()) == set()


def test_a_subclass_of_a_mapped_error_is_translated() -> None:
    class Odd(httpx2.ReadError):
        pass

    with pytest.raises(SpellError, match="broke off"), _net.translated("Http.get", "a.test"):
        raise Odd("x")
