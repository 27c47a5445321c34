"""What is known of language models."""

from __future__ import annotations

import asyncio
from typing import Any, TypedDict

from bridges._declare import NOTHING, Bridge, host_function


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


class Model(Bridge):
    """Says which models there are and what they can do; asks nobody, so it works offline."""

    @host_function(needs=NOTHING, since=1)
    async def list(self, provider: str | None = None) -> list[str]:
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
