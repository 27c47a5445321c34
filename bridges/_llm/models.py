"""The models of a run: each opened once, on first use, and closed with the run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bridges._llm.names import ModelRef, find
from bridges._pools.pools import PROVIDER, Pools
from bridges._settings import LOCAL_DEFAULT

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.models import Model

    from bridges._llm.named import NamedModel
    from bridges._llm.pipeline import Pipeline
    from bridges._llm.pools import Pool
    from bridges._session import Session

MAX_SCRIPT = 10 * 1024 * 1024
"""Bytes of a scripted test model."""


async def open_model(session: Session, name: str | None) -> NamedModel:
    """Returns a model of pydantic-ai whose requests take the run's one way.

    name: a model name or alias; None is the default
    Raises ModelNotFound, ProviderAuth or ConfigError with what to do.
    """
    models: Models = session.shared(Models)
    return await models.open(name)


class Models:
    """What one run has opened."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._open: dict[ModelRef, Pipeline] = {}
        self._pools: dict[str, Pool] = {}
        self._http: httpx2.AsyncClient | None = None
        self._lock = asyncio.Lock()
        self._noted = False

    async def open(self, name: str | None) -> NamedModel:
        """Returns the model of a name, opened now or before."""
        if name is None:
            self._note_default()
        ref = find(self._session, name)
        if ref.server.kind == PROVIDER:
            return await self._pool(ref)
        if ref not in self._open:
            async with self._lock:
                if ref not in self._open:
                    self._open[ref] = await self._opened(ref)
        return self._open[ref]

    async def _pool(self, ref: ModelRef) -> Pool:
        """Returns a pool as it is now: its members are opened when they are asked."""
        await self.http()
        from bridges._llm.pools import Pool

        pools: Pools = self._session.shared(Pools)
        spec = pools.find(ref.model)
        known = self._pools.get(ref.model)
        if known is None or known.spec is not spec:
            pools.check(spec, f"the pool {spec.name!r}")
            known = self._pools[ref.model] = Pool(self._session, ref, spec)
        return known

    async def http(self) -> httpx2.AsyncClient:
        """Returns the run's HTTP client for models."""
        if self._http is None:
            # Imports of the SDKs take up to two seconds, which the loop must not stand still for.
            self._http = await asyncio.to_thread(_first_use, self._session)
            self._session.on_close(self._http.aclose)
        return self._http

    def _note_default(self) -> None:
        if self._session.models.default_model is not None or self._noted:
            return
        self._noted = True
        if self._session.log.is_enabled("warn"):
            self._session.write_error(f"llmspell: no model configured; using {LOCAL_DEFAULT}\n")

    async def _opened(self, ref: ModelRef) -> Pipeline:
        http = await self.http()
        from bridges._llm.failures import translated
        from bridges._llm.pipeline import Pipeline

        with translated(ref.name, ref.server.key_hint):
            return Pipeline(await self._new(ref, http), self._session, ref)

    async def _new(self, ref: ModelRef, http: httpx2.AsyncClient) -> Model:
        if ref.server.kind == "local":
            from bridges._llm.local import open_local

            return await open_local(self._session, ref.model)
        if ref.server.kind == "test":
            return self._test_model(ref)
        from bridges._llm.clients import build
        from bridges._llm.preload import load

        await asyncio.to_thread(load, ref.server.kind)
        return await asyncio.to_thread(build, ref, http)

    def _test_model(self, ref: ModelRef) -> Model:
        from bridges import _io
        from bridges._llm.scripted import echo, scripted
        from bridges._permissions import ReadPath

        if ref.model == "echo":
            return echo()
        path = self._session.grants.check(ReadPath, ref.model, api="a scripted model")
        text = _io.read_bytes(path, MAX_SCRIPT, ref.model).decode("utf-8", "replace")
        return scripted(ref, text)


def _first_use(session: Session) -> httpx2.AsyncClient:
    """Loads pydantic-ai, sees to its warnings and its banner, and returns an HTTP client."""
    from bridges._llm.preload import load

    load()
    import pydantic_ai

    from bridges._llm.clients import http_client
    from bridges._llm.sdk_warnings import listen

    pydantic_ai.BANNER_ENABLED = False
    stop = listen(session.log)

    async def stop_listening() -> None:
        stop()

    session.on_close(stop_listening)
    return http_client(session.models.connect)
