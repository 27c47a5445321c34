"""Builds the models of pydantic-ai with keys and addresses of ours, none from the environment."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING, Any

import httpx2
from pydantic_ai.models import Model

from bridges._llm.names import ModelRef
from bridges._llm.providers import Server

if TYPE_CHECKING:
    from openai import AsyncOpenAI

NO_KEY = "no-key"
"""Sent to servers that need none: the SDKs insist on one."""
MOST_CONNECTIONS = 2000
SPARE_FILES = 128
"""Open files left to everything but connections."""
LONGEST = 86_400.0
"""What the SDKs are told to wait, seconds; the deadlines of `tries` come first."""


def http_client(connect: float) -> httpx2.AsyncClient:
    """Returns the HTTP client of a run; it is the caller's to close.

    connect: seconds that making a connection may take
    """

    async def bound_connecting(request: httpx2.Request) -> None:
        # The SDKs give their own timeouts with each request, which would replace the client's.
        limits = dict(request.extensions.get("timeout") or {})
        request.extensions["timeout"] = {**limits, "connect": connect}

    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(LONGEST, connect=connect),
        limits=httpx2.Limits(max_connections=most_connections(), max_keepalive_connections=100),
        event_hooks={"request": [bound_connecting]},
        follow_redirects=False,
    )


def most_connections() -> int:
    """Returns how many connections the system lets a run have; further requests wait."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + SPARE_FILES
    if soft < wanted and soft != resource.RLIM_INFINITY:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(1, min(MOST_CONNECTIONS, soft - SPARE_FILES))


def build(ref: ModelRef, http: httpx2.AsyncClient) -> Model:
    """Returns the model; imports the SDK it needs, which takes up to two seconds."""
    makers = {
        "responses": _responses,
        "openai": _chat,
        "ollama": _ollama,
        "openrouter": _openrouter,
        "anthropic": _anthropic,
        "google": _google,
    }
    return makers[ref.server.kind](ref, http)


def openai_client(server: Server, http: httpx2.AsyncClient) -> AsyncOpenAI:
    """Returns the OpenAI SDK's client for a server."""
    from openai import AsyncOpenAI

    client = AsyncOpenAI(
        api_key=server.api_key or NO_KEY,
        base_url=server.base_url,
        http_client=http,
        max_retries=0,
        timeout=LONGEST,
    )
    client.organization = None
    client.project = None
    client._custom_headers = {}  # OPENAI_CUSTOM_HEADERS may hold keys of other servers
    return client


def _responses(ref: ModelRef, http: httpx2.AsyncClient) -> Model:
    from pydantic_ai.models.openai import OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(openai_client=openai_client(ref.server, http))
    return OpenAIResponsesModel(ref.model, provider=provider)


def _chat(ref: ModelRef, http: httpx2.AsyncClient) -> Model:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    client = openai_client(ref.server, http)
    if ref.server.provider == "openai-chat":
        return OpenAIChatModel(ref.model, provider=OpenAIProvider(openai_client=client))
    provider = OpenAICompatibleProvider(ref.server.provider, openai_client=client)
    return OpenAIChatModel(ref.model, provider=provider)


def _ollama(ref: ModelRef, http: httpx2.AsyncClient) -> Model:
    from pydantic_ai.models.ollama import OllamaModel
    from pydantic_ai.providers.ollama import OllamaProvider

    provider = OllamaProvider(openai_client=openai_client(ref.server, http))
    return OllamaModel(ref.model, provider=provider)


def _openrouter(ref: ModelRef, http: httpx2.AsyncClient) -> Model:
    from pydantic_ai.models.openrouter import OpenRouterModel
    from pydantic_ai.providers.openrouter import OpenRouterProvider

    provider = OpenRouterProvider(openai_client=openai_client(ref.server, http))
    return OpenRouterModel(ref.model, provider=provider)


def _anthropic(ref: ModelRef, http: httpx2.AsyncClient) -> Model:
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    client = AsyncAnthropic(
        api_key=ref.server.api_key or NO_KEY,
        base_url=ref.server.base_url,
        http_client=http,
        max_retries=0,
        timeout=LONGEST,
    )
    client._custom_headers = {}  # ANTHROPIC_CUSTOM_HEADERS may hold keys of other servers
    return AnthropicModel(ref.model, provider=AnthropicProvider(anthropic_client=client))


def _google(ref: ModelRef, http: httpx2.AsyncClient) -> Model:
    from pydantic_ai.models.google import GoogleModel

    return GoogleModel(ref.model, provider=google_provider(ref.server, http))


def google_provider(server: Server, http: httpx2.AsyncClient) -> Any:
    """Returns the provider of pydantic-ai for a server that speaks the Gemini protocol."""
    from pydantic_ai.providers.google import GoogleProvider

    return GoogleProvider(
        api_key=server.api_key or NO_KEY, base_url=server.base_url, http_client=http
    )
