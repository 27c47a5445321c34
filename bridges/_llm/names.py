"""Model names: aliases, `provider:name` and `provider/name`, the default."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridges._errors import ConfigError, ModelNotFound
from bridges._llm.providers import BUILT_IN, Server, server_of
from bridges._names import nearest
from bridges._pools.pools import PROVIDER, Pools
from bridges._settings import LOCAL_DEFAULT

if TYPE_CHECKING:
    from bridges._session import Session


@dataclass(frozen=True)
class ModelRef:
    """A model, found: the name that messages use, the server, and the server's name for it."""

    name: str
    model: str
    server: Server


def default_name(session: Session) -> str:
    """Returns the name a request without a model uses."""
    return expand(session, session.models.default_model or LOCAL_DEFAULT)


def expand(session: Session, name: str) -> str:
    """Follows aliases; a circle of them is a ConfigError."""
    seen = [name]
    while name in session.models.aliases:
        name = session.models.aliases[name]
        if name in seen:
            circle = " -> ".join([*seen, name])
            raise ConfigError(
                f"the model aliases go in a circle: {circle}", hint="correct [models]"
            )
        seen.append(name)
    return name


def split(name: str) -> tuple[str, str]:
    """Returns provider and model of `provider:model` or `provider/model`; no provider is empty."""
    match = re.match(r"([A-Za-z0-9_.-]+)[:/](.+)", name, re.DOTALL)
    return (match[1], match[2]) if match else ("", name)


def full_name(session: Session, name: str | None) -> str:
    """Returns `provider:model` for a name; raises ModelNotFound for one that means no model.

    name: a model's name or alias, or a pool's; None is the default
    """
    name = expand(session, name) if name else default_name(session)
    provider, model = split(name)
    if provider == PROVIDER:
        pools: Pools = session.shared(Pools)
        pools.find(model)
    elif provider not in BUILT_IN and provider not in session.models.providers:
        raise _unknown(session, name, provider)
    return f"{provider}:{model}"


def find(session: Session, name: str | None) -> ModelRef:
    """Returns the model a name means; raises ModelNotFound or ProviderAuth with what to do."""
    full = full_name(session, name)
    provider, model = split(full)
    if provider == PROVIDER:
        return ModelRef(full, model, Server(PROVIDER, PROVIDER))
    return ModelRef(full, model, server_of(session, provider))


def _unknown(session: Session, name: str, provider: str) -> ModelNotFound:
    providers = sorted({*BUILT_IN, *session.models.providers})
    if provider:
        message = f"the model {name!r} names an unknown provider, {provider!r}"
        near = nearest(provider, providers)
    else:
        message = f"the model {name!r} names no provider and is no alias"
        near = None
    pools: Pools = session.shared(Pools)
    own = [*session.models.aliases, *(f"{PROVIDER}:{pool}" for pool in pools.names())]
    known = ", ".join([*sorted(own), *(f"{p}:NAME" for p in providers)])
    near_alias = nearest(name, session.models.aliases)
    meant = near_alias or (f"{near}:{split(name)[1]}" if near else None)
    return ModelNotFound(
        message, hint=f"did you mean {meant!r}?" if meant else f"write one of {known}"
    )
