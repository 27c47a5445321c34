"""Local model servers for the tests of models."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridges._llm import preload
from tests.models.servers import Servers, start


@pytest.fixture(scope="session")
def running_servers() -> Iterator[Servers]:
    """The servers of a test process; the SDKs are loaded once, so that no test waits for them."""
    for kind in ("openai", "anthropic", "google"):
        preload.load(kind)
    with start() as servers:
        yield servers


@pytest.fixture
def servers(running_servers: Servers) -> Servers:
    """The servers, with nothing asked of them yet."""
    running_servers.clear()
    return running_servers
