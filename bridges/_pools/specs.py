"""Pools of models as they are configured; apart from the settings, which every run reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bridges._types import Callback


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
