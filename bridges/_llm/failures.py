"""What goes wrong at a provider, in the words of llmspell: one table from foreign errors to ours.

Import this module when pydantic-ai is needed anyway: it imports it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pydantic
from pydantic_ai import exceptions as foreign

from bridges._errors import (
    Cancelled,
    ConfigError,
    ContextTooLong,
    GuardrailBlocked,
    InvalidArgument,
    LimitExceeded,
    ModelNotFound,
    ProviderAuth,
    ProviderFailed,
    ProviderRateLimited,
    ProviderUnavailable,
    SpellError,
    TimeLimit,
    ToolFailed,
)

Row = tuple[type[BaseException], type[SpellError], str, str]

TABLE: tuple[Row, ...] = (
    # Most specific first: the first row that fits decides. {name} is the model, {said} its words.
    (foreign.ModelAuthenticationError, ProviderAuth, "{name} refused the key{said}", "{key_hint}"),
    (
        foreign.ModelContextWindowExceededError,
        ContextTooLong,
        "the input is too long for {name}{said}",
        "shorten or split the input, or use a model with a larger context window",
    ),
    (
        foreign.ModelNotFoundError,
        ModelNotFound,
        "{name} does not exist, or the key may not use it{said}",
        "list models with `llmspell models list`",
    ),
    (
        foreign.ModelQuotaExceededError,
        ProviderRateLimited,
        "the quota for {name} is used up{said}",
        "check the plan and billing of the account",
    ),
    (
        foreign.ModelRateLimitError,
        ProviderRateLimited,
        "{name} is limiting requests{said}",
        "wait, or send fewer requests at a time",
    ),
    (foreign.ModelUnavailableError, ProviderUnavailable, "{name} is unavailable{said}", "{later}"),
    (foreign.ModelRequestTimeout, TimeLimit, "{name} did not answer in time", "{timeout}"),
    (foreign.ModelTimeoutError, TimeLimit, "{name} did not answer in time", "{timeout}"),
    (
        foreign.ModelConnectionError,
        ProviderUnavailable,
        "the connection to {name} failed{said}",
        "check the network and the provider's base_url",
    ),
    (foreign.ModelServerError, ProviderUnavailable, "{name} failed{said}", "{later}"),
    (foreign.ModelRequestRejectedError, ProviderFailed, "{name} refused the request{said}", ""),
    (foreign.SuspendedResponseExpired, ProviderFailed, "{name} gave up the answer{said}", ""),
    (foreign.ModelAPIError, ProviderFailed, "{name} failed{said}", ""),
    (foreign.RunTimedOut, TimeLimit, "the run did not end in time", "{timeout}"),
    (foreign.RunCancelled, Cancelled, "the run was cancelled", ""),
    (foreign.UsageLimitExceeded, LimitExceeded, "{plain}", ""),
    (foreign.ConcurrencyLimitExceeded, LimitExceeded, "{plain}", ""),
    (
        foreign.ContentFilterError,
        GuardrailBlocked,
        "the content filter of {name} stopped the answer",
        "",
    ),
    (
        foreign.OutputTokenLimitExceeded,
        ProviderFailed,
        "{name} reached its output limit before the answer was complete",
        "raise max_tokens or ask for less",
    ),
    (
        foreign.UnexpectedModelBehavior,
        ProviderFailed,
        "{name} gave an answer that cannot be used{said}",
        "",
    ),
    (foreign.AgentRunError, ProviderFailed, "{name} failed{said}", ""),
    (foreign.UserError, InvalidArgument, "{name} cannot do what was asked: {plain}", ""),
    # How tools and hooks steer a run; the agent loop consumes them, so one here has lost its way.
    (foreign.ToolFailed, ToolFailed, "{plain}", ""),
    (foreign.ToolFailedError, ToolFailed, "{plain}", ""),
    (foreign.ModelRetry, ToolFailed, "{plain}", ""),
    (foreign.ToolRetryError, ToolFailed, "{plain}", ""),
    (foreign.CallDeferred, ToolFailed, "a tool call was left unanswered", ""),
    (foreign.ApprovalRequired, ToolFailed, "a tool call was left without approval", ""),
    (foreign.SkipToolValidation, ToolFailed, "a tool call was skipped", ""),
    (foreign.SkipToolExecution, ToolFailed, "a tool call was skipped", ""),
    (foreign.SkipModelRequest, ProviderFailed, "the request to {name} was skipped", ""),
    (foreign.RetryModelRequest, ProviderFailed, "the request to {name} was given up", ""),
    (pydantic.ValidationError, ProviderFailed, "{name} gave an answer that cannot be read", ""),
    (
        httpx2.TimeoutException,
        TimeLimit,
        "{name} did not answer in time",
        "{timeout}",
    ),
    (
        httpx2.HTTPError,
        ProviderUnavailable,
        "the connection to {name} failed{said}",
        "check the network and the provider's base_url",
    ),
    (httpx2.InvalidURL, ConfigError, "the base_url of {name} is not an address{said}", ""),
    (httpx2.StreamError, ProviderUnavailable, "the answer of {name} broke off{said}", "{later}"),
    (TimeoutError, TimeLimit, "{name} did not answer in time", "{timeout}"),
    (ImportError, ConfigError, "a library that {name} needs is missing: {plain}", ""),
)

HINTS = {
    "later": "try again later",
    "timeout": "give it more time with the option `timeout`",
}


def known() -> tuple[type[BaseException], ...]:
    """Returns the classes of errors that `translate` can translate."""
    found = {row[0] for row in TABLE} | {foreign.FallbackExceptionGroup}
    return (*found, *(row[0] for row in _loaded_sdks()))


def _loaded_sdks() -> list[Row]:
    """Returns rows for the SDKs' own errors; one that is not loaded can have raised none."""
    rows: list[Row] = []
    for module, name in (
        ("openai", "OpenAIError"),
        ("anthropic", "AnthropicError"),
        ("google.genai.errors", "APIError"),
        ("google.genai.errors", "UnknownApiResponseError"),
        ("google.genai.errors", "ContinuationInterruptedError"),
    ):
        if module in sys.modules:
            kind = getattr(sys.modules[module], name)
            rows.append((kind, ProviderFailed, "{name} failed{said}", ""))
    return rows


