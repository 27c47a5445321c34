"""Models in this process: finds the file a `local:` name means and opens it as a model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from bridges._errors import InvalidArgument, PermissionDenied
from bridges._local_models.store import CATALOGUE, Store
from bridges._permissions import ReadPath, WritePath

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.embeddings import EmbeddingModel
    from pydantic_ai.models import Model
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    from bridges._llm._local_engine import Engine
    from bridges._session import Session

SUFFIX = ".gguf"


async def open_local(session: Session, name: str) -> Model:
    """Returns the model `local:NAME`, or of the GGUF file a path names, loaded.

    A model's file is loaded once in a process; requests to it are answered one after another.
    Raises ModelNotFound, PermissionDenied (a path the spell may not read), ProviderUnavailable
    (llama.cpp is not installed), ProviderFailed (the file is no model).
    """
    path = find_file(session, name)
    return await asyncio.to_thread(_open, path, name)


async def open_local_embedder(session: Session, name: str) -> EmbeddingModel:
    """Returns the embedding model `local:NAME`, or of the GGUF file a path names, loaded.

    Raises InvalidArgument for a catalogue model, none of which gives embeddings, and as
    `open_local` does.
    """
    path = find_file(session, name)
    if name in CATALOGUE:
        raise InvalidArgument(
            f"local:{name} gives no embeddings",
            hint="name an embedding model: local:PATH.gguf of one, ollama:NAME or openai:NAME",
        )
    return await asyncio.to_thread(_open_embedder, path)


def find_file(session: Session, name: str) -> Path:
    """Returns the model file a name means: one of the store's, or a path the spell may read."""
    if "/" not in name and not name.endswith(SUFFIX):
        return Store(session.data / "models").find(name)
    api = f"local:{name}"
    path = session.grants.check(ReadPath, name, api=api).value
    if "*" not in session.grants.run and _may_write(session, path):
        # llama.cpp trusts what it loads: a crafted file would run code outside the sandbox.
        raise PermissionDenied(
            f"{api} is a file that the spell could have written itself, so it is not loaded",
            hint=f"move it to {session.data / 'models'} and name it without folder and ending",
        )
    return Path(path)


def _may_write(session: Session, path: str) -> bool:
    try:
        session.grants.check(WritePath, path, api="local")
    except PermissionDenied:
        return False
    return True


def _open(path: Path, name: str) -> Model:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.profiles.openai import OpenAIModelProfile

    from bridges._llm import _local_engine, _local_model, _local_tools

    engine = _local_engine.load(path)
    profile = OpenAIModelProfile(
        supports_json_schema_output=True,
        supports_json_object_output=True,
        default_structured_output_mode="native",
        context_window=engine.context,
    )
    plain = OpenAIChatModel(engine.name, provider=_provider(engine), profile=profile)
    source = CATALOGUE.get(name)
    model = _local_model.LocalModel(plain, source.answer_tokens if source else None)
    return model if engine.tools else _local_tools.JsonToolModel(model)


def _open_embedder(path: Path) -> EmbeddingModel:
    from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel

    from bridges._llm import _local_engine

    engine = _local_engine.load(path, embeddings=True)
    return OpenAIEmbeddingModel(engine.name, provider=_provider(engine))


def _provider(engine: Engine) -> OpenAICompatibleProvider:
    from openai import AsyncOpenAI
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    client = AsyncOpenAI(
        base_url="http://local/v1", api_key="none", max_retries=0, http_client=_client(engine)
    )
    return OpenAICompatibleProvider("local", openai_client=client)


def _client(engine: Engine) -> httpx2.AsyncClient:
    import httpx2

    from bridges._llm._local_transport import EngineTransport

    return httpx2.AsyncClient(transport=EngineTransport(engine), trust_env=False)
