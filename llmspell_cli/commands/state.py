"""`llmspell state`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import typer

from llmspell_cli.flags import complete_session, with_options
from llmspell_cli.help import Command
from llmspell_cli.invocation import Invocation
from llmspell_cli.listing import pretty, print_json, print_rows
from llmspell_cli.options import Json, Yes

if TYPE_CHECKING:
    from llmspell_cli.states import Choice, KeptStates

F = TypeVar("F", bound=Callable[..., Any])
app = typer.Typer(help="Show and change what spells have kept.", no_args_is_help=True)


def _names(ctx: typer.Context, incomplete: str) -> list[str]:
    from llmspell_cli import states

    return states.names(ctx.find_root().obj.world, incomplete)


def _keys(ctx: typer.Context, incomplete: str) -> list[str]:
    from llmspell_cli import states

    given, world = ctx.params, ctx.find_root().obj.world
    choice = states.Choice(**{option: given[option] for option in WHOSE if given.get(option)})
    return states.keys(world, given.get("name") or "", choice, incomplete)


Name: TypeAlias = Annotated[
    str, typer.Argument(metavar="NAME", help="A state.", autocompletion=_names)
]
KeyName: TypeAlias = Annotated[
    str, typer.Argument(metavar="KEY", help="A key; a.b is b inside a.", autocompletion=_keys)
]
WHOSE: dict[str, tuple[Any, Any]] = {
    "spell": (
        Annotated[
            str | None,
            typer.Option(
                "--spell", metavar="FILE", help="Of this spell; eval and repl are two more."
            ),
        ],
        None,
    ),
    "agent": (
        Annotated[
            str | None, typer.Option("--agent", metavar="NAME", help="Of an agent of a spell.")
        ],
        None,
    ),
    "session": (
        Annotated[
            str | None,
            typer.Option(
                "--session",
                metavar="NAME",
                help="Of a session; with --spell, of that spell's.",
                autocompletion=complete_session,
            ),
        ],
        None,
    ),
    "shared": (Annotated[bool, typer.Option("--global", help="Shared by all spells.")], False),
}
"""The options that say whose state is meant, each with its value where it is not given."""


def _with_choice(command: F) -> F:
    """Gives a command that has `**whose` these options."""
    return with_options(command, WHOSE)


@app.command("list", cls=Command)
@_with_choice
def list_states(
    ctx: typer.Context,
    as_json: Json = False,
    **whose: Any,
) -> None:
    """List the states that are kept, and whose they are."""
    from llmspell_cli import states

    call: Invocation = ctx.obj
    choice = _choice(**whose)
    found = states.listed(call.world, choice)
    if as_json:
        rows = [
            {
                "name": one.place.name,
                "scope": one.place.scope,
                "of": whose,
                **vars(one.head),
            }
            for one, whose in found
        ]
        print_json(call.world, rows)
        return
    if not found:
        call.note("no states are kept")
    table = [
        (
            one.place.name,
            one.place.scope,
            _counted(one.head.count, "key"),
            _counted(one.head.size, "byte"),
            _when(one.head.updated),
            whose,
        )
        for one, whose in found
    ]
    print_rows(call.world, table)


@app.command(cls=Command)
@_with_choice
def show(
    ctx: typer.Context,
    name: Name,
    **whose: Any,
) -> None:
    """Print all values of a state as JSON."""
    from llmspell_cli import states

    call: Invocation = ctx.obj
    choice = _choice(**whose)

    async def work(kept: KeptStates) -> Any:
        return (await states.values(await kept.find(name, choice)))[0]

    print_json(call.world, states.run(call.world, work))


@app.command(cls=Command)
@_with_choice
def get(
    ctx: typer.Context,
    name: Name,
    key: KeyName,
    **whose: Any,
) -> None:
    """Print one value: text as it is, anything else as JSON."""
    from llmspell_cli import states

    call: Invocation = ctx.obj
    choice, path = _choice(**whose), _key(key)

    async def work(kept: KeptStates) -> Any:
        return await states.value(await kept.find(name, choice), path)

    found = states.run(call.world, work)
    call.world.out(found if isinstance(found, str) else pretty(found))


@app.command("set", cls=Command)
@_with_choice
def set_(
    ctx: typer.Context,
    name: Name,
    key: KeyName,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="JSON; else it is text.")],
    **whose: Any,
) -> None:
    """Set one value; null takes the key away.

    A state that is not there is made, where --spell, --session or --global say whose it is.
    """
    from llmspell_cli import states

    call: Invocation = ctx.obj
    choice, path = _choice(**whose), _key(key)
    try:
        new = json.loads(value)
    except ValueError:
        new = value

    async def work(kept: KeptStates) -> None:
        await states.set_value(await kept.find(name, choice, new=True), path, new)

    states.run(call.world, work, new=True)
    call.note(f"set {key} in {name}")


@app.command(cls=Command, short_help="Change the values in $EDITOR.")
@_with_choice
def edit(
    ctx: typer.Context,
    name: Name,
    **whose: Any,
) -> None:
    """Change the values in $EDITOR; they are written at once, or not at all."""
    from llmspell_cli import states
    from llmspell_cli.debug.terminal.editing import edit_json

    call: Invocation = ctx.obj
    choice = _choice(**whose)

    async def work(kept: KeptStates) -> bool:
        store = await kept.find(name, choice)
        old, revision = await states.values(store)
        new = await edit_json(old, call.world)
        if new != old:
            await states.replace_all(store, new, "edit", revision)
        return bool(new != old)

    call.note(f"changed {name}" if states.run(call.world, work) else "nothing was changed")


@app.command(cls=Command)
@_with_choice
def remove(
    ctx: typer.Context,
    name: Name,
    yes: Yes = False,
    **whose: Any,
) -> None:
    """Remove a state with its history."""
    from llmspell_cli import states
    from llmspell_cli.asking import agreed

    call: Invocation = ctx.obj
    choice = _choice(**whose)

    async def work(kept: KeptStates) -> bool:
        store = await kept.find(name, choice)
        found, _ = await states.values(store)
        if not yes and not agreed(
            call, f"remove the state {name} with {_counted(len(found), 'key')}?"
        ):
            return False
        return await store.remove()

    if not states.run(call.world, work):
        raise typer.Abort
    call.note(f"removed {name}")


@app.command(cls=Command)
@_with_choice
def history(
    ctx: typer.Context,
    name: Name,
    as_json: Json = False,
    **whose: Any,
) -> None:
    """List the changes that a state remembers, newest first."""
    from llmspell_cli import states

    call: Invocation = ctx.obj
    choice = _choice(**whose)

    async def work(kept: KeptStates) -> Any:
        return await states.history(await kept.find(name, choice))

    found = states.run(call.world, work)
    if as_json:
        print_json(call.world, [entry.as_data() for entry in found])
        return
    rows = [(str(e.revision), _when(e.time), e.action, ", ".join(sorted(e.before))) for e in found]
    print_rows(call.world, rows)


@app.command("export", cls=Command, short_help="Write a state as a file.")
@_with_choice
def export_(
    ctx: typer.Context,
    name: Name,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to; else standard output.")
    ] = None,
    **whose: Any,
) -> None:
    """Write a state as a file that `State.new{path = …}` and import take."""
    from llmspell_cli import states

    call: Invocation = ctx.obj
    choice = _choice(**whose)

    async def work(kept: KeptStates) -> str:
        return await states.exported(await kept.find(name, choice))

    text = states.run(call.world, work)
    if file is None:
        call.world.out(text.removesuffix("\n"))
        return
    try:
        call.world.path(str(file)).write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unusable(file, "written", error) from None


@app.command("import", cls=Command, short_help="Read a state from an exported file.")
@_with_choice
def import_(
    ctx: typer.Context,
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What export has written.")],
    **whose: Any,
) -> None:
    """Put the values of an exported file in the place of a state's, or make it."""
    from llmspell_cli import states

    call: Invocation = ctx.obj
    choice = _choice(**whose)
    try:
        data = call.world.path(str(file)).read_bytes()
    except OSError as error:
        raise _unusable(file, "read", error) from None
    whole = states.read_export(data, str(file))

    async def work(kept: KeptStates) -> None:
        store = await kept.find(name, choice, new=True)
        await states.replace_all(store, whole.all(), "import", version=whole.head.version)

    states.run(call.world, work, new=True)
    call.note(f"imported {name} from {file}")


def _choice(spell: str | None, agent: str | None, session: str | None, shared: bool) -> Choice:
    """Returns whose states the options mean."""
    from llmspell_cli.states import Choice

    if "" in (spell, agent, session):
        # A variable of the shell that is not set must not mean anybody's.
        raise typer.BadParameter("an option that says whose state is meant is empty")
    if shared and (spell or agent or session):
        raise typer.BadParameter("--global excludes --spell, --agent and --session")
    if session and agent:
        raise typer.BadParameter("--session and --agent exclude one another")
    return Choice(spell or "", agent or "", session or "", shared)


def _key(written: str) -> tuple[str, ...]:
    from bridges._state.values import path_of

    return path_of(written, "KEY")


def _unusable(file: Path, what: str, error: OSError) -> Exception:
    from bridges._errors import ConfigError

    return ConfigError(f"{file} cannot be {what}: {error.strerror}")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