def translate(error: BaseException, name: str, key_hint: str = "") -> SpellError:
    """Returns the SpellError for a foreign error.

    error: one of `known()`
    name: the model's name, for the message
    key_hint: what to do when the key was refused
    """
    if isinstance(error, SpellError):
        return error
    if isinstance(error, foreign.FallbackExceptionGroup):
        return translate(error.exceptions[-1], name, key_hint)
    rows = (*TABLE, *_loaded_sdks())
    _, ours, message, hint = next(row for row in rows if isinstance(error, row[0]))
    words = {
        "name": name,
        "said": _said(error),
        "plain": _first_line(str(error)),
        "key_hint": key_hint,
        **HINTS,
    }
    permanent = isinstance(error, foreign.ModelQuotaExceededError)
    return ours(
        message.format_map(words),
        hint=hint.format_map(words),
        retryable=False if permanent else None,
        details=_details(error, name),
    )


@contextmanager
def translated(name: str, key_hint: str = "") -> Iterator[None]:
    """Translates what the body raises."""
    try:
        yield
    except SpellError:
        raise
    except known() as error:
        raise translate(error, name, key_hint) from error


def _details(error: BaseException, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"model": name}
    for field, label in (
        ("status_code", "status"),
        ("provider_error_code", "provider_code"),
        ("retry_after", "retry_after"),
    ):
        value = getattr(error, field, None)
        if isinstance(value, (str, int, float)):
            found[label] = value
    return found


def _said(error: BaseException) -> str:
    """Returns the provider's own words after a colon, with the status where there is one."""
    body = getattr(error, "body", None)
    inner = body.get("error") if isinstance(body, dict) else None
    fields = inner if isinstance(inner, dict) else body if isinstance(body, dict) else {}
    message = fields.get("message")
    text = message if isinstance(message, str) else ""
    if not text and not hasattr(error, "status_code"):
        text = _first_line(str(error.__cause__ or error))
    status = getattr(error, "status_code", None)
    where = f" (status {status})" if isinstance(status, int) else ""
    return f"{where}: {_first_line(text)}" if text else where


def _first_line(text: str) -> str:
    line = text.strip().splitlines()[0] if text.strip() else ""
    return line if len(line) <= 300 else line[:299] + "…"
