"""HTTP requests, under the spell's grants."""

from __future__ import annotations

import asyncio
import codecs
from contextlib import suppress
from typing import Any, Literal, Required, TypedDict, cast
from urllib.parse import quote, urlencode

from bridges import _json
from bridges._declare import NOTHING, Bridge, host_function
from bridges._errors import InvalidArgument
from bridges._net import Answer, Call, Network
from bridges._permissions import NetUrl
from bridges._types import Duration

MAX_REDIRECTS = 20
LARGE = 64 * 1024
"""Bytes of an answer from which reading it takes longer than to hand it to a thread."""
_SHARED = ("headers", "query", "timeout", "redirects")


class HttpOptions(TypedDict, total=False):
    """How a request is made.

    headers: Header names and values
    query: Names and values to add to the URL's query; a list gives a name several times
    timeout: Time for the whole request; the default is 30 seconds
    redirects: How many redirects are followed, at most 20; the default is 10, and 0 returns the
        redirect itself
    """

    headers: dict[str, str]
    query: dict[str, Any]
    timeout: Duration
    redirects: int


class HttpRequest(TypedDict, total=False):
    """One request.

    url: Where to; http:// or https://
    method: What to do; the default is GET, or POST with a body
    body: What to send, as it is: text or bytes
    json: What to send, as JSON
    headers: Header names and values
    query: Names and values to add to the URL's query; a list gives a name several times
    timeout: Time for the whole request; the default is 30 seconds
    redirects: How many redirects are followed, at most 20; the default is 10
    """

    url: Required[NetUrl]
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"]
    body: str | bytes
    json: Any
    headers: dict[str, str]
    query: dict[str, Any]
    timeout: Duration
    redirects: int


Raw = bytes


class HttpResponse(TypedDict, total=False):
    """An answer, whatever its status.

    status: The status code
    ok: Whether the status is 200 to 299
    headers: Header names in lower case, and values
    text: The body as text; empty when it is not text
    json: The body's value, when the server says it is JSON and it is
    bytes: The body, when it is not text
    url: Where it came from, after redirects
    """

    status: Required[int]
    ok: Required[bool]
    headers: Required[dict[str, str]]
    text: Required[str]
    json: Any
    bytes: Raw
    url: Required[str]


class Http(Bridge):
    """Makes HTTP requests to hosts the spell is granted.

    An answer with an error status is an answer, not an error. Private and link-local addresses are
    reached only when they are granted by name. Proxies of the environment are not used.
    """

    @host_function(needs=NOTHING, since=1)
    async def get(self, url: NetUrl, options: HttpOptions | None = None) -> HttpResponse:
        """Gets a resource.

        url: Where it is; http:// or https://
        options: Headers, query, timeout, redirects
        returns: The answer
        """
        return await self._send("get", "GET", url, b"", options or {})

    @host_function(needs=NOTHING, since=1)
    async def post(
        self, url: NetUrl, body: Any = None, options: HttpOptions | None = None
    ) -> HttpResponse:
        """Sends a body.

        url: Where to; http:// or https://
        body: Text and bytes are sent as they are, any other value as JSON
        options: Headers, query, timeout, redirects
        returns: The answer
        """
        content, kind = _encode(body, "Http.post")
        return await self._send("post", "POST", url, content, options or {}, kind)

    @host_function(needs=NOTHING, since=1)
    async def request(self, options: HttpRequest) -> HttpResponse:
        """Makes any request.

        options: The URL, and what else it takes
        returns: The answer
        """
        if "body" in options and "json" in options:
            raise InvalidArgument("Http.request: 'body' and 'json' exclude each other")
        if "json" in options:
            text = _json.render(options["json"], "Http.request: 'json'")
            content, kind = text.encode("utf-8"), "application/json"
        else:
            content, kind = _encode(options.get("body"), "Http.request")
        method = options.get("method") or ("POST" if content else "GET")
        shared = {key: value for key, value in options.items() if key in _SHARED}
        rest = cast(HttpOptions, shared)
        return await self._send("request", method, options["url"], content, rest, kind)

    async def _send(  # noqa: PLR0913 - one request's parts
        self, name: str, method: str, url: NetUrl, content: bytes, options: HttpOptions,
        kind: str = "",
    ) -> HttpResponse:  # fmt: skip
        api = f"Http.{name}"
        redirects = options.get("redirects", 10)
        if not 0 <= redirects <= MAX_REDIRECTS:
            raise InvalidArgument(f"{api}: redirects must be 0 to {MAX_REDIRECTS}, got {redirects}")
        headers = dict(options.get("headers", {}))
        if kind and "content-type" not in {name.lower() for name in headers}:
            headers["content-type"] = kind
        query = options.get("query")
        if query:
            url = self.session.grants.check(NetUrl, _with_query(url.value, query, api), api=api)
        call = Call(method, url, headers, content, options.get("timeout", 30.0), redirects)
        answer = await self.session.shared(Network).send(call, api)
        if len(answer.content) < LARGE:
            return _record(answer)
        return await asyncio.to_thread(_record, answer)


def _with_query(url: str, query: dict[str, Any], api: str) -> str:
    pairs = []
    for name, value in query.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, bool):
                one = "true" if one else "false"
            if not isinstance(one, (str, int, float)):
                raise InvalidArgument(f"{api}: query.{name} must be text, a number or a boolean")
            pairs.append((name, one))
    return f"{url}{'&' if '?' in url else '?'}{urlencode(pairs, quote_via=quote)}"


def _encode(body: Any, api: str) -> tuple[bytes, str]:
    if body is None:
        return b"", ""
    if isinstance(body, str):
        return body.encode("utf-8"), "text/plain; charset=utf-8"
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    return _json.render(body, f"{api}: 'body'").encode("utf-8"), "application/json"


def _record(answer: Answer) -> HttpResponse:
    found: HttpResponse = {
        "status": answer.status,
        "ok": 200 <= answer.status <= 299,
        "headers": answer.headers,
        "text": "",
        "url": answer.url,
    }
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        # Python has these two under the name of encodings, and they take quadratic time.
        if codecs.lookup(answer.charset).name in ("punycode", "idna"):
            raise LookupError
        found["text"] = answer.content.decode(answer.charset)
    except (UnicodeError, LookupError):
        found["bytes"] = answer.content
    if kind == "application/json" or kind.endswith("+json"):
        with suppress(InvalidArgument):
            found["json"] = _json.parse(answer.content, "the answer")
    return found
