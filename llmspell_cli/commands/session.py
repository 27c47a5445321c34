"""`llmspell session`."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmspell_cli.flags import complete_session
from llmspell_cli.help import Command
from llmspell_cli.listing import pretty, print_json, print_rows
from llmspell_cli.options import Json, Yes

if TYPE_CHECKING:
    from bridges._database import Database
    from bridges._sessions.contents import Contents
    from bridges._sessions.store import Row
    from llmspell_cli.invocation import Invocation

app = typer.Typer(help="List, show, export and remove sessions.", no_args_is_help=True)


Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A session's name.", autocompletion=complete_session)
]
SpellFile = Annotated[
    str | None,
    typer.Option("--spell", metavar="FILE", help="The spell it belongs to, of several."),
]


@app.command("list", cls=Command)
def list_sessions(ctx: typer.Context, as_json: Json = False) -> None:
    """List the sessions there are, the latest first."""
    from bridges._sessions.contents import session_fields
    from llmspell_cli.kept import sessions, shown_owner

    call: Invocation = ctx.obj
    rows = sessions(call)
    if as_json:
        print_json(
            call.world,
            [{**session_fields(row), "spell": shown_owner(call.world, row)} for row in rows],
        )
        return
    if not rows:
        call.note("there are no sessions yet: llmspell run --session NAME FILE begins one")
    print_rows(
        call.world, [(r.name, r.status, _when(r.updated), shown_owner(call.world, r)) for r in rows]
    )


@app.command(cls=Command, short_help="Show a session and what is kept in it.")
def show(ctx: typer.Context, name: Name, spell: SpellFile = None, as_json: Json = False) -> None:
    """Show a session: what is known of it, its runs, and what is kept in it."""
    from bridges._sessions.contents import session_fields
    from llmspell_cli.kept import shown_owner

    call: Invocation = ctx.obj
    row, found = _found(call, name, spell)
    if as_json:
        print_json(
            call.world, {**session_fields(row), "spell": shown_owner(call.world, row), **found}
        )
        return
    call.world.out(f"{row.name} ({row.status})")
    facts = [("made", _when(row.created)), ("latest", _when(row.updated))]
    facts += [("spell", shown_owner(call.world, row))] if shown_owner(call.world, row) else []
    facts += [("tags", ", ".join(row.tags))] if row.tags else []
    facts += [(key, _short(value)) for key, value in row.metadata.items()]
    print_rows(call.world, [(f"  {key}", value) for key, value in facts])
    call.world.out(f"Runs: {len(found['runs'])}")
    print_rows(call.world, [("", *cells) for cells in _run_cells(found["runs"][-10:])])
    call.world.out(f"States: {len(found['states'])}")
    print_rows(call.world, [("", s["name"], f"{s['count']} values") for s in found["states"]])
    call.world.out(f"Conversations: {len(found['conversations'])}")
    print_rows(
        call.world, [("", c["name"], f"{c['messages']} messages") for c in found["conversations"]]
    )
    call.world.out(f"Artifacts: {len(found['artifacts'])}")
    print_rows(
        call.world,
        [
            ("", a["name"], f"version {a['version']}", a["type"], f"{a['size']:,} bytes")
            for a in found["artifacts"]
        ],
    )


@app.command(cls=Command)
def runs(ctx: typer.Context, name: Name, spell: SpellFile = None, as_json: Json = False) -> None:
    """List the runs that joined a session, oldest first."""
    call: Invocation = ctx.obj
    _, found = _found(call, name, spell)
    if as_json:
        print_json(call.world, found["runs"])
        return
    print_rows(call.world, _run_cells(found["runs"]))


@app.command(cls=Command, short_help="Print a session as JSON.")
def export(
    ctx: typer.Context,
    name: Name,
    spell: SpellFile = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to this file.")
    ] = None,
) -> None:
    """Print a session as JSON: runs, states, conversations, what is known of artifacts."""
    call: Invocation = ctx.obj
    document = _asked(call, _row(call, name, spell), lambda contents: contents.document())
    text = pretty(document)
    if output is None:
        call.world.out(text)
        return
    from llmspell_cli.repl.saved import write

    path = call.world.path(output)
    write(path, text + "\n", 0o600)
    call.note(f"wrote {path}")


@app.command(cls=Command)
def remove(ctx: typer.Context, name: Name, spell: SpellFile = None, yes: Yes = False) -> None:
    """Remove a session with all that is kept in it."""
    from llmspell_cli.asking import agreed

    call: Invocation = ctx.obj
    row = _row(call, name, spell)
    if not yes and not agreed(call, f"remove the session {name} and all that is kept in it?"):
        raise typer.Abort
    _asked(call, row, lambda contents: contents.remove())
    call.note(f"removed {name}")


@app.command(cls=Command)
def prune(
    ctx: typer.Context,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="TIME", help="Such as 30d: unused for so long.")
    ],
    yes: Yes = False,
) -> None:
    """Remove the sessions that no run has joined or changed for a while."""
    from bridges._errors import InvalidArgument
    from llmspell_cli.asking import agreed
    from llmspell_cli.kept import sessions

    call: Invocation = ctx.obj
    before = time.time() - _age(older_than)
    old = [row for row in sessions(call) if row.updated < before]
    names = ", ".join(row.name for row in old)
    if old and not yes and not agreed(call, f"remove {len(old)} sessions ({names})?"):
        raise typer.Abort
    removed = 0
    for row in old:
        try:
            _asked(call, row, lambda contents: contents.remove())
            removed += 1
        except InvalidArgument as error:
            call.note(f"warning: {error.message}")
    _sweep(call)
    call.note(f"removed {removed} sessions")


def _row(call: Invocation, name: str, spell: str | None) -> Row:
    from llmspell_cli.kept import session

    return session(call, name, spell)


def _asked(call: Invocation, row: Row, work: Any) -> Any:
    """Returns what is asked of the contents of a session."""
    from bridges._sessions.contents import Contents
    from llmspell_cli.kept import ask

    data = call.world.data_dir
    return ask(call, lambda used: work(Contents(used, data, row)), empty=None)


def _found(call: Invocation, name: str, spell: str | None) -> tuple[Row, dict[str, Any]]:
    """Returns a session, its runs, and what is kept in it."""
    row = _row(call, name, spell)

    async def look(contents: Contents) -> dict[str, Any]:
        return {
            "runs": await contents.runs(),
            "states": await contents.states(),
            "conversations": await contents.conversations(),
            "artifacts": await contents.artifacts(),
        }

    return row, _asked(call, row, look)


def _sweep(call: Invocation) -> None:
    from bridges._artifacts.store import Artifacts
    from llmspell_cli.kept import ask

    async def sweep(used: Database) -> None:
        await Artifacts(used, call.world.data_dir, 0).sweep()

    ask(call, sweep, empty=None)


def _age(text: str) -> float:
    from bridges._durations import parse_duration

    number = text.removesuffix("d")
    try:
        if number != text:
            days = float(number)
            if not 0 <= days < 1e6:
                raise ValueError
            return days * 86_400
        return parse_duration(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no length of time such as 30d or 12h", param_hint="--older-than"
        ) from None


def _run_cells(found: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            str(run["number"]),
            run["spell"],
            run["status"],
            "" if run["exit"] is None else f"exit {run['exit']}",
            _when(run["began"]),
            "" if run["ended"] is None else f"{run['ended'] - run['began']:.1f} s",
            f"{run['input_tokens'] + run['output_tokens']:,} tokens, ${run['cost']:.4f}",
        )
        for run in found
    ]


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
