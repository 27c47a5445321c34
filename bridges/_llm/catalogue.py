"""What is known of models without asking anybody: names, context windows, prices, abilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridges._errors import InvalidArgument
from bridges._llm.names import default_name, expand, split
from bridges._llm.providers import BUILT_IN, is_ready
from bridges._names import did_you_mean
from bridges._pools.pools import PROVIDER, Pools

if TYPE_CHECKING:
    from bridges._session import Session

ABILITIES = {
    "supports_tools": "tools",
    "supports_json_schema_output": "schema",
    "supports_image_input": "images",
    "supports_thinking": "thinking",
}
"""Flags of the agent library's profiles and our words for them."""


def names(session: Session, provider: str | None) -> list[str]:
    """Returns model names: of one provider, or of every one that could be asked now.

    Providers whose models the price list does not know (configured servers, ollama) have none.
    """
    known = [*BUILT_IN, *session.models.providers, PROVIDER]
    if provider == PROVIDER:
        pools: Pools = session.shared(Pools)
        return [f"{PROVIDER}:{name}" for name in pools.names()]
    if provider is not None and provider not in known:
        raise InvalidArgument(
            f"there is no provider {provider!r}", hint=did_you_mean(provider, known)
        )
    wanted = [provider] if provider else [p for p in BUILT_IN if is_ready(session, p)]
    found: list[str] = []
    for name in wanted:
        found += [f"{name}:{model}" for model in _models(session, name)]
    return found


def _models(session: Session, provider: str) -> list[str]:
    if provider == "local":
        from bridges._local_models.store import Store

        return [model.name for model in Store(session.data / "models").list() if model.installed]
    if provider == "test":
        return ["echo"]
    built_in = BUILT_IN.get(provider)
    listed = _priced(built_in.prices) if built_in and built_in.prices else []
    return [model.id for model in listed if not model.deprecated]


def _priced(provider: str) -> list[Any]:
    from genai_prices.data_snapshot import get_snapshot

    return next((list(p.models) for p in get_snapshot().providers if p.id == provider), [])


def info(session: Session, name: str | None) -> dict[str, Any]:
    """Returns what is known of a model; what is not known is None. Takes half a second at first."""
    full = expand(session, name) if name else default_name(session)
    provider, model = split(full)
    known = [*BUILT_IN, *session.models.providers]
    if provider == PROVIDER:
        return _pool_info(session, model)
    if provider not in known:
        raise InvalidArgument(f"{full!r} names no known provider", hint=did_you_mean(full, known))
    found: dict[str, Any] = {
        "name": f"{provider}:{model}",
        "provider": provider,
        "ready": is_ready(session, provider),
        **_abilities(session, provider, model),
    }
    built_in = BUILT_IN.get(provider)
    if built_in and built_in.prices and provider not in session.models.providers:
        found.update(_prices(built_in.prices, model))
    return found


def _pool_info(session: Session, name: str) -> dict[str, Any]:
    """Returns what all members of a pool can do; what one of them is not known for is None."""
    pools: Pools = session.shared(Pools)
    spec = pools.find(name)
    pools.check(spec, f"the pool {name!r}")
    members = [info(session, member.model) for member in spec.members]
    able = [set(one["capabilities"]) for one in members if one.get("capabilities") is not None]
    windows = [one["context_window"] for one in members if one.get("context_window")]
    every = len(able) == len(members)
    return {
        "name": f"{PROVIDER}:{name}",
        "provider": PROVIDER,
        "ready": any(one["ready"] for one in members),
        "capabilities": sorted(set.intersection(*able)) if every else None,
        "context_window": min(windows) if len(windows) == len(members) else None,
    }


def _prices(provider: str, model: str) -> dict[str, Any]:
    from genai_prices import Usage, calc_price

    try:
        price = calc_price(Usage(input_tokens=0, output_tokens=0), model, provider_id=provider)
    except LookupError:
        return {}
    return {
        "context_window": price.model.context_window,
        "input_price": _rate(price.model_price.input_mtok),
        "output_price": _rate(price.model_price.output_mtok),
    }


def _rate(rate: Any) -> float | None:
    """Returns dollars for a million tokens; of a price that rises with the input, the first."""
    return None if rate is None else float(getattr(rate, "base", rate))


def _abilities(session: Session, provider: str, model: str) -> dict[str, Any]:
    configured = session.models.providers.get(provider)
    kind = configured.kind if configured else BUILT_IN[provider].kind
    if kind == "local":
        return {"capabilities": ["schema"]}
    if kind not in ("anthropic", "google", "openai", "responses"):
        return {}
    profile = _profile(kind, model)
    words = [word for flag, word in ABILITIES.items() if profile.get(flag)]
    return {"capabilities": words, "max_output": profile.get("anthropic_max_output_tokens")}


def _profile(kind: str, model: str) -> dict[str, Any]:
    from pydantic_ai.profiles import DEFAULT_PROFILE
    from pydantic_ai.profiles.anthropic import anthropic_model_profile
    from pydantic_ai.profiles.google import google_model_profile
    from pydantic_ai.profiles.openai import openai_model_profile

    makers: dict[str, Any] = {"anthropic": anthropic_model_profile, "google": google_model_profile}
    return {**DEFAULT_PROFILE, **(makers.get(kind, openai_model_profile)(model) or {})}
