"""`llmspell config`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmspell_cli.help import Command
from llmspell_cli.invocation import Invocation
from llmspell_cli.listing import print_json
from llmspell_cli.options import ConfigFile, Json

if TYPE_CHECKING:
    from llmspell_cli.config import Config

app = typer.Typer(help="Write, show and check the configuration.", no_args_is_help=True)
SECRET = ("api_key",)


@app.command(cls=Command)
def init(
    ctx: typer.Context,
    user: Annotated[
        bool, typer.Option("--user", help="Write your own configuration, for all folders.")
    ] = False,
) -> None:
    """Write a llmspell.toml here, with every setting explained."""
    from bridges._errors import ConfigError
    from llmspell_cli import trust
    from llmspell_cli.config import user_file
    from llmspell_cli.config_example import example
    from llmspell_cli.config_layers import FILE_NAME

    call: Invocation = ctx.obj
    file = user_file(call.world) if user else call.world.cwd / FILE_NAME
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(example())
    except FileExistsError:
        raise ConfigError(f"{file} exists already", hint="it is left as it is; edit it") from None
    if not user:
        trust.trust(call.world, file)
    call.world.out(str(file))


@app.command(cls=Command)
def show(ctx: typer.Context, config: ConfigFile = None, as_json: Json = False) -> None:
    """Show every setting that holds here, and where it comes from.

    Keys are not shown, only that they are there.
    """
    call: Invocation = ctx.obj
    call.set(config=config)
    found = call.load_config()
    if as_json:
        settings = [
            {"key": ".".join(keys), "value": _plain(keys, value), "source": found.sources[keys]}
            for keys, value in found.values.items()
        ]
        print_json(call.world, settings)
        return
    call.world.out(_as_toml(found).rstrip())


@app.command(cls=Command)
def check(ctx: typer.Context, config: ConfigFile = None) -> None:
    """Check the configuration that holds here."""
    from llmspell_cli.grants import Flags, grants_for

    call: Invocation = ctx.obj
    call.set(config=config)
    found = call.load_config()
    grants_for(found.security, Flags(), call.world.cwd, None)
    for name in found.security.profiles:
        grants_for(found.security, Flags(profile=name), call.world.cwd, None)
    call.note("the configuration is sound")


@app.command(cls=Command)
def path(ctx: typer.Context, config: ConfigFile = None) -> None:
    """Print the files that are read; later ones win."""
    from llmspell_cli.config import user_file

    call: Invocation = ctx.obj
    call.set(config=config)
    own = user_file(call.world)
    found = call.load_config()
    for file, note in ((own, ""), (found.file, "" if found.trusted else "not trusted")):
        if file is not None:
            state = note if file.exists() else "does not exist"
            call.world.out(f"{file}  ({state})" if state else str(file))


def _as_toml(found: Config) -> str:
    """Returns the settings as TOML, each with a comment that names its source."""
    import tomli_w

    lines: list[str] = []
    tables: dict[tuple[str, ...], list[str]] = {}
    for keys, value in found.values.items():
        entry = tomli_w.dumps({keys[-1]: _plain(keys, value)}).strip()
        tables.setdefault(keys[:-1], []).append(f"{entry}  # {found.sources[keys]}")
    for table in sorted(tables, key=lambda keys: (len(keys) > 0, keys)):
        if table:
            header = tomli_w.dumps(_nest(table)).strip().splitlines()[-1]
            lines += ["", header]
        lines += tables[table]
    return "\n".join(lines).strip() + "\n"


def _nest(table: tuple[str, ...]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name in reversed(table):
        tree = {name: tree}
    return tree


def _plain(keys: tuple[str, ...], value: Any) -> Any:
    from decimal import Decimal

    if keys[-1] in SECRET:
        return "(set)"
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Decimal):
        return float(value)
    return str(value) if isinstance(value, Path) else value
