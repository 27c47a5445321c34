"""What a run knows of models: default, aliases, providers and their keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bridges._pools.specs import PoolSpec

LOCAL_DEFAULT = "local:smollm2-135m"


@dataclass(frozen=True)
class Provider:
    """A server that `[providers.NAME]` adds, or changes to a built-in provider.

    kind: the protocol it speaks; base_url: where; api_key: the key, already resolved
    """

    kind: Literal["openai", "anthropic", "google"]
    base_url: str | None = None
    api_key: str | None = None


@dataclass(frozen=True)
class ModelSettings:
    """Names and keys; keys of built-in providers are read from the environment given to the run.

    default_model: a model name or alias; None means the local model
    aliases: alias to model name
    providers: name to server
    pools: name to pool
    keys: environment variables that may be sent to the built-in providers
    timeout, retries, first_byte, idle, connect: defaults of a request, in seconds and tries
    """

    default_model: str | None = None
    aliases: dict[str, str] = field(default_factory=dict)
    providers: dict[str, Provider] = field(default_factory=dict)
    pools: dict[str, PoolSpec] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    timeout: float = 120.0
    connect: float = 10.0
    first_byte: float = 60.0
    idle: float = 60.0
    retries: int = 2
