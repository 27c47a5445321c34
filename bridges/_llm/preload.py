"""Imports pydantic-ai early, in a thread, while the run is still starting."""

from __future__ import annotations

import gc
import importlib
import threading

MODULES = ("pydantic_ai", "bridges._llm.pipeline")
SDKS = {
    "responses": "pydantic_ai.models.openai",
    "openai": "pydantic_ai.models.openai",
    "ollama": "pydantic_ai.models.ollama",
    "openrouter": "pydantic_ai.models.openrouter",
    "anthropic": "pydantic_ai.models.anthropic",
    "google": "pydantic_ai.models.google",
    "local": "pydantic_ai.models.openai",
}
"""What the kinds of servers (see `providers.Server`) need besides; each takes up to a second."""


def start(kind: str = "") -> threading.Thread:
    """Begins the imports and returns the thread that makes them.

    kind: the kind of server the run will use first, when that is known
    """
    thread = threading.Thread(target=load, args=(kind,), daemon=True)
    thread.start()
    return thread


def load(kind: str = "") -> None:
    """Imports what models need, and what a kind of server needs besides."""
    # Importing makes hundreds of thousands of objects that live on: collecting between finds none.
    was_on = gc.isenabled()
    gc.disable()
    try:
        for name in (*MODULES, SDKS.get(kind, "")):
            if name:
                importlib.import_module(name)
    finally:
        if was_on:
            gc.enable()
