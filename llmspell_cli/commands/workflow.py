"""`llmspell workflow`."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridges._errors import SpellError
from llmspell_cli.commands.run import Form, Params, Profile, ProfileOutput, Trace
from llmspell_cli.flags import with_flags_but
from llmspell_cli.help import Command
from llmspell_cli.invocation import Invocation
from llmspell_cli.listing import print_json
from llmspell_cli.options import ConfigFile, Json
from llmspell_cli.request import OutputForm, invocation_of, request_of

if TYPE_CHECKING:
    from llmspell_cli.program import Spell

app = typer.Typer(help="Run, check and draw workflow files.", no_args_is_help=True)
File = Annotated[str, typer.Argument(metavar="FILE", help="A workflow: a TOML or YAML file.")]


class Drawing(StrEnum):
    """How a workflow is shown."""

    text = "text"
    mermaid = "mermaid"


@app.command(cls=Command)
def show(
    ctx: typer.Context,
    file: File,
    form: Annotated[
        Drawing, typer.Option("--format", "-f", help="A tree, or a Mermaid flow chart.")
    ] = Drawing.text,
    config: ConfigFile = None,
) -> None:
    """Draw a workflow file; nothing of it runs."""
    call: Invocation = ctx.obj
    call.set(config=config)
    from bridges._workflow.outline import outline
    from llmspell_cli import workflows
    from llmspell_cli.compose import Overrides

    found = workflows.load(call, workflows.find(call, file)[0], Overrides())
    if form is Drawing.mermaid:
        call.world.out(found.diagram().removesuffix("\n"))
        return
    world = call.world
    plain = world.environ.get("NO_COLOR") or world.environ.get("TERM") == "dumb"
    colour = world.is_terminal(world.stdout) and not plain
    world.out(workflows.draw(outline(found.spec), colour=colour))


@app.command(cls=Command)
def validate(
    ctx: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Workflow files.")],
    as_json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Check workflow files without running them.

    The exit code is that of the first problem.
    """
    call: Invocation = ctx.obj
    call.set(config=config)
    reports = [_check(call, file) for file in files]
    if as_json:
        shown = [{"file": r["file"], "ok": r["code"] == 0, "problems": r["told"]} for r in reports]
        print_json(call.world, shown)
    else:
        from llmspell_cli.terminal import clean

        for report in reports:
            for problem in report["told"]:
                where = problem["where"] or report["file"]
                words = problem["message"].removeprefix(f"{where}: ")
                call.world.err(clean(f"{where}: {words}"))
            sound = "not sound" if report["code"] else "sound"
            call.world.out(clean(f"{report['file']}: {sound}"))
    raise typer.Exit(next((r["code"] for r in reports if r["code"]), 0))


def _check(call: Invocation, file: str) -> dict[str, Any]:
    from llmspell_cli import workflows
    from llmspell_cli.compose import Overrides

    try:
        workflows.load(call, workflows.find(call, file)[0], Overrides())
    except SpellError as error:
        told = error.details.get("problems") or [_problem(file, error)]
        return {"file": file, "code": error.exit_code, "told": told}
    return {"file": file, "code": 0, "told": []}


def _problem(file: str, error: SpellError) -> dict[str, str]:
    """Returns the one thing that is wrong with a file, with the line where it says one."""
    found = re.match(rf"({re.escape(file)}(?::\d+)?): (.*)", error.message, re.S)
    where, message = found.groups() if found else ("", error.message)
    return {"where": where, "message": message + (f" ({error.hint})" if error.hint else "")}


def _complete_param(ctx: typer.Context, incomplete: str) -> list[str]:
    from llmspell_cli import workflows

    # An option that has no value yet ends the parsing; what stood before it is left over.
    file = ctx.params.get("file") or next(iter(ctx.args), None)
    try:
        names = workflows.names_of(ctx.find_root().obj, file) if file else []
    except SpellError:
        return []
    return [f"{name}=" for name in names if name.startswith(incomplete)]


Param = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        "-p",
        metavar="NAME=VALUE",
        help="A parameter; repeat for more.",
        autocompletion=_complete_param,
    ),
]


@app.command(cls=Command)
@with_flags_but("engine")
def run(  # noqa: PLR0913 - each parameter is one flag
    ctx: typer.Context,
    file: File,
    text: Annotated[
        str | None,
        typer.Option("--input", "-i", metavar="TEXT", help="What it works on; - reads stdin."),
    ] = None,
    output: Form = OutputForm.text,
    param: Param = None,
    params: Params = None,
    profile: Profile = False,
    profile_output: ProfileOutput = None,
    trace: Trace = None,
    **options: Any,
) -> None:
    """Run a workflow file with the permissions and limits of a spell.

    Standard output carries its output; with --output json the whole result.
    """
    options = locals() | options
    call = invocation_of(options)
    from llmspell_cli import workflows
    from llmspell_cli.cast import cast, overrides_of

    world, request = call.world, request_of({**options, "param": None, "params": None})
    progress = world.is_terminal(world.stderr) and not call.quiet
    asked = workflows.Asked(text, param or [], params, progress)

    def find() -> Spell:
        spell, fields = workflows.find(call, file)
        if workflows.has_agent(fields):
            from bridges._llm import preload

            preload.start()
        overrides = overrides_of(call, request)
        request.args = list(workflows.arguments(call, spell, asked, overrides))
        return spell

    raise typer.Exit(cast(call, find, "file", request))
