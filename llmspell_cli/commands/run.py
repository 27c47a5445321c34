"""`llmspell run` and `llmspell eval`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmspell_cli.flags import with_flags
from llmspell_cli.request import OutputForm, invocation_of, request_of

if TYPE_CHECKING:
    from llmspell_cli.program import Spell


WORKBENCH = "While you write"
File = Annotated[str, typer.Argument(metavar="FILE", help="A spell: a file, or a folder.")]


def _complete_code(incomplete: str) -> list[tuple[str, str]]:
    from llmspell_cli.completion import complete_code

    return list(complete_code(incomplete))


Code = Annotated[
    str,
    typer.Argument(
        metavar="CODE",
        help="Code to run; - reads standard input.",
        autocompletion=_complete_code,
    ),
]
Args = Annotated[
    list[str] | None, typer.Argument(metavar="[ARGS]...", help="What the spell finds in ARGS.")
]
Form = Annotated[OutputForm, typer.Option("--output", "-o", help="What standard output carries.")]
Param = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter; repeat for more."),
]
Params = Annotated[
    str | None,
    typer.Option(
        "--params", metavar="FILE", help="Parameters as TOML or JSON; - is JSON on stdin."
    ),
]


def _workbench(flag: str, text: str, metavar: str | None = None) -> Any:
    return typer.Option(flag, metavar=metavar, help=text, rich_help_panel=WORKBENCH)


Watch = Annotated[bool, _workbench("--watch", "Run again when the spell or what it reads changes.")]
WatchClear = Annotated[bool, _workbench("--watch-clear", "Watch; clear the terminal each time.")]
ReloadConfig = Annotated[
    bool, _workbench("--reload-config", "Take over changes of the configuration during the run.")
]
Profile = Annotated[bool, _workbench("--profile", "Tell in the end what took how long.")]
ProfileOutput = Annotated[
    str | None,
    _workbench(
        "--profile-output", "Profile; the flame graph's file, in speedscope's JSON.", "FILE"
    ),
]
Trace = Annotated[
    str | None, _workbench("--trace", "Write what happened inside of what to a file.", "FILE")
]
WatchKeepState = Annotated[bool, _workbench("--watch-keep-state", "Watch; globals live on.")]


@with_flags
def run(  # noqa: PLR0913 - each parameter is one flag
    ctx: typer.Context,
    file: File,
    args: Args = None,
    output: Form = OutputForm.text,
    param: Param = None,
    params: Params = None,
    watch: Watch = False,
    watch_clear: WatchClear = False,
    watch_keep_state: WatchKeepState = False,
    reload_config: ReloadConfig = False,
    profile: Profile = False,
    profile_output: ProfileOutput = None,
    trace: Trace = None,
    **options: Any,
) -> None:
    """Run a spell: llmspell run FILE, or just llmspell FILE.

    Standard output carries what the spell prints, then the value it returns:
    text as it is, anything else as JSON. Everything else goes to standard error.
    """
    options = locals() | options
    invocation = invocation_of(options)
    if watch or watch_clear or watch_keep_state:
        from llmspell_cli.watching.start import watch_spell

        raise typer.Exit(watch_spell(invocation, file, request_of(options), options))
    from llmspell_cli.cast import cast_file

    raise typer.Exit(cast_file(invocation, file, request_of(options)))


@with_flags
def eval_(  # noqa: PLR0913 - each parameter is one flag
    ctx: typer.Context,
    code: Code,
    args: Args = None,
    output: Form = OutputForm.text,
    param: Param = None,
    params: Params = None,
    profile: Profile = False,
    profile_output: ProfileOutput = None,
    trace: Trace = None,
    **options: Any,
) -> None:
    """Run code given on the command line: llmspell eval '1 + 1'.

    The language is Lua unless --engine says otherwise or the code plainly is JavaScript.
    """
    options = locals() | options
    invocation = invocation_of(options)
    from llmspell_cli.cast import cast, code_spell

    def find() -> Spell:
        return code_spell(invocation.world, code, options["engine"])

    raise typer.Exit(cast(invocation, find, "eval", request_of(options)))
