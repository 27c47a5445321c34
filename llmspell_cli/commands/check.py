"""`llmspell check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridges._errors import SpellError
from llmspell_cli.listing import print_json
from llmspell_cli.options import Json
from llmspell_cli.terminal import clean

if TYPE_CHECKING:
    from llmspell_cli.invocation import Invocation
    from llmspell_cli.program import Spell


def check(
    ctx: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Spells.")],
    engine: Annotated[
        str | None, typer.Option("--engine", "-e", metavar="NAME", help="lua or javascript.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check spells without running them.

    Shows errors of syntax and manifest, the parameters, and what a spell may need.
    The exit code is that of the first problem.
    """
    call: Invocation = ctx.obj
    reports = [_check(call, written, engine) for written in files]
    if as_json:
        shown = [{k: v for k, v in r.items() if k != "problem"} for r in reports]
        print_json(call.world, shown)
    else:
        for report in reports:
            _print(call, report)
    codes = [report["problem"].exit_code for report in reports if report["problem"]]
    if codes:
        raise typer.Exit(codes[0])


def _check(call: Invocation, written: str, engine: str | None) -> dict[str, Any]:
    from engines import _probe
    from llmspell_cli import program

    report: dict[str, Any] = {"file": written, "ok": True, "problem": None, "folder": None}
    try:
        spell = program.find(call.world, written, engine)
        report |= {"folder": str(spell.folder), **_about(spell)}
        problem = _probe.check(spell.language.name, spell.source, spell.file_name)
    except SpellError as error:
        problem = error
    if problem:
        report |= {"ok": False, "problem": problem, "error": problem.as_map()}
        if problem.traceback:
            report["error"]["traceback"] = problem.traceback
    return report


def _about(spell: Spell) -> dict[str, Any]:
    from llmspell_cli.compose import spelling
    from llmspell_cli.needs import find_needs
    from llmspell_cli.params import describe

    found = spell.manifest
    return {
        "name": found.name,
        "description": found.description,
        "language": spell.language.name,
        "params": {name: describe(spec) for name, spec in found.params.items()},
        "needs": find_needs(spell.source, spelling(spell.language.name)),
        "asks": {name: list(values) for name, values in found.asks.items()},
    }


def _print(call: Invocation, report: dict[str, Any]) -> None:
    from pathlib import Path

    from llmspell_cli.present import present

    world = call.world
    problem = report["problem"]
    if problem:
        folder = Path(report["folder"]) if report["folder"] else None
        world.out(f"{report['file']}: not sound")
        world.stdout.flush()
        world.err(present(problem, world, verbose=call.verbose, folder=folder))
        return
    world.out(f"{report['file']}: sound ({report['language']})")
    for title, key in (("params", "params"), ("may need", "needs"), ("asks for", "asks")):
        for name, value in report[key].items():
            text = value if isinstance(value, str) else ", ".join(value)
            world.out(clean(f"  {title:<9} {name}: {text}"))
