"""What is known of language models, pools of them, and which one answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Required, TypedDict

from bridges._declare import NOTHING, Bridge, HostObject, host_function
from bridges._events.bus import Bus
from bridges._pools.pools import PROVIDER, Healths, Pools, pool_of
from bridges._types import Callback, Duration

if TYPE_CHECKING:
    from bridges._pools.pools import Health
    from bridges._pools.specs import PoolSpec
    from bridges._session import Session

Strategy = Literal["fallback", "fastest", "consensus", "cheapest", "capability", "round_robin"]


class ModelInfo(TypedDict, total=False):
    """What is known of a model; what is not known is absent.

    name: Its full name, `provider:name`
    provider: The provider part of the name
    ready: Whether it could be asked now: its provider needs no key, or the key is there
    context_window: The most tokens that go in
    max_output: The most tokens that come out
    input_price: US dollars for a million tokens that go in
    output_price: US dollars for a million tokens that come out
    capabilities: Some of tools, schema (answers that fit one), images (looks at them), thinking
    """

    name: str
    provider: str
    ready: bool
    context_window: int
    max_output: int
    input_price: float
    output_price: float
    capabilities: list[str]


class ModelPoolMember(TypedDict, total=False):
    """A model of a pool.

    model: Its name or alias
    weight: Its share of the turns with `round_robin`; 1 unless set
    cost: US dollars for a million tokens, for `cheapest`; what the price list says unless set
    capabilities: Some of tools, schema, images, thinking, for `capability`; what is known of the
        model unless set
    """

    model: Required[str]
    weight: float
    cost: float
    capabilities: list[str]


class ModelPoolOptions(TypedDict, total=False):
    """What a pool is.

    name: `pool:NAME` is what it is called wherever a model is named
    members: Names of models, aliases and other pools, or maps with `model` and more
    strategy: `fallback` (unless set) asks them in order, `fastest` the one that is, and others when
        it is slow, `consensus` several and takes what most answer, `cheapest` in the order of their
        prices, `capability` in order those that can do what is asked, `round_robin` in turns
    hedge_after: With `fastest`: when the next is asked as well; unless set, after twice the time
        that the first has usually taken
    ask: With `consensus`: how many answers are asked for; one of each member unless set
    quorum: With `consensus`: how many have to be the same; more than half of them unless set. With
        a judge: how many there have to be; 1 unless set
    judge: With `consensus`: chooses the answer. A model's name, or a function that takes a list of
        answers with `index`, `model` and `text` and returns the index of the best
    member_timeout: When a member that has not answered, or begun to, is given up for the next
    failures: Failures within twice the cool-down after which a member is left alone; 3 unless set
    cool_down: How long it is left alone; 30 seconds unless set
    """

    name: Required[str]
    members: Required[list[str | ModelPoolMember]]
    strategy: Strategy
    hedge_after: Duration
    ask: int
    quorum: int
    judge: str | Callback
    member_timeout: Duration
    failures: int
    cool_down: Duration


class ModelPoolInfo(TypedDict):
    """What a pool is.

    name: What it is called wherever a model is named
    strategy: How its members are asked
    members: The full names of its members
    """

    name: str
    strategy: Strategy
    members: list[str]


class ModelHealth(TypedDict, total=False):
    """How well a model has answered as a member of pools.

    model: Its full name
    state: `closed` when it is asked, `open` when it is left alone, `half_open` when it is tried
    requests: Requests that have ended
    failures: Those that failed
    latency: Seconds that its answers took, the newest counting most; of a stream, until it began
    last_error: What the last failure was
    retry_after: Seconds until it is tried again
    """

    model: str
    state: Literal["closed", "open", "half_open"]
    requests: int
    failures: int
    latency: float
    last_error: str
    retry_after: float


class ModelPoolObject(HostObject):
    """Several models under one name; `pool:NAME` names it wherever a model is named."""

    name = "ModelPool"

    def __init__(self, session: Session, spec: PoolSpec) -> None:
        self._session = session
        self._spec = spec

    @host_function(needs=NOTHING, since=2)
    def info(self) -> ModelPoolInfo:
        """Returns what the pool is.

        returns: Its name, its strategy, its members
        """
        members = [health.model for health in self._healths()]
        name = f"{PROVIDER}:{self._spec.name}"
        return {"name": name, "strategy": self._spec.strategy, "members": members}

    @host_function(needs=NOTHING, since=2)
    def health(self) -> list[ModelHealth]:
        """Tells how well the members have answered, in this pool or in another.

        returns: One record a member, in order
        """
        found: Any = [health.record() for health in self._healths()]
        return found  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=2)
    def reset(self) -> None:
        """Has members that were left alone be asked again."""
        for health in self._healths():
            health.breaker.close()

    def _healths(self) -> list[Health]:
        from bridges._llm.names import full_name

        known: Healths = self._session.shared(Healths)
        names = [full_name(self._session, member.model) for member in self._spec.members]
        return [known.of(name, self._spec) for name in names]


class Model(Bridge):
    """Says which models there are, what they can do and how well they are, and makes pools."""

    @host_function(needs=NOTHING, since=1)
    async def list_(self, provider: str | None = None) -> list[str]:
        """Lists model names that can be used as they are.

        provider: Only this provider's; without it, those of every provider that has a key
        returns: Names such as `openai:gpt-5-mini`
        """
        from bridges._llm.catalogue import names

        found: Any = await asyncio.to_thread(names, self.session, provider)
        return found  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=1)
    async def info(self, name: str | None = None) -> ModelInfo:
        """Returns what is known of a model.

        name: Model name or alias; without it, the default model
        returns: Its context window, prices and capabilities
        """
        from bridges._llm.catalogue import info

        found: Any = await asyncio.to_thread(info, self.session, name)
        return found  # type: ignore[no-any-return]

    @host_function(needs=NOTHING, since=1)
    def default(self) -> str:
        """Returns the name of the model that answers when none is named.

        returns: Its full name
        """
        from bridges._llm.names import default_name

        return default_name(self.session)

    @host_function(needs=NOTHING, since=2)
    def set_default(self, name: str) -> None:
        """Has another model answer from the next request on where none is named.

        name: A model's name or alias, or a pool's
        """
        from bridges._llm.names import default_name, full_name

        full_name(self.session, name)
        before = default_name(self.session)
        self.session.use_models(replace(self.session.models, default_model=name))
        after = default_name(self.session)
        if after != before:
            bus: Bus = self.session.shared(Bus)
            bus.emit("model.switched", {"from": before, "to": after})

    @host_function(needs=NOTHING, since=2)
    def pool(self, options: ModelPoolOptions) -> ModelPoolObject:
        """Makes a pool of models; `pool:NAME` is a model's name from now on.

        options: What the pool is
        returns: The pool
        """
        where = "Model.pool"
        spec = pool_of(options, where)
        pools: Pools = self.session.shared(Pools)
        pools.add(spec, where)
        return ModelPoolObject(self.session, spec)

    @host_function(needs=NOTHING, since=2)
    def health(self) -> list[ModelHealth]:
        """Tells how well the models that were asked as members of pools have answered.

        returns: One record a model
        """
        known: Healths = self.session.shared(Healths)
        found: Any = known.records()
        return found  # type: ignore[no-any-return]
