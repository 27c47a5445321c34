"""What the tests of models share: a session whose providers are the local servers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from bridges._errors import SpellError
from bridges._session import Session
from bridges._settings import ModelSettings, Provider
from tests.models.servers import Servers
from tests.sessions import make_session

T = TypeVar("T")

PROTOCOLS = ("openai", "openai-chat", "anthropic", "google", "lab")
"""Providers of `session_at`: Responses, Chat Completions, Messages, Gemini, a configured server."""


def providers_at(servers: Servers) -> dict[str, Provider]:
    """Returns the configuration that sends every protocol to the local servers."""
    return {
        "openai": Provider("openai", servers.openai_url, "key-openai"),
        "anthropic": Provider("anthropic", servers.anthropic_url, "key-anthropic"),
        "google": Provider("google", servers.google_url, "key-google"),
        "lab": Provider("openai", servers.openai_url, "key-lab"),
    }


def session_at(
    servers: Servers, tmp_path: Path, *, models: dict[str, Any] | None = None, **overrides: Any
) -> Session:
    """Returns a session at the local servers.

    models: fields of ModelSettings; overrides: fields of Session
    """
    fields = {"providers": providers_at(servers), "timeout": 50.0, "retries": 0, **(models or {})}
    return make_session(tmp_path, models=ModelSettings(**fields), **overrides)


def running(session: Session, work: Callable[[], Awaitable[T]]) -> T:
    """Runs `work` in a loop of its own and closes the session there."""

    async def run() -> T:
        try:
            return await work()
        finally:
            await session.close()

    return asyncio.run(run())


def ask(session: Session, function: str, *arguments: Any) -> Any:
    """Calls one host function through the door, and closes the session."""
    door = session.door
    return running(session, lambda: door.call_async(door.number(function), list(arguments)))


def failure(session: Session, function: str, *arguments: Any) -> SpellError:
    """Returns the error that a call fails with."""
    try:
        ask(session, function, *arguments)
    except SpellError as error:
        return error
    raise AssertionError(f"{function} did not fail")


def lines(session: Session, level: str) -> list[tuple[str, dict[str, Any]]]:
    """Returns message and fields of the log lines of a level."""
    every: list[tuple[str, str, dict[str, Any]]] = session.lines  # type: ignore[attr-defined]
    return [(message, fields) for found, message, fields in every if found == level]
