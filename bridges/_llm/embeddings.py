"""Vectors of texts, through the embedding models of the providers that have some."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bridges._errors import InvalidArgument
from bridges._llm.names import ModelRef, find
from bridges._pools.pools import PROVIDER

if TYPE_CHECKING:
    from pydantic_ai.embeddings import EmbeddingModel

    from bridges._session import Session


async def embed(
    session: Session, name: str, texts: list[str], settings: dict[str, Any]
) -> dict[str, Any]:
    """Returns the vectors, the model and the usage.

    settings: timeout (seconds) and max_retries, where the run's are not wanted
    """
    from bridges._llm.models import Models

    ref = find(session, name)
    if ref.server.kind == PROVIDER:
        raise InvalidArgument(
            f"{ref.name} makes no vectors: those of different models cannot be compared",
            hint="name one embedding model, such as openai:text-embedding-3-small",
        )
    models: Models = session.shared(Models)
    http = await models.http()
    from bridges._llm.failures import translated
    from bridges._llm.tries import Request, policy_of

    with translated(ref.name, ref.server.key_hint):
        if ref.server.kind == "local":
            from bridges._llm.local import open_local_embedder

            model = await open_local_embedder(session, ref.model)
        else:
            model = await asyncio.to_thread(_build, ref, http)

    with session.budget.request():
        request = Request(session, ref, policy_of(session, settings))
        result = await request.run(lambda: model.embed(texts, input_type="document"))
    cost = _cost(result)
    session.budget.add(result.usage.input_tokens, 0, cost)
    return {
        "vectors": [list(map(float, vector)) for vector in result.embeddings],
        "model": ref.name,
        "usage": {
            "input_tokens": result.usage.input_tokens,
            "output_tokens": 0,
            "total_tokens": result.usage.input_tokens,
            "requests": 1,
        },
        "cost": None if cost is None else float(cost),
    }


def _build(ref: ModelRef, http: Any) -> EmbeddingModel:
    from bridges._llm.clients import google_provider, openai_client

    if ref.server.kind in ("responses", "openai", "ollama", "openrouter"):
        from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel
        from pydantic_ai.providers.openai import OpenAIProvider

        provider = OpenAIProvider(openai_client=openai_client(ref.server, http))
        return OpenAIEmbeddingModel(ref.model, provider=provider)
    if ref.server.kind == "google":
        from pydantic_ai.embeddings.google import GoogleEmbeddingModel

        return GoogleEmbeddingModel(ref.model, provider=google_provider(ref.server, http))
    if ref.server.kind == "test":
        from pydantic_ai.embeddings import TestEmbeddingModel

        return TestEmbeddingModel(ref.model)
    raise InvalidArgument(
        f"{ref.name} makes no vectors",
        hint="use an embedding model, such as openai:text-embedding-3-small",
    )


def _cost(result: Any) -> Decimal | None:
    try:
        price: Decimal = result.cost().total_price
    except (LookupError, ValueError):
        return None
    return price
