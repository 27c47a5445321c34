"""What REPL and chat share at a terminal: the project's history, the bottom line, a warm start."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bridges._errors import ConfigError
from bridges._secrets import has_key, secret_values

if TYPE_CHECKING:
    from bridges._session import Session
    from bridges._settings import ModelSettings
    from llmspell_cli.shell.history import ProjectHistory
    from llmspell_cli.world import World

SOON = 0.2
"""Seconds after which the model libraries begin to load: the prompt comes first."""


def history_of(world: World, models: ModelSettings, what: str) -> ProjectHistory:
    """Returns a history of the project around the working directory.

    what: which one: a language, or `chat`
    Inputs that seem to hold a key, or hold one that is configured, are not stored in it.
    """
    from llmspell_cli.config_layers import find_project_file
    from llmspell_cli.shell.history import ProjectHistory, history_file

    file = find_project_file(world.cwd)
    project = file.parent if file else world.cwd
    keys = (provider.api_key for provider in models.providers.values() if provider.api_key)
    known = [*models.keys.values(), *keys, *secret_values(world.environ)]
    return ProjectHistory(
        history_file(world.data_dir, project, what), lambda text: has_key(text, known)
    )


def usage_line(session: Session) -> str:
    """Returns the default model, and tokens and cost so far."""
    from bridges._llm.names import default_name

    budget = session.budget
    try:
        name = default_name(session)
    except ConfigError:
        name = "no model"
    return f"{name} · {budget.input_tokens + budget.output_tokens:,} tokens · ${budget.cost:.4f}"


def warm_up_soon() -> None:
    """Loads the model libraries in the background, once the prompt is there."""
    asyncio.get_running_loop().call_later(SOON, _warm_up)


def _warm_up() -> None:
    from bridges._llm import preload

    preload.start()
