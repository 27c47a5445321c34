"""Model names, aliases, defaults, and which key goes where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridges._errors import ConfigError, ModelNotFound, ProviderAuth, SpellError
from bridges._llm.names import default_name, find
from bridges._llm.providers import BUILT_IN
from bridges._settings import ModelSettings, Provider
from tests.sessions import make_session

KEYS = {"OPENAI_API_KEY": "k-openai", "ANTHROPIC_API_KEY": "k-anthropic", "GEMINI_API_KEY": "k-g"}


def session_of(tmp_path: Path, environ: dict[str, str] | None = None, **models: Any) -> Any:
    return make_session(tmp_path, models=ModelSettings(**models), environ=environ or {})


@pytest.mark.parametrize(
    ("name", "found", "model"),
    [
        ("openai:gpt-5", "openai:gpt-5", "gpt-5"),
        ("openai/gpt-5", "openai:gpt-5", "gpt-5"),
        ("ollama:llama3:8b", "ollama:llama3:8b", "llama3:8b"),
        ("openrouter/anthropic/claude", "openrouter:anthropic/claude", "anthropic/claude"),
        ("local:models/a.gguf", "local:models/a.gguf", "models/a.gguf"),
        ("fast", "anthropic:claude-haiku-4-5", "claude-haiku-4-5"),
        ("faster", "anthropic:claude-haiku-4-5", "claude-haiku-4-5"),
        (None, "anthropic:claude-haiku-4-5", "claude-haiku-4-5"),
    ],
)
def test_names_are_found(name: str | None, found: str, model: str, tmp_path: Path) -> None:
    aliases = {"fast": "anthropic:claude-haiku-4-5", "faster": "fast"}
    environ = {**KEYS, "OPENROUTER_API_KEY": "k"}
    session = session_of(tmp_path, environ, aliases=aliases, default_model="fast")
    ref = find(session, name)
    assert (ref.name, ref.model) == (found, model)


def test_without_configuration_the_local_model_is_the_default(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    assert default_name(session) == "local:smollm2-135m"
    assert session.door.call(session.door.number("Model.default"), []) == "local:smollm2-135m"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("opnai:gpt-5", "unknown provider, 'opnai'", "did you mean 'openai:gpt-5'?"),
        ("quick-model", "names no provider and is no alias", "openai:NAME"),
        ("fasst", "is no alias", "did you mean 'fast'?"),
    ],
)
def test_unknown_names_get_the_nearest(name: str, message: str, hint: str, tmp_path: Path) -> None:
    session = session_of(tmp_path, aliases={"fast": "openai:gpt-5"})
    with pytest.raises(ModelNotFound, match=message) as caught:
        find(session, name)
    assert hint in caught.value.hint


def test_aliases_in_a_circle_are_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    session = session_of(tmp_path, aliases={"a": "b", "b": "a"})
    with pytest.raises(ConfigError, match="a -> b -> a"):
        find(session, "a")


@pytest.mark.parametrize("provider", [name for name, p in BUILT_IN.items() if p.keys])
def test_a_missing_key_names_the_variable(provider: str, tmp_path: Path) -> None:
    built_in = BUILT_IN[provider]
    if built_in.optional:
        assert find(session_of(tmp_path), f"{provider}:x").server.api_key is None
        return
    with pytest.raises(ProviderAuth) as caught:
        find(session_of(tmp_path), f"{provider}:x")
    assert built_in.keys[0] in caught.value.hint
    assert "llmspell config" in caught.value.hint


def test_keys_come_from_what_the_run_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of the process")
    with pytest.raises(ProviderAuth):
        find(session_of(tmp_path), "openai:x")
    assert find(session_of(tmp_path, KEYS), "openai:x").server.api_key == "k-openai"
    assert find(session_of(tmp_path, KEYS), "google:x").server.api_key == "k-g"
    given = session_of(tmp_path, KEYS, keys={"OPENAI_API_KEY": "from .env"})
    assert find(given, "openai:x").server.api_key == "from .env"


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google", "ollama", "openrouter"])
def test_an_address_of_the_configuration_never_gets_a_key_of_the_environment(
    provider: str, tmp_path: Path
) -> None:
    environ = {name: "secret" for built_in in BUILT_IN.values() for name in built_in.keys}
    providers = {provider: Provider("openai", "http://127.0.0.1:1/v1")}
    server = find(session_of(tmp_path, environ, providers=providers), f"{provider}:x").server
    assert server.base_url == "http://127.0.0.1:1/v1"
    assert server.api_key is None


def test_openai_chat_follows_the_address_of_openai(tmp_path: Path) -> None:
    providers = {"openai": Provider("openai", "http://127.0.0.1:1/v1", "k")}
    session = session_of(tmp_path, KEYS, providers=providers)
    server = find(session, "openai-chat:x").server
    assert (server.base_url, server.api_key) == ("http://127.0.0.1:1/v1", "k")


def test_a_configured_key_alone_goes_to_the_usual_address(tmp_path: Path) -> None:
    providers = {"anthropic": Provider("anthropic", None, "own")}
    server = find(session_of(tmp_path, KEYS, providers=providers), "anthropic:x").server
    assert (server.base_url, server.api_key) == ("https://api.anthropic.com", "own")


@pytest.mark.parametrize(
    ("given", "url"),
    [
        (None, "http://localhost:11434/v1"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000/v1"),
        ("http://127.0.0.1:5000/v1/", "http://127.0.0.1:5000/v1/"),
    ],
)
def test_ollama_is_where_the_environment_says(given: str | None, url: str, tmp_path: Path) -> None:
    environ = {"OLLAMA_BASE_URL": given} if given else {}
    assert find(session_of(tmp_path, environ), "ollama:x").server.base_url == url


def test_every_refusal_is_a_spell_error(tmp_path: Path) -> None:
    for name in (":", "/", "a:", ":b", "openai:", "\n"):
        with pytest.raises(SpellError):
            find(session_of(tmp_path), name)
