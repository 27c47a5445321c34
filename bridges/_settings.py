"""What a run knows of models: default, aliases, providers and their keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bridges._types import Callback

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
class PoolMember:
    """A model of a pool.

    model: its name or alias; weight: its share of the turns
    cost: US dollars for a million tokens; None is what the price list says
    capabilities: what it can do; None is what is known of it
    """

    model: str
    weight: float = 1.0
    cost: float | None = None
    capabilities: frozenset[str] | None = None


@dataclass(frozen=True)
class PoolSpec:
    """A pool of models, asked under one name.

    hedge_after: seconds until fastest asks the next as well; None goes by how long the first took
    ask, quorum: how many answers consensus wants, and how many have to agree
    judge: chooses among answers: a function of the script, or a model's name
    member_timeout: seconds until a member has answered, or begun to
    failures, cool_down: when a member is left alone, and for how many seconds
    """

    name: str
    members: tuple[PoolMember, ...]
    strategy: Literal[
        "fallback", "fastest", "consensus", "cheapest", "capability", "round_robin"
    ] = "fallback"
    hedge_after: float | None = None
    ask: int | None = None
    quorum: int | None = None
    judge: str | Callback | None = None
    member_timeout: float | None = None
    failures: int = 3
    cool_down: float = 30.0

    @property
    def asked(self) -> int:
        """How many answers consensus asks for."""
        return self.ask or len(self.members)


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
