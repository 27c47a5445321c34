"""The providers that need no configuration, and how a name becomes a server with a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bridges._errors import ProviderAuth

if TYPE_CHECKING:
    from bridges._session import Session


class BuiltIn(NamedTuple):
    """A provider that llmspell knows.

    kind: the protocol it speaks, see `Server`
    base_url: where it is
    keys: environment variables that may hold its key, best first; none means it needs no key
    prices: what the price list calls it
    optional: whether it also works without a key
    """

    kind: str
    base_url: str
    keys: tuple[str, ...] = ()
    prices: str = ""
    optional: bool = False


OPENAI_URL = "https://api.openai.com/v1"
OLLAMA_URL = "http://localhost:11434/v1"

BUILT_IN = {
    "openai": BuiltIn("responses", OPENAI_URL, ("OPENAI_API_KEY",), "openai"),
    "openai-chat": BuiltIn("openai", OPENAI_URL, ("OPENAI_API_KEY",), "openai"),
    "anthropic": BuiltIn(
        "anthropic", "https://api.anthropic.com", ("ANTHROPIC_API_KEY",), "anthropic"
    ),
    "google": BuiltIn(
        "google",
        "https://generativelanguage.googleapis.com",
        ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        "google",
    ),
    "ollama": BuiltIn("ollama", OLLAMA_URL, ("OLLAMA_API_KEY",), optional=True),
    "openrouter": BuiltIn(
        "openrouter", "https://openrouter.ai/api/v1", ("OPENROUTER_API_KEY",), "openrouter"
    ),
    "groq": BuiltIn("openai", "https://api.groq.com/openai/v1", ("GROQ_API_KEY",), "groq"),
    "deepseek": BuiltIn("openai", "https://api.deepseek.com", ("DEEPSEEK_API_KEY",), "deepseek"),
    "mistral": BuiltIn("openai", "https://api.mistral.ai/v1", ("MISTRAL_API_KEY",), "mistral"),
    "together": BuiltIn("openai", "https://api.together.xyz/v1", ("TOGETHER_API_KEY",), "together"),
    "xai": BuiltIn("openai", "https://api.x.ai/v1", ("XAI_API_KEY",), "x-ai"),
    "local": BuiltIn("local", ""),
    "test": BuiltIn("test", ""),
}


KEY_NAMES = tuple(dict.fromkeys(key for known in BUILT_IN.values() for key in known.keys))
"""Environment variables with the keys of built-in providers."""
_PROTOCOLS = {"responses": "openai", "ollama": "openai", "openrouter": "openai"}


def protocol_of(provider: str) -> str | None:
    """Returns the protocol that a built-in provider's server speaks; None for any other name."""
    known = BUILT_IN.get(provider)
    if known is None or not known.base_url:
        return None
    return _PROTOCOLS.get(known.kind, known.kind)


class Server(NamedTuple):
    """Where requests go.

    kind: responses, openai, anthropic, google, ollama, openrouter, local or test
    key_hint: what to do when the server refuses the key
    """

    provider: str
    kind: str
    base_url: str = ""
    api_key: str | None = None
    key_hint: str = ""


def server_of(session: Session, provider: str) -> Server:
    """Returns the server of a known provider; raises ProviderAuth when its key is missing.

    A configured address gets the configured key only, never one from the environment: the project
    that names an address may not be the one the key belongs to.
    """
    configured = session.models.providers.get(provider)
    built_in = BUILT_IN.get(provider)
    if provider == "openai-chat" and configured is None:
        configured = session.models.providers.get("openai")
    hint = f"check api_key_env of [providers.{provider}]; `llmspell config check` shows it"
    if configured and built_in is None:
        base_url = configured.base_url or default_url(configured.kind)
        return Server(provider, configured.kind, base_url, configured.api_key, hint)
    assert built_in is not None
    if configured and configured.base_url:
        return Server(provider, built_in.kind, configured.base_url, configured.api_key, hint)
    if not built_in.keys:
        return Server(provider, built_in.kind)
    own_key = configured.api_key if configured else None
    key = own_key or key_in_environment(session, built_in)
    if not key and not built_in.optional:
        raise ProviderAuth(
            f"there is no key for the provider {provider!r}",
            hint=f"set the environment variable {built_in.keys[0]}, or api_key_env under "
            f"[providers.{provider}] in your configuration (`llmspell config path` shows where)",
        )
    base_url = _ollama_url(session) if provider == "ollama" else built_in.base_url
    return Server(provider, built_in.kind, base_url, key, f"check the key in {built_in.keys[0]}")


def default_url(kind: str) -> str:
    """Returns the address of the company whose protocol a kind names."""
    return BUILT_IN[kind].base_url


def key_in_environment(session: Session, built_in: BuiltIn) -> str | None:
    """Returns a built-in provider's key from what the run was given, or None."""
    for name in built_in.keys:
        key = session.models.keys.get(name) or session.environ.get(name)
        if key:
            return key
    return None


def _ollama_url(session: Session) -> str:
    url = session.environ.get("OLLAMA_BASE_URL") or OLLAMA_URL
    return url if url.rstrip("/").endswith("/v1") else url.rstrip("/") + "/v1"


def is_ready(session: Session, provider: str) -> bool:
    """Tells whether a provider could be asked: it is configured, has a key, or needs none."""
    built_in = BUILT_IN.get(provider)
    if provider in session.models.providers or built_in is None:
        return True
    return not built_in.keys or key_in_environment(session, built_in) is not None
