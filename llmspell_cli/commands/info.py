"""`llmspell info`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from llmspell_cli.listing import print_json
from llmspell_cli.options import Json

if TYPE_CHECKING:
    from llmspell_cli.invocation import Invocation


def info(ctx: typer.Context, as_json: Json = False) -> None:
    """Show versions, engines, the sandbox in force, folders, keys.

    Of keys only the names are shown.
    """
    call: Invocation = ctx.obj
    found = _gather(call)
    if as_json:
        print_json(call.world, found)
        return
    for title, section in found.items():
        call.world.out(title)
        for name, value in section.items():
            text = ", ".join(value) if isinstance(value, list) else str(value)
            call.world.out(f"  {name:<12} {text or 'none'}")


def _gather(call: Invocation) -> dict[str, Any]:
    import platform

    from bridges._invoke import api
    from bridges._settings import LOCAL_DEFAULT
    from engines.languages import LANGUAGES
    from llmspell_cli import __version__
    from llmspell_cli.config import user_file

    config = call.load_config()
    own = user_file(call.world)
    project = str(config.file or "")
    return {
        "versions": {
            "llmspell": __version__,
            "api level": api()["level"],
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        },
        "engines": {name: _engine(name) for name in LANGUAGES},
        "models": {
            "default": config.models.default_model or LOCAL_DEFAULT,
            "keys": [*config.models.keys, *_own_keys(config.models.providers)],
            "providers": list(config.models.providers),
        },
        "permissions": {"profile": config.security.profile},
        "files": {
            "user": f"{own}{'' if own.exists() else ' (does not exist)'}",
            "project": project if config.trusted else f"{project} (not trusted)",
            "data": str(call.world.data_dir),
        },
    }


def _engine(language: str) -> str:
    from bridges._errors import SpellError
    from engines import _probe

    try:
        found = _probe.probe(language)
    except (SpellError, OSError) as error:
        return f"does not start: {error}"
    active = ", ".join(found["active"])
    return f"{found['version']}; sandbox: {active or 'a process of its own only'}"


def _own_keys(providers: dict[str, Any]) -> list[str]:
    return [f"providers.{name}" for name, provider in providers.items() if provider.api_key]
