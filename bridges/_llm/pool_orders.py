"""Which members of a pool are asked, and in which order."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_ai.messages import BinaryContent, ImageUrl, ModelMessage, UserPromptPart
from pydantic_ai.models import ModelRequestParameters

from bridges._errors import ModelNotFound
from bridges._llm.names import full_name, split
from bridges._pools.pools import Health, Healths

if TYPE_CHECKING:
    from bridges._pools.specs import PoolMember, PoolSpec
    from bridges._session import Session

FREE = ("local", "test")
INPUT_SHARE = 0.75
"""Of the tokens of a usual request; the rest are those of the answer."""
CHARACTERS = 4
"""Of a token, about."""


@dataclass(frozen=True)
class Needs:
    """What a request asks of a model: abilities by our words, and about how many tokens go in."""

    abilities: frozenset[str]
    tokens: int


@dataclass
class Candidate:
    """A member that may be asked."""

    name: str
    member: PoolMember
    health: Health


class Order:
    """The members of one pool in the order of its strategy."""

    def __init__(self, session: Session, spec: PoolSpec) -> None:
        self._session = session
        self._spec = spec
        self._turns: dict[str, float] = {}
        self._facts: dict[str, dict[str, Any]] = {}

    def all(self) -> list[Candidate]:
        """Returns every member, in the pool's own order."""
        healths: Healths = self._session.shared(Healths)
        found = []
        for member in self._spec.members:
            name = full_name(self._session, member.model)
            found.append(Candidate(name, member, healths.of(name, self._spec)))
        return found

    async def choose(
        self, ready: list[Candidate], messages: list[ModelMessage], asked: ModelRequestParameters
    ) -> list[Candidate]:
        """Returns those of the members that may answer a request, the first to be asked first.

        Raises ModelNotFound when none of them can do what the request needs.
        """
        strategy = self._spec.strategy
        if strategy == "round_robin":
            return self._by_turns(ready)
        if strategy == "fastest":
            # Those never asked come first: nobody knows how fast they are.
            return sorted(ready, key=lambda one: one.health.slowness())
        if strategy == "cheapest":
            prices = {one.name: await self._price(one) for one in ready}
            return sorted(ready, key=lambda one: prices[one.name])
        if strategy == "capability":
            return await self._able(ready, needs_of(messages, asked))
        return ready

    def _by_turns(self, ready: list[Candidate]) -> list[Candidate]:
        # Each gains its weight a turn, and who has most goes first and pays for all.
        for one in ready:
            self._turns[one.name] = self._turns.get(one.name, 0.0) + one.member.weight
        ordered = sorted(ready, key=lambda one: -self._turns[one.name])
        self._turns[ordered[0].name] -= sum(one.member.weight for one in ready)
        return ordered

    async def _price(self, one: Candidate) -> float:
        if one.member.cost is not None:
            return one.member.cost
        if split(one.name)[0] in FREE:
            return 0.0
        facts = await self._known(one.name)
        paid, earned = facts.get("input_price"), facts.get("output_price")
        if paid is None or earned is None:
            return math.inf
        return float(INPUT_SHARE * paid + (1 - INPUT_SHARE) * earned)

    async def _able(self, ready: list[Candidate], needs: Needs) -> list[Candidate]:
        able = [one for one in ready if await self._fits(one, needs)]
        if not able:
            wanted = [*sorted(needs.abilities), f"about {needs.tokens} tokens"]
            raise ModelNotFound(
                f"no model of the pool {self._spec.name!r} that can be asked now takes "
                + ", ".join(wanted),
                hint="add one that does, or say so with its capabilities",
            )
        return able

    async def _fits(self, one: Candidate, needs: Needs) -> bool:
        facts = await self._known(one.name)
        known = one.member.capabilities
        if known is None and facts.get("capabilities") is not None:
            known = frozenset(facts["capabilities"])
        window = facts.get("context_window")
        fits = window is None or needs.tokens <= window
        # What is not known is tried.
        return fits and (known is None or needs.abilities <= known)

    async def _known(self, name: str) -> dict[str, Any]:
        if name not in self._facts:
            from bridges._llm.catalogue import info

            self._facts[name] = await asyncio.to_thread(info, self._session, name)
        return self._facts[name]


def needs_of(messages: list[ModelMessage], asked: ModelRequestParameters) -> Needs:
    """Returns what a request needs."""
    found = set()
    if asked.function_tools:
        found.add("tools")
    if asked.output_tools or asked.output_object is not None:
        found.add("schema")
    characters = 0
    for message in messages:
        for part in message.parts:
            content = getattr(part, "content", None)
            pieces = content if isinstance(content, list) else [content]
            characters += sum(len(piece) for piece in pieces if isinstance(piece, str))
            if isinstance(part, UserPromptPart) and any(map(_is_image, pieces)):
                found.add("images")
    return Needs(frozenset(found), characters // CHARACTERS)


def _is_image(piece: Any) -> bool:
    return isinstance(piece, ImageUrl) or (isinstance(piece, BinaryContent) and piece.is_image)
