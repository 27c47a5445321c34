"""Foreign errors in llmspell's words: every class is mapped, every status has its code."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import google.genai.errors
import httpx2
import openai
import pytest
from pydantic_ai import exceptions as foreign

from bridges._errors import SpellError
from bridges._llm.failures import TABLE, known, translate
from tests.models.asking import PROTOCOLS, failure, running, session_at
from tests.models.servers import Servers

CODES = {
    "error-401": ("provider_auth", 4),
    "error-404": ("model_not_found", 4),
    "error-context": ("context_too_long", 4),
    "error-429": ("provider_rate_limited", 4),
    "error-400": ("provider_error", 4),
    "error-500": ("provider_unavailable", 4),
    "error-503": ("provider_unavailable", 4),
    "error-529": ("provider_unavailable", 4),
    "drop": ("provider_unavailable", 4),
    "cut": ("provider_unavailable", 4),
    "garbage": ("provider_error", 4),
    "filter": ("guardrail_blocked", 1),
    "slow-60": ("timeout", 124),
}


def public_errors() -> Iterator[type[BaseException]]:
    """Yields every public exception class of pydantic-ai and of the SDKs."""
    for name in foreign.__all__:
        kind = getattr(foreign, name)
        if inspect.isclass(kind) and issubclass(kind, BaseException):
            if not issubclass(kind, Warning):
                yield kind
    for module in (openai, anthropic, google.genai.errors, httpx2):
        for name, kind in list(vars(module).items()):  # imports inside add to it
            if inspect.isclass(kind) and issubclass(kind, Exception) and name[0] != "_":
                if kind.__module__.startswith(module.__name__.partition(".")[0]):
                    if not issubclass(kind, Warning):
                        yield kind


ELSEWHERE = {
    "CookieConflict",
    "InvalidWebhookSignatureError",
    "FunctionInvocationError",
    "UnknownFunctionCallArgumentError",
    "UnsupportedFunctionError",
}
"""Public, but of parts of the SDKs never called here: cookies, webhooks, their own tool calls."""


@pytest.mark.parametrize("kind", sorted(set(public_errors()), key=str))
def test_every_public_error_is_mapped(kind: type[BaseException]) -> None:
    if kind.__name__ not in ELSEWHERE:
        assert issubclass(kind, known()), f"{kind.__module__}.{kind.__name__} has no row"


def test_no_row_hides_a_later_one() -> None:
    kinds = [row[0] for row in TABLE]
    for i, kind in enumerate(kinds):
        hidden = [later for later in kinds[i + 1 :] if issubclass(later, kind)]
        assert hidden == [], f"{kind.__name__} stands before {hidden}"


def test_a_group_of_failures_speaks_of_the_last() -> None:
    group = foreign.FallbackExceptionGroup(
        "all failed", [foreign.ModelAPIError("a", "one"), foreign.ContentFilterError("two")]
    )
    assert translate(group, "lab:x").code == "guardrail_blocked"


def test_an_error_of_ours_stays_itself() -> None:
    error = SpellError("mine")
    assert translate(error, "lab:x") is error


@pytest.mark.parametrize("model", CODES)
@pytest.mark.parametrize("provider", PROTOCOLS)
def test_failures_have_their_code_and_name_the_model(
    provider: str, model: str, servers: Servers, tmp_path: Path
) -> None:
    session = session_at(servers, tmp_path)
    options: dict[str, Any] = {"model": f"{provider}:{model}"}
    if model.startswith("slow"):
        options["timeout"] = 2
    found = failure(session, "LLM.complete", "hello", options)
    assert (found.code, found.exit_code) == CODES[model]
    assert f"{provider}:{model}" in found.message
    assert len(servers.requests) == 1


@pytest.mark.parametrize("model", ["error-401", "error-500", "drop", "cut", "garbage", "filter"])
@pytest.mark.parametrize("provider", ["openai", "openai-chat", "anthropic", "google"])
def test_streams_fail_with_the_same_codes(
    provider: str, model: str, servers: Servers, tmp_path: Path
) -> None:
    session = session_at(servers, tmp_path)

    async def work() -> Any:
        number = session.door.number("LLM.stream")
        options = {"model": f"{provider}:{model}", "prompt": "one two"}
        stream = await session.door.call_async(number, [options])
        return await stream.result()

    with pytest.raises(SpellError) as caught:
        running(session, work)
    assert caught.value.code == CODES[model][0]


def test_the_provider_is_quoted_and_the_hint_says_what_to_do(
    servers: Servers, tmp_path: Path
) -> None:
    found = failure(session_at(servers, tmp_path), "LLM.complete", "x", {"model": "lab:error-401"})
    assert "Incorrect API key provided" in found.message
    assert "api_key_env of [providers.lab]" in found.hint
    assert found.details["status"] == 401
    assert found.details["provider_code"] == "invalid_api_key"


def test_a_used_up_quota_is_not_worth_trying_again(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, models={"retries": 2})
    found = failure(session, "LLM.complete", "x", {"model": "lab:error-quota"})
    assert (found.code, found.retryable) == ("provider_rate_limited", False)
    assert len(servers.requests) == 1


def test_a_model_that_cannot_be_made_is_explained(servers: Servers, tmp_path: Path) -> None:
    session = session_at(servers, tmp_path, environ={"OPENROUTER_API_KEY": "k"})
    found = failure(session, "LLM.complete", "x", {"model": "openrouter:echo"})
    assert found.code == "invalid_argument"
    assert "openai/echo" in found.message


def test_no_server_is_unavailable(servers: Servers, tmp_path: Path) -> None:
    from bridges._settings import Provider

    providers = {"lab": Provider("openai", "http://127.0.0.1:9/v1")}
    session = session_at(servers, tmp_path, models={"providers": providers})
    found = failure(session, "LLM.complete", "x", {"model": "lab:echo"})
    assert found.code == "provider_unavailable"
    assert "base_url" in found.hint
